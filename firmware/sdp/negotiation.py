"""Offer and answer of one session (RFC 3264), with SRTP keys as policy allows (RFC 4568, RFC 8643).

One `m=audio` is taken; other streams are refused with port 0 and stay in their place for the whole session.
"""

from copy import copy
from dataclasses import dataclass, replace
from typing import Final, Literal

from firmware.sdp.description import Attribute, Connection, MediaDescription, Origin, SessionDescription
from firmware.sdp.errors import LocalProtocolError, NotAcceptable, SdpError
from firmware.sdp.formats import (
    CodecOffer,
    Encoding,
    PayloadFormat,
    PayloadNumbers,
    formats_of,
    telephone_event,
)
from firmware.sdp.keying import KEY_LENGTHS, Crypto, Entropy, SrtpKeys, usable
from firmware.sdp.stream import (
    Direction,
    TransportAddress,
    allowed,
    event_for,
    events_of,
    ptime_of,
    remote_of,
    rtcp_of,
)

__all__ = [
    "CodecOffer",
    "Direction",
    "LocalMedia",
    "MediaPolicy",
    "NegotiatedMedia",
    "OfferAnswer",
    "PayloadFormat",
    "SrtpKeys",
]

_PROFILES: Final = {"RTP/AVP": False, "RTP/AVPF": False, "RTP/SAVP": True, "RTP/SAVPF": True}
"""The profiles that we take, and whether each demands SRTP."""


@dataclass(frozen=True, slots=True)
class MediaPolicy:
    """What we may offer and accept: codecs and suites with the preferred one first.

    `required`: RTP/SAVP only. `preferred`: RTP/AVP with keys, and both are accepted. `off`: no keys.
    Keys travel over signalling that others can read only with `sdes_over_cleartext`.
    """

    codecs: tuple[CodecOffer, ...]
    srtp: Literal["required", "preferred", "off"] = "preferred"
    suites: tuple[str, ...] = tuple(KEY_LENGTHS)
    sdes_over_cleartext: bool = False
    telephone_event: bool = True
    ptime_ms: int = 20


@dataclass(frozen=True, slots=True)
class LocalMedia:
    """Where we want to receive: an IP literal and two ports."""

    host: str
    rtp_port: int
    rtcp_port: int


@dataclass(frozen=True, slots=True)
class NegotiatedMedia:
    """What both sides agreed on, seen from ours. The first of `codecs` is sent, all are received.

    `remote_rtcp` None means RTCP on the RTP port (RFC 5761). `telephone_event` is a payload type with the
    clock `telephone_event_rate` in Hz: that of the first codec if the peer can, else 8000 (RFC 4733).
    """

    remote: TransportAddress
    remote_rtcp: TransportAddress | None
    codecs: tuple[PayloadFormat, ...]
    telephone_event: int | None = None
    telephone_event_rate: int = 8000
    ptime_ms: int = 20
    direction: Direction = "sendrecv"
    srtp: SrtpKeys | None = None
    rtcp_mux: bool = False


@dataclass(frozen=True, slots=True)
class _Offered:
    """Our offer on its way."""

    description: SessionDescription
    formats: tuple[PayloadFormat, ...]
    cryptos: tuple[Crypto, ...]
    direction: Direction


@dataclass(frozen=True, slots=True)
class _Understood:
    """What of a peer's stream is common ground: codecs and telephone-events under its numbers."""

    description: SessionDescription
    media: MediaDescription
    remote: TransportAddress
    remote_rtcp: TransportAddress | None
    codecs: tuple[PayloadFormat, ...]
    events: tuple[PayloadFormat, ...]


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The stream of a peer's offer that we take, and the key in it, if any."""

    index: int
    stream: _Understood
    crypto: Crypto | None


class OfferAnswer:
    """The state of one session: at most one offer is open, ours or the peer's.

    `local` may be replaced between exchanges, when the address has changed.
    """

    def __init__(
        self, policy: MediaPolicy, local: LocalMedia, *, secure_signalling: bool, entropy: Entropy
    ) -> None:
        self.local = local
        self._policy = policy
        self._entropy = entropy
        self._keys_may_travel = policy.srtp != "off" and (secure_signalling or policy.sdes_over_cleartext)
        self._keys: dict[str, bytes] = {}
        self._numbers = PayloadNumbers()
        self._profile = "RTP/SAVP" if policy.srtp == "required" else "RTP/AVP"
        self._session_id = int.from_bytes(entropy(8), "big") >> 2
        self._sent: SessionDescription | None = None
        self._layout: tuple[MediaDescription, ...] = ()
        self._audio = 0
        self._open: _Offered | _Chosen | None = None

    # Our offer

    def create_offer(self, direction: Direction = "sendrecv") -> SessionDescription:
        """Open an offer. Raises `NotAcceptable` when policy demands keys that may not travel here."""
        self._expect_nothing_open()
        if self._policy.srtp == "required" and not self._keys_may_travel:
            raise NotAcceptable(
                "encryption is required, but the signalling would show the keys to others", 302
            )
        formats = tuple(self._numbers.give(codec) for codec in self._offerable())
        cryptos = self._cryptos() if self._keys_may_travel else ()
        media = self._stream(self._profile, formats, cryptos, direction, mux=True)
        description = self._describe(self._in_layout(media))
        self._open = _Offered(description, formats, cryptos, direction)
        return description

    def receive_answer(self, answer: SessionDescription) -> NegotiatedMedia:
        """Close our offer. Raises `SdpError` when the answer does not fit it; then the offer stays open."""
        offer = self._open
        if not isinstance(offer, _Offered):
            raise LocalProtocolError("an answer without an offer of ours")
        media = self._answering_stream(offer, answer)
        keys = self._answered_keys(offer, media)
        stream = self._understand(answer, media, offer.formats)
        stream = replace(stream, codecs=_with_our_numbers(stream.codecs, offer.formats))
        self._agree(offer.description, self._audio, media.profile, keyed=keys is not None)
        return self._negotiated(stream, keys, offer.direction)

    # The peer's offer

    def receive_offer(self, offer: SessionDescription) -> None:
        """Open the peer's offer. Raises `SdpError`; `NotAcceptable` when no stream in it can be taken.

        The first stream with usable keys is preferred, as some telephones offer each stream twice.
        """
        self._expect_nothing_open()
        streams: list[_Chosen] = []
        refusal = NotAcceptable("no audio stream is offered", 304)
        for index, media in enumerate(offer.media):
            if media.kind == "audio" and media.port:
                try:
                    streams.append(self._choose(offer, index))
                except NotAcceptable as error:
                    refusal = error
        if not streams:
            raise refusal
        self._open = next((one for one in streams if one.crypto), streams[0])
        self._numbers.learn(formats_of(self._open.stream.media))

    def create_answer(self, direction: Direction = "sendrecv") -> tuple[SessionDescription, NegotiatedMedia]:
        """Answer the peer's open offer; of `direction` remains what the offer allows."""
        chosen = self._open
        if not isinstance(chosen, _Chosen):
            raise LocalProtocolError("an answer without an offer of the peer's")
        theirs, crypto = chosen.stream, chosen.crypto
        own = (replace(crypto, key=self._key(crypto.suite)),) if crypto else ()
        keys = SrtpKeys(crypto.suite, self._key(crypto.suite), crypto.key) if crypto else None
        negotiated = self._negotiated(theirs, keys, direction)
        formats = tuple(self._with_own_parameters(one) for one in (*theirs.codecs, *theirs.events))
        profile = theirs.media.profile
        streams = [media.refused() for media in theirs.description.media]
        streams[chosen.index] = self._stream(
            profile, formats, own, negotiated.direction, mux=negotiated.rtcp_mux
        )
        description = self._describe(tuple(streams))
        self._agree(description, chosen.index, profile, keyed=keys is not None)
        return description, negotiated

    # Both

    def rollback(self) -> None:
        """Forget the open offer: it was refused, and what was agreed before holds (RFC 3261 section 14.1)."""
        self._open = None

    def rekey(self) -> None:
        """Use fresh keys in the next offer or answer."""
        self._keys.clear()

    def fork(self) -> "OfferAnswer":
        """The same state, for another early dialog that answers our offer (RFC 3261 section 13.2.2.4)."""
        twin = copy(self)
        twin._keys = dict(self._keys)
        twin._numbers = self._numbers.copy()
        return twin

    def _expect_nothing_open(self) -> None:
        if self._open is not None:
            raise LocalProtocolError("a second offer while one is open")

    def _agree(self, description: SessionDescription, audio: int, profile: str, *, keyed: bool) -> None:
        self._open = None
        self._layout = description.media
        self._audio = audio
        self._profile = profile if keyed else self._profile

    # Writing

    def _offerable(self) -> tuple[CodecOffer, ...]:
        """Codecs in order, then key presses: at 8 kHz, which everybody knows, and at each codec's clock."""
        codecs = self._policy.codecs
        rates = dict.fromkeys([8000, *(codec.clock_rate for codec in codecs)])
        return codecs + tuple(telephone_event(rate) for rate in rates if self._policy.telephone_event)

    def _cryptos(self) -> tuple[Crypto, ...]:
        suites = enumerate(self._policy.suites, start=1)
        return tuple(Crypto(tag, suite, self._key(suite)) for tag, suite in suites)

    def _key(self, suite: str) -> bytes:
        """Our key for `suite`, the same until a re-key, so that a new offer does not disturb the stream."""
        if suite not in self._keys:
            self._keys[suite] = self._entropy(KEY_LENGTHS[suite])
        return self._keys[suite]

    def _stream(
        self,
        profile: str,
        formats: tuple[PayloadFormat, ...],
        cryptos: tuple[Crypto, ...],
        direction: Direction,
        *,
        mux: bool,
    ) -> MediaDescription:
        attributes = [attribute for one in formats for attribute in one.attributes()]
        attributes.append(Attribute("ptime", str(self._policy.ptime_ms)))
        attributes += [Attribute("crypto", str(crypto)) for crypto in cryptos]
        if self.local.rtcp_port != self.local.rtp_port + 1:
            attributes.append(Attribute("rtcp", str(self.local.rtcp_port)))
        if mux:
            attributes.append(Attribute("rtcp-mux"))
        attributes.append(Attribute(direction))
        numbers = tuple(str(one.payload_type) for one in formats)
        return MediaDescription("audio", self.local.rtp_port, profile, numbers, attributes=tuple(attributes))

    def _in_layout(self, media: MediaDescription) -> tuple[MediaDescription, ...]:
        """Our stream in its place among those that the session has had so far (RFC 3264 section 8)."""
        before = [one.refused() for one in self._layout[: self._audio]]
        after = [one.refused() for one in self._layout[self._audio + 1 :]]
        return (*before, media, *after)

    def _describe(self, media: tuple[MediaDescription, ...]) -> SessionDescription:
        """A description whose version is one higher when it differs from the last (RFC 3264 section 8)."""
        connection = Connection.to(self.local.host)
        version = self._sent.origin.version if self._sent else 1
        origin = Origin(self._session_id, version, connection.host, connection.address_type)
        description = SessionDescription(origin, media, connection)
        if self._sent and description != self._sent:
            description = replace(description, origin=replace(origin, version=version + 1))
        self._sent = description
        return description

    def _with_own_parameters(self, one: PayloadFormat) -> PayloadFormat:
        """The peer's number with our parameters: each side says what it wants to receive."""
        mine = next(offer for offer in self._offerable() if offer.encoding == one.encoding)
        return mine.numbered(one.payload_type)

    # Reading

    def _understand(
        self, description: SessionDescription, media: MediaDescription, known: tuple[PayloadFormat, ...] = ()
    ) -> _Understood:
        """What we can do of a stream. Raises `SdpError`, `NotAcceptable`."""
        ours: set[Encoding] = {codec.encoding for codec in self._offerable()}
        common = tuple(one for one in formats_of(media, known) if one.encoding in ours)
        codecs = tuple(one for one in common if one not in events_of(common))
        if not codecs:
            raise NotAcceptable("no codec is offered that this telephone has", 305)
        rates = {8000, *(codec.clock_rate for codec in codecs)}
        events = tuple(one for one in events_of(common) if one.clock_rate in rates)
        remote = remote_of(description, media, self.local.host)
        remote_rtcp = None if media.has("rtcp-mux") else rtcp_of(media, remote)
        return _Understood(description, media, remote, remote_rtcp, codecs, events)

    def _choose(self, offer: SessionDescription, index: int) -> _Chosen:
        """What we would take of one offered stream. Raises `SdpError`, `NotAcceptable`."""
        media = offer.media[index]
        if media.profile not in _PROFILES:
            raise NotAcceptable("the audio's transport protocol is not supported", 302)
        return _Chosen(index, self._understand(offer, media), self._offered_key(media))

    def _offered_key(self, media: MediaDescription) -> Crypto | None:
        """The offerer's first key that we can use. Raises `NotAcceptable` when there has to be one."""
        demanded = _PROFILES[media.profile]
        if demanded and not self._keys_may_travel:
            why = (
                "is off here" if self._policy.srtp == "off" else "needs signalling that hides the keys (TLS)"
            )
            raise NotAcceptable(f"encryption {why}", 302)
        lines = media.values("crypto") if self._keys_may_travel else ()
        crypto = next(usable(lines, self._policy.suites), None)
        if crypto is None and demanded:
            raise NotAcceptable("no key is offered that this telephone can use", 306)
        if crypto is None and self._policy.srtp == "required":
            raise NotAcceptable("only encrypted calls are taken here", 302)
        return crypto

    def _answering_stream(self, offer: _Offered, answer: SessionDescription) -> MediaDescription:
        if len(answer.media) != len(offer.description.media):
            raise SdpError("an answer with another number of streams than the offer")
        media = answer.media[self._audio]
        if media.kind != "audio" or media.profile not in _PROFILES:
            raise SdpError("an answer that turns the audio stream into something else")
        if media.port == 0:
            raise SdpError("an answer that refuses the audio stream")
        return media

    def _answered_keys(self, offer: _Offered, media: MediaDescription) -> SrtpKeys | None:
        """The keys of an answer, which has to take up one of ours (RFC 4568 section 5.1.3)."""
        lines = media.values("crypto") if offer.cryptos else ()
        if not lines and (_PROFILES[media.profile] or self._policy.srtp == "required"):
            raise SdpError("an answer without the key that encryption needs")
        if not lines:
            return None
        if len(lines) > 1:
            raise SdpError("an answer with more than one key")
        theirs = Crypto.parse(lines[0])
        ours = next(
            (one for one in offer.cryptos if (one.tag, one.suite) == (theirs.tag, theirs.suite)), None
        )
        if ours is None:
            raise SdpError("an answer to a key that was not offered")
        return SrtpKeys(ours.suite, ours.key, theirs.key)

    def _negotiated(
        self, stream: _Understood, keys: SrtpKeys | None, direction: Direction
    ) -> NegotiatedMedia:
        event = event_for(stream.codecs[0], stream.events)
        return NegotiatedMedia(
            remote=stream.remote,
            remote_rtcp=stream.remote_rtcp,
            codecs=stream.codecs,
            telephone_event=event.payload_type if event else None,
            telephone_event_rate=event.clock_rate if event else 8000,
            ptime_ms=ptime_of(stream.media, self._policy.ptime_ms),
            direction=allowed(direction, stream.description, stream.media, stream.remote),
            srtp=keys,
            rtcp_mux=stream.remote_rtcp is None,
        )


def _with_our_numbers(
    answered: tuple[PayloadFormat, ...], offered: tuple[PayloadFormat, ...]
) -> tuple[PayloadFormat, ...]:
    """The answer's numbers, which we send, and ours where they differ, which the peer sends."""
    encodings = {one.encoding for one in answered}
    numbers = {one.payload_type for one in answered}
    ours = (one for one in offered if one.encoding in encodings and one.payload_type not in numbers)
    return (*answered, *ours)

"""Signalling and voice: the messages between the phone process and the media process.

The phone never touches an RTP socket and the media process never parses SDP; this file is all that they
say to each other. Every request carries a `generation`: a number that only grows, per stream (or for the
whole device where a message names no stream). A request with a lower generation than one already carried
out is ignored, one with the same generation is answered again, so a request can always be repeated.

Times are seconds, durations named `_ms` milliseconds, levels dBov. Keys travel on this private socket only
and are never logged (`repr` hides them).
"""

from typing import Literal

import msgspec


class Message(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """Anything on the channel."""


class TransportAddress(msgspec.Struct, frozen=True, array_like=True):
    """An IP literal and a port."""

    host: str
    port: int


class LocalAddress(msgspec.Struct, frozen=True, kw_only=True):
    """Where a stream listens; `host` may be a wildcard, then the signalling's own address is meant."""

    host: str
    rtp_port: int
    rtcp_port: int


class CodecSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One payload type as negotiated (RFC 3264): `name` in upper case, `clock_rate` in Hz (RTP clock)."""

    payload_type: int
    name: str
    clock_rate: int
    channels: int = 1
    fmtp: str = ""


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """SRTP master key and salt, concatenated as in RFC 4568 section 6.1."""

    master: bytes

    def __repr__(self) -> str:
        return "Key(…)"


class Srtp(msgspec.Struct, frozen=True, kw_only=True):
    """Keys of one stream; `suite` is the RFC 4568 / RFC 7714 name, such as AES_CM_128_HMAC_SHA1_80."""

    suite: str
    send: Key
    receive: Key


class IceCredentials(msgspec.Struct, frozen=True, kw_only=True):
    """User fragments and passwords (RFC 8445 section 5.3) for consent checks, which media does."""

    local_ufrag: str
    local_password: Key
    remote_ufrag: str
    remote_password: Key


class TurnChannel(msgspec.Struct, frozen=True, kw_only=True):
    """A bound TURN channel (RFC 8656 section 12): media frames ChannelData to `server` under `number`."""

    server: TransportAddress
    number: int


# Phone to media


class AllocateStream(Message, frozen=True, kw_only=True):
    """Open sockets for a stream. `hosts` are local IP literals or wildcards, one per address family.

    `shares` names a stream whose sockets this one uses too: every early dialog of a forked call is a
    stream of its own on the offer's sockets, told apart by source and then by trial decryption.
    `ports` asks for exact (RTP, RTCP) ports, as after a restart of the media process.
    """

    stream: str
    generation: int
    hosts: tuple[str, ...] = ("0.0.0.0", "::")
    port_range: tuple[int, int] = (16384, 32766)
    ports: tuple[int, int] | None = None
    shares: str | None = None


class Configure(Message, frozen=True, kw_only=True):
    """Everything negotiated for a stream; replaces what was configured before.

    The first of `codecs` is sent, all are received. `remote_rtcp` None means RTCP on the RTP port (RFC 5761).
    `secure_only`: until there are keys nothing is sent and nothing is played.
    """

    stream: str
    generation: int
    remote: TransportAddress | None
    remote_rtcp: TransportAddress | None = None
    codecs: tuple[CodecSpec, ...] = ()
    telephone_event: int | None = None
    telephone_event_rate: int = 8000
    ptime_ms: int = 20
    send: bool = True
    receive: bool = True
    srtp: Srtp | None = None
    secure_only: bool = False
    ice: IceCredentials | None = None
    turn: TurnChannel | None = None
    rtcp_mux: bool = False
    cname: str = ""


class Activate(Message, frozen=True, kw_only=True):
    """Start (or stop) sending, receiving and playing; a stream that is not active keeps its ports."""

    stream: str
    generation: int
    active: bool = True


class Mix(Message, frozen=True, kw_only=True):
    """The streams that are joined with the local microphone and ear; each hears all but itself."""

    generation: int
    streams: tuple[str, ...]


class Tone(Message, frozen=True, kw_only=True):
    """Play a tone of `country` (ISO 3166 code) until told otherwise; `tone` None is silence."""

    generation: int
    tone: str | None
    country: str = "us"
    output: Literal["ear", "ringer"] = "ear"


class SendDigits(Message, frozen=True, kw_only=True):
    """Send `digits` as telephone-events (RFC 4733), or as tones in band where none were negotiated."""

    stream: str
    generation: int
    digits: str
    duration_ms: int = 100
    gap_ms: int = 60


class Device(Message, frozen=True, kw_only=True):
    """How the sound card is to be used; capture is open in `duplex` only. Volume in dB, 0 is full scale."""

    generation: int
    use: Literal["closed", "output", "duplex"]
    muted: bool = False
    volume_db: float = 0.0
    ringer_volume_db: float = 0.0


class Release(Message, frozen=True, kw_only=True):
    """Send RTCP BYE, close the sockets and forget the stream; answered by a last `Quality` and `Released`."""

    stream: str
    generation: int


class Relay(Message, frozen=True, kw_only=True):
    """A STUN or DTLS datagram (RFC 7983) that came to, or is to leave, a stream's RTP socket. Both ways."""

    stream: str
    remote: TransportAddress
    payload: bytes


Request = AllocateStream | Configure | Activate | Mix | Tone | SendDigits | Device | Release | Relay

# Media to phone


class Hello(Message, frozen=True, kw_only=True):
    """First message of a connection: what the media process holds already, for a phone that was restarted."""

    version: int
    pid: int
    streams: tuple[str, ...] = ()
    realtime: bool = False
    words: str = ""


class Allocated(Message, frozen=True, kw_only=True):
    """Every local address and port of a stream, per family; the first is preferred."""

    stream: str
    generation: int
    local: tuple[LocalAddress, ...]


class Digit(Message, frozen=True, kw_only=True):
    """A telephone-event that the peer finished sending, or the 10th of a second of a key still held."""

    stream: str
    digit: str
    duration_ms: int


class Quality(Message, frozen=True, kw_only=True):
    """How a stream is going, every 5 s and once at the end. `mos` is the E-model's (G.107) estimate.

    `playout_ms` is the delay of the jitter buffer; `round_trip_ms` comes from RTCP, None before the first.
    """

    stream: str
    final: bool = False
    seconds: float = 0.0
    sent: int = 0
    received: int = 0
    lost: int = 0
    late: int = 0
    discarded: int = 0
    jitter_ms: float = 0.0
    playout_ms: float = 0.0
    round_trip_ms: float | None = None
    remote_lost: int = 0
    concealed_ms: int = 0
    mos: float | None = None
    codec: str = ""


class Silence(Message, frozen=True, kw_only=True):
    """No RTP has come for `seconds`; said once, and once more with 0 when it is back."""

    stream: str
    seconds: float


class DeviceState(Message, frozen=True, kw_only=True):
    """What the sound card does now; `words` say to a person what is wrong and what is done about it."""

    use: Literal["closed", "output", "duplex"]
    state: Literal["closed", "running", "reopening", "failed"]
    driver: str = ""
    name: str = ""
    rate: int = 0
    words: str = ""
    reopened: int = 0


class Fault(Message, frozen=True, kw_only=True):
    """A request that could not be carried out, or a stream that failed, in one sentence."""

    words: str
    stream: str | None = None
    generation: int | None = None


class Released(Message, frozen=True, kw_only=True):
    """The stream's ports are free again."""

    stream: str
    generation: int


class Checkpoint(Message, frozen=True, kw_only=True):
    """Once a second: what another media process would need so as to go on with a stream (never a key)."""

    stream: str
    ports: tuple[int, int]
    send_ssrc: int
    send_sequence: int
    send_rollover: int
    receive_ssrc: int | None = None
    receive_sequence: int | None = None
    receive_rollover: int = 0


Report = Hello | Allocated | Digit | Quality | Silence | DeviceState | Fault | Released | Checkpoint | Relay

VERSION = 1

"""The phone's side of the contract with the voice process: one stream for each session and branch.

It knows what voice has been told, so that a voice process which was restarted can be told again
(DESIGN section 3: same ports, fresh SSRCs).
"""

from collections import deque
from dataclasses import dataclass

from firmware.control import voice
from firmware.sdp.negotiation import LocalMedia, NegotiatedMedia


@dataclass(slots=True)
class Stream:
    """What is known of one stream; `generation` numbers the requests about it."""

    name: str
    generation: int = 0
    local: tuple[voice.LocalAddress, ...] = ()
    media: NegotiatedMedia | None = None
    secure_only: bool = False
    active: bool = False


class Streams:
    """All streams, and the requests about them that have still to be sent."""

    def __init__(self, hosts: tuple[str, ...], port_range: tuple[int, int]) -> None:
        self._hosts = hosts
        self._port_range = port_range
        self._streams: dict[str, Stream] = {}
        self._requests: deque[voice.Request] = deque()

    def poll(self) -> voice.Request | None:
        """The next request for voice."""
        return self._requests.popleft() if self._requests else None

    def allocate(self, name: str, *, secure_only: bool = False) -> None:
        """Ask for sockets; `allocated` brings the ports."""
        self._streams[name] = stream = Stream(name, secure_only=secure_only)
        self._ask_for_ports(stream)

    def allocated(self, report: voice.Allocated) -> tuple[voice.LocalAddress, ...]:
        """Voice has opened sockets. Returns the addresses when the stream had none before, else ()."""
        stream = self._streams.get(report.stream)
        if stream is None:
            return ()
        first = not stream.local
        stream.local = report.local
        return report.local if first else ()

    def configure(self, name: str, media: NegotiatedMedia) -> None:
        """Tell voice what was negotiated."""
        if stream := self._streams.get(name):
            stream.media = media
            self._configure(stream)

    def activate(self, name: str, active: bool = True) -> None:
        """Start or stop a stream."""
        stream = self._streams.get(name)
        if stream is not None and stream.active != active:
            stream.active = active
            self._requests.append(voice.Activate(stream=name, generation=self._next(stream), active=active))

    def send_digits(self, name: str, digits: str) -> None:
        """Send digits to the far end."""
        if stream := self._streams.get(name):
            self._requests.append(voice.SendDigits(stream=name, generation=self._next(stream), digits=digits))

    def release(self, name: str) -> None:
        """Give the ports back; the stream is forgotten here at once."""
        if stream := self._streams.pop(name, None):
            self._requests.append(voice.Release(stream=name, generation=self._next(stream)))

    def voice_is_up(self, report: voice.Hello) -> None:
        """A voice process answers: let go of streams we do not know, tell it of those that it lacks."""
        held = set(report.streams)
        for name in held - self._streams.keys():
            self._requests.append(voice.Release(stream=name, generation=1 << 30))
        for name, stream in self._streams.items():
            if name not in held:
                self._restore(stream)

    def _restore(self, stream: Stream) -> None:
        self._ask_for_ports(stream)
        if stream.media is not None:
            self._configure(stream)
        if stream.active:
            self._requests.append(voice.Activate(stream=stream.name, generation=self._next(stream)))

    def _ask_for_ports(self, stream: Stream) -> None:
        ports = (stream.local[0].rtp_port, stream.local[0].rtcp_port) if stream.local else None
        self._requests.append(
            voice.AllocateStream(
                stream=stream.name,
                generation=self._next(stream),
                hosts=self._hosts,
                port_range=self._port_range,
                ports=ports,
            )
        )

    def _configure(self, stream: Stream) -> None:
        if stream.media is not None:
            self._requests.append(configuration(stream, stream.media, self._next(stream)))

    @staticmethod
    def _next(stream: Stream) -> int:
        stream.generation += 1
        return stream.generation


def configuration(stream: Stream, media: NegotiatedMedia, generation: int) -> voice.Configure:
    """What was negotiated, in the words of the voice channel."""
    keys = media.srtp
    return voice.Configure(
        stream=stream.name,
        generation=generation,
        remote=voice.TransportAddress(*media.remote),
        remote_rtcp=voice.TransportAddress(*media.remote_rtcp) if media.remote_rtcp else None,
        codecs=tuple(
            voice.CodecSpec(
                payload_type=codec.payload_type,
                name=codec.name.upper(),
                clock_rate=codec.clock_rate,
                channels=codec.channels,
                fmtp=codec.fmtp,
            )
            for codec in media.codecs
        ),
        telephone_event=media.telephone_event,
        telephone_event_rate=media.telephone_event_rate,
        ptime_ms=media.ptime_ms,
        send=media.direction in ("sendrecv", "sendonly"),
        receive=media.direction in ("sendrecv", "recvonly"),
        srtp=None
        if keys is None
        else voice.Srtp(
            suite=keys.suite, send=voice.Key(master=keys.send), receive=voice.Key(master=keys.receive)
        ),
        secure_only=stream.secure_only,
        rtcp_mux=media.rtcp_mux,
    )


def local_media(addresses: tuple[voice.LocalAddress, ...]) -> tuple[LocalMedia, ...]:
    """A stream's addresses, one a family, for the session to choose from once its flow is known."""
    return tuple(LocalMedia(address.host, address.rtp_port, address.rtcp_port) for address in addresses)

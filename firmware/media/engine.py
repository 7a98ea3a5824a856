"""The audio loop's body: everything that happens in a block of 10 ms, whoever keeps the time.

Two threads meet here and never wait for each other. The control thread calls `open` and `submit`, which
make things ready and leave a step in a deque; the thread that drives the loop calls `tick`, carries the
steps out and leaves reports in another deque.
"""

from collections import deque
from collections.abc import Callable, Sequence

from firmware.control.voice import (
    Activate,
    Configure,
    Device,
    Fault,
    Mix,
    Relay,
    Release,
    Released,
    Report,
    Request,
    SendDigits,
    Tone,
)
from firmware.media import tones
from firmware.media.kernel import Pcm
from firmware.media.microphone import Microphone
from firmware.media.mixer import Mixer
from firmware.media.pcm import SILENCE
from firmware.media.plan import Plan
from firmware.media.speaker import Speaker
from firmware.media.stream import MediaStream
from firmware.media.wire import Pair, Wire
from firmware.rtp.entropy import Entropy
from firmware.rtp.stream import RtpStream

STALE_SECONDS = 0.1
"""After a pause of the loop no longer than this, what has come meanwhile is still worth hearing: a card that
is opened as a call is answered must not cost the first word."""

Step = Callable[[float], None]
"""Carried out by the loop, at the time it is given."""


class Engine:
    """All sound of one telephone, but for the device.

    `rate` is the device's in Hz, a block 10 ms of it. `notify` is called after something was appended to
    `reports`, by whichever thread did.
    """

    def __init__(
        self,
        entropy: Entropy,
        *,
        cname: str,
        rate: int = 48000,
        reports: deque[Report] | None = None,
        notify: Callable[[], None] = lambda: None,
    ) -> None:
        self.reports: deque[Report] = deque() if reports is None else reports
        self._entropy, self._cname, self._notify = entropy, cname, notify
        self._steps: deque[Step] = deque()
        self._opened: dict[str, Wire] = {}  # by stream; the control thread's
        self._streams: dict[str, MediaStream] = {}  # the loop's, as all below
        self._wires: list[Wire] = []
        self._joined: tuple[str, ...] = ()
        self._microphone = Microphone(rate)
        self._speaker = Speaker(rate)
        self._mixer = Mixer()
        self._ticked = -STALE_SECONDS  # when the loop was driven last

    # The control thread

    @property
    def busy(self) -> bool:
        """Whether the loop has anything to do; while it has not, nobody needs to drive it."""
        return (
            bool(self._steps)
            or self._speaker.sounding
            or any(stream.active for stream in tuple(self._streams.values()))
        )

    def open(self, stream: str, pairs: Sequence[Pair], shares: str | None) -> None:
        """A stream begins, with sockets of its own or those of the stream it shares with."""
        wire = Wire(pairs, self.reports) if shares is None else self._opened[shares]
        self._opened[stream] = wire
        self._steps.append(lambda now: self._begin(stream, wire, now))

    def submit(self, request: Request) -> None:
        """Carry out a request with the next block. What cannot be done is answered by a `Fault`."""
        try:
            if (stream := getattr(request, "stream", None)) is not None and stream not in self._opened:
                raise ValueError(f"There is no stream {stream}.")
            step = self._prepared(request)
        except KeyError as error:
            self._fault(request, f"This telephone has no {error.args[0]}.")
        except ValueError as error:
            self._fault(request, str(error))
        else:
            self._steps.append(step)

    def _prepared(self, request: Request) -> Step:
        """The step of a request, with everything in it that takes time."""
        match request:
            case Configure():
                plan = Plan.of(request)
                return lambda now: self._streams[request.stream].configure(plan, now)
            case Activate():
                return lambda now: self._activate(self._streams[request.stream], request.active, now)
            case Mix():
                return lambda now: self._join(request.streams)
            case Tone():
                channel = self._speaker.ear if request.output == "ear" else self._speaker.ringer
                sound = tones.tone(request.tone, request.country) if request.tone else None
                return lambda now: channel.play(sound)
            case SendDigits():
                return self._pressing(request)
            case Device():
                return self._device(request)
            case Release():
                del self._opened[request.stream]
                return lambda now: self._release(self._streams.pop(request.stream), request, now)
            case Relay():
                wire, remote = self._opened[request.stream], request.remote
                return lambda now: wire.send_rtp(request.payload, (remote.host, remote.port))
            case _:
                raise ValueError(f"{type(request).__name__} is nothing for the audio loop.")

    def _pressing(self, request: SendDigits) -> Step:
        def sound() -> tones.Sound:
            return tones.dtmf(request.digits, request.duration_ms, request.gap_ms)

        to_peer, to_ear = sound(), sound()

        def step(now: float) -> None:
            self._streams[request.stream].press(request, to_peer)
            self._speaker.keys.play(to_ear)

        return step

    def _device(self, request: Device) -> Step:
        # Muting waits for nothing: the block that is captured now is the first to be silent.
        self._microphone.muted = request.muted or request.use != "duplex"
        ear, ringer = factor(request.volume_db), factor(request.ringer_volume_db)

        def step(now: float) -> None:
            self._speaker.ear.gain, self._speaker.ringer.gain = ear, ringer

        return step

    def _fault(self, request: Request, words: str) -> None:
        stream, generation = getattr(request, "stream", None), getattr(request, "generation", None)
        self.reports.append(Fault(words=words, stream=stream, generation=generation))
        self._notify()

    # The thread that drives the loop

    def tick(self, capture: Pcm | None, now: float) -> bytes | bytearray:
        """A block at time `now`: captured sound in (None while the card records none), played sound out."""
        while self._steps:
            self._steps.popleft()(now)
        for wire in self._wires:
            wire.drain(now)
        heard = self._converse(capture, now)
        for stream in self._streams.values():
            if stream.active:
                stream.attend(now)
        if self.reports:
            self._notify()
        self._ticked = now
        return self._speaker.block(heard)

    def hand_over(self, now: float) -> None:
        """Another driver begins: with its first block, what has waited too long is dropped."""
        self._steps.append(self._flush)

    def _flush(self, now: float) -> None:
        if now - self._ticked < STALE_SECONDS:
            return
        for wire in self._wires:
            wire.discard()
        for stream in self._streams.values():
            stream.flush()

    def _begin(self, name: str, wire: Wire, now: float) -> None:
        rtp = RtpStream(self._cname, self._entropy, now)
        self._streams[name] = stream = MediaStream(name, wire, rtp, self.reports)
        wire.streams.append(stream)
        if wire not in self._wires:
            self._wires.append(wire)

    def _activate(self, stream: MediaStream, active: bool, now: float) -> None:
        """What came to the ports while nobody listened is thrown away, but for the first words of a call."""
        alone = not any(other.active for other in stream.wire.streams)
        stream.activate(active, now)
        if active and alone:
            stream.wire.listen(stream, now)

    def _release(self, stream: MediaStream, request: Release, now: float) -> None:
        stream.leave(now)
        stream.wire.streams.remove(stream)
        if not stream.wire.streams:
            self._wires.remove(stream.wire)
        self.reports.append(Released(stream=stream.name, generation=request.generation))

    def _join(self, names: tuple[str, ...]) -> None:
        self._joined = names

    def _converse(self, capture: Pcm | None, now: float) -> Pcm | None:
        """Let everybody in the mix hear all others; who is not in it hears silence, and is not heard."""
        joined: list[MediaStream] = []
        apart: list[MediaStream] = []
        for stream in self._streams.values():
            if stream.active:
                (joined if stream.name in self._joined else apart).append(stream)
        for stream in apart:
            stream.hear(now)
            stream.speak(SILENCE, now)
        if not joined:
            return None
        voices = [self._microphone.block(capture), *(stream.hear(now) for stream in joined)]
        heard = self._mixer.bridge(voices)
        for stream, block in zip(joined, heard[1:], strict=True):
            stream.speak(block, now)
        return heard[0]


def factor(decibels: float) -> float:
    """What a volume in dB multiplies samples by."""
    return float(10 ** (decibels / 20))

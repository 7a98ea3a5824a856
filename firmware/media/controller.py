"""The media side of the voice contract, sans-IO: what each request means, and what is answered.

Requests that concern sound go on to the engine; this machine keeps the streams' sockets, sees to it that a
request is carried out once however often it comes, and lets go of everything when the phone stays away.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from firmware.control.voice import (
    VERSION,
    Activate,
    Allocated,
    AllocateStream,
    Configure,
    Device,
    Fault,
    Hello,
    Mix,
    Relay,
    Release,
    Released,
    Report,
    Request,
    SendDigits,
    Tone,
)
from firmware.media.sockets import AllocationError, SocketPair

MOST_STREAMS = 32
"""More than any phone has calls; a controller gone wild does not get every port of the system."""

ORPHAN_SECONDS = 10.0
"""So long calls go on without a phone process; it is restarted well within."""

Allocate = Callable[[tuple[str, ...], tuple[int, int], tuple[int, int] | None], tuple[SocketPair, ...]]
"""Opens sockets for hosts, a port range and exact ports; raises `AllocationError`."""


class Voice(Protocol):
    """What the controller needs of the engine. Everything is handed over; nothing waits for the engine."""

    def open(self, stream: str, pairs: tuple[SocketPair, ...], shares: str | None) -> None:
        """A stream begins, with sockets of its own or those of the stream it shares with."""

    def submit(self, request: Request) -> None:
        """Carry out a request. `Release` is answered by a last `Quality`, then `Released`."""


@dataclass(slots=True)
class Held:
    """A stream that media holds."""

    pairs: tuple[SocketPair, ...]
    shares: str | None
    generation: int
    releasing: bool = False


class Controller:
    """One for the whole life of the process; controllers' connections come and go."""

    def __init__(
        self,
        voice: Voice,
        allocate: Allocate,
        use_device: Callable[[Device], None],
        hello: Hello,
        *,
        orphan_seconds: float = ORPHAN_SECONDS,
    ) -> None:
        self._voice, self._allocate, self._use_device = voice, allocate, use_device
        self._hello, self._orphan_seconds = hello, orphan_seconds
        self._streams: dict[str, Held] = {}
        self._generation = -1
        self._orphaned_at: float | None = None
        self._reports: deque[Report] = deque()

    @property
    def streams(self) -> tuple[str, ...]:
        """The streams held, those that are just ending included."""
        return tuple(self._streams)

    def poll(self) -> Report | None:
        """The next report to the phone."""
        return self._reports.popleft() if self._reports else None

    def connected(self) -> None:
        """A phone process is there. It counts the generations of what names no stream anew."""
        self._orphaned_at = None
        self._generation = -1
        self._reports.clear()
        self._reports.append(
            Hello(
                version=VERSION,
                pid=self._hello.pid,
                streams=tuple(name for name, held in self._streams.items() if not held.releasing),
                realtime=self._hello.realtime,
                words=self._hello.words,
            )
        )

    def disconnected(self, now: float) -> None:
        """The phone process is gone; it has `orphan_seconds` to return."""
        self._orphaned_at = now

    def deadline(self) -> float | None:
        """When everything is let go, if no phone comes until then."""
        return None if self._orphaned_at is None else self._orphaned_at + self._orphan_seconds

    def on_deadline(self, now: float) -> None:
        """Mute, say goodbye on every stream, close the sound card."""
        deadline = self.deadline()
        if deadline is not None and now >= deadline:
            self._orphaned_at = None
            self.release_all()

    def release_all(self) -> None:
        """Let go of every stream and of the sound card, from the microphone on."""
        closed = Device(generation=self._generation, use="closed", muted=True)
        self._voice.submit(closed)
        self._use_device(closed)
        for name, held in self._streams.items():
            if not held.releasing:
                self._release(held, Release(stream=name, generation=held.generation))

    def receive(self, request: Request) -> None:
        """Carry out what the phone asks for, unless it has been done."""
        match request:
            case AllocateStream():
                self._on_allocate(request)
            case Release() if request.stream not in self._streams:
                self._reports.append(Released(stream=request.stream, generation=request.generation))
            case Device() | Mix() | Tone():
                self._on_whole(request)
            case Relay() if request.stream not in self._streams:
                pass  # a datagram on its way when the stream ended
            case Relay():
                self._voice.submit(request)
            case Configure() | Activate() | SendDigits() | Release():
                self._on_stream(request)

    def relay(self, report: Report) -> None:
        """A report on its way from engine to phone. A stream that has ended gives its sockets back."""
        if isinstance(report, Released):
            held = self._streams.pop(report.stream, None)
            if held is not None:
                for pair in self._unshared(held):
                    pair.close()
        self._reports.append(report)

    def _on_whole(self, request: Device | Mix | Tone) -> None:
        """The engine hears of it before the sound card changes."""
        if request.generation > self._generation:
            self._generation = request.generation
            self._voice.submit(request)
        elif request.generation < self._generation:
            return
        if isinstance(request, Device):
            self._use_device(request)

    def _on_stream(self, request: Configure | Activate | SendDigits | Release) -> None:
        held = self._streams.get(request.stream)
        if isinstance(request, Release) and held is not None and held.releasing:
            return  # `Released` is on its way
        if held is None or held.releasing:
            self._fault(request, f"There is no stream {request.stream}.")
        elif request.generation > held.generation:
            held.generation = request.generation
            if isinstance(request, Release):
                self._release(held, request)
            else:
                self._voice.submit(request)

    def _release(self, held: Held, request: Release) -> None:
        held.releasing = True
        self._voice.submit(request)

    def _on_allocate(self, request: AllocateStream) -> None:
        held = self._streams.get(request.stream)
        if held is None:
            try:
                held = self._open(request)
            except AllocationError as error:
                self._fault(request, str(error))
                return
        elif held.releasing:
            self._fault(request, f"Stream {request.stream} is just ending.")
            return
        if request.generation >= held.generation:
            held.generation = request.generation
            local = tuple(pair.local for pair in held.pairs)
            self._reports.append(Allocated(stream=request.stream, generation=request.generation, local=local))

    def _open(self, request: AllocateStream) -> Held:
        if len(self._streams) >= MOST_STREAMS:
            raise AllocationError(f"There are {MOST_STREAMS} streams already; that is the most.")
        if request.shares is None:
            pairs = self._allocate(request.hosts, request.port_range, request.ports)
        elif request.shares in self._streams:
            pairs = self._streams[request.shares].pairs
        else:
            raise AllocationError(f"There is no stream {request.shares} to share sockets with.")
        held = Held(pairs, request.shares, request.generation)
        self._streams[request.stream] = held
        self._voice.open(request.stream, pairs, request.shares)
        return held

    def _unshared(self, ended: Held) -> Iterator[SocketPair]:
        """The sockets of a stream that no other one uses."""
        return (
            pair for pair in ended.pairs if not any(pair in held.pairs for held in self._streams.values())
        )

    def _fault(
        self, request: AllocateStream | Configure | Activate | SendDigits | Release, words: str
    ) -> None:
        self._reports.append(Fault(words=words, stream=request.stream, generation=request.generation))

"""The media side of the contract: requests carried out once, streams let go of, nothing left open."""

import os

import pytest

from firmware.control.voice import (
    Activate,
    Allocated,
    AllocateStream,
    Configure,
    Device,
    Fault,
    Hello,
    Mix,
    Quality,
    Relay,
    Release,
    Released,
    Report,
    Request,
    SendDigits,
    Tone,
    TransportAddress,
)
from firmware.media.controller import MOST_STREAMS, ORPHAN_SECONDS, Controller
from firmware.media.sockets import AllocationError, SocketPair, allocate

RANGE = (22000, 22999)


class Room:
    """A controller, with notes of what it told the engine and the sound card."""

    def __init__(self) -> None:
        self.submitted: list[Request] = []
        self.opened: list[tuple[str, tuple[SocketPair, ...], str | None]] = []
        self.uses: list[str] = []
        hello = Hello(version=1, pid=7, realtime=True, words="No sound.")
        self.controller = Controller(self, self.allocate, lambda device: self.uses.append(device.use), hello)

    @staticmethod
    def allocate(
        hosts: tuple[str, ...], port_range: tuple[int, int], ports: tuple[int, int] | None
    ) -> tuple[SocketPair, ...]:
        return allocate(hosts, port_range, ports, os.urandom)

    def open(self, stream: str, pairs: tuple[SocketPair, ...], shares: str | None) -> None:
        self.opened.append((stream, pairs, shares))

    def submit(self, request: Request) -> None:
        self.submitted.append(request)

    def ask(self, *requests: Request) -> list[Report]:
        for request in requests:
            self.controller.receive(request)
        return self.reports()

    def reports(self) -> list[Report]:
        found = []
        while (report := self.controller.poll()) is not None:
            found.append(report)
        return found

    def end(self, stream: str) -> list[Report]:
        """What the engine says when it has carried out a release."""
        self.controller.relay(Quality(stream=stream, final=True))
        self.controller.relay(Released(stream=stream, generation=99))
        return self.reports()


@pytest.fixture
def room() -> Room:
    room = Room()
    room.controller.connected()
    room.reports()
    return room


def stream(name: str = "a", generation: int = 1, shares: str | None = None) -> AllocateStream:
    return AllocateStream(
        stream=name, generation=generation, hosts=("127.0.0.1",), port_range=RANGE, shares=shares
    )


def is_free(port: int) -> bool:
    try:
        allocate(("127.0.0.1",), RANGE, (port, port + 1), os.urandom)[0].close()
    except AllocationError:
        return False
    return True


def test_hello_comes_first_and_names_what_is_held(room: Room) -> None:
    room.ask(stream("a"), stream("b"))
    room.controller.disconnected(0.0)
    room.controller.connected()
    hello = Hello(version=1, pid=7, streams=("a", "b"), realtime=True, words="No sound.")
    assert room.reports() == [hello]
    room.ask(Release(stream="a", generation=2))
    room.controller.disconnected(1.0)
    room.controller.connected()
    (after,) = room.reports()
    assert isinstance(after, Hello)
    assert after.streams == ("b",), "what is just ending is nothing to go on with"


def test_an_allocation_asked_for_again_is_answered_again_with_the_same_ports(room: Room) -> None:
    (first,), (again,), (higher,) = room.ask(stream()), room.ask(stream()), room.ask(stream(generation=5))
    assert isinstance(first, Allocated)
    assert first == again
    assert isinstance(higher, Allocated)
    assert (higher.local, higher.generation) == (first.local, 5)
    assert room.ask(stream(generation=4)) == [], "what is older than what was done is ignored"
    assert len(room.opened) == 1


def test_each_request_is_carried_out_once_and_never_after_a_newer_one(room: Room) -> None:
    room.ask(stream())
    digits = SendDigits(stream="a", generation=3, digits="1")
    late = Activate(stream="a", generation=2)
    room.ask(digits, digits, late, Configure(stream="a", generation=4, remote=None))
    assert [type(request) for request in room.submitted] == [SendDigits, Configure]


def test_what_names_no_stream_is_counted_together_and_anew_for_each_connection(room: Room) -> None:
    room.ask(
        Mix(generation=8, streams=("a",)), Tone(generation=7, tone="dial"), Tone(generation=9, tone=None)
    )
    assert [request.generation for request in room.submitted if isinstance(request, Tone | Mix)] == [8, 9]
    room.controller.disconnected(0.0)
    room.controller.connected()
    room.ask(Mix(generation=1, streams=()))
    assert room.submitted[-1] == Mix(generation=1, streams=())


def test_the_sound_card_is_used_as_asked_and_asked_again_says_so_again(room: Room) -> None:
    duplex = Device(generation=1, use="duplex", muted=True)
    room.ask(duplex, duplex, Device(generation=0, use="closed"))
    assert room.submitted == [duplex]
    assert room.uses == ["duplex", "duplex"]


def test_requests_for_streams_that_are_not_there_are_faults_in_words(room: Room) -> None:
    fault = Fault(words="There is no stream x.", stream="x", generation=1)
    assert room.ask(Configure(stream="x", generation=1, remote=None)) == [fault]
    assert room.ask(Relay(stream="x", remote=TransportAddress("::1", 9), payload=b"")) == []
    assert room.ask(Release(stream="x", generation=3)) == [Released(stream="x", generation=3)]


def test_ports_in_use_are_a_fault_and_may_be_asked_for_again(room: Room) -> None:
    pairs = allocate(("127.0.0.1",), RANGE, None, os.urandom)
    ports = pairs[0].ports
    wish = AllocateStream(stream="a", generation=1, hosts=("127.0.0.1",), ports=ports)
    (fault,) = room.ask(wish)
    assert isinstance(fault, Fault)
    assert f"RTP port {ports[0]}" in fault.words
    assert "in use by another program" in fault.words
    pairs[0].close()
    (report,) = room.ask(wish)
    assert isinstance(report, Allocated)


def test_ports_are_free_again_once_released_is_said(room: Room) -> None:
    (allocated,) = room.ask(stream())
    assert isinstance(allocated, Allocated)
    release = Release(stream="a", generation=2)
    assert room.ask(release, release) == []
    assert room.submitted == [release]
    assert [type(report) for report in room.end("a")] == [Quality, Released]
    assert is_free(allocated.local[0].rtp_port)
    assert room.controller.streams == ()


def test_shared_sockets_stay_open_until_the_last_of_their_streams_has_ended(room: Room) -> None:
    offered, branch = room.ask(stream("a"), stream("b", shares="a"))
    assert isinstance(offered, Allocated)
    assert isinstance(branch, Allocated)
    assert offered.local == branch.local
    assert room.opened[1][2] == "a"
    room.ask(Release(stream="a", generation=2))
    room.end("a")
    pairs = room.opened[1][1]
    assert pairs[0].rtp.fileno() >= 0
    room.ask(Release(stream="b", generation=2))
    room.end("b")
    assert pairs[0].rtp.fileno() == -1


def test_sharing_with_nobody_and_one_stream_too_many_are_faults(room: Room) -> None:
    assert [type(report) for report in room.ask(stream("b", shares="a"))] == [Fault]
    for number in range(MOST_STREAMS):
        room.ask(stream(str(number)))
    (report,) = room.ask(stream("one more"))
    assert isinstance(report, Fault)
    for _, pairs, _ in room.opened:
        pairs[0].close()


def test_without_a_phone_for_ten_seconds_the_microphone_is_closed_and_all_streams_end(room: Room) -> None:
    room.ask(stream("a"), Device(generation=1, use="duplex"))
    room.controller.disconnected(100.0)
    assert room.controller.deadline() == 100.0 + ORPHAN_SECONDS
    room.controller.on_deadline(100.0 + ORPHAN_SECONDS - 0.01)
    assert len(room.submitted) == 1
    room.controller.on_deadline(100.0 + ORPHAN_SECONDS)
    device, release = room.submitted[1:]
    assert isinstance(device, Device)
    assert device.muted
    assert isinstance(release, Release)
    assert room.uses == ["duplex", "closed"]
    room.end("a")
    assert room.controller.streams == ()
    assert room.controller.deadline() is None


def test_a_phone_that_returns_in_time_finds_its_streams(room: Room) -> None:
    room.ask(stream("a"))
    room.controller.disconnected(100.0)
    room.controller.connected()
    assert room.controller.deadline() is None
    room.controller.on_deadline(1000.0)
    assert room.controller.streams == ("a",)
    assert room.submitted == []

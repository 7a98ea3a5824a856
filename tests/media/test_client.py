"""The phone's end of the channel, against the server's own loop with an engine that the test plays."""

import asyncio
import os
import socket
from collections import deque
from collections.abc import Iterator
from pathlib import Path

import pytest

from firmware.control.framing import Framer, FramingError
from firmware.control.voice import (
    Allocated,
    AllocateStream,
    Digit,
    Fault,
    Hello,
    Release,
    Released,
    Report,
    Request,
)
from firmware.media.client import VoiceClient
from firmware.media.controller import Controller
from firmware.media.server import ListenError, Server, listen
from firmware.media.sockets import SocketPair, allocate
from firmware.media.wake import Wake


class Engine:
    """Says at once that a stream has ended; does nothing else."""

    def __init__(self, reports: deque[Report], wake: Wake) -> None:
        self.reports, self.wake = reports, wake

    def open(self, stream: str, pairs: tuple[SocketPair, ...], shares: str | None) -> None:
        pass

    def submit(self, request: Request) -> None:
        if isinstance(request, Release):
            self.say(Released(stream=request.stream, generation=request.generation))

    def say(self, report: Report) -> None:
        self.reports.append(report)
        self.wake.set()


class Media:
    """A control channel with its thread, as in the media process."""

    def __init__(self, path: Path) -> None:
        reports: deque[Report] = deque()
        wake = Wake()
        self.engine = Engine(reports, wake)
        controller = Controller(
            self.engine,
            lambda hosts, port_range, ports: allocate(hosts, port_range, ports, os.urandom),
            lambda device: None,
            Hello(version=1, pid=os.getpid()),
        )
        self.server = Server(listen(path), controller, reports, wake)
        self.server.start()

    def end(self) -> None:
        self.server.end(1.0)
        self.server.join(5.0)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "voice"


@pytest.fixture
def media(path: Path) -> Iterator[Media]:
    media = Media(path)
    yield media
    media.end()


class Phone:
    """A client with what it was told."""

    def __init__(self, path: Path) -> None:
        self.reports: list[Report] = []
        self.lost = 0
        self.client = VoiceClient(path, self.reports.append, self._on_lost)

    def _on_lost(self) -> None:
        self.lost += 1

    async def __aenter__(self) -> "Phone":
        self.task = asyncio.create_task(self.client.run())
        return self

    async def __aexit__(self, *error: object) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def told(self, count: int) -> list[Report]:
        async with asyncio.timeout(5.0):
            while len(self.reports) < count:
                await asyncio.sleep(0.005)
        return self.reports


def test_requests_go_out_and_reports_come_in(path: Path, media: Media) -> None:
    async def talk() -> None:
        async with Phone(path) as phone:
            (hello,) = await phone.told(1)
            assert isinstance(hello, Hello)
            assert phone.client.send(AllocateStream(stream="a", generation=1, hosts=("127.0.0.1",)))
            assert isinstance((await phone.told(2))[1], Allocated)
            digit = Digit(stream="a", digit="5", duration_ms=100)
            media.engine.say(digit)
            assert (await phone.told(3))[2] == digit
            assert phone.client.send(Release(stream="a", generation=2))
            assert isinstance((await phone.told(4))[3], Released)

    asyncio.run(talk())


def test_the_client_waits_for_media_and_comes_back_after_its_restart(path: Path) -> None:
    async def talk() -> None:
        async with Phone(path) as phone:
            assert not phone.client.connected
            assert not phone.client.send(Release(stream="a", generation=1))
            first = Media(path)
            await phone.told(1)
            await asyncio.to_thread(first.end)
            async with asyncio.timeout(5.0):
                while not phone.lost:
                    await asyncio.sleep(0.005)
            assert not phone.client.connected
            second = Media(path)
            reports = await phone.told(2)
            assert [type(report) for report in reports] == [Hello, Hello]
            await asyncio.to_thread(second.end)

    asyncio.run(talk())


def test_a_second_controller_is_told_that_there_is_one(path: Path, media: Media) -> None:
    async def talk() -> None:
        async with Phone(path) as phone:
            await phone.told(1)
            async with Phone(path) as second:
                fault = (await second.told(1))[0]
                assert isinstance(fault, Fault)
                assert "already" in fault.words
            assert phone.client.connected

    asyncio.run(talk())


def test_bytes_that_are_no_message_end_the_connection_and_the_next_one_is_served(
    path: Path, media: Media
) -> None:
    with socket.socket(socket.AF_UNIX) as stranger:
        stranger.connect(str(path))
        stranger.settimeout(5.0)
        assert stranger.recv(1 << 16)
        stranger.sendall(b"\0\0\0\3\x81\xa4x")
        assert stranger.recv(1 << 16) == b""

    async def talk() -> None:
        async with Phone(path) as phone:
            await phone.told(1)

    asyncio.run(talk())


def test_another_version_is_an_error(path: Path) -> None:
    listener = listen(path)

    async def talk() -> None:
        client = VoiceClient(path, lambda report: None)
        running = asyncio.create_task(client.run())
        accepted, _ = await asyncio.to_thread(_accept, listener)
        accepted.sendall(Framer(Hello).frame(Hello(version=99, pid=1)))
        with pytest.raises(FramingError, match="version 99"):
            await asyncio.wait_for(running, 5.0)
        accepted.close()

    asyncio.run(talk())
    listener.close()


def _accept(listener: socket.socket) -> tuple[socket.socket, object]:
    listener.settimeout(5.0)
    return listener.accept()


def test_the_socket_is_for_this_user_only_and_a_dead_one_is_replaced(path: Path) -> None:
    listen(path).close()
    listener = listen(path)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(ListenError, match="cannot be made"):
        listen(path)
    listener.close()


def test_a_phone_that_does_not_read_is_let_go(path: Path, media: Media) -> None:
    """Reports pile up in memory to a limit only."""
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.connect(str(path))
        big = Fault(words="x" * 100_000)
        for _ in range(100):
            media.engine.say(big)
        deaf.settimeout(20.0)
        taken = 0
        while data := deaf.recv(1 << 20):
            taken += len(data)
        assert taken < 100 * 100_000

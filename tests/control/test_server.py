"""Server and client of the control channel on a real socket."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from firmware.control.client import ControlClient, ControlError
from firmware.control.messages import AnyCommand, CommandRefused, Dial, Done, Event, Mute, Picture
from firmware.control.server import MAX_CLIENTS, ControlServer
from firmware.control.state import Snapshot

Scenario = Callable[[ControlServer, Path], Awaitable[None]]


def execute(command: AnyCommand) -> str | None:
    """A phone that dials, and refuses all else."""
    if isinstance(command, Dial):
        return "7"
    raise CommandRefused("There is no call now.")


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[tuple[ControlServer, Path]]:
    server = ControlServer(execute, lambda: Snapshot(number=42))
    await server.start(folder / "control")
    try:
        yield server, folder / "control"
    finally:
        await server.stop()


def play(folder: Path, scenario: Scenario) -> None:
    async def run() -> None:
        async with asyncio.timeout(10), serving(folder) as (server, path):
            await scenario(server, path)

    asyncio.run(run())


def test_commands_are_answered_by_their_number(tmp_path: Path) -> None:
    async def scenario(server: ControlServer, path: Path) -> None:
        async with ControlClient(path) as client:
            answers = await asyncio.gather(*(client.do(Dial(target=str(n))) for n in range(20)))
            assert {answer.number for answer in answers} == set(range(1, 21))
            assert all(isinstance(answer, Done) and answer.call == "7" for answer in answers)
            assert (await client.snapshot()).number == 42

    play(tmp_path, scenario)


def test_a_refusal_comes_as_its_sentence(tmp_path: Path) -> None:
    async def scenario(server: ControlServer, path: Path) -> None:
        async with ControlClient(path) as client:
            with pytest.raises(ControlError, match="There is no call now"):
                await client.do(Mute(on=True))

    play(tmp_path, scenario)


def test_watchers_hear_changes_and_who_looks_gets_the_last_picture_too(tmp_path: Path) -> None:
    async def scenario(server: ControlServer, path: Path) -> None:
        picture = Picture(width=8, height=1, mode="1", pixels=b"\xaa")
        server.show(picture)
        async with ControlClient(path) as client:
            news = client.watch(pictures=True)
            assert await anext(news) == picture
            event = Event(at=1.0, cause="muted", snapshot=Snapshot(muted=True))
            server.tell(event)
            assert await anext(news) == event

    play(tmp_path, scenario)


def test_who_does_not_watch_is_told_nothing(tmp_path: Path) -> None:
    async def scenario(server: ControlServer, path: Path) -> None:
        async with ControlClient(path) as client:
            server.tell(Event(at=1.0, cause="muted", snapshot=Snapshot()))
            assert (await client.do(Dial(target="1"))).number == 1

    play(tmp_path, scenario)


def test_the_socket_is_for_this_user_only_and_a_dead_one_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "control").write_text("left behind")

    async def scenario(server: ControlServer, path: Path) -> None:
        assert path.stat().st_mode & 0o777 == 0o600

    play(tmp_path, scenario)


def test_nonsense_ends_only_its_own_connection(tmp_path: Path) -> None:
    async def scenario(server: ControlServer, path: Path) -> None:
        async with ControlClient(path) as client:
            reader, writer = await asyncio.open_unix_connection(str(path))
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            assert await reader.read() == b""
            writer.close()
            assert (await client.snapshot()).number == 42

    play(tmp_path, scenario)


def test_one_client_too_many_is_turned_away(tmp_path: Path) -> None:
    async def scenario(server: ControlServer, path: Path) -> None:
        held = [socket.socket(socket.AF_UNIX) for _ in range(MAX_CLIENTS)]
        for one in held:
            one.connect(str(path))
        await asyncio.sleep(0.05)
        async with ControlClient(path) as client:
            with pytest.raises(ControlError, match="ended the connection"):
                await client.do(Dial(target="1"))
        for one in held:
            one.close()

    play(tmp_path, scenario)


def test_a_phone_that_ends_is_told_to_who_waits_and_who_asks_later(tmp_path: Path) -> None:
    async def scenario(server: ControlServer, path: Path) -> None:
        async with ControlClient(path) as client:
            await client.snapshot()
            await server.stop()
            news = client.watch()
            for _ in range(2):
                with pytest.raises(ControlError, match="ended the connection"):
                    await client.do(Dial(target="1"))
            with pytest.raises(ControlError, match="ended the connection"):
                await anext(news)

    play(tmp_path, scenario)


def test_without_a_phone_there_is_a_sentence(tmp_path: Path) -> None:
    async def look() -> None:
        async with ControlClient(tmp_path / "nobody"):
            pass

    with pytest.raises(ControlError, match="No phone answers"):
        asyncio.run(look())

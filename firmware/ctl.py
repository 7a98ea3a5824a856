"""`offhook ctl`: one command to a running phone, or a look at it."""

import argparse
import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from firmware.control import messages as control
from firmware.control.client import ControlClient, ControlError
from firmware.control.state import Call, Line, Snapshot

COMMANDS: dict[str, tuple[str | None, Callable[[str], control.AnyCommand]]] = {
    "dial": ("URI|NUMBER", lambda target: control.Dial(target=target)),
    "answer": (None, lambda _: control.Answer()),
    "hangup": (None, lambda _: control.HangUp()),
    "hold": (None, lambda _: control.Hold()),
    "resume": (None, lambda _: control.Resume()),
    "mute": (None, lambda _: control.Mute(on=True)),
    "unmute": (None, lambda _: control.Mute(on=False)),
    "dtmf": ("DIGITS", lambda digits: control.SendDigits(digits=digits)),
    "key": ("NAME", lambda name: control.Key(name=name)),
    "hook": ("up|down", lambda where: control.Hook(off=where == "up")),
}
"""Name, what its argument is called, and the command that it makes."""


def add_arguments(parser: argparse.ArgumentParser, state: Path) -> None:
    """The arguments of `offhook ctl`."""
    parser.add_argument("--control", type=Path, default=state / "control", metavar="SOCKET")
    actions = parser.add_subparsers(dest="action", required=True)
    for name, (argument, _) in COMMANDS.items():
        action = actions.add_parser(name)
        if name == "hook":
            action.add_argument("argument", choices=("up", "down"))
        elif argument is not None:
            action.add_argument("argument", metavar=argument)
    for name in ("status", "events"):
        actions.add_parser(name).add_argument("--json", action="store_true")


def run(options: argparse.Namespace) -> int:
    """Carry it out; 1 and one sentence on standard error when the phone refuses."""
    try:
        asyncio.run(_run(options))
    except ControlError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except (KeyboardInterrupt, BrokenPipeError):
        pass
    return 0


async def _run(options: argparse.Namespace) -> None:
    async with ControlClient(options.control) as client:
        if options.action == "status":
            snapshot = await client.snapshot()
            _say(_json(snapshot) if options.json else describe(snapshot))
        elif options.action == "events":
            async for news in client.watch():
                if isinstance(news, control.Event):
                    _say(_json(news) if options.json else f"{news.at:.3f} {news.cause}")
        else:
            _, command = COMMANDS[options.action]
            await client.do(command(getattr(options, "argument", "")))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def describe(now: Snapshot) -> str:
    """The telephone in a few lines for a person."""
    sound = f"sound {now.sound.state}" + (f" ({now.sound.driver} {now.sound.name})" if now.sound.name else "")
    rows = [f"hook {now.hook}, {'microphone muted, ' if now.muted else ''}{sound}"]
    rows += [now.sound.words] if now.sound.words else []
    rows += [_line(line) for line in now.lines]
    rows += [_call(call) for call in now.calls]
    rows += [note.words for note in now.notes[-3:]]
    return "\n".join(rows)


def _line(line: Line) -> str:
    words = f": {line.words}" if line.words else f" over {line.transport}" if line.transport else ""
    return f"line {line.id} {line.address} {line.registration}{words}"


def _call(call: Call) -> str:
    parts = [f"call {call.id} {call.direction} {call.phase} {call.name or call.number}"]
    parts += [call.codec, call.privacy] if call.codec else []
    parts += [call.words] if call.words else []
    parts += [call.quality.words] if call.quality else []
    return ", ".join(parts)

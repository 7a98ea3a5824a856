"""The command line: `offhook run` and `offhook ctl`."""

import argparse
import asyncio
import os
import sys
import tempfile
from pathlib import Path

from firmware import ctl
from firmware.settings.load import SettingsError, load
from firmware.supervisor import Child, Supervisor, python


def default_state() -> Path:
    """Where sockets and what the phone remembers live: private to this user."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    return Path(runtime) / "offhook" if runtime else Path(tempfile.gettempdir()) / f"offhook-{os.getuid()}"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit status is 0, 1 for a refused command, 2 for wrong use or settings."""
    parser = argparse.ArgumentParser(prog="offhook", description="A telephone.")
    commands = parser.add_subparsers(dest="command", required=True)
    _add_run(commands.add_parser("run", help="run a phone"))
    ctl.add_arguments(commands.add_parser("ctl", help="steer a running phone"), default_state())
    options = parser.parse_args(arguments)
    if options.command == "ctl":
        return ctl.run(options)
    return run(options)


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--settings", type=Path, required=True, metavar="FILE.toml")
    parser.add_argument("--board", default="sim", metavar="sim|FILE", help="the hardware (default: sim)")
    parser.add_argument(
        "--audio",
        metavar="portaudio[:NAME]|wav:IN,OUT|loop|null",
        help="the sound card, or what stands for it (default: portaudio, with the settings' audio.device)",
    )
    parser.add_argument("--state", type=Path, default=default_state(), metavar="DIR")
    parser.add_argument("--control", type=Path, metavar="SOCKET", help="default: control in the state folder")


def run(options: argparse.Namespace) -> int:
    """`offhook run`."""
    try:
        settings = load(options.settings)
    except SettingsError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    options.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    voice = options.state / "voice"
    control = options.control or options.state / "control"
    phone = python(
        "firmware.handset",
        f"--settings={options.settings}",
        f"--board={options.board}",
        f"--voice={voice}",
        f"--control={control}",
    )
    card = f"portaudio:{settings.audio.device}" if settings.audio.device else "portaudio"
    media = python(
        "firmware.media.process", f"--control={voice}", f"--audio={options.audio or card}", "--realtime"
    )
    children = (Child("offhook-phone", phone), Child("offhook-media", media))
    return asyncio.run(_supervise(children))


async def _supervise(children: tuple[Child, ...]) -> int:
    return await Supervisor(children, print).run()


if __name__ == "__main__":
    sys.exit(main())

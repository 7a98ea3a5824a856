"""The command line: `offhook run`, `offhook ctl` and `offhook page`."""

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
    _add_page(commands.add_parser("page", help="show a running phone in the browser"))
    options = parser.parse_args(arguments)
    match options.command:
        case "ctl":
            return ctl.run(options)
        case "page":
            return page(options)
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


def _add_page(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--control", type=Path, default=default_state() / "control", metavar="SOCKET")
    ports = range(65536)
    parser.add_argument("--port", type=int, default=0, choices=ports, metavar="N", help="default: a free one")


def page(options: argparse.Namespace) -> int:
    """`offhook page`."""
    from ui.web.serve import run as serve  # here, so that no other command waits for a web server to load

    return serve(options.control, options.port)


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

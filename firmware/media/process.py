"""`offhook-media`: the process that has the sound card and every RTP socket.

Its threads: the sound card's own, which runs the engine; the main thread, which runs it while no card calls
back; the control channel's; the card's keeper. Only the latter two ever wait for anything but time.
"""

import argparse
import base64
import os
import signal
import sys
from collections import deque
from pathlib import Path

from firmware.control.voice import VERSION, DeviceState, Hello, Report, Request
from firmware.media import realtime
from firmware.media.controller import ORPHAN_SECONDS, Controller
from firmware.media.devices import Device, DeviceError, device_from
from firmware.media.driver import ClockDriver, Turn
from firmware.media.engine import Engine
from firmware.media.keeper import DeviceKeeper
from firmware.media.server import ListenError, Server, listen
from firmware.media.sockets import SocketPair, allocate
from firmware.media.wake import Wake

GOODBYE_SECONDS = 1.0
"""How long the end of the process waits for the streams' RTCP BYE."""

USELESS = 2
"""Exit status when these arguments can never work."""

START_AGAIN = os.EX_TEMPFAIL
"""Exit status when only a new process can get the sound card back."""


class MediaProcess:
    """Binds engine, device, driver and control channel; `run` in the main thread is the process's life."""

    def __init__(self, control: Path, device: Device, hello: Hello, orphan_seconds: float) -> None:
        reports: deque[Report] = deque()
        self._reports, self._wake = reports, Wake()
        self._engine = Engine(os.urandom, cname=_cname(), reports=reports, notify=self._wake.set)
        turn = Turn(self._block, self._engine.hand_over)
        self._driver = ClockDriver(turn, lambda: self._engine.busy, self._engine.hand_over)
        self._keeper = DeviceKeeper(device, turn, report=self._on_device, stuck=self._give_up)
        controller = Controller(
            self,
            lambda hosts, port_range, ports: allocate(hosts, port_range, ports, os.urandom),
            lambda wish: self._keeper.wish(wish.use),
            hello,
            orphan_seconds=orphan_seconds,
        )
        self._server = Server(listen(control), controller, reports, self._wake, ended=self._driver.stop)
        self._status = 0

    def open(self, stream: str, pairs: tuple[SocketPair, ...], shares: str | None) -> None:
        """A stream for the engine (`controller.Voice`)."""
        self._engine.open(stream, pairs, shares)
        self._driver.wake()

    def submit(self, request: Request) -> None:
        """A request for the engine (`controller.Voice`)."""
        self._engine.submit(request)
        self._driver.wake()

    def run(self) -> int:
        """Serve until `end`; the exit status."""
        self._keeper.start()
        self._server.start()
        realtime.raise_this_thread(realtime.AUDIO_PRIORITY)
        self._driver.run()
        if self._status == 0:
            self._keeper.end()
        return self._status

    def end(self) -> None:
        """Say goodbye on all streams and end `run`; may be called from a signal handler."""
        self._server.end(GOODBYE_SECONDS)

    def _block(self, capture: memoryview | None, now: float) -> bytes:
        return bytes(self._engine.tick(capture, now))

    def _on_device(self, state: DeviceState) -> None:
        self._reports.append(state)
        self._wake.set()
        self._driver.wake()

    def _give_up(self) -> None:
        """End without a goodbye: the process that follows takes the calls up again, on the same ports."""
        self._status = START_AGAIN
        self._driver.stop()


def main(arguments: list[str] | None = None) -> int:
    """The command `python -m firmware.media.process`."""
    options = _parser().parse_args(arguments)
    granted, words = realtime.prepare_process() if options.realtime else (False, "")
    hello = Hello(version=VERSION, pid=os.getpid(), realtime=granted, words=words)
    try:
        process = MediaProcess(options.control, device_from(options.audio), hello, options.orphan_seconds)
    except (DeviceError, ListenError) as error:
        print(f"offhook-media: {error}", file=sys.stderr)  # noqa: T201
        return USELESS
    signal.signal(signal.SIGTERM, lambda number, frame: process.end())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for who started us; we are told by SIGTERM
    realtime.quiet_interpreter()
    return process.run()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="offhook-media", description="The voice of an offhook telephone.")
    parser.add_argument("--control", type=Path, required=True, metavar="SOCKET", help="where to listen")
    parser.add_argument(
        "--audio", default="portaudio", metavar="DEVICE", help="portaudio[:NAME], wav:IN,OUT, loop or null"
    )
    parser.add_argument(
        "--realtime", action="store_true", help="real-time priority and locked memory where permitted"
    )
    parser.add_argument(
        "--orphan-seconds",
        type=float,
        default=ORPHAN_SECONDS,
        metavar="SECONDS",
        help="how long calls go on without a phone process (%(default)g)",
    )
    return parser


def _cname() -> str:
    """A name for RTCP that says nothing about the person or the machine (RFC 7022 section 4.2)."""
    return base64.b64encode(os.urandom(12)).decode("ascii")


if __name__ == "__main__":
    sys.exit(main())

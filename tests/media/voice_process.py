"""The media process as the tests drive it: spawned for real, talked to over its socket."""

import os
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from firmware.control.framing import Framer
from firmware.control.voice import (
    Activate,
    Allocated,
    AllocateStream,
    CodecSpec,
    Configure,
    Hello,
    Mix,
    Report,
    Request,
    TransportAddress,
)
from tests.interop.program import Program

R = TypeVar("R", bound=Report)

SO_TIMESTAMPNS = 35
"""From <asm-generic/socket.h>: the kernel's own time of arrival, which a busy test cannot make late."""

TIMESPEC = struct.Struct("@ll")

PORTS = (23000, 23998)
PCMU = CodecSpec(payload_type=0, name="PCMU", clock_rate=8000)


class VoiceProcess(Program):
    """`python -m firmware.media.process`, ready when its socket answers."""

    def __init__(self, folder: Path, audio: str, *options: str, environment: dict[str, str] | None = None):
        self.path = folder / "voice"
        command = [
            sys.executable,
            "-m",
            "firmware.media.process",
            f"--control={self.path}",
            f"--audio={audio}",
        ]
        root = str(Path(__file__).parents[2])
        super().__init__(folder, [*command, *options], {"PYTHONPATH": root, **(environment or {})})

    def is_ready(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return self.running and probe.connect_ex(str(self.path)) == 0

    def kill(self) -> None:
        """The end that nobody can prepare for."""
        os.kill(self.pid, signal.SIGKILL)
        self.wait_for_end()

    def wait_for_end(self, seconds: float = 10.0) -> int:
        """Its exit status; raises subprocess.TimeoutExpired."""
        assert self._process is not None
        return self._process.wait(seconds)

    def cpu_seconds(self) -> float:
        """The time that its threads have run."""
        tasks = Path(f"/proc/{self.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


class Controller:
    """A phone process's end of the channel, without a thread: waits for the report that a test wants."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.reports: list[Report] = []
        self._framer: Framer[Report] = Framer(Report)  # type: ignore[arg-type]
        self._connect(path)

    def _connect(self, path: Path) -> None:
        """The probe that found the process ready may still count as its controller for a moment."""
        self.socket.settimeout(5.0)
        self.socket.connect(str(path))
        self.hello = self.expect(Hello)

    def send(self, *requests: Request) -> None:
        for request in requests:
            self.socket.sendall(self._framer.frame(request))

    def expect(
        self, kind: type[R], seconds: float = 5.0, where: Callable[[R], bool] = lambda report: True
    ) -> R:
        """The first report of this kind that has not been returned yet; later ones stay."""
        end = time.monotonic() + seconds
        while True:
            for report in self.reports:
                if isinstance(report, kind) and where(report):
                    self.reports.remove(report)
                    return report
            self.socket.settimeout(max(0.001, end - time.monotonic()))
            data = self.socket.recv(1 << 16)
            if not data:
                raise EOFError(f"the media process went away; {kind.__name__} never came")
            self.reports += self._framer.receive(data)

    def close(self) -> None:
        self.socket.close()

    def call(self, far: "FarEnd", ports: tuple[int, int] | None = None) -> Allocated:
        """A stream "a" in PCMU with the far end, joined with microphone and ear."""
        self.send(
            AllocateStream(stream="a", generation=1, hosts=("127.0.0.1",), port_range=PORTS, ports=ports)
        )
        allocated = self.expect(Allocated)
        self.send(
            Configure(
                stream="a",
                generation=2,
                remote=TransportAddress("127.0.0.1", far.rtp_port),
                remote_rtcp=TransportAddress("127.0.0.1", far.rtcp_port),
                codecs=(PCMU,),
            ),
            Activate(stream="a", generation=3),
            Mix(generation=100, streams=("a",)),
        )
        return allocated


class FarEnd:
    """The other party's sockets on loopback."""

    def __init__(self) -> None:
        self.rtp, self.rtcp = self._bound(), self._bound()
        self.rtp_port, self.rtcp_port = self.rtp.getsockname()[1], self.rtcp.getsockname()[1]

    @staticmethod
    def _bound() -> socket.socket:
        bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        bound.bind(("127.0.0.1", 0))
        bound.settimeout(5.0)
        bound.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        return bound

    def packets(self, seconds: float, echo: bool = False) -> list[tuple[float, bytes]]:
        """Everything that arrives in so long, with the time at which the kernel had it.

        It is sent back under another SSRC when asked.
        """
        end = time.monotonic() + seconds
        arrived = []
        while (left := end - time.monotonic()) > 0:
            self.rtp.settimeout(left)
            try:
                packet, ((_, _, stamp),), _, source = self.rtp.recvmsg(2048, 64)
            except TimeoutError:
                break
            whole, nanoseconds = TIMESPEC.unpack(stamp)
            arrived.append((whole + nanoseconds / 1e9, packet))
            if echo:
                self.rtp.sendto(packet[:8] + struct.pack(">I", 0x0FF400C4) + packet[12:], source)
        return arrived

    def close(self) -> None:
        self.rtp.close()
        self.rtcp.close()


@contextmanager
def controlled(process: VoiceProcess) -> Iterator[Controller]:
    """A controller for as long as the block lasts."""
    controller = Controller(process.path)
    try:
        yield controller
    finally:
        controller.close()


@contextmanager
def far_end() -> Iterator[FarEnd]:
    """Another party for as long as the block lasts."""
    far = FarEnd()
    try:
        yield far
    finally:
        far.close()

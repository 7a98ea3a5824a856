"""One end of a voice stream that keeps exact time: sends packets, and notes when packets come."""

import select
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from firmware.rtp.errors import RemoteProtocolError
from firmware.rtp.packet import RtpPacket, classify

PACKET_SECONDS = 0.02
SO_TIMESTAMPNS = 35
"""The kernel's option for the time of arrival (asm-generic/socket.h); Python does not name it."""
TIMESPEC = struct.Struct("qq")


@dataclass(frozen=True, slots=True)
class Arrival:
    """A packet, and the time of day at which the kernel had it."""

    at: float
    packet: RtpPacket


@dataclass(frozen=True, slots=True)
class Talk:
    """A stream each way. `sent` has the time of day at which each payload left, by its index."""

    sent: tuple[float, ...]
    arrivals: tuple[Arrival, ...]


class Talker:
    """An RTP socket on loopback."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.bind(("127.0.0.1", 0))
        self.port = int(self.socket.getsockname()[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close()

    def talk(
        self, payloads: Sequence[bytes], payload_type: int, duration: int, remote: tuple[str, int]
    ) -> Talk:
        """Send a payload of `duration` timestamp units every 20 ms, and hear what comes meanwhile."""
        sent: list[float] = []
        arrivals: list[Arrival] = []
        start = time.monotonic()
        for index, payload in enumerate(payloads):
            arrivals += self._hear(start + index * PACKET_SECONDS)
            packet = RtpPacket(
                payload_type=payload_type,
                sequence=index & 0xFFFF,
                timestamp=index * duration & 0xFFFFFFFF,
                ssrc=0x0FF400C,
                payload=payload,
                marker=index == 0,
            )
            sent.append(time.time())
            self.socket.sendto(bytes(packet), remote)
        arrivals += self._hear(start + (len(payloads) + 25) * PACKET_SECONDS)
        return Talk(tuple(sent), tuple(arrivals))

    def _hear(self, until: float) -> list[Arrival]:
        arrivals: list[Arrival] = []
        while (left := until - time.monotonic()) > 0:
            ready, _, _ = select.select([self.socket], [], [], left)
            if ready and (arrival := self._receive()):
                arrivals.append(arrival)
        return arrivals

    def _receive(self) -> Arrival | None:
        datagram, ancillary, _, _ = self.socket.recvmsg(2048, 64)
        seconds, nanoseconds = next(
            TIMESPEC.unpack(data) for level, kind, data in ancillary if kind == SO_TIMESTAMPNS
        )
        if classify(datagram) != "rtp":
            return None
        try:
            packet = RtpPacket.parse(datagram)
        except RemoteProtocolError:
            return None
        return Arrival(seconds + nanoseconds / 1e9, packet)

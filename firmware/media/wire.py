"""The sockets of a stream, or of several that share them, as the audio loop uses them: never waiting."""

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from firmware.control.voice import Fault, Relay, Report, TransportAddress
from firmware.rtp.packet import MAX_PACKET, classify

if TYPE_CHECKING:
    from firmware.media.stream import MediaStream

Address = tuple[str, int]

MOST_IN_A_BLOCK = 64
"""Datagrams taken from one port in one block; a flood must not make sound late."""

MOST_DISCARDED = 1024
"""More than a socket keeps; a flood that goes on meanwhile is not waited for."""

ONSET_PACKETS = 10
"""RTP packets kept until the stream's first activation: people begin to speak as they answer."""

MOST_RELAYED = 8
"""STUN and DTLS datagrams carried to the phone in one block."""


class Port(Protocol):
    """What is needed of a non-blocking UDP socket."""

    def recvfrom(self, size: int, /) -> tuple[bytes, Any]:
        """A datagram and its source; raises BlockingIOError when there is none."""

    def sendto(self, datagram: bytes, address: Any, /) -> int:
        """Hand a datagram to the network; raises OSError."""


class Pair(Protocol):
    """The two ports of one address family."""

    @property
    def host(self) -> str:
        """The local IP literal."""

    @property
    def rtp(self) -> Port:
        """RTP, and RTCP too where both share it."""

    @property
    def rtcp(self) -> Port:
        """RTCP only."""

    @property
    def ports(self) -> tuple[int, int]:
        """The numbers of both."""


class Wire:
    """Takes in what has come and finds the stream it is for; sends what streams have to say."""

    def __init__(self, pairs: Sequence[Pair], reports: deque[Report]) -> None:
        self._pairs = tuple(pairs)
        self._by_family = {":" in pair.host: pair for pair in pairs}
        self._reports = reports
        self._relayed = 0
        self._refused = ""
        self.ports = self._pairs[0].ports
        """The numbers of the RTP and the RTCP port."""
        self.streams: list[MediaStream] = []
        self._onset: deque[tuple[bytes, Address, float]] = deque(maxlen=ONSET_PACKETS)
        self._listened = False

    def listen(self, stream: "MediaStream", now: float) -> None:
        """A stream is active from now: the first hears the last moments too, a later one starts afresh."""
        if self._listened:
            self.discard()
            return
        self.drain(now)
        self._listened = True
        for datagram, source, came in self._onset:
            stream.receive_rtp(datagram, source, came)
        self._onset.clear()

    def drain(self, now: float) -> None:
        """Give every datagram that waits to its stream."""
        self._relayed = 0
        for pair in self._pairs:
            for datagram, source in _waiting(pair.rtp):
                self._sort(datagram, source, now)
            for datagram, source in _waiting(pair.rtcp):
                self._rtcp(datagram, source, now)

    def discard(self) -> None:
        """Throw away what waits."""
        for pair in self._pairs:
            for port in (pair.rtp, pair.rtcp):
                for _ in range(MOST_DISCARDED // MOST_IN_A_BLOCK):
                    if not _waiting(port):
                        break

    def send_rtp(self, datagram: bytes, address: Address) -> None:
        """Send from the RTP port of the address's family."""
        pair = self._by_family.get(":" in address[0])
        self._send(pair.rtp if pair else None, datagram, address)

    def send_rtcp(self, datagram: bytes, address: Address) -> None:
        """Send from the RTCP port of the address's family."""
        pair = self._by_family.get(":" in address[0])
        self._send(pair.rtcp if pair else None, datagram, address)

    def _send(self, port: Port | None, datagram: bytes, address: Address) -> None:
        """A refusal is told once, and again only when another is given or something was sent between."""
        words = f"There is no socket for {address[0]}."
        if port is not None:
            try:
                port.sendto(datagram, address)
            except (BlockingIOError, ConnectionRefusedError):
                return  # a full queue or a peer's closed port: lost, as on the way
            except OSError as error:
                words = f"The network does not take packets for {address[0]}: {error.strerror or error}."
            else:
                self._refused = ""
                return
        if words != self._refused:
            self._refused = words
            name = self.streams[0].name if self.streams else None
            self._reports.append(Fault(words=words, stream=name))

    def _sort(self, datagram: bytes, source: Address, now: float) -> None:
        """By the first octets (RFC 7983, RFC 5761)."""
        kind = classify(datagram)
        if kind == "rtp":
            if not self._listened:
                self._onset.append((datagram, source, now))
            for stream in self._wanting(datagram, source):
                stream.receive_rtp(datagram, source, now)
        elif kind == "rtcp":
            self._rtcp(datagram, source, now)
        elif kind in ("stun", "dtls") and self.streams and self._relayed < MOST_RELAYED:
            self._relayed += 1
            remote = TransportAddress(*source)
            self._reports.append(Relay(stream=self.streams[0].name, remote=remote, payload=datagram))

    def _rtcp(self, datagram: bytes, source: Address, now: float) -> None:
        for stream in self.streams:
            if stream.active:
                stream.receive_rtcp(datagram, source, now)

    def _wanting(self, datagram: bytes, source: Address) -> "Sequence[MediaStream]":
        """The stream an RTP datagram is for; on shared sockets the one that recognises it, else the first."""
        active = [stream for stream in self.streams if stream.active]
        if len(active) < 2:
            return active
        return [stream for stream in active if stream.rtp.recognises(datagram, source)][:1] or active[:1]


def _waiting(port: Port) -> Sequence[tuple[bytes, Address]]:
    """What has come to a port. An error that a datagram sent before met on its way (ICMP) is passed over."""
    received: list[tuple[bytes, Address]] = []
    for _ in range(MOST_IN_A_BLOCK):
        try:
            datagram, address = port.recvfrom(MAX_PACKET)
        except BlockingIOError:
            break
        except OSError:
            continue
        received.append((datagram, address[:2]))
    return received

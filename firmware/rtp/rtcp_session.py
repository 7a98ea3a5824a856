"""The RTCP side of one stream: what is reported, and what the peer's reports say (RFC 3550 section 6)."""

from firmware.rtp.entropy import Entropy, random_bits
from firmware.rtp.packet import RtpPacket
from firmware.rtp.reception import Reception
from firmware.rtp.rtcp import (
    CNAME,
    Goodbye,
    ReceiverReport,
    ReportBlock,
    RtcpPacket,
    SenderReport,
    SourceDescription,
    build_compound,
    parse_compound,
)
from firmware.rtp.rtcp_timer import RtcpTimer

MAX_ROUND_TRIP = 10.0
"""Seconds; a report block that says more is nonsense."""

_WORD = 0xFFFF_FFFF


class RtcpSession:
    """Counts what is sent and composes reports; reads those of the peer."""

    __slots__ = (
        "_cname",
        "_ntp_zero",
        "_octets",
        "_packets",
        "_reported_packets",
        "_sent_at",
        "_sent_timestamp",
        "clock_rate",
        "remote_jitter",
        "remote_lost",
        "round_trip",
        "sent",
        "timer",
    )

    def __init__(self, cname: str, entropy: Entropy, now: float) -> None:
        """`cname` names us in source descriptions; it should be random and short-lived (RFC 7022)."""
        self.timer = RtcpTimer(entropy, now)
        self.clock_rate = 8000
        """Of what is sent, in Hz."""
        self.sent = 0
        """Packets sent, by all of our sources."""
        self.round_trip: float | None = None
        """Seconds (RFC 3550 section 6.4.1), None before the first."""
        self.remote_lost = 0
        """Packets of ours that the peer says it lost."""
        self.remote_jitter = 0.0
        """Seconds, as the peer sees our packets."""
        self._cname = cname.encode()
        # The clock of the reports begins anywhere: how long we run is nobody's business.
        self._ntp_zero = random_bits(entropy, 32)
        self.begin_source()

    def begin_source(self) -> None:
        """Count anew: our SSRC has changed."""
        self._packets = self._octets = self._reported_packets = 0
        self._sent_timestamp, self._sent_at = 0, 0.0

    def count_sent(self, packet: RtpPacket, now: float) -> None:
        """Count an RTP packet of ours."""
        self.sent += 1
        self._packets += 1
        self._octets += len(packet.payload)
        self._sent_timestamp, self._sent_at = packet.timestamp, now

    def compose(self, ssrc: int, reception: Reception | None, now: float, *, leaving: bool = False) -> bytes:
        """A sender report if anything was sent since the last one, else a receiver report; and who we are."""
        blocks = () if reception is None else (reception.report(now),)
        packets: list[RtcpPacket] = []
        if self._packets > self._reported_packets:
            packets.append(self._sender_report(ssrc, blocks, now))
        else:
            packets.append(ReceiverReport(ssrc, blocks))
        self._reported_packets = self._packets
        packets.append(SourceDescription(((ssrc, ((CNAME, self._cname),)),)))
        if leaving:
            packets.append(Goodbye((ssrc,)))
        compound = build_compound(packets)
        self.timer.observe(len(compound))
        return compound

    def receive(self, compound: bytes, ssrc: int, reception: Reception | None, now: float) -> bool:
        """Read the peer's packets about our `ssrc`; whether it says goodbye. Raises RemoteProtocolError."""
        goodbye = False
        for packet in parse_compound(compound):
            match packet:
                case SenderReport() | ReceiverReport():
                    self._read_report(packet, ssrc, reception, now)
                case Goodbye():
                    goodbye |= reception is not None and reception.ssrc in packet.sources
                case _:
                    pass
        self.timer.observe(len(compound))
        return goodbye

    def _read_report(
        self, packet: SenderReport | ReceiverReport, ssrc: int, reception: Reception | None, now: float
    ) -> None:
        if isinstance(packet, SenderReport) and reception is not None and reception.ssrc == packet.ssrc:
            reception.sender_reported(packet.ntp_timestamp, now)
        for block in packet.reports:
            if block.ssrc == ssrc:
                self.remote_lost = max(block.lost, 0)
                self.remote_jitter = block.jitter / self.clock_rate
                self._measure_round_trip(block, now)

    def _measure_round_trip(self, block: ReportBlock, now: float) -> None:
        if not block.last_report:
            return
        middle = self._ntp(now) >> 16 & _WORD
        round_trip = ((middle - block.last_report - block.delay) & _WORD) / 65536
        if round_trip < MAX_ROUND_TRIP:
            self.round_trip = round_trip

    def _sender_report(self, ssrc: int, blocks: tuple[ReportBlock, ...], now: float) -> SenderReport:
        elapsed = round((now - self._sent_at) * self.clock_rate)
        return SenderReport(
            ssrc,
            self._ntp(now),
            (self._sent_timestamp + elapsed) & _WORD,
            self._packets & _WORD,
            self._octets & _WORD,
            blocks,
        )

    def _ntp(self, now: float) -> int:
        """`now` as 64-bit NTP timestamp."""
        return int((now + self._ntp_zero) * 2**32) & 0xFFFF_FFFF_FFFF_FFFF

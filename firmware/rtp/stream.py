"""One negotiated RTP stream: packets out and in, their protection, RTCP, digits and statistics.

The owner of the sockets hands in datagrams and sends what comes out; received voice is returned for the
playout, and everything else comes from `poll`. No input raises: what cannot be used is counted.
"""

from collections import deque

from firmware.rtp.entropy import Entropy
from firmware.rtp.errors import LocalProtocolError, RemoteProtocolError
from firmware.rtp.events import (
    DigitReceived,
    GoodbyeReceived,
    SendRtcp,
    SilenceChanged,
    StreamEvent,
    StreamPosition,
    StreamSettings,
    StreamStatistics,
)
from firmware.rtp.keyring import Keyring
from firmware.rtp.packet import RtpPacket
from firmware.rtp.reception import Reception
from firmware.rtp.rtcp_session import RtcpSession
from firmware.rtp.sender import Sender
from firmware.rtp.source_lock import Address, SourceLock
from firmware.rtp.telephone_event import DigitReceiver

SILENCE_AFTER = 5.0
"""Seconds without RTP until it is told."""

MAX_EVENTS = 256
"""Events kept for `poll`; the oldest make way."""

_NOTHING_AGREED = StreamSettings(remote=None, clock_rates={}, secure_only=True, receive=False)


class RtpStream:
    """The protocol state of one stream; it is silent and deaf until it is configured."""

    __slots__ = (
        "_digits",
        "_discarded",
        "_events",
        "_heard",
        "_keyring",
        "_lock",
        "_lost_before",
        "_received_before",
        "_reception",
        "_rtcp",
        "_rtcp_lock",
        "_sender",
        "_settings",
        "_silent",
    )

    def __init__(self, cname: str, entropy: Entropy, now: float) -> None:
        """`cname`: how RTCP names us, random and short-lived (RFC 7022)."""
        self._settings = _NOTHING_AGREED
        self._keyring = Keyring()
        self._sender = Sender(entropy)
        self._rtcp = RtcpSession(cname, entropy, now)
        self._lock, self._rtcp_lock = SourceLock(), SourceLock()
        self._digits = DigitReceiver()
        self._reception: Reception | None = None
        self._received_before = self._lost_before = self._discarded = 0  # of sources that ended
        self._events: deque[StreamEvent] = deque(maxlen=MAX_EVENTS)
        self._heard, self._silent = now, False

    def configure(self, settings: StreamSettings, now: float) -> None:
        """Take what was negotiated, at first or again; raises LocalProtocolError for an impossible key."""
        reception = self._reception
        self._keyring.install(settings.keys, now, reception.ssrc if reception else None)
        if self._sender.wrapped and settings.keys != self._settings.keys:
            # Peers disagree on whether another key resets the roll-over counter; of a new source it is zero.
            # It also keeps an index from coming twice under a key that was left and is taken up again.
            self._sender.renew()
            self._rtcp.begin_source()
        if settings.receive and not self._settings.receive:
            self.expect(now)
        self._settings = settings
        self._lock.signalled(settings.remote)
        self._rtcp_lock.signalled(settings.remote_rtcp)
        self._rtcp.clock_rate = settings.send_clock_rate

    @property
    def ssrc(self) -> int:
        """Our synchronisation source."""
        return self._sender.ssrc

    @property
    def usable(self) -> bool:
        """Whether anything may be sent or received: there are keys, or none are required."""
        return self._keyring.secure or not self._settings.secure_only

    @property
    def destination(self) -> Address | None:
        """Where RTP is to be sent."""
        return self._lock.destination

    # Sending

    def send(
        self, payload: bytes, payload_type: int, samples: int, now: float, marker: bool = False
    ) -> bytes | None:
        """The datagram of the next `samples` (RTP clock): `payload` or a key; None if not `usable`."""
        if not self.usable:
            self._sender.skip(samples)
            return None
        packet = self._sender.next(payload, payload_type, samples, marker, self._settings.telephone_event)
        self._rtcp.count_sent(packet, now)
        return self._keyring.protect(bytes(packet))

    def skip(self, samples: int) -> None:
        """Let `samples` pass without sending; the next packet begins a talk spurt."""
        self._sender.skip(samples)

    def press(self, digits: str, duration: float, gap: float) -> None:
        """Send keys in the coming packets, so many seconds each and between; LocalProtocolError if the peer
        did not agree to telephone-events, or for what is no key."""
        if self._settings.telephone_event is None:
            raise LocalProtocolError("telephone-event was not negotiated")
        rate = self._settings.send_clock_rate
        self._sender.digits.press(digits, round(duration * rate), round(gap * rate))

    @property
    def pressing(self) -> bool:
        """Whether keys wait to be sent: packets must go out even if there is no voice."""
        return self._sender.digits.busy

    def leave(self, now: float) -> None:
        """Say goodbye by RTCP (RFC 3550 section 6.3.7)."""
        self._report(now, leaving=True)

    # Receiving

    def receive_rtp(self, datagram: bytes, source: Address, now: float) -> RtpPacket | None:
        """Voice for the playout; None for anything else."""
        try:
            packet = self._open(datagram, source, now)
        except RemoteProtocolError:
            self._discarded += 1
            return None
        if packet.payload_type == self._settings.telephone_event:
            self._receive_event(packet)
            return None
        if self._digits.pending:
            self._tell_digits(self._digits.finish())
        return packet

    def receive_rtcp(self, datagram: bytes, source: Address, now: float) -> None:
        """A datagram from the RTCP port, or from the RTP port where both share it."""
        lock = self._lock if self._settings.remote_rtcp is None else self._rtcp_lock
        try:
            if not self.usable:
                raise RemoteProtocolError("RTCP before there are keys")
            compound = self._keyring.unprotect_rtcp(datagram, now)
            if not lock.admits(source, now, self._keyring.secure):
                raise RemoteProtocolError("RTCP from a stranger")
            goodbye = self._rtcp.receive(compound, self.ssrc, self._reception, now)
        except RemoteProtocolError:
            self._discarded += 1
            return
        if goodbye:
            self._events.append(GoodbyeReceived())

    def recognises(self, datagram: bytes, source: Address) -> bool:
        """Whether an RTP datagram on a shared socket is ours: by source, else by trial decryption."""
        return source == self.destination or self._keyring.recognises(datagram)

    def _open(self, datagram: bytes, source: Address, now: float) -> RtpPacket:
        """The packet inside, counted; raises RemoteProtocolError."""
        if not self.usable:
            raise RemoteProtocolError("RTP before there are keys")
        packet = RtpPacket.parse(self._keyring.unprotect(datagram, now))
        clock_rate = self._settings.clock_rates.get(packet.payload_type)
        if clock_rate is None:
            if packet.payload_type != self._settings.telephone_event:
                raise RemoteProtocolError("payload type was not negotiated")
            clock_rate = self._settings.send_clock_rate
        if not self._lock.admits(source, now, self._keyring.secure):
            raise RemoteProtocolError("RTP from a stranger")
        self._count(packet, clock_rate, now)
        return packet

    def _count(self, packet: RtpPacket, clock_rate: int, now: float) -> None:
        reception = self._reception
        if reception is None or reception.ssrc != packet.ssrc or reception.clock_rate != clock_rate:
            if reception is not None:
                self._received_before += reception.received
                self._lost_before += reception.lost
            reception = self._reception = Reception(packet.ssrc, clock_rate)
        is_event = packet.payload_type == self._settings.telephone_event
        reception.count(packet.sequence, None if is_event else packet.timestamp, now)
        self._heard = now
        if self._silent:
            self._silent = False
            self._events.append(SilenceChanged(0.0))

    def _receive_event(self, packet: RtpPacket) -> None:
        try:
            self._tell_digits(self._digits.receive(packet, self._settings.send_clock_rate))
        except RemoteProtocolError:
            self._discarded += 1

    def _tell_digits(self, digits: list[tuple[str, int]]) -> None:
        rate = self._settings.send_clock_rate
        self._events.extend(DigitReceived(digit, duration / rate) for digit, duration in digits)

    # Time

    def expect(self, now: float) -> None:
        """The peer may speak from now on: silence is counted from here."""
        self._heard = now

    def poll(self) -> StreamEvent | None:
        """What happened, or is to be sent, next."""
        return self._events.popleft() if self._events else None

    def deadline(self) -> float:
        """When `on_deadline` should be called."""
        report = self._rtcp.timer.deadline
        if self._silent or not self._settings.receive:
            return report
        return min(report, self._heard + SILENCE_AFTER)

    def on_deadline(self, now: float) -> None:
        """Do what is due."""
        quiet = now - self._heard
        if self._settings.receive and not self._silent and quiet >= SILENCE_AFTER:
            self._silent = True
            self._events.append(SilenceChanged(quiet))
        if now >= self._rtcp.timer.deadline and self._rtcp.timer.is_due(now):
            self._report(now)

    def _report(self, now: float, *, leaving: bool = False) -> None:
        lock = self._lock if self._settings.remote_rtcp is None else self._rtcp_lock
        if lock.destination is None or not self.usable:
            return
        compound = self._rtcp.compose(self.ssrc, self._reception, now, leaving=leaving)
        self._events.append(SendRtcp(self._keyring.protect_rtcp(compound), lock.destination))

    # Figures

    def statistics(self) -> StreamStatistics:
        """Figures since the beginning."""
        reception, rtcp = self._reception, self._rtcp
        return StreamStatistics(
            sent=rtcp.sent,
            received=self._received_before + (reception.received if reception else 0),
            lost=self._lost_before + (reception.lost if reception else 0),
            discarded=self._discarded,
            jitter=reception.jitter if reception else 0.0,
            round_trip=rtcp.round_trip,
            remote_lost=rtcp.remote_lost,
            remote_jitter=rtcp.remote_jitter,
        )

    def position(self) -> StreamPosition:
        """What another process would need to go on."""
        send_rollover = self._keyring.sent_rollover(self.ssrc)
        if self._reception is None:
            return StreamPosition(self.ssrc, self._sender.sequence, send_rollover)
        ssrc, highest = self._reception.ssrc, self._reception.highest_sequence
        rollover, sequence = self._keyring.received_position(ssrc) or (0, highest & 0xFFFF)
        return StreamPosition(self.ssrc, self._sender.sequence, send_rollover, ssrc, sequence, rollover)

    def resume(self, position: StreamPosition) -> None:
        """Go on receiving where another process stopped; after `configure`. We send as a new source."""
        if position.receive_ssrc is not None and position.receive_sequence is not None:
            self._keyring.resume(position.receive_ssrc, position.receive_rollover, position.receive_sequence)

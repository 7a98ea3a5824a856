"""What a stream says, and what it was told: the values around `RtpStream`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from firmware.rtp.source_lock import Address

DEFAULT_CLOCK_RATE = 8000
"""Hz, of a stream without any codec."""


@dataclass(frozen=True, slots=True)
class SrtpKeys:
    """Master keys and salts, concatenated (RFC 4568 section 6.1); `suite` is its name in SDP."""

    suite: str
    send: bytes = field(repr=False)
    receive: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """All that was negotiated for a stream."""

    remote: Address | None
    """Where RTP is sent until the peer is heard from elsewhere."""
    clock_rates: Mapping[int, int]
    """Payload type to RTP clock in Hz, of all codecs that are received; the first is sent."""
    telephone_event: int | None = None
    """Payload type of telephone-events (RFC 4733)."""
    remote_rtcp: Address | None = None
    """Where RTCP is sent; None: as RTP (RFC 5761)."""
    keys: SrtpKeys | None = None
    secure_only: bool = False
    """Without keys nothing is sent and nothing received."""
    receive: bool = True
    """Whether RTP is expected; silence is told only then."""

    @property
    def send_clock_rate(self) -> int:
        """RTP clock of what is sent, in Hz; telephone-events run on it both ways."""
        return next(iter(self.clock_rates.values()), DEFAULT_CLOCK_RATE)


@dataclass(frozen=True, slots=True)
class SendRtcp:
    """Send this RTCP datagram."""

    datagram: bytes
    destination: Address


@dataclass(frozen=True, slots=True)
class DigitReceived:
    """The peer pressed a key; `duration` in seconds, as far as it was seen."""

    digit: str
    duration: float


@dataclass(frozen=True, slots=True)
class SilenceChanged:
    """No RTP has come for so many `seconds`; 0 when it is back."""

    seconds: float


@dataclass(frozen=True, slots=True)
class GoodbyeReceived:
    """The peer's source leaves (RTCP BYE); signalling decides what that means."""


StreamEvent = SendRtcp | DigitReceived | SilenceChanged | GoodbyeReceived


@dataclass(frozen=True, slots=True)
class StreamStatistics:
    """Figures of a stream since its beginning; times in seconds."""

    sent: int
    received: int
    lost: int
    """Packets of the peer that never came."""
    discarded: int
    """Datagrams that were malformed, forged, replayed, of no negotiated format, or from a stranger."""
    jitter: float
    round_trip: float | None
    remote_lost: int
    remote_jitter: float


@dataclass(frozen=True, slots=True)
class StreamPosition:
    """What another process would need to go on with a stream; never a key."""

    send_ssrc: int
    send_sequence: int
    send_rollover: int
    receive_ssrc: int | None = None
    receive_sequence: int | None = None
    receive_rollover: int = 0

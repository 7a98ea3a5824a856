"""Keys pressed in a call, as telephone-events in the stream of the voice (RFC 4733)."""

from collections import deque
from dataclasses import dataclass
from struct import Struct

from firmware.rtp.errors import LocalProtocolError, RemoteProtocolError
from firmware.rtp.packet import RtpPacket
from firmware.rtp.sequence import extend

DIGITS = "0123456789*#ABCD"
"""The DTMF events 0 to 15 (RFC 4733 section 3.2)."""

END_PACKETS = 3
"""How often the end of an event is sent (RFC 4733 section 2.5.1.4)."""

MAX_DURATION = 0xFFFF
"""Timestamp units that one event can last without being split (RFC 4733 section 2.5.1.3)."""

MAX_QUEUED = 64
"""Digits that may wait to be sent."""

VOLUME = 10
"""Tone level, in dBm0 below zero."""

REPORT_AFTER = 0.1
"""Seconds of a key still held after which it counts as pressed."""

REORDERED = 5.0
"""Seconds by which an event may be older than the newest and still be a straggler of an earlier one."""

_PAYLOAD = Struct("!BBH")
_END = 0x80


@dataclass(frozen=True, slots=True)
class TelephoneEvent:
    """The payload (RFC 4733 section 2.3)."""

    event: int
    """Number of the event; 0 to 15 are keys."""
    duration: int
    """16 bits, timestamp units from the packet's timestamp until now."""
    end: bool = False
    """The event is over."""
    volume: int = VOLUME
    """dBm0 without the sign, 0 to 63."""

    @classmethod
    def parse(cls, data: bytes) -> "TelephoneEvent":
        """Reads the first event of a payload; raises RemoteProtocolError."""
        if len(data) < _PAYLOAD.size:
            raise RemoteProtocolError("telephone-event is cut short")
        event, flags, duration = _PAYLOAD.unpack_from(data)
        return cls(event, duration, bool(flags & _END), flags & 0x3F)

    def __bytes__(self) -> bytes:
        return _PAYLOAD.pack(self.event, (_END if self.end else 0) | self.volume, self.duration)


@dataclass(frozen=True, slots=True)
class EventPacket:
    """What a packet carries in place of voice."""

    payload: bytes
    timestamp: int
    """That of the beginning of the event, in all of its packets."""
    marker: bool


class DigitSender:
    """Turns digits into the payloads of consecutive packets; all times are in timestamp units."""

    __slots__ = ("_duration", "_elapsed", "_ends", "_gap_until", "_queue", "_start")

    def __init__(self) -> None:
        self._queue: deque[tuple[int, int, int]] = deque()  # event, duration, gap
        self._start: int | None = None
        self._elapsed = 0
        self._duration = 0
        self._ends = 0
        self._gap_until: int | None = None

    @property
    def busy(self) -> bool:
        """Whether digits are still to be sent."""
        return bool(self._queue)

    def press(self, digits: str, duration: int, gap: int) -> None:
        """Queue digits; raises LocalProtocolError for what is no key, no length, or too many."""
        events = [DIGITS.find(digit) for digit in digits.upper()]
        if -1 in events or not 0 < duration <= MAX_DURATION or gap < 0:
            raise LocalProtocolError("not a key, or a duration that cannot be sent")
        if len(self._queue) + len(events) > MAX_QUEUED:
            raise LocalProtocolError("too many digits are waiting to be sent")
        self._queue.extend((event, duration, gap) for event in events)

    def next(self, timestamp: int, samples: int) -> EventPacket | None:
        """What the packet at `timestamp`, lasting `samples`, carries instead of voice; None for voice."""
        if not self._queue or (self._gap_until is not None and timestamp < self._gap_until):
            return None
        event, duration, gap = self._queue[0]
        first = self._start is None
        if self._start is None:
            self._start, self._elapsed, self._ends = timestamp, 0, 0
        start = self._start
        self._elapsed = min(self._elapsed + samples, duration)
        end = self._elapsed == duration
        self._ends += end
        if self._ends == END_PACKETS:
            self._queue.popleft()
            self._start = None
            self._gap_until = max(start + duration + gap, timestamp + samples)
        payload = bytes(TelephoneEvent(event, self._elapsed, end))
        return EventPacket(payload, start, first)


class DigitReceiver:
    """Tells each key once, however many packets describe it."""

    __slots__ = ("_duration", "_event", "_start", "_told")

    def __init__(self) -> None:
        self._event = -1
        self._start = 0
        self._duration = 0
        self._told = True

    def receive(self, packet: RtpPacket, clock_rate: int) -> list[tuple[str, int]]:
        """(digit, timestamp units it lasted so far) of keys now known; raises RemoteProtocolError."""
        event = TelephoneEvent.parse(packet.payload)
        told: list[tuple[str, int]] = []
        if not self._is_known(event, packet, clock_rate):
            told += self.finish()
            self._event, self._start, self._duration = event.event, packet.timestamp, 0
            self._told = event.event >= len(DIGITS)
        if event.event == self._event and packet.timestamp == self._start:
            self._duration = max(self._duration, event.duration)
            if event.end or self._duration >= REPORT_AFTER * clock_rate:
                told += self.finish()
        return told

    @property
    def pending(self) -> bool:
        """Whether a key is down that was not told yet."""
        return not self._told

    def finish(self) -> list[tuple[str, int]]:
        """The key whose end was lost, if any: voice or another key has begun."""
        if self._told:
            return []
        self._told = True
        return [(DIGITS[self._event], self._duration)]

    def _is_known(self, event: TelephoneEvent, packet: RtpPacket, clock_rate: int) -> bool:
        """Whether a packet belongs to the newest event or an earlier one."""
        if self._event < 0:
            return False
        ahead = extend(packet.timestamp, self._start, 32) - self._start
        if 0 < ahead == self._duration and event.event == self._event and not packet.marker:
            self._start, self._duration = packet.timestamp, 0  # a key held long: the next segment
        elif ahead > 0 or ahead < -REORDERED * clock_rate:
            return False
        return ahead != 0 or event.event == self._event

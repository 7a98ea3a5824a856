"""Playout: what the loudspeaker gets next, asked for whenever its queue of samples runs low.

The time line is that of the quickest packets: a packet stamped t could have arrived at `floor + t`. The
machine keeps the moment of asking a certain delay behind it, the target of the jitter buffer's delay
distribution; when it strays, the engine is told to squeeze or stretch one frame by a pitch period. A packet
that is late is waited for under concealment (and the delay then worked off), one that is known to be lost
is concealed once, and a timestamp that jumps without a missing sequence number was silence (RFC 3551
section 4.1).
"""

from dataclasses import dataclass
from typing import Literal

from firmware.rtp.jitter_buffer import Buffered, Insertion, JitterBuffer
from firmware.rtp.packet import RtpPacket

MAX_CONCEALED = 0.2
"""Seconds without a packet that are concealed; then there is silence until the stream goes on."""

MAX_FRAME = 0.12
"""Seconds; the longest frame of any of our codecs (RFC 6716 section 2.1.4)."""

TOLERANCE = 0.001
"""Seconds, and `TOLERANCE_SHARE` of the target, that the delay may stray before a frame is adjusted."""

TOLERANCE_SHARE = 0.1
"""Targets move more where they are long."""

TOO_LONG = 0.04
"""Seconds beyond the target from which speech itself is squeezed; below that pauses are soon enough."""

FAR_TOO_LONG = 0.08
"""Seconds beyond the target from which every frame is squeezed."""

STEPS_PER_SECOND = 400
"""What is concealed is a whole number of 2.5 ms, as the codecs need it (RFC 6716 section 2.1.4)."""

MAX_AGE = 0.6
"""Seconds after its quickest arrival from which a packet is skipped rather than played."""

ADJUST_INTERVAL = 0.1
"""Seconds between two frames that are stretched or squeezed."""

ROUNDING = 1e-6
"""Seconds; a packet due at this very moment must not wait for a block."""

Adjust = Literal["none", "trim", "accelerate", "expand"]
"""trim: accelerate, but only where nobody speaks."""


@dataclass(frozen=True, slots=True)
class Decode:
    """Decode `packet` and queue it; by `adjust` a pitch period shorter or longer."""

    packet: RtpPacket
    adjust: Adjust = "none"


@dataclass(frozen=True, slots=True)
class Conceal:
    """Invent `duration` (RTP timestamp units) of sound in place of a packet that is late or lost.

    `next_payload` is the packet right behind the lost frame, when it is here already: it may carry the
    frame as forward error correction. It comes again in the `Decode` that follows.
    """

    duration: int
    next_payload: bytes | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing is due: the peer is silent, or the first packet is not to be played yet."""


Decision = Decode | Conceal | Wait

_WAIT = Wait()


class Playout:
    """The receiving end of one stream."""

    __slots__ = (
        "_adjusted",
        "_block",
        "_clock_rate",
        "_concealed",
        "_distance",
        "_expected",
        "_frame",
        "_last",
        "_playing",
        "_step",
        "buffer",
        "concealed",
        "delay",
        "skipped",
    )

    def __init__(self, clock_rate: int, *, frame: float = 0.020, block: float = 0.010) -> None:
        """`clock_rate`: RTP clock in Hz. `frame`: seconds of a packet, until learnt. `block`: of the card."""
        self.buffer = JitterBuffer(clock_rate)
        self._clock_rate = clock_rate
        self._frame = round(frame * clock_rate)
        self._step = clock_rate // STEPS_PER_SECOND
        self._distance = 0  # between the timestamps of the last two packets in sequence
        self._block = block
        self._last: Buffered | None = None  # the packet played last
        self._playing = False  # False between talk spurts
        self._expected = 0  # the timestamp right behind it
        self._concealed = 0  # timestamp units invented since then
        self._adjusted = -ADJUST_INTERVAL  # when
        self.skipped = 0
        """Packets not played since they were older than `MAX_AGE`."""
        self.concealed = 0
        """Timestamp units concealed since the beginning."""
        self.delay = 0.0
        """Seconds from the quickest possible arrival to the loudspeaker, of the last packet decoded."""

    def insert(self, packet: RtpPacket, now: float) -> Insertion:
        """Hand over a packet that arrived `now`."""
        restarts = self.buffer.restarts
        insertion = self.buffer.insert(packet, now)
        if self.buffer.restarts != restarts:
            self._last, self._playing = None, False
        return insertion

    def next(self, now: float, queued: float = 0.0) -> Decision:
        """What to queue behind the `queued` seconds that the card has yet to play."""
        head = self._head(now)
        last = self._last
        if last is None or not self._playing:
            return self._begin(head, now, queued)
        if head is None:
            return self._starve()
        missing = head.timestamp - self._expected - self._concealed
        if missing < self._step:
            return self._decode(head, now, queued)
        silent = head.sequence == last.sequence + 1 or head.packet.marker
        if silent or self._concealed + missing > MAX_CONCEALED * self._clock_rate:
            self._playing = False
            return self._begin(head, now, queued)
        return self._bridge(head, missing)

    def flush(self) -> None:
        """Drop what waits and begin anew, as when another driver takes over the audio loop."""
        self.buffer.flush()
        self._last, self._playing = None, False

    def _begin(self, head: Buffered | None, now: float, queued: float) -> Decision:
        """Start a talk spurt when its first packet has waited for the target delay."""
        if head is None or self._slack(head, now) < self.buffer.delay.target - ROUNDING:
            return _WAIT
        return self._decode(head, now, queued)

    def _starve(self) -> Decision:
        """Nothing is here: bridge a block at a time, as the packet may only be late."""
        if self._concealed >= MAX_CONCEALED * self._clock_rate:
            self._playing = False
            return _WAIT
        return self._conceal(min(self._frame, round(self._block * self._clock_rate)), None)

    def _bridge(self, head: Buffered, missing: int) -> Conceal:
        """Packets before the head are lost; `missing` timestamp units are still to be filled."""
        if missing == self._frame:
            return self._conceal(missing, head.packet.payload)
        return self._conceal(min(missing, self._frame), None)

    def _conceal(self, duration: int, next_payload: bytes | None) -> Conceal:
        duration = max(duration - duration % self._step, self._step)
        self._concealed += duration
        self.concealed += duration
        return Conceal(duration, next_payload)

    def _decode(self, head: Buffered, now: float, queued: float) -> Decode:
        buffer = self.buffer
        buffer.pop()
        if self._last is not None and head.sequence == self._last.sequence + 1:
            self._learn_frame(head.timestamp - self._last.timestamp)
        self._last, self._playing = head, True
        self._expected = head.timestamp + self._frame
        self._concealed = 0
        slack = self._slack(head, now)
        self.delay = slack + queued
        return Decode(head.packet, self._adjustment(slack - buffer.delay.target, now))

    def _learn_frame(self, distance: int) -> None:
        """Two equal distances between packets in sequence are a frame's length, not a silence."""
        if distance == self._distance and self._step <= distance <= MAX_FRAME * self._clock_rate:
            self._frame = distance
        self._distance = distance

    def _head(self, now: float) -> Buffered | None:
        """The packet to play next; after a long stall what is too old to be worth hearing is skipped."""
        buffer = self.buffer
        head = buffer.head
        while head is not None and len(buffer) > 1 and self._slack(head, now) > MAX_AGE:
            buffer.pop()
            self.skipped += 1
            self._playing = False
            head = buffer.head
        return head

    def _slack(self, buffered: Buffered, now: float) -> float:
        """Seconds between the quickest possible arrival of a packet and `now`."""
        return now - buffered.timestamp / self._clock_rate - self.buffer.delay.floor

    def _adjustment(self, excess: float, now: float) -> Adjust:
        """`excess`: seconds of slack beyond the target."""
        if excess > FAR_TOO_LONG:
            return "accelerate"
        tolerance = TOLERANCE + TOLERANCE_SHARE * self.buffer.delay.target
        if now - self._adjusted < ADJUST_INTERVAL or -tolerance <= excess <= self._block + tolerance:
            return "none"
        self._adjusted = now
        if excess > TOO_LONG:
            return "accelerate"
        return "trim" if excess > 0 else "expand"

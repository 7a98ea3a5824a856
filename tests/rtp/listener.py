"""A stand-in for the audio engine: pulls blocks of 10 ms, executes the playout's decisions, keeps figures."""

from dataclasses import dataclass, field

from firmware.rtp.packet import RtpPacket
from firmware.rtp.playout import Conceal, Decode, Playout
from tests.rtp.traces import INTERVAL, Trace, arrivals

CLOCK = 8000
FRAME = 160
PITCH = 0.0075
"""Seconds that one squeeze or stretch takes or gives."""


@dataclass
class Heard:
    """What a simulated ear got; times in seconds."""

    delays: list[float] = field(default_factory=list)
    late: int = 0
    concealed: float = 0.0
    squeezed: int = 0
    stretched: int = 0
    played: int = 0

    def mean_ms(self) -> float:
        return 1000 * sum(self.delays) / len(self.delays)

    def percentile_ms(self, share: float) -> float:
        return 1000 * sorted(self.delays)[int(share * (len(self.delays) - 1))]


def listen(trace: Trace, *, block: float = 0.010, warm_up: float = 5.0) -> Heard:
    """Play a trace; delays are playout time minus the sending time and the trace's least network delay."""
    playout, heard = Playout(CLOCK, block=block), Heard()
    least = min(delay for _, delay in trace if delay is not None)
    coming = list(arrivals(trace))
    at, now, queued = 0, 0.0037, 0.0
    end = trace[-1][0]
    while now < end:
        while at < len(coming) and coming[at][0] <= now:
            time, n = coming[at]
            packet = RtpPacket(0, n & 0xFFFF, n * FRAME & 0xFFFFFFFF, 1, b"x" * FRAME)
            playout.insert(packet, time)
            at += 1
        while queued < block - 1e-9:
            decision = playout.next(now, queued)
            match decision:
                case Decode(packet, adjust):
                    sent = trace[packet.timestamp // FRAME][0]
                    if now > warm_up:
                        heard.delays.append(now + queued - sent - least)
                    heard.played += 1
                    queued += INTERVAL
                    if adjust in ("trim", "accelerate"):  # as if somebody always paused
                        heard.squeezed += 1
                        queued -= PITCH
                    elif adjust == "expand":
                        heard.stretched += 1
                        queued += PITCH
                case Conceal(duration):
                    heard.concealed += duration / CLOCK
                    queued += duration / CLOCK
                case _:
                    break
        queued = max(0.0, queued - block)
        now += block
    heard.late = playout.buffer.late
    return heard

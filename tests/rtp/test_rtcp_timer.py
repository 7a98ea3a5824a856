"""When reports are due (RFC 3550 section 6.3)."""

import random
from itertools import pairwise

from firmware.rtp.rtcp_timer import COMPENSATION, MINIMUM, RtcpTimer


def intervals(count: int, *, members: int = 2, size: int = 100, seed: int = 1) -> list[float]:
    """Seconds between the reports of a session in which every datagram has `size` octets."""
    timer, sent, times = RtcpTimer(random.Random(seed).randbytes, 0.0), 0, [0.0]
    while sent < count:
        now = timer.deadline
        if timer.is_due(now, members):
            times.append(now)
            timer.observe(size)
            sent += 1
    return [b - a for a, b in pairwise(times)]


def test_the_first_report_comes_after_half_the_time() -> None:
    firsts = [intervals(1, seed=seed)[0] for seed in range(200)]
    assert min(firsts) >= 0.5 * MINIMUM / 2 / COMPENSATION
    assert max(firsts) <= 1.5 * MINIMUM / 2 / COMPENSATION


def test_reports_are_spread_around_five_seconds() -> None:
    """Reconsideration and its compensation bring the mean near the interval itself."""
    later = intervals(2000)[1:]
    assert 0.8 * MINIMUM <= sum(later) / len(later) <= 1.2 * MINIMUM
    assert min(later) >= 0.5 * MINIMUM / COMPENSATION
    assert max(later) <= 1.5 * MINIMUM / COMPENSATION
    assert max(later) - min(later) > MINIMUM / 2


def test_large_packets_or_many_members_are_sent_more_rarely() -> None:
    few, many = intervals(300), intervals(300, members=60)
    assert sum(many) > 2 * sum(few)
    large = intervals(300, size=4000)
    assert sum(large) > 2 * sum(few)


def test_a_deadline_never_stands_still() -> None:
    timer = RtcpTimer(random.Random(3).randbytes, 0.0)
    for _ in range(100):
        before = timer.deadline
        timer.is_due(before)
        assert timer.deadline >= before

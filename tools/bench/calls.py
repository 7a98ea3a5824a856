"""Rows about how fast calls and registrations are made."""

import time
from collections.abc import Iterator, Sequence

from tests.interop.certificates import DOMAIN
from tools.bench import phones
from tools.bench.caller import Caller
from tools.bench.figure import Anchor, Figure
from tools.bench.offer import offer
from tools.bench.rows import Bench, Row
from tools.bench.statistics import median, percentile

PAUSE = 0.05
"""Between calls: a phone that was just hung up has closed its sound card by then."""


def setup(bench: Bench) -> Iterator[Figure]:
    """Calls to both phones by turns, so that whatever else runs on the machine meets both."""
    count = bench.times(30, 5)
    with phones.kamailio(bench.folder) as server:
        caller = Caller(("127.0.0.1", server.port))
        with (
            phones.desk(bench.folder, server=server) as ours,
            phones.bob(bench.folder, server=server) as other,
        ):
            ours.wait_registered(phones.DESK)
            other.wait_registered()
            ours_took: list[float] = []
            other_took: list[float] = []
            for _ in range(count):
                ours_took.append(answered(caller, phones.DESK))
                other_took.append(answered(caller, phones.BOB))
        caller.close()
    yield Figure(
        "setup",
        f"INVITE to 200 through Kamailio, median of {count}",
        median(ours_took) * 1e3,
        "ms",
        5,
        Anchor("baresip", median(other_took) * 1e3, 3),
        best_known="baresip 0.9, linphone 20",
        note=f"ours {spread(ours_took)}; baresip {spread(other_took)}",
    )


def answered(caller: Caller, user: str) -> float:
    """Seconds until `user` answered one call."""
    call = caller.call(f"sip:{user}@{DOMAIN}", offer(40000))
    time.sleep(PAUSE)
    caller.hang_up(call)
    time.sleep(PAUSE)
    return call.seconds


def spread(seconds: Sequence[float]) -> str:
    """The best, and what nine of ten stay within, in milliseconds."""
    return f"best {min(seconds) * 1e3:.1f}, p90 {percentile(seconds, 90) * 1e3:.1f} ms"


ROWS = (Row("setup", "how soon a call through a proxy is answered", setup),)

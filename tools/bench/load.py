"""Rows about what a telephone costs: CPU in a call and idle, memory, and the time from start to service."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.interop.baresip import Baresip
from tests.interop.certificates import Authority
from tests.interop.offhook import Offhook
from tools.bench import phones
from tools.bench.figure import Anchor, Figure
from tools.bench.phones import NAMES, CodecName
from tools.bench.processes import CpuMeter, family, pss
from tools.bench.rows import Bench, Row
from tools.bench.statistics import median

BARESIP = "baresip"
SETTLING = 2.0
"""Seconds at the beginning of a call that do not count."""
BEST_KNOWN_CPU = {"pcmu": "baresip 16.5 ms, looped", "opus": "baresip 14 to 34 ms"}


@contextmanager
def conversation(bench: Bench, codec: CodecName) -> Iterator[dict[str, int]]:
    """Our phone calls baresip, encrypted, both speaking from files; the processes of both by name."""
    folder = bench.folder / codec
    with (
        phones.desk(folder, codec=codec, srtp=True) as ours,
        phones.bob(folder, codec=codec, srtp=True) as other,
    ):
        ours.ctl("dial", other.uri)
        ours.wait_for_call("active")
        time.sleep(SETTLING)
        yield {**family(ours.pid), BARESIP: other.pid}
        ours.ctl("hangup")


def calling(bench: Bench) -> Iterator[Figure]:
    """Of both phones at once, at the two ends of one call."""
    codecs: tuple[CodecName, ...] = ("pcmu", "opus")
    for codec in codecs:
        seconds = bench.times(20, 3)
        with conversation(bench, codec) as pids:
            meter = CpuMeter(pids)
            time.sleep(seconds)
            used = meter.milliseconds_a_second()
        control = used.pop(BARESIP)
        yield Figure(
            "cpu",
            f"CPU of a call, {NAMES[codec]} with SRTP, against baresip's",
            sum(used.values()) / control,
            "times",
            2,
            Anchor(BARESIP, 1.0),
            best_known=BEST_KNOWN_CPU[codec],
            note=f"over {seconds} s: {listed(used)}; baresip {control:.1f} ms CPU a second",
        )


def memory(bench: Bench) -> Iterator[Figure]:
    """Proportional set size of each process, in the middle of a call."""
    with conversation(bench, "opus") as pids:
        used = {name: pss(pid) for name, pid in pids.items()}
    control = used.pop(BARESIP)
    yield Figure(
        "memory",
        "PSS of all our processes in a call",
        sum(used.values()),
        "MB",
        120,
        Anchor(BARESIP, control),
        best_known="linphone 66 MB RSS, baresip 8",
        note=listed(used),
    )


def start(bench: Bench) -> Iterator[Figure]:
    """From the beginning of the program to its registration over TLS, a few times by turns."""
    authority = Authority(bench.folder / "authority")
    ours_took: list[float] = []
    other_took: list[float] = []
    with phones.kamailio(bench.folder, authority) as server:
        for run in range(bench.times(5, 1)):
            folder = bench.folder / str(run)
            ours = phones.desk(folder, server=server, transport="tls", authority=authority, kind=Observed)
            other = phones.bob(folder, server=server, transport="tls", authority=authority)
            ours_took.append(started(ours))
            other_took.append(started(other))
    yield Figure(
        "start",
        f"start to registered over TLS, median of {len(ours_took)}",
        median(ours_took),
        "s",
        None,
        Anchor(BARESIP, median(other_took), 1.0),
        note=f"ours {min(ours_took):.2f} to {max(ours_took):.2f}; seen in the log, every 20 ms",
    )


class Observed(Offhook):
    """Ready when it says that it is registered: looking on must not take its CPU."""

    def is_ready(self) -> bool:
        return f"registered {phones.DESK}\n" in self.log()


def started(phone: Offhook | Baresip) -> float:
    """Seconds until a phone that starts now is registered."""
    began = time.monotonic()
    with phone:
        if isinstance(phone, Baresip):
            phone.wait_until(lambda: "200 OK" in phone.log(), "register")
        return time.monotonic() - began


def idle(bench: Bench) -> Iterator[Figure]:
    """Registered over TLS, on hook, nothing to do."""
    authority = Authority(bench.folder / "authority")
    seconds = bench.times(20, 3)
    with (
        phones.kamailio(bench.folder, authority) as server,
        phones.desk(bench.folder, server=server, transport="tls", authority=authority) as ours,
        phones.bob(bench.folder, server=server, transport="tls", authority=authority) as other,
    ):
        ours.wait_registered(phones.DESK)
        other.wait_registered()
        time.sleep(SETTLING)
        meter = CpuMeter({**family(ours.pid), BARESIP: other.pid})
        time.sleep(seconds)
        used = meter.milliseconds_a_second()
    control = used.pop(BARESIP)
    for name, value in used.items():
        goal = 1.0 if name == "media" else None
        yield Figure("idle", f"idle CPU, {name}", value, "ms/s", goal, Anchor(BARESIP, control))


def listed(values: Mapping[str, float]) -> str:
    """Each value with its name."""
    return ", ".join(f"{name} {value:.1f}" for name, value in values.items())


ROWS = (
    Row("cpu", "the CPU of a call", calling),
    Row("memory", "the memory of a phone in a call", memory),
    Row("start", "how soon a phone is in service", start),
    Row("idle", "the CPU of a phone that waits", idle),
)

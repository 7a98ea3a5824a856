"""Rows about the voice itself: how late it is, and how evenly it is sent."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from tests.interop.baresip import Baresip
from tests.interop.offhook import Offhook
from tools.bench import delay, phones
from tools.bench.caller import Caller
from tools.bench.delay import Signal
from tools.bench.figure import Anchor, Figure
from tools.bench.offer import RTPMAPS, address_of, offer
from tools.bench.phones import NAMES, CodecName
from tools.bench.relay import Relay
from tools.bench.rows import Bench, Row
from tools.bench.statistics import gaps, median, percentile
from tools.bench.talker import Talk, Talker

Phone = Offhook | Baresip
T = TypeVar("T")

GOALS_MS = {("pcmu", 0): 60, ("pcmu", 20): 100, ("pcmu", 40): 130}
GOALS_MS |= {("opus", jitter): goal + 10 for (_, jitter), goal in GOALS_MS.items()}
BEST_KNOWN_MS = {0: 108, 20: 170, 40: 230}


def talk_to(phone: Phone, signal: Signal, codec: CodecName, jitter: float, seed: int) -> Talk:
    """Call a phone and talk to it; `jitter` in seconds on the way there."""
    payload_type, _ = RTPMAPS[codec]
    caller = Caller()
    with Talker() as talker:
        call = caller.call(phone.uri, offer(talker.port, codec))
        remote = address_of(call.answer)
        if jitter:
            with Relay(talker.socket, remote, jitter, seed) as relay:
                talk = talker.talk(signal.payloads, payload_type, signal.duration, relay.address)
        else:
            talk = talker.talk(signal.payloads, payload_type, signal.duration, remote)
        caller.hang_up(call)
    caller.close()
    return talk


def together(jobs: Sequence[Callable[[], T]]) -> list[T]:
    """Do all at the same time, so that what else runs here meets all. Raises what they raise."""
    results: dict[int, T] = {}
    faults: list[Exception] = []

    def do(index: int, job: Callable[[], T]) -> None:
        try:
            results[index] = job()
        except Exception as fault:  # noqa: BLE001  raised again below, by the thread that can
            faults.append(fault)

    threads = [threading.Thread(target=do, args=entry) for entry in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return [results[index] for index in range(len(jobs))]


@contextmanager
def both(bench: Bench, codec: CodecName, *, looped: bool) -> Iterator[tuple[Offhook, Baresip]]:
    """Our phone and baresip, each speaking from a file, or looped."""
    folder = bench.folder / codec
    with (
        phones.desk(folder, codec=codec, audio="loop" if looped else "") as ours,
        phones.bob(folder, codec=codec, looped=looped) as other,
    ):
        yield ours, other


def mouth_to_ear(bench: Bench) -> Iterator[Figure]:
    """Both codecs, on an even network and on two uneven ones."""
    codecs: tuple[CodecName, ...] = ("pcmu", "opus")
    for codec in codecs:
        signal = delay.signal(codec, delay.SETTLING + bench.times(20, 3), bench.seed)
        with both(bench, codec, looped=True) as pair:
            for jitter in (0, 20, 40):
                yield _delay_figure(bench, pair, signal, codec, jitter)


def _delay_figure(
    bench: Bench, pair: tuple[Phone, Phone], signal: Signal, codec: CodecName, jitter: int
) -> Figure:
    def heard(phone: Phone) -> list[float]:
        talk = talk_to(phone, signal, codec, jitter / 1e3, bench.seed)
        return [seconds * 1e3 for seconds in delay.delays(signal, talk)]

    ours, other = together([lambda phone=phone: heard(phone) for phone in pair])  # type: ignore[misc]
    return Figure(
        "delay",
        f"mouth to ear, {NAMES[codec]}, {jitter} ms jitter, median",
        median(ours),
        "ms",
        GOALS_MS[codec, jitter],
        Anchor("baresip", median(other)),
        best_known=f"baresip {BEST_KNOWN_MS[jitter]}; telephones 45 to 90 on a LAN",
        seed=bench.seed,
        note=f"{spread(ours)}; baresip {spread(other)}; {items(signal, median(ours))}",
    )


def spread(delays: Sequence[float]) -> str:
    """The extremes."""
    return f"{len(delays)} chirps {min(delays):.0f} to {max(delays):.0f} ms"


def items(signal: Signal, whole: float) -> str:
    """What a delay in milliseconds is made of; a sound card adds what it buffers."""
    filters, codec = delay.resampling(signal.codec) * 1e3, signal.own_delay * 1e3
    rest = whole - delay.PTIME_MS - filters - codec
    return (
        f"ours: packet {delay.PTIME_MS} (two device periods), resamplers {filters:.1f}, codec {codec:.1f}, "
        f"network, jitter buffer and wait for the next period {rest:.1f}; no sound card"
    )


def sending(bench: Bench) -> Iterator[Figure]:
    """Packets counted where the kernel takes them in; the first second is left out."""
    seconds = bench.times(30, 4)
    with both(bench, "pcmu", looped=False) as pair:
        signal = delay.signal("pcmu", seconds, bench.seed)
        talks = together(
            [lambda phone=phone: talk_to(phone, signal, "pcmu", 0, bench.seed) for phone in pair]  # type: ignore[misc]
        )
    ours, other = ([gap * 1e3 for gap in gaps([heard.at for heard in talk.arrivals][50:])] for talk in talks)
    yield Figure(
        "gaps",
        f"gap between sent packets, p99 of {len(ours)}",
        percentile(ours, 99),
        "ms",
        21,
        Anchor("baresip", percentile(other, 99), 23),
        best_known="baresip 20.7 to 21",
        note=f"median {median(ours):.2f}, longest {max(ours):.1f}; "
        f"baresip median {median(other):.2f}, longest {max(other):.1f}",
    )


ROWS = (
    Row("delay", "how late a voice is heard", mouth_to_ear),
    Row("gaps", "how evenly packets are sent", sending),
)

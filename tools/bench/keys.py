"""The row about keys: how soon the picture follows a finger."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from firmware.control.client import ControlClient
from firmware.control.messages import Event, Key, Picture
from tools.bench import phones
from tools.bench.figure import Figure
from tools.bench.rows import Bench, Row
from tools.bench.statistics import median, percentile

DIGITS = "1234567890"
ERASE = "back"
LONGEST_WAIT = 1.0
REST = 0.02
"""Seconds between keys; a picture of the key before has come by then."""


def pressing(bench: Bench) -> Iterator[Figure]:
    """Digits on hook, each taken back: every press changes the picture."""
    with phones.desk(bench.folder, audio="null") as ours:
        seconds = asyncio.run(_press(ours.control, bench.times(200, 10)))
    name = f"key press to picture, p99 of {len(seconds)}"
    if not seconds:
        yield Figure("keys", name, None, "ms", 50, note="no picture followed a key")
        return
    note = (
        f"median {median(seconds) * 1e3:.1f}, longest {max(seconds) * 1e3:.1f}; the control channel included"
    )
    best_known = "nobody publishes one"
    yield Figure("keys", name, percentile(seconds, 99) * 1e3, "ms", 50, best_known=best_known, note=note)


async def _press(control: Path, count: int) -> list[float]:
    """Seconds from each command to the first picture after it; fewer where pictures do not come."""
    pictures: asyncio.Queue[float] = asyncio.Queue()
    seconds: list[float] = []
    async with ControlClient(control) as presser, ControlClient(control) as watcher:
        watching = asyncio.create_task(_note(watcher.watch(pictures=True), pictures))
        for index in range(count):
            await asyncio.sleep(REST)
            while not pictures.empty():
                pictures.get_nowait()
            began = time.perf_counter()
            await presser.do(Key(name=ERASE if index % 2 else DIGITS[index // 2 % len(DIGITS)]))
            try:
                seconds.append(await asyncio.wait_for(pictures.get(), LONGEST_WAIT) - began)
            except TimeoutError:
                break
        watching.cancel()
    return seconds


async def _note(news: AsyncIterator[Event | Picture], pictures: asyncio.Queue[float]) -> None:
    async for item in news:
        if isinstance(item, Picture):
            pictures.put_nowait(time.perf_counter())


ROWS = (Row("keys", "how soon the display follows a key", pressing),)

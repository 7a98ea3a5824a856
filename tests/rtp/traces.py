"""Synthetic networks: seeded one-way delays of packets sent every 20 ms, as (sent, delay) or None if lost."""

import random
from collections.abc import Iterator

INTERVAL = 0.020

Trace = list[tuple[float, float | None]]


def lan(count: int, seed: int = 1) -> Trace:
    """A switch: a few tenths of a millisecond."""
    source = random.Random(seed)
    return [(n * INTERVAL, 0.0002 + source.expovariate(1 / 0.0003)) for n in range(count)]


def dsl(count: int, seed: int = 2) -> Trace:
    """An access line shared with other traffic: some milliseconds, and now and then a queue that drains."""
    source = random.Random(seed)
    queue = 0.0
    trace: Trace = []
    for n in range(count):
        queue = max(0.0, queue - 0.008)
        if source.random() < 0.0005:
            queue += source.uniform(0.03, 0.15)
        trace.append((n * INTERVAL, 0.010 + source.gammavariate(2, 0.0012) + queue))
    return trace


def wifi(count: int, seed: int = 3) -> Trace:
    """A radio that stalls every few seconds and then delivers what waited, all at once; 0.5 % are lost."""
    source = random.Random(seed)
    stalled_until = 0.0
    trace: Trace = []
    for n in range(count):
        sent = n * INTERVAL
        if source.random() < 0.004:
            stalled_until = sent + source.expovariate(1 / 0.06)
        delay = 0.002 + source.expovariate(1 / 0.003)
        trace.append((sent, None if source.random() < 0.005 else max(delay, stalled_until - sent)))
    return trace


def bufferbloat(count: int, seed: int = 4) -> Trace:
    """A TCP upload beside the call: the queue grows like a saw tooth up to 200 ms."""
    source = random.Random(seed)
    queue, growth = 0.0, 0.0004
    trace: Trace = []
    for n in range(count):
        queue += growth
        if queue > 0.2:
            queue, growth = 0.05, source.uniform(0.0002, 0.0008)
        trace.append((n * INTERVAL, 0.015 + queue + source.expovariate(1 / 0.002)))
    return trace


def spikes(count: int, seed: int = 5) -> Trace:
    """Rare high spikes that decay within half a second."""
    source = random.Random(seed)
    spike = 0.0
    trace: Trace = []
    for n in range(count):
        spike = max(0.0, spike - INTERVAL)
        if source.random() < 0.003:
            spike = source.uniform(0.05, 0.4)
        trace.append((n * INTERVAL, 0.02 + source.expovariate(1 / 0.002) + spike))
    return trace


def drifting(count: int, seed: int = 6) -> Trace:
    """A LAN on which the sender's clock is 100 ppm slow."""
    return [(sent * (1 + 1e-4), delay) for sent, delay in lan(count, seed)]


def arrivals(trace: Trace) -> Iterator[tuple[float, int]]:
    """(time, index) in the order of arrival."""
    landed = [(sent + delay, n) for n, (sent, delay) in enumerate(trace) if delay is not None]
    return iter(sorted(landed))

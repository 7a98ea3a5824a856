"""Seeded damage to messages: `mutate` changes bytes the way a hostile or broken peer might."""

import random
from collections.abc import Callable, Iterator, Sequence

Strategy = Callable[[bytearray, random.Random], None]

INTERESTING = [
    b"\r\n", b"\n", b"\r", b"\r\n ", b"\r\n\r\n", b"\x00", b"\x7f", b"\xff", b"\xc3\x28", b"\xe2\x82", b'"',
    b'\\"', b"<", b">", b",", b";", b"=", b":", b"%", b"%0", b"%00", b"@", b"[", b"]", b"[::", b":::", b" ",
    b"\t", b"*", b"?", b"-1", b"1_0", b"\xd9\xa1", b"4294967296", b"99999999999999999999999", b"SIP/2.0",
    b"z9hG4bK", b";tag=", b"%s", b"Content-Length: 5\r\n", b"l:1\r\n", b"\xef\xbb\xbf", b"\xe2\x80\xae",
    b"\x1b[2J", b"${x}", b"{0}",
]  # fmt: skip
"""Bytes that mean something to some parser."""


def flip(data: bytearray, rng: random.Random) -> None:
    """Change bits of one byte."""
    data[rng.randrange(len(data))] ^= rng.randrange(1, 256)


def delete(data: bytearray, rng: random.Random) -> None:
    """Take a run of bytes away."""
    start = rng.randrange(len(data))
    del data[start : start + rng.randrange(1, 20)]


def truncate(data: bytearray, rng: random.Random) -> None:
    """Cut the end off."""
    del data[rng.randrange(len(data)) :]


def insert(data: bytearray, rng: random.Random) -> None:
    """Put bytes in that mean something."""
    at = rng.randrange(len(data))
    data[at:at] = rng.choice(INTERESTING)


def overwrite(data: bytearray, rng: random.Random) -> None:
    """Put such bytes in the place of others."""
    new = rng.choice(INTERESTING)
    at = rng.randrange(len(data))
    data[at : at + len(new)] = new


def repeat(data: bytearray, rng: random.Random) -> None:
    """Repeat a short run many times: what backtracking patterns and quadratic loops fall for."""
    at = rng.randrange(len(data))
    run = data[at : at + rng.choice([1, 1, 2, 3, 5, 8, 40])]
    data[at:at] = run * rng.choice([2, 10, 100, 1000, 7000 // max(len(run), 1)])


def swap(data: bytearray, rng: random.Random) -> None:
    """Exchange two lines."""
    lines = data.split(b"\r\n")
    one, other = rng.randrange(len(lines)), rng.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    data[:] = b"\r\n".join(lines)


def duplicate(data: bytearray, rng: random.Random) -> None:
    """Give one line again, once or often."""
    lines = data.split(b"\r\n")
    at = rng.randrange(len(lines))
    lines[at:at] = [lines[at]] * rng.choice([1, 1, 2, 150])
    data[:] = b"\r\n".join(lines)


STRATEGIES: Sequence[Strategy] = (flip, delete, truncate, insert, overwrite, repeat, swap, duplicate)

MAX_LENGTH = 65507
"""What fits into one UDP datagram."""


def mutate(data: bytes, rng: random.Random, strategies: Sequence[Strategy] = STRATEGIES) -> bytes:
    """`data` after one to four changes, never longer than a datagram."""
    changed = bytearray(data)
    for _ in range(rng.choice([1, 1, 2, 4])):
        if not changed:
            break
        rng.choice(strategies)(changed, rng)
    return bytes(changed[:MAX_LENGTH])


def mutants(seeds: Sequence[bytes], count: int, seed: int) -> Iterator[bytes]:
    """`count` mutations of `seeds`, the same ones for the same `seed`."""
    rng = random.Random(seed)
    for _ in range(count):
        yield mutate(rng.choice(seeds), rng)

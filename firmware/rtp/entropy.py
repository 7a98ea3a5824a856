"""Randomness as an argument: the machines of this room never draw any by themselves."""

from collections.abc import Callable

Entropy = Callable[[int], bytes]
"""Returns that many unpredictable octets, like `os.urandom`."""


def random_bits(entropy: Entropy, bits: int) -> int:
    """A whole number in [0, 2**bits); `bits` is a multiple of eight."""
    return int.from_bytes(entropy(bits // 8), "big")


def uniform(entropy: Entropy, low: float, high: float) -> float:
    """A number evenly distributed in [low, high)."""
    return low + (high - low) * random_bits(entropy, 32) / 2**32

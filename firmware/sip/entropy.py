"""Randomness is an argument, as time is: machines get their random bytes from whoever makes them."""

from collections.abc import Callable
from typing import TypeAlias

Entropy: TypeAlias = Callable[[int], bytes]
"""As many random bytes as asked for, like `os.urandom`."""

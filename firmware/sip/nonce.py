"""The nonces of a server that asks for digests: made without memory, checked for age and for replays."""

import hashlib
import hmac
import struct
from collections import OrderedDict
from collections.abc import Callable
from typing import Literal

Verdict = Literal["fresh", "stale", "foreign", "replayed"]

MAX_NONCES = 4096
"""Most nonces whose use is remembered; the longest unused one goes first."""

_STAMP = struct.Struct(">d")
_SALT = 8


class NonceSource:
    """Makes nonces that carry their time and a proof that they are ours (RFC 7616 section 3.3)."""

    def __init__(self, entropy: Callable[[int], bytes], lifetime: float = 300.0) -> None:
        self._entropy = entropy
        self._key = entropy(32)
        self._lifetime = lifetime
        self._used: OrderedDict[str, int] = OrderedDict()

    def new(self, now: float) -> str:
        """A nonce, good for the lifetime in seconds."""
        stamp = _STAMP.pack(now) + self._entropy(_SALT)
        return (stamp + self._proof(stamp)).hex()

    def check(self, nonce: str, nc: str, now: float) -> Verdict:
        """What to think of a nonce that came back with the count `nc` ("" where there was no qop).

        "stale" asks for a new challenge with `stale=true`. "foreign" and "replayed" are refused like a wrong
        password.
        """
        stamp = self._stamp_of(nonce)
        if stamp is None:
            return "foreign"
        if not 0 <= now - stamp <= self._lifetime:
            return "stale"
        return "fresh" if self._count(nonce, nc) else "replayed"

    def _stamp_of(self, nonce: str) -> float | None:
        try:
            data = bytes.fromhex(nonce)
        except ValueError:
            return None
        stamp, proof = data[: _STAMP.size + _SALT], data[_STAMP.size + _SALT :]
        if len(stamp) != _STAMP.size + _SALT or not hmac.compare_digest(proof, self._proof(stamp)):
            return None
        seconds: float = _STAMP.unpack_from(stamp)[0]
        return seconds

    def _count(self, nonce: str, nc: str) -> bool:
        """Whether `nc` is higher than ever with this nonce."""
        if not nc:
            return True
        if len(nc) != 8 or not all(digit in "0123456789abcdefABCDEF" for digit in nc):
            return False
        count = int(nc, 16)
        if count <= self._used.get(nonce, 0):
            return False
        self._used[nonce] = count
        self._used.move_to_end(nonce)
        if len(self._used) > MAX_NONCES:
            self._used.popitem(last=False)
        return True

    def _proof(self, stamp: bytes) -> bytes:
        return hmac.digest(self._key, stamp, hashlib.sha256)[:16]

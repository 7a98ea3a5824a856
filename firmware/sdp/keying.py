"""SRTP keys in a session description: `a=crypto` (RFC 4568), with AES-GCM by RFC 7714 section 14.2."""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from firmware.sdp.errors import SdpError
from firmware.sdp.grammar import TOKEN, number

Entropy = Callable[[int], bytes]
"""A source of random bytes, such as `os.urandom`."""

KEY_LENGTHS: Final = {
    "AES_CM_128_HMAC_SHA1_80": 16 + 14,
    "AEAD_AES_128_GCM": 16 + 12,
    "AEAD_AES_256_GCM": 32 + 12,
}
"""The suites that we can do, each with the length in bytes of its master key and salt together."""

MIN_LIFETIME: Final = 2**20
"""Fewest packets per key that we take: we do not re-key in a call, and 2^20 are 5.8 hours of it."""
_MAX_LIFETIME: Final = 2**48
_LAST_TAG: Final = 10**9 - 1

# crypto-attribute = tag 1*WSP crypto-suite 1*WSP key-params *(1*WSP session-param)
_CRYPTO: Final = re.compile(rf"([0-9]++)[ \t]++({TOKEN})[ \t]++([^ \t]++)((?:[ \t]++[^ \t]++)*+)[ \t]*+")
# key-info = key-salt ["|" lifetime] ["|" mki]; mki = mki-value ":" mki-length
_INLINE: Final = re.compile(r"inline:([A-Za-z0-9+/]++)=*+(?:\|(2\^)?([0-9]++))?+")


@dataclass(frozen=True, slots=True)
class SrtpKeys:
    """The keys of a stream: master key and salt, concatenated as in RFC 4568 section 6.1."""

    suite: str
    send: bytes = field(repr=False)
    receive: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Crypto:
    """One `a=crypto` line with one key; `key` is what its writer sends with."""

    tag: int
    suite: str
    key: bytes = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "Crypto":
        """Read what follows `a=crypto:`. Raises `SdpError`, also for what is legal and we cannot do.

        These are several keys in turn, master key identifiers, session parameters that change the protection,
        and keys that would have to be replaced during a call.
        """
        if not (match := _CRYPTO.fullmatch(text)):
            raise SdpError("a=crypto without tag, suite and key")
        tag, suite, key, parameters = match.groups()
        if suite not in KEY_LENGTHS:
            raise SdpError("a=crypto with an unknown suite")
        if any(not one.startswith(("WSH=", "-")) for one in parameters.split()):
            raise SdpError("a=crypto with a session parameter that is not supported")
        return cls(number(tag, _LAST_TAG), suite, _key(key, KEY_LENGTHS[suite]))

    def __str__(self) -> str:
        return f"{self.tag} {self.suite} inline:{b64encode(self.key).decode()}"


def _key(text: str, length: int) -> bytes:
    if not (match := _INLINE.fullmatch(text)):
        raise SdpError("a=crypto with a key that is not supported")
    encoded, power, lifetime = match.groups()
    if lifetime and not MIN_LIFETIME <= _lifetime(lifetime, is_power=bool(power)) <= _MAX_LIFETIME:
        raise SdpError("a=crypto with a key that lives too short or too long")
    try:
        key = b64decode(encoded + "=" * (-len(encoded) % 4))
    except Base64Error as error:
        raise SdpError("a=crypto with a key that is not base64") from error
    if len(key) != length:
        raise SdpError("a=crypto with a key of the wrong length")
    return key


def _lifetime(text: str, *, is_power: bool) -> int:
    return 1 << number(text, 48) if is_power else number(text, _MAX_LIFETIME)


def usable(values: Iterable[str], suites: Iterable[str]) -> Iterator[Crypto]:
    """The lines among `values` that we can do and that have one of `suites`; others are passed over.

    Of lines with the same tag only the first counts (RFC 4568 section 4.1: a tag is unique).
    """
    allowed = frozenset(suites)
    tags: set[int] = set()
    for value in values:
        try:
            crypto = Crypto.parse(value)
        except SdpError:
            continue
        if crypto.tag not in tags and crypto.suite in allowed:
            yield crypto
        tags.add(crypto.tag)

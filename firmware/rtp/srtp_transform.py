"""How one SRTP master key encrypts and authenticates: AES-CM with HMAC-SHA1 (RFC 3711), AES-GCM (RFC 7714).

A transform knows nothing of roll-over counters or replay; it is told the index of every packet. Contexts are
made once and reset or copied for each packet, which is several times quicker than making them anew.
"""

import hashlib
from dataclasses import dataclass
from hmac import compare_digest
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from firmware.rtp.errors import AuthenticationFailed, LocalProtocolError

RTP_LABEL = 0x00
"""First of the three key derivation labels of RTP: encryption, authentication, salt (RFC 3711 4.3.1)."""
RTCP_LABEL = 0x03
"""The same of RTCP (RFC 3711 section 4.3.2)."""

_SHA1_BLOCK = 64
_SHA1_KEY = 20
_TAG = 10
_ENCRYPTED = 0x8000_0000
_FORGED = "SRTP packet was not made with the negotiated key"


class Transform(Protocol):
    """One session key in use. `header` is authenticated only; `ssrc` and `index` make the nonce.

    `index` is the 48-bit packet index of RTP (roll-over counter and sequence number), or the 31-bit one that
    SRTCP carries. Opening raises AuthenticationFailed.
    """

    def seal(self, header: bytes, payload: bytes, ssrc: int, index: int) -> bytes:
        """What follows the header of an SRTP packet."""

    def open(self, header: bytes, sealed: bytes, ssrc: int, index: int) -> bytes:
        """The payload of what `seal` made."""

    def seal_rtcp(self, header: bytes, payload: bytes, ssrc: int, index: int) -> bytes:
        """What follows the first eight octets of an SRTCP packet, its index included."""

    def open_rtcp(self, header: bytes, sealed: bytes, ssrc: int) -> tuple[bytes, int]:
        """The payload and index of what `seal_rtcp` made."""


@dataclass(frozen=True, slots=True)
class Suite:
    """A row of RFC 3711 section 8.2 or RFC 7714 section 12: lengths in octets."""

    name: str
    key_length: int
    salt_length: int
    aead: bool

    @property
    def master_length(self) -> int:
        """Octets of the concatenated master key and salt (RFC 4568 section 6.1)."""
        return self.key_length + self.salt_length

    def transform(self, master: bytes, label: int) -> Transform:
        """The transform of RTP or RTCP under a concatenated master key and salt."""
        if len(master) != self.master_length:
            raise LocalProtocolError(f"{self.name} needs a key of {self.master_length} octets")
        key, salt = master[: self.key_length], master[self.key_length :]
        session_key = derive(key, salt, label, self.key_length)
        session_salt = derive(key, salt, label + 2, self.salt_length)
        if self.aead:
            return AesGcm(session_key, session_salt)
        return AesCounterMode(session_key, session_salt, derive(key, salt, label + 1, _SHA1_KEY))


SUITES = {
    suite.name: suite
    for suite in (
        Suite("AES_CM_128_HMAC_SHA1_80", 16, 14, aead=False),
        Suite("AEAD_AES_128_GCM", 16, 12, aead=True),
        Suite("AEAD_AES_256_GCM", 32, 12, aead=True),
    )
}


def derive(master_key: bytes, master_salt: bytes, label: int, length: int) -> bytes:
    """The key derivation of RFC 3711 section 4.3 with a derivation rate of zero; 12-octet salts are
    filled up with zeros on the right (RFC 7714 section 11)."""
    block = int.from_bytes(master_salt.ljust(16, b"\0"), "big") ^ label << 64
    counter = Cipher(algorithms.AES(master_key), modes.CTR(block.to_bytes(16, "big"))).encryptor()
    return counter.update(bytes(length))


def _index_word(index: int) -> bytes:
    """The encryption flag and the SRTCP index (RFC 3711 section 3.4)."""
    return (_ENCRYPTED | index).to_bytes(4, "big")


def _read_index(word: bytes) -> int:
    value = int.from_bytes(word, "big")
    if len(word) != 4 or not value & _ENCRYPTED:
        raise AuthenticationFailed("SRTCP packet is cut short or not encrypted")
    return value ^ _ENCRYPTED


class AesCounterMode:
    """AES in counter mode and an 80-bit tag of HMAC-SHA1 (RFC 3711 sections 4.1.1 and 4.2.1)."""

    __slots__ = ("_counter", "_inner", "_outer", "_salt")

    def __init__(self, key: bytes, salt: bytes, authentication_key: bytes) -> None:
        self._salt = int.from_bytes(salt, "big") << 16
        self._counter = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()
        padded = authentication_key.ljust(_SHA1_BLOCK, b"\0")
        self._inner = hashlib.sha1(bytes(octet ^ 0x36 for octet in padded))
        self._outer = hashlib.sha1(bytes(octet ^ 0x5C for octet in padded))

    def seal(self, header: bytes, payload: bytes, ssrc: int, index: int) -> bytes:
        encrypted = self._crypt(payload, ssrc, index)
        return encrypted + self._tag(header + encrypted + (index >> 16).to_bytes(4, "big"))

    def open(self, header: bytes, sealed: bytes, ssrc: int, index: int) -> bytes:
        encrypted = sealed[:-_TAG]
        self._verify(header + encrypted + (index >> 16).to_bytes(4, "big"), sealed[-_TAG:])
        return self._crypt(encrypted, ssrc, index)

    def seal_rtcp(self, header: bytes, payload: bytes, ssrc: int, index: int) -> bytes:
        indexed = self._crypt(payload, ssrc, index) + _index_word(index)
        return indexed + self._tag(header + indexed)

    def open_rtcp(self, header: bytes, sealed: bytes, ssrc: int) -> tuple[bytes, int]:
        indexed = sealed[:-_TAG]
        index = _read_index(indexed[-4:])
        self._verify(header + indexed, sealed[-_TAG:])
        return self._crypt(indexed[:-4], ssrc, index), index

    def _crypt(self, data: bytes, ssrc: int, index: int) -> bytes:
        self._counter.reset_nonce((self._salt ^ ssrc << 64 ^ index << 16).to_bytes(16, "big"))
        return self._counter.update(data)

    def _verify(self, authenticated: bytes, tag: bytes) -> None:
        if not compare_digest(self._tag(authenticated), tag):
            raise AuthenticationFailed(_FORGED)

    def _tag(self, authenticated: bytes) -> bytes:
        inner = self._inner.copy()
        inner.update(authenticated)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.digest()[:_TAG]


class AesGcm:
    """AES in Galois/counter mode with a 128-bit tag (RFC 7714 sections 8 and 9)."""

    __slots__ = ("_cipher", "_salt")

    def __init__(self, key: bytes, salt: bytes) -> None:
        self._cipher = AESGCM(key)
        self._salt = int.from_bytes(salt, "big")

    def seal(self, header: bytes, payload: bytes, ssrc: int, index: int) -> bytes:
        return self._cipher.encrypt(self._nonce(ssrc, index), payload, header)

    def open(self, header: bytes, sealed: bytes, ssrc: int, index: int) -> bytes:
        try:
            return self._cipher.decrypt(self._nonce(ssrc, index), sealed, header)
        except InvalidTag:
            raise AuthenticationFailed(_FORGED) from None

    def seal_rtcp(self, header: bytes, payload: bytes, ssrc: int, index: int) -> bytes:
        word = _index_word(index)
        return self.seal(header + word, payload, ssrc, index) + word

    def open_rtcp(self, header: bytes, sealed: bytes, ssrc: int) -> tuple[bytes, int]:
        word = sealed[-4:]
        index = _read_index(word)
        return self.open(header + word, sealed[:-4], ssrc, index), index

    def _nonce(self, ssrc: int, index: int) -> bytes:
        """Two zero octets, SSRC, 48-bit index, all XOR the salt; an SRTCP index leaves 16 more bits zero."""
        return (self._salt ^ ssrc << 48 ^ index).to_bytes(12, "big")

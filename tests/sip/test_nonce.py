"""Nonces of a server: ours, young, and each count used once."""

import itertools

import pytest

from firmware.sip import nonce
from firmware.sip.nonce import NonceSource


def counting_entropy():
    """Bytes that are never the same twice, and the same in every run."""
    counter = itertools.count(1)
    return lambda length: next(counter).to_bytes(length, "big")


@pytest.fixture
def source() -> NonceSource:
    return NonceSource(counting_entropy(), lifetime=300)


def test_a_nonce_is_fresh_until_its_lifetime_is_over(source: NonceSource):
    made = source.new(now=1000)
    assert source.check(made, "", now=1000) == "fresh"
    assert source.check(made, "", now=1300) == "fresh"
    assert source.check(made, "", now=1300.1) == "stale"
    assert source.check(made, "", now=999) == "stale"


def test_no_two_nonces_are_alike(source: NonceSource):
    assert len({source.new(now=1) for _ in range(100)}) == 100


def test_a_count_is_good_once_and_must_rise(source: NonceSource):
    made = source.new(now=0)
    assert source.check(made, "00000001", now=0) == "fresh"
    assert source.check(made, "00000001", now=0) == "replayed"
    assert source.check(made, "0000000A", now=0) == "fresh"
    assert source.check(made, "00000009", now=0) == "replayed"
    assert source.check(made, "0000000b", now=0) == "fresh"


@pytest.mark.parametrize(
    "nc", ["1", "0000001", "000000001", "0000000g", "+0000001", "0x000001", "00000000", "٠٠٠٠٠٠٠١"]
)
def test_a_malformed_count_is_refused(source: NonceSource, nc: str):
    assert source.check(source.new(now=0), nc, now=0) == "replayed"


def test_what_is_not_ours_is_foreign(source: NonceSource):
    made = source.new(now=0)
    changed = ("0" if made[0] != "0" else "1") + made[1:]
    other = NonceSource(lambda length: b"x" * length).new(now=0)
    for alien in ("", "xyz", changed, made[:-2], made + "00", other, "ü"):
        assert source.check(alien, "", now=0) == "foreign"


def test_memory_is_bounded_and_keeps_what_is_used(source: NonceSource, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(nonce, "MAX_NONCES", 3)
    kept = source.new(now=0)
    for count in range(1, 10):
        assert source.check(kept, f"{count:08x}", now=0) == "fresh"
        assert source.check(source.new(now=0), "00000001", now=0) == "fresh"
    assert source.check(kept, "00000009", now=0) == "replayed"

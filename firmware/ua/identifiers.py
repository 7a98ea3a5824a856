"""Unguessable identifiers and chance, both drawn from one source of entropy given as an argument."""

from __future__ import annotations

from firmware.sip.entropy import Entropy


def new_tag(entropy: Entropy) -> str:
    """A From or To tag of 64 bits; RFC 3261 section 19.3 asks for at least 32."""
    return entropy(8).hex()


def new_call_id(entropy: Entropy) -> str:
    """A Call-ID of 128 bits without a host part, which would tell our address (RFC 3323 section 4.1)."""
    return entropy(16).hex()


def new_contact_user(entropy: Entropy) -> str:
    """The random user part of a Contact: whoever knows it learned it from our registrar or from a call."""
    return entropy(12).hex()


def uniform(entropy: Entropy, low: float, high: float) -> float:
    """A number chosen evenly from [low, high)."""
    return low + (high - low) * int.from_bytes(entropy(6), "big") / 2**48

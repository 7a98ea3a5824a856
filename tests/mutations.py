"""How many mutations a run of the tests makes, and from which seed: one plan for all rooms."""

import os

PLAN = {
    "sip messages": 20_000,
    "sip values": 2_000,
    "sip challenges": 2_000,
    "sip streams": 1_000,
    "sip checks": 2_000,
    "sdp offers": 12_000,
    "rtp": 10_000,
    "endpoint": 10_000,
}
"""Inputs of one test case by default; "sip values" and "rtp" have several cases."""
CASES = {"sip values": 5, "rtp": 7}


def total() -> int:
    """Inputs of a whole run."""
    return sum(count * CASES.get(name, 1) for name, count in PLAN.items())


def mutation_count(name: str) -> int:
    """Inputs of one test case: its part of `OFFHOOK_MUTATIONS`, which is how many a whole run makes."""
    return round(PLAN[name] * int(os.environ.get("OFFHOOK_MUTATIONS", total())) / total())


def mutation_seed(default: int) -> int:
    """The seed of a test, printed so that a failure names it; `OFFHOOK_SEED` sets another for all."""
    seed = int(os.environ.get("OFFHOOK_SEED", default))
    print(f"seed of the mutations: {seed}; OFFHOOK_SEED={seed} makes the same ones")
    return seed

"""The plan of mutations: enough of them in an ordinary run, and more or fewer on demand in every room."""

import re
from pathlib import Path

import pytest

from tests.mutations import CASES, PLAN, mutation_count, mutation_seed, total

ROOMS = Path(__file__).parent.glob("*/test_mutations.py")


def test_an_ordinary_run_makes_a_hundred_thousand_mutations() -> None:
    assert total() >= 100_000


def test_the_number_on_demand_is_shared_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test makes ten times as many when ten times as many are asked for."""
    monkeypatch.setenv("OFFHOOK_MUTATIONS", str(10 * total()))
    assert {name: mutation_count(name) for name in PLAN} == {name: 10 * count for name, count in PLAN.items()}


def test_the_seed_is_printed_and_can_be_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mutation_seed(5) == 5
    monkeypatch.setenv("OFFHOOK_SEED", "7")
    assert mutation_seed(5) == 7
    assert "OFFHOOK_SEED=7" in capsys.readouterr().out


def test_every_part_of_the_plan_is_made_by_a_test() -> None:
    """A room that leaves the plan would make the total a lie."""
    named = {name for room in ROOMS for name in re.findall(r'mutation_count\("([^"]+)"\)', room.read_text())}
    assert named == set(PLAN)
    assert set(CASES) <= set(PLAN)

"""Codes and sessions, without a server."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ui.web.access import MAX_SESSIONS, MAX_WRONG, WRONG_WINDOW, Access, TooManyWrong


def counting() -> Callable[[int], bytes]:
    """Entropy that never repeats."""
    drawn = iter(range(1, 10_000))
    return lambda size: next(drawn).to_bytes(size, "big")


def access() -> tuple[Access, list[str]]:
    codes: list[str] = []
    made = Access(counting(), codes.append)
    made.renew()
    return made, codes


def test_a_code_has_128_bits() -> None:
    _, codes = access()
    assert len(bytes.fromhex(codes[0])) == 16


def test_a_code_opens_one_session_and_the_next_code_is_announced() -> None:
    door, codes = access()
    session = door.exchange(codes[0], 0.0)
    assert session is not None
    assert door.admits(session)
    assert len(codes) == 2
    assert door.exchange(codes[0], 1.0) is None
    assert door.exchange(codes[1], 2.0) not in (None, session)


def test_before_any_code_is_announced_nothing_opens() -> None:
    door = Access(counting(), lambda _: None)
    assert door.exchange("", 0.0) is None
    assert not door.admits("")


@given(st.text())
def test_no_other_text_opens(text: str) -> None:
    """Of any script, empty and lone surrogates included; and none is an error."""
    door, codes = access()
    if text != codes[0]:
        assert door.exchange(text, 0.0) is None
        assert not door.admits(text)


def test_a_code_is_not_a_session_nor_a_session_a_code() -> None:
    door, codes = access()
    assert not door.admits(codes[0])
    session = door.exchange(codes[0], 0.0)
    assert session is not None
    assert door.exchange(session, 1.0) is None


def test_after_many_wrong_codes_even_the_right_one_waits() -> None:
    door, codes = access()
    for second in range(MAX_WRONG):
        assert door.exchange("wrong", float(second)) is None
    with pytest.raises(TooManyWrong):
        door.exchange(codes[0], WRONG_WINDOW - 0.001)
    assert door.exchange(codes[0], WRONG_WINDOW) is not None


def test_waiting_is_not_prolonged_by_those_who_go_on_trying() -> None:
    door, codes = access()
    for _ in range(MAX_WRONG):
        door.exchange("wrong", 0.0)
    for second in range(1, 60):
        with pytest.raises(TooManyWrong):
            door.exchange("wrong", float(second))
    assert door.exchange(codes[0], WRONG_WINDOW) is not None


def test_one_browser_too_many_ends_the_oldest_session_only() -> None:
    door, codes = access()
    sessions = [door.exchange(codes[-1], 0.0) or "" for _ in range(MAX_SESSIONS + 1)]
    assert [door.admits(session) for session in sessions] == [False] + [True] * MAX_SESSIONS

"""Exactly one party drives the loop body: the card that was opened last, or else the clock."""

import threading

from firmware.media.devices.base import SILENCE
from firmware.media.driver import ClockDriver, Turn
from tests.media.test_device_simulated import until

BLOCK = b"\1" * len(SILENCE)


class Loop:
    """A loop body that notes who called it, and the hand-overs."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.handed_over: list[float] = []

    def body(self, capture: memoryview | None, now: float) -> bytes:
        self.times.append(now)
        return BLOCK


def make() -> tuple[Loop, Turn]:
    loop = Loop()
    return loop, Turn(loop.body, loop.handed_over.append)


def test_the_clock_drives_until_a_card_asks_for_its_first_block() -> None:
    loop, turn = make()
    turn.tick(1.0)
    card = turn.card()
    turn.tick(2.0)
    assert turn.by_clock
    assert card(None, 3.0) == BLOCK
    assert not turn.by_clock
    turn.tick(4.0)
    assert loop.times == [1.0, 2.0, 3.0]
    assert loop.handed_over == [3.0], "said once, before the card's first block"


def test_a_card_that_was_given_up_gets_silence_and_does_not_drive() -> None:
    loop, turn = make()
    old = turn.card()
    old(None, 1.0)
    turn.take_back()
    assert old(None, 2.0) == SILENCE
    turn.tick(3.0)
    new = turn.card()
    assert old(None, 4.0) == SILENCE
    assert new(None, 5.0) == BLOCK
    assert loop.times == [1.0, 3.0, 5.0]


def test_two_parties_never_run_the_loop_body_at_once() -> None:
    entered, leave, ran = threading.Event(), threading.Event(), list[float]()

    def body(capture: memoryview | None, now: float) -> bytes:
        ran.append(now)
        entered.set()
        leave.wait(5.0)
        return BLOCK

    turn = Turn(body, lambda now: None)
    card = turn.card()
    ticking = threading.Thread(target=turn.tick, args=(1.0,))
    ticking.start()
    assert entered.wait(5.0)
    assert card(None, 2.0) == SILENCE, "the clock is in the middle of a block"
    leave.set()
    ticking.join()
    assert card(None, 3.0) == BLOCK
    assert ran == [1.0, 3.0]


def test_the_clock_driver_ticks_while_busy_sleeps_when_idle_and_yields_to_a_card() -> None:
    loop, turn = make()
    busy = threading.Event()
    driver = ClockDriver(turn, busy.is_set, loop.handed_over.append)
    thread = threading.Thread(target=driver.run)
    thread.start()
    until(lambda: len(loop.times) == 1)
    busy.set()
    driver.wake()
    until(lambda: len(loop.times) >= 4)
    card = turn.card()
    until(lambda: card(None, -1.0) == BLOCK)
    until(lambda: not turn.by_clock)
    ticks = len(loop.times)
    driver.wake()
    assert loop.times[-1] == -1.0
    turn.take_back()
    driver.wake()
    until(lambda: len(loop.times) > ticks)
    driver.stop()
    thread.join(5.0)
    assert not thread.is_alive()


def test_each_wake_of_an_idle_driver_is_one_tick_that_carries_out_requests() -> None:
    loop, turn = make()
    driver = ClockDriver(turn, lambda: False, loop.handed_over.append)
    thread = threading.Thread(target=driver.run)
    thread.start()
    for ticks in (1, 2, 3):
        until(lambda ticks=ticks: len(loop.times) == ticks)  # type: ignore[misc]
        driver.wake()
    driver.stop()
    thread.join(5.0)
    assert len(loop.times) <= 4

"""The keeper: opens as wished, finds dead streams, waits for a card to return, and says so in words."""

import pytest

from firmware.control.voice import DeviceState
from firmware.media.devices.base import RATE, SILENCE, DeviceError, Health, LoopBody, StuckDriverError, Use
from firmware.media.driver import Turn
from firmware.media.keeper import FIRST_BLOCK_SECONDS, RETRY_SECONDS, STALL_SECONDS, DeviceKeeper
from tests.media.test_device_simulated import until


class Card:
    """A card in the hand of the test: no thread, blocks when told to."""

    name, driver, rate = "Test Card", "hand", RATE

    def __init__(self) -> None:
        self.health = Health()
        self.plugged = True
        self.stuck = False
        self.opened: list[Use] = []
        self.body: LoopBody | None = None

    def open(self, use: Use, loop_body: LoopBody) -> None:
        if not self.plugged:
            raise DeviceError("There is no such card.")
        self.health.begin()
        self.opened.append(use)
        self.body = loop_body

    def close(self) -> None:
        if self.stuck:
            raise StuckDriverError("hand does not let go of Test Card.")
        self.body = None

    def end(self) -> None:
        self.close()

    def block(self, now: float) -> None:
        assert self.body is not None
        self.health.count(now)
        self.body(None, now)


class Room:
    """A keeper with its card, a clock that stands still, and what was reported."""

    def __init__(self) -> None:
        self.card, self.now = Card(), 100.0
        self.reports: list[DeviceState] = []
        self.given_up = False
        self.turn = Turn(lambda capture, now: SILENCE, lambda now: None)
        self.keeper = DeviceKeeper(
            self.card, self.turn, report=self.reports.append, stuck=self.give_up, clock=lambda: self.now
        )

    def give_up(self) -> None:
        self.given_up = True

    def step(self, seconds: float = 0.0) -> None:
        self.now += seconds
        self.keeper.step(self.now)

    def states(self) -> list[tuple[str, str]]:
        return [(report.use, report.state) for report in self.reports]


@pytest.fixture
def room() -> Room:
    room = Room()
    room.keeper.wish("duplex")
    room.step()
    return room


def test_a_wish_opens_the_card_and_says_which_it_is(room: Room) -> None:
    assert room.card.opened == ["duplex"]
    (report,) = room.reports
    assert (report.name, report.driver, report.rate, report.state) == ("Test Card", "hand", RATE, "running")


def test_a_change_of_use_opens_anew_and_closing_gives_the_turn_to_the_clock(room: Room) -> None:
    room.card.block(room.now)
    assert not room.turn.by_clock
    room.keeper.wish("output")
    room.step()
    room.keeper.wish("closed")
    room.step()
    assert room.states() == [("duplex", "running"), ("output", "running"), ("closed", "closed")]
    assert room.turn.by_clock
    assert room.card.body is None


def test_a_wish_repeated_is_answered_again_and_opens_nothing(room: Room) -> None:
    room.keeper.step(room.now, wished=True)
    assert room.card.opened == ["duplex"]
    assert room.states() == [("duplex", "running")] * 2


def test_blocks_in_time_keep_the_stream(room: Room) -> None:
    for _ in range(100):
        room.card.block(room.now)
        room.step(STALL_SECONDS * 0.9)
    assert room.card.opened == ["duplex"]


def test_a_stream_without_blocks_is_opened_again_and_counted(room: Room) -> None:
    room.card.block(room.now)
    room.step(STALL_SECONDS * 1.1)
    assert room.card.opened == ["duplex", "duplex"]
    assert room.states()[1:] == [("duplex", "reopening"), ("duplex", "running")]
    assert room.reports[-1].reopened == 1
    assert room.reports[-1].words == "Test Card is back."


def test_the_first_block_may_take_longer_but_not_for_ever(room: Room) -> None:
    room.step(FIRST_BLOCK_SECONDS * 0.9)
    assert room.card.opened == ["duplex"]
    room.step(FIRST_BLOCK_SECONDS * 0.2)
    assert room.card.opened == ["duplex", "duplex"]


def test_an_unplugged_card_is_waited_for_and_the_words_say_so_once(room: Room) -> None:
    room.card.block(room.now)
    room.card.plugged = False
    room.step(1.0)
    assert room.turn.by_clock, "the call goes on by the clock"
    for _ in range(5):
        room.step(RETRY_SECONDS)
    waiting = [report for report in room.reports if "waiting for it to return" in report.words]
    assert len(waiting) == 1
    assert waiting[0].state == "reopening"
    assert "Test Card was unplugged; the call goes on" in waiting[0].words
    room.card.plugged = True
    room.step(RETRY_SECONDS / 2)
    assert room.reports[-1] is waiting[0], "not before the next attempt is due"
    room.step(RETRY_SECONDS)
    assert (room.reports[-1].state, room.reports[-1].reopened) == ("running", 1)


def test_a_card_that_is_not_there_at_first_is_a_failure_and_tried_again() -> None:
    room = Room()
    room.card.plugged = False
    room.keeper.wish("output")
    room.step()
    assert (room.reports[-1].state, room.reports[-1].words) == ("failed", "There is no such card.")
    room.card.plugged = True
    room.step(RETRY_SECONDS)
    assert (room.reports[-1].state, room.reports[-1].reopened) == ("running", 0)


def test_a_driver_that_does_not_let_go_is_reported_and_given_up() -> None:
    room = Room()
    room.keeper.start()
    room.keeper.wish("duplex")
    until(lambda: bool(room.reports))
    room.card.stuck = True
    room.keeper.wish("closed")
    until(lambda: room.given_up)
    assert room.reports[-1].state == "failed"
    assert "does not let go" in room.reports[-1].words


def test_the_keepers_thread_opens_and_closes() -> None:
    room = Room()
    room.keeper.start()
    room.keeper.wish("output")
    until(lambda: bool(room.reports))
    room.keeper.end()
    assert room.states() == [("output", "running")]
    assert room.card.body is None

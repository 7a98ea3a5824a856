"""The panel: lamps, pictures and the moments at which it wants to be woken."""

import time

import pytest

from board.board import open_board
from firmware.control.messages import Picture
from tests.phone.desk_phone import ended, established, incoming
from tests.ui.desk import Desk
from tests.ui.telephones import TELEPHONES
from ui.lcd import DisplayUnknown
from ui.panel import Panel

SIZES = ((128, 64), (320, 240))
KEY_TO_PICTURE = 0.050


def test_at_rest_only_the_clock_of_the_minute_wakes_the_panel() -> None:
    """An idle telephone draws once a minute, on the minute."""
    desk = Desk()
    drawn = len(desk.pictures)
    assert desk.panel.deadline() == desk.started + 60
    desk.sleep(179.5)
    assert len(desk.pictures) == drawn + 2
    assert desk.reads("12:02")


def test_a_call_wakes_the_panel_once_a_second() -> None:
    desk = Desk()
    desk.hear(incoming())
    desk.lift()
    desk.hear(established())
    drawn = len(desk.pictures)
    desk.sleep(10)
    assert len(desk.pictures) == drawn + 10
    desk.hear(ended(by="local"))
    assert desk.panel.deadline() == pytest.approx(desk.started + 60)


def test_a_change_that_is_not_on_the_screen_draws_nothing() -> None:
    desk = Desk()
    drawn = len(desk.pictures)
    desk.press("volume_up")
    assert desk.commands
    assert len(desk.pictures) == drawn


@pytest.mark.parametrize("size", SIZES)
def test_pictures_go_to_the_display_and_to_whoever_watches(size: tuple[int, int]) -> None:
    """The same pixels, in the size and mode of the display."""
    desk = Desk(size)
    desk.lift()
    last = desk.board.display.pictures[-1]  # type: ignore[attr-defined]
    picture = desk.pictures[-1]
    assert (picture.width, picture.height) == size
    assert picture == Picture(width=size[0], height=size[1], mode=last.mode, pixels=last.tobytes())
    bits = size[0] * size[1] * (24 if last.mode == "RGB" else 1)
    assert len(picture.pixels) == bits // 8


def test_lamps_follow_the_telephone() -> None:
    desk = Desk()
    lamp = desk.board.lamps["line"]
    desk.hear(incoming())
    desk.lift()
    desk.hear(established())
    desk.put_down()
    desk.panel.close()
    assert list(lamp.history) == ["fast", "on", "off"]  # type: ignore[attr-defined]


def test_a_board_without_lamps_is_a_board() -> None:
    board = open_board("sim", clock=lambda: 0.0)
    board.lamps.clear()
    panel = Panel(board, lambda command: None, lambda picture: None)
    panel.start(TELEPHONES["incoming"], 10_000.0)
    assert panel.screen is not None


def test_a_display_of_another_size_is_refused_in_words() -> None:
    board = open_board("sim", clock=lambda: 0.0, display_size=(100, 50))
    with pytest.raises(DisplayUnknown, match="100x50 is not known, only 128x64, 320x240"):
        Panel(board, lambda command: None, lambda picture: None)


@pytest.mark.timed
@pytest.mark.parametrize("size", SIZES)
def test_from_key_to_picture_is_quick(size: tuple[int, int]) -> None:
    """99 of 100 key presses have their picture within 50 ms."""
    desk = Desk(size)
    desk.lift()
    taken = []
    for number in range(200):
        drawn = len(desk.pictures)
        began = time.perf_counter()
        desk.press(str(number % 10) if number % 20 else "soft4")
        if number % 20 == 0:
            desk.put_down()
            desk.lift()
        taken.append(time.perf_counter() - began)
        assert len(desk.pictures) > drawn
    assert sorted(taken)[197] < KEY_TO_PICTURE

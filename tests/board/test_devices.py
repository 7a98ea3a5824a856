"""Every board behaves alike, whatever drives its devices. `BOARDS` grows with each driver.

`Bench` says how a driver's hardware is moved from outside; the tests say what must then be heard.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest
from PIL import Image

from board.board import Board, open_board
from board.events import Event, KeyDown, KeyUp, OffHook, OnHook
from board.sim import HISTORY


@dataclass(slots=True)
class Bench:
    """A board on a test bench: fingers and hands, and a clock."""

    open: Callable[["Bench"], Board]
    now: float = 10.0
    heard: list[Event] = field(default_factory=list)
    board: Board = field(init=False)

    def __post_init__(self) -> None:
        self.board = self.open(self)

    def listen(self) -> None:
        self.board.listen(self.heard.append)


def simulated(bench: Bench) -> Board:
    return open_board("sim", clock=lambda: bench.now)


BOARDS = {"sim": simulated}


@pytest.fixture(params=BOARDS)
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    bench = Bench(BOARDS[request.param])
    yield bench
    bench.board.close()


def test_the_first_thing_heard_is_how_the_handset_lies(bench: Bench) -> None:
    """A phone that starts with the handset lifted knows it."""
    bench.board.hook.lift()
    bench.listen()
    assert bench.heard == [OffHook(10.0)]


def test_the_hook_tells_each_movement_once_with_its_time(bench: Bench) -> None:
    bench.listen()
    bench.now = 11.0
    bench.board.hook.lift()
    bench.board.hook.lift()
    bench.now = 12.5
    bench.board.hook.put_down()
    assert bench.heard == [OnHook(10.0), OffHook(11.0), OnHook(12.5)]


def test_a_press_is_a_key_down_and_a_key_up(bench: Bench) -> None:
    bench.listen()
    bench.board.keypad.press("5")
    assert bench.heard[1:] == [KeyDown(10.0, "5"), KeyUp(10.0, "5")]


def test_a_key_that_is_held_down_is_told_once(bench: Bench) -> None:
    bench.listen()
    bench.board.keypad.down("star")
    bench.now = 13.0
    bench.board.keypad.down("star")
    bench.board.keypad.up("star")
    bench.board.keypad.up("star")
    assert bench.heard[1:] == [KeyDown(10.0, "star"), KeyUp(13.0, "star")]


def test_a_key_that_the_board_has_not_is_an_error(bench: Bench) -> None:
    with pytest.raises(KeyError):
        bench.board.keypad.press("panic")


def test_after_closing_nothing_is_heard_and_no_lamp_shines(bench: Bench) -> None:
    bench.listen()
    for lamp in bench.board.lamps.values():
        lamp.set("fast")
    bench.board.close()
    bench.board.hook.lift()
    bench.board.keypad.press("1")
    assert bench.heard == [OnHook(10.0)]
    assert {lamp.pattern for lamp in bench.board.lamps.values()} == {"off"}  # type: ignore[attr-defined]


def test_a_display_takes_pictures_of_its_own_size_and_mode_only(bench: Bench) -> None:
    display = bench.board.display
    display.show(Image.new(display.mode, (display.width, display.height)))
    for wrong in (
        Image.new(display.mode, (display.width - 1, display.height)),
        Image.new("L", (display.width, display.height)),
    ):
        with pytest.raises(ValueError, match=f"{display.width}x{display.height}"):
            display.show(wrong)


def test_a_lamp_remembers_what_it_was_told_and_ignores_repetition(bench: Bench) -> None:
    lamp = bench.board.lamps["message"]
    for pattern in ("slow", "slow", "off", "on"):
        lamp.set(pattern)  # type: ignore[arg-type]
    assert list(lamp.history) == ["slow", "off", "on"]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("size", "mode"), [((128, 64), "1"), ((132, 64), "1"), ((320, 240), "RGB")])
def test_the_simulated_display_takes_the_size_of_the_settings(size: tuple[int, int], mode: str) -> None:
    """Small ones have one bit a pixel, large ones colour."""
    display = open_board("sim", clock=lambda: 0.0, display_size=size).display
    assert ((display.width, display.height), display.mode) == (size, mode)


def test_the_simulated_display_forgets_old_pictures_and_tells_of_new_ones() -> None:
    """A telephone that runs for years does not fill the memory."""
    display = open_board("sim", clock=lambda: 0.0).display
    told: list[Image.Image] = []
    display.on_picture = told.append  # type: ignore[attr-defined]
    for _ in range(HISTORY + 5):
        display.show(Image.new("1", (128, 64)))
    assert len(told) == HISTORY + 5
    assert len(display.pictures) == HISTORY  # type: ignore[attr-defined]

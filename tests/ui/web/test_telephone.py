"""What a page that is slow, or a telephone that is, does to the server between them."""

import asyncio
from pathlib import Path

import pytest

from firmware.control.client import ControlError
from firmware.control.messages import Key
from firmware.control.state import Snapshot
from tests.ui.web.desk import picture
from ui.web.telephone import LOST, MAX_UNSEEN, Telephone, Viewer
from ui.web.wire import Changed, Lost, ToPage


def change(number: int) -> Changed:
    return Changed("", Snapshot(number=number), 0.0)


async def taken(viewer: Viewer, many: int) -> list[ToPage]:
    messages = viewer.messages()
    return [await anext(messages) for _ in range(many)]


def test_a_slow_page_gets_every_change_but_only_the_newest_picture() -> None:
    viewer = Viewer()
    first, last = picture("first"), picture("last")
    for message in (change(1), first, change(2), last):
        viewer.put(message)
    assert asyncio.run(taken(viewer, 3)) == [change(1), change(2), last]


def test_a_stuck_page_costs_bounded_memory_and_keeps_the_newest() -> None:
    viewer = Viewer()
    for number in range(10 * MAX_UNSEEN):
        viewer.put(change(number))
    kept = asyncio.run(taken(viewer, MAX_UNSEEN))
    assert kept[-1] == change(10 * MAX_UNSEEN - 1)
    assert len(kept) == MAX_UNSEEN


def test_without_a_telephone_a_page_is_told_and_a_key_is_refused(tmp_path: Path) -> None:
    telephone = Telephone(tmp_path / "control")
    viewer = telephone.join()

    async def look() -> None:
        assert await taken(viewer, 1) == [Lost(LOST)]
        with pytest.raises(ControlError, match="does not answer"):
            await telephone.do(Key(name="1"))

    asyncio.run(look())


def test_a_page_that_left_is_told_nothing_more(tmp_path: Path) -> None:
    telephone = Telephone(tmp_path / "control")
    viewer = telephone.join()
    assert telephone.watched_by == 1
    telephone.leave(viewer)
    assert telephone.watched_by == 0

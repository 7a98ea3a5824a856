"""The messages between page and server."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.control.messages import Hook, Key, Picture
from firmware.control.state import Snapshot
from ui.web import wire


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ('{"key": "soft1"}', Key(name="soft1")),
        ('{"key": "volume_up"}', Key(name="volume_up")),
        ('{"hook": "up"}', Hook(off=True)),
        ('{"hook": "down"}', Hook(off=False)),
    ],
)
def test_a_press_is_a_command(text: str, command: Key | Hook) -> None:
    assert wire.command(text) == command


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        '{"key": null}',
        '{"key": "1", "hook": "up"}',
        '{"key": "1", "more": 1}',
        '{"key": 1}',
        '{"key": ""}',
        '{"key": "soft1\\n"}',
        '{"key": "SOFT1"}',
        '{"key": "%s"}',
        '{"key": "٣"}',
        '{"key": "' + "a" * 25 + '"}',
        '{"hook": "off"}',
        '{"hook": true}',
        '{"dial": "sip:premium@example.org"}',
        "\ud800",
    ],
)
def test_anything_else_is_an_error(text: str) -> None:
    with pytest.raises(wire.WireError):
        wire.command(text)


@given(st.text(max_size=wire.MAX_FROM_PAGE))
def test_no_text_raises_anything_but_a_wire_error(text: str) -> None:
    with suppress(wire.WireError):
        wire.command(text)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=4))
def test_no_json_raises_anything_but_a_wire_error(value: object) -> None:
    for name in ("key", "hook"):
        with suppress(wire.WireError):
            wire.command(json.dumps({name: value}))


def test_a_change_carries_its_cause_the_snapshot_and_the_clock() -> None:
    text = wire.encode(wire.Changed("call 1: ringing", Snapshot(hook="off"), 12.5))
    message = json.loads(text)
    assert message["event"] == "call 1: ringing"
    assert message["snapshot"]["hook"] == "off"
    assert message["now"] == 12.5


@pytest.mark.parametrize(("mode", "number", "size"), [("1", 1, 2 * 3), ("RGB", 3, 9 * 3 * 3)])
def test_a_picture_has_its_mode_and_size_before_its_pixels(mode: str, number: int, size: int) -> None:
    pixels = bytes(range(size))
    data = wire.encode_picture(Picture(width=9, height=3, mode=mode, pixels=pixels))
    assert data == bytes([number, 0, 9, 0, 3]) + pixels

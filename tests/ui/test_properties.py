"""Whatever the telephone says, there is a screen for it, in its bounds, and keys with sense."""

import math
from datetime import datetime
from typing import get_args

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from firmware.control import messages as control
from firmware.control.state import Call, Line, Note, Phase, Privacy, Quality, Registration, Snapshot, Sound
from ui import colour, mono
from ui.keys import press
from ui.moment import Moment
from ui.screen import COLUMNS, CONTENT_ROWS, grid
from ui.states import screen_of, soft_keys
from ui.texts import texts_of
from ui.view import HOME, View, subject

KEYS = (
    *(f"soft{number}" for number in range(1, 5)),
    *("0", "9", "star", "hash", "up", "down", "ok", "back"),
    *("hold", "mute", "speaker", "redial", "volume_up", "volume_down", "unheard-of"),
)
NOW = 50_000.0

texts = st.text(max_size=40)
times = st.floats(0, NOW, allow_nan=False)
maybe_time = st.none() | times | st.floats(NOW, NOW + 1e5, allow_nan=False)
qualities = st.builds(Quality, mos=st.none() | st.floats(1, 4.5), words=texts)
lines = st.builds(
    Line,
    id=texts,
    address=texts,
    name=texts,
    registration=st.sampled_from(get_args(Registration)),
    transport=texts,
    words=texts,
    retry_at=maybe_time,
)
calls = st.builds(
    Call,
    id=st.sampled_from("12345"),
    line=texts,
    direction=st.sampled_from(["in", "out"]),
    phase=st.sampled_from(get_args(Phase)),
    number=texts,
    address=texts,
    name=texts,
    began_at=times,
    connected_at=maybe_time,
    held_at=maybe_time,
    ended_at=maybe_time,
    held_by_peer=st.booleans(),
    privacy=st.sampled_from(get_args(Privacy)),
    privacy_words=texts,
    codec=texts,
    quality=st.none() | qualities,
    words=texts,
)
snapshots = st.builds(
    Snapshot,
    lines=st.lists(lines, max_size=8).map(tuple),
    calls=st.lists(calls, max_size=4, unique_by=lambda call: call.id).map(tuple),
    selected=st.none() | st.sampled_from("12345"),
    hook=st.sampled_from(["on", "off"]),
    speaker=st.booleans(),
    muted=st.booleans(),
    entry=st.text(alphabet="0123456789*#", max_size=64),
    collecting=st.booleans(),
    send_at=maybe_time,
    sound=st.builds(Sound, words=texts),
    voice=st.sampled_from(["up", "down"]),
    missed=st.integers(0, 10_000),
    last_dialled=texts,
    notes=st.lists(st.builds(Note, at=times, words=texts), max_size=5).map(tuple),
)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1))


@st.composite
def seen(draw: st.DrawFn) -> tuple[Snapshot, View]:
    """A telephone, with or without the information page open and scrolled."""
    now = draw(snapshots)
    return now, draw(st.just(HOME) | st.builds(View, st.just(subject(now)), st.integers(0, 100)))


@given(seen(), moments)
def test_every_telephone_has_a_screen(case: tuple[Snapshot, View], wall: datetime) -> None:
    """No error, the grid full and printable, and a reason to look again that lies ahead."""
    moment = Moment(NOW, wall)
    screen = screen_of(*case, moment, texts_of("en"))
    assert [len(row) for row in grid(screen)] == [COLUMNS] * 8
    assert all(character.isprintable() for row in grid(screen) for character in row.replace("\xad", ""))
    assert sum(row.height for row in screen.rows) == CONTENT_ROWS
    assert moment.until > NOW or math.isinf(moment.until)


@given(seen())
def test_every_screen_can_be_drawn_and_drawn_again_the_same(case: tuple[Snapshot, View]) -> None:
    screen = screen_of(*case, Moment(NOW, datetime(2026, 1, 1)), texts_of("en"))
    for draw, size, mode in ((mono.draw, (128, 64), "1"), (colour.draw, (320, 240), "RGB")):
        picture: Image.Image = draw(screen)
        assert (picture.size, picture.mode) == (size, mode)
        assert picture.tobytes() == draw(screen).tobytes()


@given(seen(), st.sampled_from(KEYS))
def test_every_key_leads_to_commands_that_name_calls_that_exist(
    case: tuple[Snapshot, View], key: str
) -> None:
    """Commands survive the control channel, and none is about a call that is not there."""
    now, view = case
    after, commands = press(now, view, key, last_top=3)
    assert after.subject in (None, subject(now))
    for command in commands:
        again = msgspec.msgpack.decode(msgspec.msgpack.encode(command), type=control.AnyCommand)
        assert again == command
        call = getattr(command, "call", None)
        assert call is None or now.call(call) is not None


@given(seen())
def test_a_soft_key_that_is_shown_does_something_and_another_does_not(case: tuple[Snapshot, View]) -> None:
    now, view = case
    for number, name in enumerate(soft_keys(now, view), start=1):
        after, commands = press(now, view, f"soft{number}")
        assert bool(commands) or after != view if name else (after, commands) == (view, ())


@given(seen())
def test_confirming_and_ending_keys_keep_their_cells_whatever_happens(case: tuple[Snapshot, View]) -> None:
    for number, name in enumerate(soft_keys(*case), start=1):
        assert name not in ("end", "stop", "back", "reject") or number == 4
        assert name not in ("call", "answer", "resume") or number == 1


@given(snapshots)
def test_an_incoming_call_can_always_be_answered_with_the_first_key(now: Snapshot) -> None:
    if any(call.phase == "incoming" for call in now.calls):
        (command,) = press(now, HOME, "soft1")[1]
        assert isinstance(command, control.Answer)
        answered = now.call(command.call)
        assert answered is not None
        assert answered.phase == "incoming"

"""Frames: any cut of the stream gives the same messages, and nothing but messages of the schema."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.control import voice
from firmware.control.framing import MAX_FRAME, Framer, FramingError
from firmware.control.messages import Dial, Mute, Request

MESSAGES = [
    Request(number=1, command=Dial(target="201")),
    Request(number=2, command=Mute(on=True)),
    Request(number=3, command=Dial(target="x" * 5000, line="desk")),
]


@given(st.lists(st.integers(1, 6000), max_size=20))
def test_any_cut_of_the_stream_gives_the_same_messages(cuts: list[int]) -> None:
    framer: Framer[Request] = Framer(Request)
    stream = b"".join(framer.frame(message) for message in MESSAGES)
    found = []
    for cut in cuts:
        found += framer.receive(stream[:cut])
        stream = stream[cut:]
    found += framer.receive(stream)
    assert found == MESSAGES


@given(st.binary(max_size=200))
def test_arbitrary_bytes_raise_nothing_but_the_declared_error(data: bytes) -> None:
    framer: Framer[Request] = Framer(Request)
    with suppress(FramingError):
        framer.receive(len(data).to_bytes(4, "big") + data)


def test_a_frame_that_is_too_long_is_refused_before_it_is_kept() -> None:
    with pytest.raises(FramingError, match="is the most"):
        Framer(Request).receive((MAX_FRAME + 1).to_bytes(4, "big"))


def test_a_message_of_another_channel_is_refused() -> None:
    other = Framer(Request).frame(voice.Release(stream="1", generation=1))
    with pytest.raises(FramingError):
        Framer(Request).receive(other)


def test_keys_travel_but_never_show() -> None:
    key = voice.Key(master=b"\x01" * 30)
    request = voice.Configure(
        stream="1",
        generation=1,
        remote=None,
        srtp=voice.Srtp(suite="AES_CM_128_HMAC_SHA1_80", send=key, receive=key),
    )
    framer: Framer[voice.Request] = Framer(voice.Request)  # type: ignore[arg-type]
    assert framer.receive(framer.frame(request)) == [request]
    assert "01" not in repr(request)
    assert "x01" not in str(request.srtp)

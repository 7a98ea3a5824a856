"""Streams: whatever the segments, the same messages; keep-alive; and when to give up."""

import random
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.sip.errors import RemoteProtocolError
from firmware.sip.framing import PING, PONG, KeepAlive, Malformed, StreamFramer
from firmware.sip.grammar import MAX_MESSAGE
from firmware.sip.message import Request, parse
from tests.sip.messages import INVITE, RINGING, options

BROKEN = INVITE.replace(b"INVITE sip:bob", b"INVITE <sip:bob")
PIECES = [INVITE, RINGING, bytes(options()), BROKEN, PING, PONG]


def drain(framer: StreamFramer) -> list[object]:
    """What is complete by now; a malformed message by its bytes, as errors do not compare."""
    items = iter(framer.next_message, None)
    return [item.data if isinstance(item, Malformed) else item for item in items]


def received(*segments: bytes) -> list[object]:
    """What comes out of a stream that arrives in `segments`."""
    framer = StreamFramer()
    found: list[object] = []
    for segment in segments:
        framer.receive_data(segment)
        found += drain(framer)
    return found


@given(st.lists(st.sampled_from(PIECES), max_size=6), st.lists(st.integers(0, 4000), max_size=20))
def test_segments_do_not_matter(pieces: list[bytes], cuts: list[int]):
    stream = b"".join(pieces)
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    segments = [stream[start:end] for start, end in pairwise(edges)]
    assert received(*segments) == received(stream)


def test_byte_by_byte():
    stream = PING + INVITE + PONG + BROKEN + RINGING
    assert received(*[bytes([byte]) for byte in stream]) == received(stream)


def test_messages_come_in_their_order():
    assert received(INVITE + RINGING + INVITE) == [parse(INVITE), parse(RINGING), parse(INVITE)]


def test_a_message_waits_for_its_body():
    assert received(INVITE[:-1]) == []
    assert received(INVITE[:-1], INVITE[-1:]) == [parse(INVITE)]


def test_a_pong_comes_at_once_and_a_ping_with_its_second_line_end():
    assert received(PONG) == [KeepAlive("pong")]
    assert received(PING) == [KeepAlive("pong"), KeepAlive("ping")]
    assert received(b"\r", b"\n\r", b"\n") == [KeepAlive("pong"), KeepAlive("ping")]
    assert received(PING + PING)[1::2] == [KeepAlive("ping"), KeepAlive("ping")]


def test_a_message_between_line_ends_keeps_them_apart():
    kinds = [item for item in received(PONG + RINGING + PONG) if isinstance(item, KeepAlive)]
    assert kinds == [KeepAlive("pong"), KeepAlive("pong")]


def test_a_malformed_message_does_not_end_the_stream():
    assert received(BROKEN + RINGING) == [BROKEN, parse(RINGING)]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (RINGING.replace(b"Content-Length: 0\r\n", b""), 400),
        (RINGING.replace(b"Content-Length: 0", b"Content-Length: 0\r\nl: 0"), 400),
        (RINGING.replace(b"Content-Length: 0", b"Content-Length: -1"), 400),
        (RINGING.replace(b"Content-Length: 0", b"Content-Length: five"), 400),
        (RINGING.replace(b"Content-Length: 0", b"Content-Length: 99999999999999999999999"), 400),
        (RINGING.replace(b"Content-Length: 0", b"Content-Length: %d" % MAX_MESSAGE), 513),
        (RINGING.replace(b"CSeq: 1 INVITE\r\n", b"CSeq: 1 INVITE\n"), 400),
        (RINGING.replace(b"Contact: ", b"X: " + b"x" * MAX_MESSAGE), 513),
        (b"x" * (MAX_MESSAGE + 1), 513),
    ],
    ids=range(9),
)
def test_an_unframeable_stream_is_given_up_after_its_message(data: bytes, status: int):
    framer = StreamFramer()
    framer.receive_data(data + INVITE)
    first = framer.next_message()
    assert isinstance(first, Malformed)
    assert first.error.status == status
    for _ in range(2):
        with pytest.raises(RemoteProtocolError):
            framer.next_message()


def test_a_folded_content_length_counts_and_a_folded_text_does_not():
    folded = INVITE.replace(b"Content-Length: ", b"CONTENT-LENGTH \t:\r\n  ")
    assert [type(item) for item in received(folded + RINGING)] == [Request, type(parse(RINGING))]
    text = INVITE.replace(b"User-Agent: ", b"User-Agent: x\r\n Content-Length: 1")
    assert len(received(text + RINGING)) == 2


@pytest.mark.timed
def test_a_long_message_in_small_segments_costs_linear_time():
    """A body that fills a message, eight bytes at a time, costs not much more per byte than a small one."""
    rng = random.Random(0)

    def cpu(size: int) -> float:
        stream = bytes(options())
        stream = stream.replace(b"Content-Length: 0", b"Content-Length: %d" % size) + rng.randbytes(size)
        framer = StreamFramer()
        start = time.process_time()
        for at in range(0, len(stream), 8):
            framer.receive_data(stream[at : at + 8])
            framer.next_message()
        return (time.process_time() - start) / len(stream)

    assert min(cpu(60_000) for _ in range(3)) < 4 * min(cpu(6_000) for _ in range(3))


@pytest.mark.timed
def test_a_long_head_in_small_segments_costs_linear_time():
    """A head that never ends is searched once, not again with every segment."""

    def cpu(size: int) -> float:
        framer = StreamFramer()
        start = time.process_time()
        for _ in range(size // 8):
            framer.receive_data(b"X: abc\r\n")
            framer.next_message()
        return (time.process_time() - start) / size

    assert min(cpu(60_000) for _ in range(3)) < 4 * min(cpu(6_000) for _ in range(3))

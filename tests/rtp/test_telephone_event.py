"""Keys as telephone-events: what is sent for each, and each heard once however the network treats it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.rtp.errors import LocalProtocolError, RemoteProtocolError
from firmware.rtp.packet import RtpPacket
from firmware.rtp.telephone_event import (
    DIGITS,
    MAX_DURATION,
    MAX_QUEUED,
    DigitReceiver,
    DigitSender,
    EventPacket,
    TelephoneEvent,
)

CLOCK = 8000
FRAME = 160


def sent(digits: str, *, duration: int = 800, gap: int = 480, packets: int = 400) -> list[EventPacket | None]:
    """What the packets of a stream carry from the moment the keys are pressed."""
    sender = DigitSender()
    sender.press(digits, duration, gap)
    return [sender.next(1000 + n * FRAME, FRAME) for n in range(packets)]


def as_rtp(events: list[EventPacket | None]) -> list[RtpPacket]:
    return [
        RtpPacket(101, n, event.timestamp, 7, event.payload, event.marker)
        for n, event in enumerate(events)
        if event is not None
    ]


def heard(packets: list[RtpPacket]) -> list[tuple[str, int]]:
    receiver = DigitReceiver()
    told = [digit for packet in packets for digit in receiver.receive(packet, CLOCK)]
    return told + receiver.finish()


def test_golden_payload() -> None:
    """RFC 4733 section 2.3: event, end bit with volume, duration."""
    event = TelephoneEvent(11, 400, end=True, volume=7)
    assert bytes(event) == bytes.fromhex("0b870190")
    assert TelephoneEvent.parse(bytes(event)) == event


def test_a_key_grows_packet_by_packet_and_ends_three_times() -> None:
    """RFC 4733 section 2.5.1: one timestamp, marker on the first, end packets alike."""
    events = [event for event in sent("5") if event is not None]
    payloads = [TelephoneEvent.parse(event.payload) for event in events]
    assert [(p.duration, p.end) for p in payloads] == [
        (160, False),
        (320, False),
        (480, False),
        (640, False),
        (800, True),
        (800, True),
        (800, True),
    ]
    assert {event.timestamp for event in events} == {1000}
    assert [event.marker for event in events] == [True] + [False] * 6
    assert {p.event for p in payloads} == {5}


def test_voice_returns_between_keys_for_the_gap() -> None:
    events = sent("12")
    begins = [n for n, event in enumerate(events) if event is not None and event.marker]
    assert begins == [0, 8]  # 800 + 480 timestamp units are eight packets
    assert events[7] is None
    assert all(event is None for event in events[15:])


def test_every_key_of_the_keypad_is_heard_as_it_was_sent() -> None:
    assert heard(as_rtp(sent(DIGITS))) == [(digit, 800) for digit in DIGITS]


def test_the_same_key_twice_is_two_keys() -> None:
    assert [digit for digit, _ in heard(as_rtp(sent("11")))] == ["1", "1"]


@given(st.sets(st.integers(0, 27), max_size=20), st.randoms(use_true_random=False))
def test_loss_and_duplication_never_double_a_key(lost: set[int], source: object) -> None:
    """Four keys of seven packets each: a key of which any packet arrives is heard exactly once."""
    packets = as_rtp(sent("1234"))
    kept = [packet for n, packet in enumerate(packets) if n not in lost]
    survivors = [digit for n, digit in enumerate("1234") if set(range(7 * n, 7 * n + 7)) - lost]
    doubled = [packet for packet in kept for _ in range(source.choice((1, 2)))]  # type: ignore[attr-defined]
    assert [digit for digit, _ in heard(doubled)] == survivors


def test_stragglers_of_an_earlier_key_are_not_a_new_one() -> None:
    packets = as_rtp(sent("12"))
    assert [digit for digit, _ in heard([*packets[:9], packets[5], packets[6], *packets[9:]])] == ["1", "2"]


def test_a_key_held_for_long_is_one_key() -> None:
    """RFC 4733 section 2.5.1.3: the duration is full, so the event goes on in another segment."""
    first = [
        RtpPacket(101, n, 1000, 7, bytes(TelephoneEvent(3, d)), n == 0)
        for n, d in enumerate((160, MAX_DURATION))
    ]
    second = [
        RtpPacket(101, 2 + n, 1000 + MAX_DURATION, 7, bytes(TelephoneEvent(3, d, end=d == 640)), False)
        for n, d in enumerate((160, 640))
    ]
    assert [digit for digit, _ in heard(first + second)] == ["3"]


def test_events_that_are_no_keys_are_not_told() -> None:
    flash = RtpPacket(101, 0, 1000, 7, bytes(TelephoneEvent(16, 800, end=True)), True)
    assert heard([flash]) == []


def test_a_short_payload_is_the_peers_fault() -> None:
    with pytest.raises(RemoteProtocolError):
        TelephoneEvent.parse(b"\x01\x0a\x00")


@pytest.mark.parametrize(
    ("digits", "duration", "gap"),
    [("x", 800, 0), ("1", 0, 0), ("1", 70_000, 0), ("1", 800, -1), ("1" * (MAX_QUEUED + 1), 800, 0)],
)
def test_what_cannot_be_sent_is_refused_whole(digits: str, duration: int, gap: int) -> None:
    sender = DigitSender()
    with pytest.raises(LocalProtocolError):
        sender.press(digits, duration, gap)
    assert not sender.busy


@given(st.integers(1, MAX_DURATION), st.integers(80, 5760), st.integers(0, 5000))
def test_every_key_ends(duration: int, frame: int, gap: int) -> None:
    sender = DigitSender()
    sender.press("7", duration, gap)
    packets = [sender.next(n * frame, frame) for n in range(duration // frame + 4)]
    assert not sender.busy
    ends = [p for p in packets if p is not None and TelephoneEvent.parse(p.payload).end]
    assert len(ends) == 3

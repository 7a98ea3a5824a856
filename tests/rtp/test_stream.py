"""One stream and its peer: keys, sources, digits, reports and silence."""

import random

import pytest

from firmware.rtp.errors import LocalProtocolError
from firmware.rtp.events import DigitReceived, GoodbyeReceived, SendRtcp, SilenceChanged, StreamPosition
from firmware.rtp.keyring import OLD_KEY_LIFETIME
from firmware.rtp.packet import RtpPacket
from firmware.rtp.srtp import SrtpContext
from firmware.rtp.srtp_transform import SUITES
from firmware.rtp.stream import SILENCE_AFTER, RtpStream
from tests.rtp.pair import (
    FRAME,
    HERE,
    THERE,
    VOICE,
    connected,
    events,
    keys,
    reports,
    send,
    settings,
    stream,
    talk,
)


def test_voice_arrives_with_its_numbers_in_order() -> None:
    ours, theirs = connected()
    packets = talk(ours, theirs, HERE, 50)
    assert [packet.payload for packet in packets] == [VOICE] * 50
    first = packets[0]
    assert [p.sequence for p in packets] == [first.sequence + n for n in range(50)]
    assert [p.timestamp for p in packets] == [(first.timestamp + n * FRAME) & 0xFFFFFFFF for n in range(50)]
    assert [p.marker for p in packets] == [True] + [False] * 49
    assert {p.ssrc for p in packets} == {ours.ssrc}


def test_the_sequence_begins_in_the_lower_half() -> None:
    """RFC 3711 section 3.3.1: else a loss at the very beginning could hide a wrap."""
    for seed in range(50):
        end = stream(seed)
        end.configure(settings(THERE), 0.0)
        assert RtpPacket.parse(send(end, 0.0)).sequence < 0x8000


def test_after_a_pause_the_timestamp_has_moved_on_and_the_marker_is_set() -> None:
    ours, _ = connected()
    before = RtpPacket.parse(send(ours, 0.0))
    ours.skip(10 * FRAME)
    after = RtpPacket.parse(send(ours, 0.22))
    assert after.marker
    assert after.sequence == before.sequence + 1
    assert (after.timestamp - before.timestamp) & 0xFFFFFFFF == 11 * FRAME


@pytest.mark.parametrize("suite", SUITES)
def test_voice_and_reports_are_protected_both_ways(suite: str) -> None:
    ours, theirs = connected(keys(suite))
    assert VOICE not in send(ours, 0.0)
    assert len(talk(ours, theirs, HERE, 20)) == 20
    assert len(talk(theirs, ours, THERE, 20)) == 20
    (report,) = reports(ours, 10.0)
    assert b"end-1" not in report.datagram
    theirs.receive_rtcp(report.datagram, HERE, 10.0)
    assert theirs.statistics().discarded == 0


def test_without_keys_a_secure_stream_is_silent_and_deaf() -> None:
    ours, theirs = stream(1), connected()[1]
    assert ours.send(VOICE, 0, FRAME, 0.0) is None  # not even configured
    ours.configure(settings(THERE, secure_only=True), 0.0)
    assert ours.send(VOICE, 0, FRAME, 0.0) is None
    assert ours.receive_rtp(send(theirs, 0.0), THERE, 0.0) is None
    ours.receive_rtcp(b"\x80\xc9\x00\x01\x00\x00\x00\x07", THERE, 0.0)
    assert reports(ours, 20.0) == []
    assert ours.statistics().discarded == 2


def test_plain_voice_is_not_taken_where_keys_were_agreed() -> None:
    ours, _ = connected(keys())
    _, plain = connected()
    assert talk(plain, ours, THERE, 5) == []
    assert ours.statistics().discarded == 5


def test_a_new_key_is_sent_at_once_and_the_old_one_heard_for_two_seconds() -> None:
    ours, theirs = connected(keys())
    talk(theirs, ours, THERE, 10)
    under_way = [send(theirs, 0.2 + n * 0.02) for n in range(3)]
    one, other = keys(fill=9)
    ours.configure(settings(THERE, one), 1.0)
    assert ours.receive_rtp(under_way[0], THERE, 1.0) is not None
    assert ours.receive_rtp(under_way[1], THERE, 1.0 + OLD_KEY_LIFETIME) is not None
    assert ours.receive_rtp(under_way[2], THERE, 1.1 + OLD_KEY_LIFETIME) is None
    theirs.configure(settings(HERE, other), 1.1)
    assert len(talk(theirs, ours, THERE, 5, 4.0)) == 5
    assert len(talk(ours, theirs, HERE, 5, 4.0)) == 5


def wrap(sender: RtpStream, receiver: RtpStream, source: tuple[str, int]) -> None:
    """Talk on until the sequence number has wrapped, leaping over most of it."""
    for sequence in (0x8000, 0xFFFE):
        sender._sender.sequence = sequence
        assert len(talk(sender, receiver, source, 5)) == 5


@pytest.mark.parametrize("counts_on", [True, False])
def test_a_new_key_after_a_wrap_works_whether_or_not_the_peer_resets_its_counter(counts_on: bool) -> None:
    """The peer's counter is found by trying what it may be."""
    ours, theirs = connected(keys())
    wrap(theirs, ours, THERE)
    ours.configure(settings(THERE, keys(fill=9)[0]), 1.0)
    peer = SrtpContext("AEAD_AES_128_GCM", keys(fill=9)[1].send)
    if counts_on:
        peer.protect(bytes(RtpPacket(0, 0xFFFF, 0, theirs.ssrc, b"")))
    for n in range(5):
        voice = bytes(RtpPacket(0, 3 + n, 160 * n, theirs.ssrc, VOICE))
        assert ours.receive_rtp(peer.protect(voice), THERE, 1.0) is not None


def test_another_key_after_a_wrap_makes_us_another_source() -> None:
    """So the peer need not guess our counter, and no index comes twice under a key that is taken up again."""
    ours, theirs = connected(keys())
    wrap(ours, theirs, HERE)
    seen = {ours.ssrc}
    for srtp in (None, keys(fill=9), keys()):
        one, other = srtp or (None, None)
        ours.configure(settings(THERE, one), 1.0)
        theirs.configure(settings(HERE, other), 1.0)
        assert ours.ssrc not in seen
        seen.add(ours.ssrc)
        wrap(ours, theirs, HERE)


def test_the_same_settings_again_change_nothing() -> None:
    ours, theirs = connected(keys())
    talk(ours, theirs, HERE, 5)
    ours.configure(settings(THERE, keys()[0]), 1.0)
    assert len(talk(ours, theirs, HERE, 5, 1.0)) == 5


def test_an_impossible_key_is_refused_and_the_old_one_kept() -> None:
    ours, theirs = connected(keys())
    wrong = keys()[0]
    with pytest.raises(LocalProtocolError):
        ours.configure(settings(THERE, type(wrong)(wrong.suite, b"short", wrong.receive)), 1.0)
    assert len(talk(ours, theirs, HERE, 5, 1.0)) == 5


def test_keys_pressed_are_heard_and_the_voice_comes_back() -> None:
    ours, theirs = connected(keys())
    ours.press("1a#", 0.1, 0.06)
    assert ours.pressing
    voice = talk(ours, theirs, HERE, 60)
    assert events(theirs) == [DigitReceived("1", 0.1), DigitReceived("A", 0.1), DigitReceived("#", 0.1)]
    assert len(voice) == 60 - 3 * 7
    assert not ours.pressing
    assert theirs.statistics().lost == 0


def test_a_key_whose_end_is_lost_is_told_when_the_voice_is_back() -> None:
    ours, theirs = connected()
    ours.press("9", 0.08, 0.06)
    for n in range(20):
        datagram = send(ours, n * 0.02)
        if not 2 <= n < 6:
            theirs.receive_rtp(datagram, HERE, n * 0.02)
    assert events(theirs) == [DigitReceived("9", 0.04)]


def test_keys_need_telephone_events() -> None:
    ours = stream()
    ours.configure(settings(THERE).__class__(THERE, {0: 8000}), 0.0)
    with pytest.raises(LocalProtocolError):
        ours.press("1", 0.1, 0.06)


def test_reports_tell_loss_jitter_and_round_trip() -> None:
    ours, theirs = connected(keys())
    for n in range(500):
        now = n * 0.02
        datagram = send(ours, now)
        if n % 10 != 5:
            theirs.receive_rtp(datagram, HERE, now + 0.030 + 0.004 * (n % 2))
    assert theirs.statistics().lost == 50
    (report,) = reports(ours, 10.0)
    assert report.destination == THERE
    theirs.receive_rtcp(report.datagram, HERE, 10.030)
    (answer,) = reports(theirs, 12.0)
    ours.receive_rtcp(answer.datagram, THERE, 12.045)
    figures = ours.statistics()
    assert figures.round_trip == pytest.approx(0.075, abs=0.001)
    assert figures.remote_lost == 50
    assert figures.remote_jitter == pytest.approx(0.004, abs=0.001)
    assert figures.sent == 500


def test_leaving_says_goodbye() -> None:
    ours, theirs = connected(keys())
    talk(ours, theirs, HERE, 3)
    ours.leave(1.0)
    (goodbye,) = [event for event in events(ours) if isinstance(event, SendRtcp)]
    theirs.receive_rtcp(goodbye.datagram, HERE, 1.0)
    assert events(theirs) == [GoodbyeReceived()]


def test_rtcp_goes_to_its_own_port_unless_both_share_one() -> None:
    ours = stream()
    ours.configure(settings(THERE, remote_rtcp=("198.51.100.2", 5001)), 0.0)
    (report,) = reports(ours, 10.0)
    assert report.destination == ("198.51.100.2", 5001)


def test_silence_is_told_once_and_once_when_it_ends() -> None:
    ours, theirs = connected()
    talk(theirs, ours, THERE, 5)
    told = []
    now = 0.1
    while now < 60:
        now = ours.deadline()
        ours.on_deadline(now)
        told += [event for event in events(ours) if isinstance(event, SilenceChanged)]
    assert [event.seconds for event in told] == [pytest.approx(SILENCE_AFTER)]
    talk(theirs, ours, THERE, 5, now)
    assert events(ours) == [SilenceChanged(0.0)]


def test_a_stream_that_is_not_to_receive_misses_nothing() -> None:
    ours = stream()
    ours.configure(settings(THERE, receive=False), 0.0)
    ours.on_deadline(60.0)
    assert not any(isinstance(event, SilenceChanged) for event in events(ours))
    ours.configure(settings(THERE), 60.0)
    ours.on_deadline(64.0)
    assert not any(isinstance(event, SilenceChanged) for event in events(ours))


def test_formats_that_were_not_agreed_are_not_played() -> None:
    ours, _ = connected()
    assert ours.receive_rtp(bytes(RtpPacket(18, 1, 2, 3, b"")), THERE, 0.0) is None
    assert ours.statistics().discarded == 1
    assert ours.statistics().received == 0


def test_a_stranger_is_neither_heard_nor_counted() -> None:
    ours, theirs = connected()
    talk(theirs, ours, THERE, 5)
    forged = bytes(RtpPacket(0, 1, 2, 3, b"noise"))
    assert ours.receive_rtp(forged, ("203.0.113.9", 9), 0.1) is None
    assert ours.destination == THERE
    assert ours.statistics().received == 5


def test_a_forked_call_is_told_apart_by_source_and_by_trial() -> None:
    first, second = connected(keys(fill=1)), connected(keys(fill=50))
    datagram = send(second[1], 0.0)
    elsewhere = ("203.0.113.9", 9)
    assert not first[0].recognises(datagram, elsewhere)
    assert second[0].recognises(datagram, elsewhere)
    assert first[0].recognises(datagram, THERE)


def test_another_process_goes_on_from_a_position() -> None:
    """Two wraps have gone by, so that only the position can tell the counter."""
    ours, theirs = connected(keys())
    wrap(theirs, ours, THERE)
    wrap(theirs, ours, THERE)
    position = ours.position()
    assert (position.receive_ssrc, position.receive_rollover) == (theirs.ssrc, 2)
    another, forgetful = stream(77), stream(78)
    for end in (another, forgetful):
        end.configure(settings(THERE, keys()[0]), 1.0)
    another.resume(position)
    assert another.ssrc != ours.ssrc
    assert len(talk(theirs, another, THERE, 3, 1.0)) == 3
    assert talk(theirs, forgetful, THERE, 3, 1.0) == []


def test_the_position_of_a_stream_that_heard_nothing() -> None:
    ours, _ = connected()
    position = ours.position()
    assert position == StreamPosition(ours.ssrc, position.send_sequence, 0)


def test_the_same_entropy_makes_the_same_stream() -> None:
    """Nothing here draws randomness of its own, so a failure can be replayed."""
    assert send(connected()[0], 0.0) == send(connected()[0], 0.0)
    assert stream(1).ssrc == int.from_bytes(random.Random(1).randbytes(4), "big")

"""SRTP contexts: against libsrtp, over the wrap, under replay, and never twice under one index."""

import time

import pylibsrtp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pylibsrtp import Policy

from firmware.rtp.errors import AuthenticationFailed, LocalProtocolError, RemoteProtocolError, Replayed
from firmware.rtp.packet import RtpPacket
from firmware.rtp.srtp import MAX_INDEX, MAX_SOURCES, SrtpContext
from firmware.rtp.srtp_transform import SUITES

PROFILES = {
    "AES_CM_128_HMAC_SHA1_80": Policy.SRTP_PROFILE_AES128_CM_SHA1_80,
    "AEAD_AES_128_GCM": Policy.SRTP_PROFILE_AEAD_AES_128_GCM,
    "AEAD_AES_256_GCM": Policy.SRTP_PROFILE_AEAD_AES_256_GCM,
}
RECEIVER_REPORT = bytes.fromhex("80c9000100000007")


def key_of(suite: str, fill: int = 0) -> bytes:
    return bytes((fill + n) & 0xFF for n in range(SUITES[suite].master_length))


def packet(sequence: int, ssrc: int = 7, payload: bytes = b"voice" * 32) -> bytes:
    return bytes(RtpPacket(0, sequence & 0xFFFF, sequence * 160 & 0xFFFFFFFF, ssrc, payload))


def libsrtp(suite: str, direction: int) -> pylibsrtp.Session:
    return pylibsrtp.Session(Policy(key=key_of(suite), ssrc_type=direction, srtp_profile=PROFILES[suite]))


def pair(suite: str = "AEAD_AES_128_GCM") -> tuple[SrtpContext, SrtpContext]:
    return SrtpContext(suite, key_of(suite)), SrtpContext(suite, key_of(suite))


@pytest.mark.parametrize("suite", SUITES)
def test_libsrtp_makes_and_opens_the_same_over_a_wrap(suite: str) -> None:
    """Octet for octet, both ways, header extensions and sources included."""
    ours, opens = pair(suite)
    theirs = libsrtp(suite, Policy.SSRC_ANY_OUTBOUND)
    reader = libsrtp(suite, Policy.SSRC_ANY_INBOUND)
    for sequence in range(0xFFF0, 0x10020):
        plain = bytes(
            RtpPacket(
                8,
                sequence & 0xFFFF,
                1,
                7,
                bytes(sequence % 50),
                True,
                (1, 2),
                (0xBEDE, bytes(8)) if sequence % 2 else None,
            )
        )
        sealed = ours.protect(plain)
        assert sealed == theirs.protect(plain)
        assert reader.unprotect(sealed) == plain
        assert opens.unprotect(sealed) == plain
    assert ours.position(7) == (1, 0x1F)
    assert opens.position(7) == (1, 0x1F)


@pytest.mark.parametrize("suite", SUITES)
def test_libsrtp_makes_and_opens_the_same_rtcp(suite: str) -> None:
    ours, opens = pair(suite)
    theirs = libsrtp(suite, Policy.SSRC_ANY_OUTBOUND)
    reader = libsrtp(suite, Policy.SSRC_ANY_INBOUND)
    for _ in range(3):
        assert reader.unprotect_rtcp(ours.protect_rtcp(RECEIVER_REPORT)) == RECEIVER_REPORT
        assert opens.unprotect_rtcp(theirs.protect_rtcp(RECEIVER_REPORT)) == RECEIVER_REPORT


@pytest.mark.parametrize("suite", SUITES)
def test_two_whole_cycles_keep_in_step_with_libsrtp(suite: str) -> None:
    """With gaps, as real networks have them: two wraps of the sequence number."""
    ours, reader = SrtpContext(suite, key_of(suite)), libsrtp(suite, Policy.SSRC_ANY_INBOUND)
    for sequence in range(100, 150_000, 997):
        assert reader.unprotect(ours.protect(packet(sequence))) == packet(sequence)
    assert ours.position(7) == divmod(149_650, 0x10000)


def test_nothing_is_encrypted_twice_under_one_index() -> None:
    sender, _ = pair()
    sender.protect(packet(5))
    for sequence in (5, 4, 5 + 0x8000):
        with pytest.raises(LocalProtocolError):
            sender.protect(packet(sequence))
    sender.protect(packet(5, ssrc=8))  # another source has indices of its own


def test_a_key_is_used_up_after_2_to_the_48_packets() -> None:
    sender, _ = pair()
    sender._sealed[7] = MAX_INDEX
    with pytest.raises(LocalProtocolError):
        sender.protect(packet(0))


def test_replayed_and_too_old_packets_are_refused() -> None:
    sender, receiver = pair()
    sealed = [sender.protect(packet(n)) for n in range(300)]
    receiver.unprotect(sealed[299])
    assert receiver.unprotect(sealed[290]) == packet(290)
    for again in (299, 290, 100):
        with pytest.raises(Replayed):
            receiver.unprotect(sealed[again])


def test_replayed_rtcp_is_refused() -> None:
    sender, receiver = pair("AES_CM_128_HMAC_SHA1_80")
    sealed = sender.protect_rtcp(RECEIVER_REPORT)
    receiver.unprotect_rtcp(sealed)
    with pytest.raises(Replayed):
        receiver.unprotect_rtcp(sealed)


@settings(max_examples=30)
@given(st.permutations(range(0xFFC0, 0x10010)))
def test_any_reordering_within_the_window_is_opened_even_over_the_wrap(order: list[int]) -> None:
    sender, receiver = pair()
    sealed = {n: sender.protect(packet(n)) for n in range(0xFFC0, 0x10010)}
    receiver.unprotect(sealed.pop(0xFFC0))
    for n in order:
        if n in sealed:
            assert receiver.unprotect(sealed[n]) == packet(n)


def test_a_forged_packet_changes_nothing() -> None:
    sender, receiver = pair()
    receiver.unprotect(sender.protect(packet(1)))
    forged = packet(0x7FFF) + bytes(16)
    with pytest.raises(AuthenticationFailed):
        receiver.unprotect(forged)
    assert receiver.position(7) == (0, 1)
    assert receiver.unprotect(sender.protect(packet(2))) == packet(2)


def test_a_source_first_heard_just_behind_its_wrap_is_opened() -> None:
    """The peer began at 65535 and that packet was lost: its roll-over counter is one already."""
    sender, receiver = pair()
    sender.protect(packet(0xFFFF))
    assert receiver.unprotect(sender.protect(packet(0x10000))) == packet(0x10000)
    assert receiver.position(7) == (1, 0)


def test_a_checkpoint_lets_another_process_go_on() -> None:
    sender, receiver = pair()
    for n in range(0, 0x30000, 0x4000):
        receiver.unprotect(sender.protect(packet(n)))
    position = receiver.position(7)
    assert position == (2, 0xC000)
    fresh = SrtpContext("AEAD_AES_128_GCM", key_of("AEAD_AES_128_GCM"))
    late = sender.protect(packet(0x2C001))
    assert not SrtpContext("AEAD_AES_128_GCM", key_of("AEAD_AES_128_GCM")).authenticates(late)
    fresh.resume(7, *position)
    assert fresh.authenticates(late)
    assert fresh.unprotect(late) == packet(0x2C001)


def test_trial_decryption_changes_nothing() -> None:
    sender, receiver = pair()
    sealed = sender.protect(packet(9))
    assert receiver.authenticates(sealed)
    assert receiver.position(7) is None
    assert not SrtpContext("AEAD_AES_128_GCM", key_of("AEAD_AES_128_GCM", fill=1)).authenticates(sealed)
    assert not receiver.authenticates(b"short")


def test_the_number_of_sources_under_one_key_is_bounded() -> None:
    sender, receiver = pair()
    for ssrc in range(MAX_SOURCES):
        receiver.unprotect(sender.protect(packet(1, ssrc)))
    with pytest.raises(RemoteProtocolError):
        receiver.unprotect(sender.protect(packet(1, MAX_SOURCES)))


@pytest.mark.parametrize("suite", SUITES)
def test_unencrypted_and_short_rtcp_is_refused(suite: str) -> None:
    _, receiver = pair(suite)
    for data in (b"", RECEIVER_REPORT, RECEIVER_REPORT + bytes(4), RECEIVER_REPORT + bytes(40), bytes(5000)):
        with pytest.raises(RemoteProtocolError):
            receiver.unprotect_rtcp(data)


def test_unknown_suites_are_refused_and_keys_never_shown() -> None:
    with pytest.raises(LocalProtocolError):
        SrtpContext("NULL_HMAC_SHA1_80", bytes(30))
    assert repr(pair()[0]) == "SrtpContext(AEAD_AES_128_GCM, …)"


@pytest.mark.timed
@pytest.mark.parametrize("suite", SUITES)
def test_protection_is_cheap(suite: str) -> None:
    sender, receiver = pair(suite)
    plain = [packet(n) for n in range(3000)]
    started = time.process_time()
    sealed = [sender.protect(data) for data in plain]
    middle = time.process_time()
    for data in sealed:
        receiver.unprotect(data)
    protect, unprotect = (middle - started) / 3000, (time.process_time() - middle) / 3000
    print(f"{suite}: protect {protect * 1e6:.1f} us, unprotect {unprotect * 1e6:.1f} us")
    assert protect < 20e-6
    assert unprotect < 20e-6

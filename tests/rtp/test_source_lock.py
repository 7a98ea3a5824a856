"""Following the peer through its NAT, and nobody else."""

from firmware.rtp.source_lock import MOVED_AFTER, STRANGER_AFTER, SourceLock

PEER, NAT, STRANGER = ("192.0.2.1", 4000), ("198.51.100.1", 61000), ("203.0.113.9", 9)


def lock() -> SourceLock:
    made = SourceLock()
    made.signalled(PEER)
    return made


def test_until_anyone_speaks_the_signalled_address_is_used() -> None:
    assert SourceLock().destination is None
    assert lock().destination == PEER


def test_the_first_to_speak_is_followed() -> None:
    """RFC 4961: the peer is behind a NAT that the description does not know."""
    made = lock()
    assert made.admits(NAT, 0.0, authenticated=False)
    assert made.destination == NAT


def test_a_stranger_is_not_heard_while_the_peer_speaks() -> None:
    made = lock()
    for n in range(500):
        assert made.admits(PEER, n * 0.02, authenticated=False)
        assert not made.admits(STRANGER, n * 0.02 + 0.01, authenticated=False)
    assert made.destination == PEER


def test_the_signalled_address_takes_over_from_whoever_was_first() -> None:
    made = lock()
    made.admits(STRANGER, 0.0, authenticated=False)
    assert made.admits(PEER, 0.02, authenticated=False)
    assert made.destination == PEER
    assert not made.admits(STRANGER, 0.04, authenticated=False)


def test_another_source_is_followed_after_silence_only() -> None:
    made = lock()
    made.admits(PEER, 0.0, authenticated=False)
    assert not made.admits(NAT, STRANGER_AFTER - 0.01, authenticated=False)
    assert made.admits(NAT, STRANGER_AFTER + 0.01, authenticated=False)
    assert made.destination == NAT


def test_authenticated_packets_are_heard_from_anywhere_but_followed_after_a_pause() -> None:
    """Whoever copies a packet of the peer and is faster must not draw our voice to itself."""
    made = lock()
    made.admits(PEER, 0.0, authenticated=True)
    assert made.admits(STRANGER, 0.02, authenticated=True)
    assert made.destination == PEER
    assert made.admits(NAT, MOVED_AFTER + 0.03, authenticated=True)
    assert made.destination == NAT


def test_a_newly_negotiated_address_is_used_at_once() -> None:
    made = lock()
    made.admits(NAT, 0.0, authenticated=True)
    made.signalled(PEER)
    assert made.destination == NAT  # the same as before: nothing has changed
    made.signalled(STRANGER)
    assert made.destination == STRANGER

"""Two user agents in memory hold a session from INVITE to BYE (RFC 3261 sections 13 to 15)."""

from __future__ import annotations

from firmware.sip.uri import Uri
from firmware.ua.events import Established, IncomingSession, MediaChanged, Ringing, SessionEnded
from tests.ua.network import Network, Phone, account_of


def pair() -> tuple[Network, Phone, Phone]:
    """Alice and Bob, who call each other directly."""
    network = Network()
    alice, bob = Phone(network, "192.0.2.1", seed=1), Phone(network, "192.0.2.2", seed=2)
    alice.endpoint.add_account(account_of("alice", registrar=None, direct_calls=True))
    bob.endpoint.add_account(account_of("bob", registrar=None, direct_calls=True))
    return network, alice, bob


def established() -> tuple[Network, Phone, Phone, int, int]:
    """Alice called, Bob answered. Also both session numbers."""
    network, alice, bob = pair()
    call = alice.endpoint.invite("alice", Uri.parse("sip:bob@192.0.2.2"), network.now)
    network.run(0.1)
    incoming = bob.last(IncomingSession).session_id
    bob.endpoint.answer(incoming, network.now)
    network.run(1.0)
    return network, alice, bob, call, incoming


def test_a_call_rings_is_answered_and_ends_by_the_callers_bye() -> None:
    network, alice, bob = pair()
    call = alice.endpoint.invite("alice", Uri.parse("sip:bob@192.0.2.2"), network.now, display_name="Bob")
    network.run(0.1)
    incoming = bob.last(IncomingSession)
    assert incoming.offered
    assert not incoming.secure
    assert incoming.from_.display_name == "Alice"
    bob.endpoint.ring(incoming.session_id, network.now)
    network.run(0.1)
    assert alice.seen(Ringing) == [Ringing(call)]
    bob.endpoint.answer(incoming.session_id, network.now)
    network.run(0.1)
    assert alice.last(Established).media.remote == ("192.0.2.2", 4004)
    assert bob.last(Established).media.remote == ("192.0.2.1", 4004)
    alice.endpoint.hang_up(call, network.now)
    network.run(0.1)
    assert alice.last(SessionEnded) == SessionEnded(call, None, "hung up", "local")
    assert bob.last(SessionEnded).by == "remote"
    network.run(60)
    assert alice.endpoint.deadline() is None
    assert bob.endpoint.deadline() is None


def test_hold_and_resume_from_either_side_change_the_direction_of_both() -> None:
    network, alice, bob, call, incoming = established()
    alice.endpoint.hold(call, network.now)
    network.run(0.5)
    assert alice.last(MediaChanged).media.direction == "sendonly"
    assert bob.last(MediaChanged).media.direction == "recvonly"
    bob.endpoint.hold(incoming, network.now)
    network.run(0.5)
    assert bob.last(MediaChanged).media.direction == "inactive"
    alice.endpoint.resume(call, network.now)
    network.run(0.5)
    assert alice.last(MediaChanged).media.direction == "recvonly"
    bob.endpoint.resume(incoming, network.now)
    network.run(0.5)
    assert alice.last(MediaChanged).media.direction == "sendrecv"
    assert bob.last(MediaChanged).media.direction == "sendrecv"

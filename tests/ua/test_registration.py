"""REGISTER against a provider: digest, refresh, 423, back-off, lost flows; hours in milliseconds."""

from __future__ import annotations

from itertools import pairwise

import pytest

from firmware.sip.errors import LocalProtocolError
from firmware.sip.flow import Transport
from firmware.sip.headers import NameAddr
from firmware.sip.uri import Uri
from firmware.ua.events import (
    DowngradeRefused,
    Established,
    IncomingSession,
    Registered,
    RegistrationFailed,
    SessionEnded,
    Unregistered,
)
from tests.ua.network import Network, Phone, account_of
from tests.ua.registrar import Provider, digest_parameters


class Line:
    """Alice's phone at a provider; not registered yet."""

    def __init__(
        self, transport: Transport = "UDP", *, password: str = "secret", expires: int = 3600
    ) -> None:
        self.network = Network()
        self.provider = Provider(self.network, transport)
        self.alice = Phone(self.network, "192.0.2.1")
        self.alice.endpoint.add_account(account_of("alice", password=password, expires=expires))

    def register(self, seconds: float = 1.0) -> None:
        self.alice.endpoint.register("alice", self.network.now)
        self.network.run(seconds)


@pytest.mark.parametrize("transport", ["UDP", "TCP", "TLS"])
def test_a_line_registers_with_digest_over_each_transport(transport: Transport) -> None:
    line = Line(transport)
    line.register()
    registered = line.alice.last(Registered)
    assert (registered.account_id, registered.expires) == ("alice", 3600)
    assert registered.flow.transport == transport
    first, second = line.provider.requests("REGISTER")
    assert str(first.uri) == "sip:example.com"
    assert first.to.tag is None
    assert first.from_.tag
    assert (first.call_id, first.cseq.number + 1) == (second.call_id, second.cseq.number)
    assert first.via.branch != second.via.branch
    assert second.headers.get("Authorization")


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256", "SHA-512-256"])
def test_each_digest_algorithm_is_answered(algorithm: str) -> None:
    line = Line()
    line.provider.algorithms = (algorithm,)
    line.register()
    assert line.alice.seen(Registered)


def test_of_several_challenges_the_strongest_is_answered() -> None:
    line = Line()
    line.provider.algorithms = ("MD5", "SHA-512-256", "SHA-256")
    line.register()
    value = line.provider.requests("REGISTER")[-1].headers.get("Authorization") or ""
    assert digest_parameters(value)["algorithm"] == "SHA-512-256"


def test_the_binding_is_refreshed_for_hours_at_80_to_95_percent() -> None:
    line = Line(expires=600)
    line.register(6 * 3600.0)
    moments = [moment for moment, _ in line.provider.grants]
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert len(gaps) > 36
    assert all(480 <= gap <= 571 for gap in gaps)
    assert len({round(gap) for gap in gaps}) > 5, "drawn anew each time"
    assert len(line.alice.seen(Registered)) == len(moments)
    assert not line.alice.seen(RegistrationFailed)


def test_the_granted_time_counts_not_the_one_asked_for() -> None:
    line = Line()
    line.provider.granted = 60
    line.register(120.0)
    assert line.alice.last(Registered).expires == 60
    assert len(line.provider.grants) == 3


def test_a_423_is_followed_with_the_time_the_registrar_wants() -> None:
    line = Line(expires=60)
    line.provider.min_expires = 300
    line.register()
    assert line.alice.last(Registered).expires == 300
    assert not line.alice.seen(RegistrationFailed)


def test_a_wrong_password_is_told_once_and_not_hammered() -> None:
    line = Line(password="wrong")
    line.register(100.0)
    (failure,) = line.alice.seen(RegistrationFailed)
    assert failure.status == 401
    assert failure.reason == "the server refused the user name or password (alice)"
    assert failure.retry_after is not None
    assert failure.retry_after >= 150
    assert len(line.provider.requests("REGISTER")) == 2
    line.network.run(24 * 3600.0)
    assert len(line.provider.requests("REGISTER")) < 2 * 24 * 2 + 20


def test_a_stale_nonce_is_answered_anew_without_a_failure() -> None:
    line = Line()
    line.provider.expire_nonces = lambda: None  # type: ignore[method-assign]
    original = line.provider.challenge
    calls: list[bool] = []

    def challenge(request, flow, status, *, stale=False):  # type: ignore[no-untyped-def]
        calls.append(stale)
        original(request, flow, status, stale=stale)
        if len(calls) == 1:
            line.provider._valid.clear()

    line.provider.challenge = challenge  # type: ignore[method-assign]
    line.register()
    assert calls == [False, True]
    assert line.alice.seen(Registered)
    assert not line.alice.seen(RegistrationFailed)


def test_a_weaker_challenge_than_before_stops_the_line_until_a_person_agrees() -> None:
    line = Line(expires=600)
    line.provider.algorithms = ("SHA-256",)
    line.register()
    line.provider.algorithms = ("MD5",)
    line.network.run(600.0)
    (refused,) = line.alice.seen(DowngradeRefused)
    assert (refused.realm, refused.offered, refused.remembered) == ("example.com", "MD5", "SHA-256")
    assert "weaker" in refused.reason
    assert line.alice.last(RegistrationFailed).retry_after is None
    line.network.run(24 * 3600.0)
    assert len(line.alice.seen(DowngradeRefused)) == 1
    line.alice.endpoint.accept_downgrade("alice", line.network.now)
    line.network.run(1.0)
    assert len(line.alice.seen(Registered)) == 2


def test_unregistering_takes_the_binding_away() -> None:
    line = Line()
    line.register()
    assert "alice" in line.provider.bindings
    line.alice.endpoint.unregister("alice", line.network.now)
    line.network.run(1.0)
    assert line.alice.seen(Unregistered) == [Unregistered("alice")]
    assert "alice" not in line.provider.bindings
    line.network.run(7200.0)
    assert len(line.alice.seen(Registered)) == 1


def test_unregistering_at_a_dead_registrar_ends_all_the_same() -> None:
    line = Line()
    line.register()
    line.network.dead.add(line.provider.address)
    line.alice.endpoint.unregister("alice", line.network.now)
    line.network.run(100.0)
    assert line.alice.seen(Unregistered)
    assert line.alice.endpoint.deadline() is None


def test_a_dead_registrar_is_tried_again_with_growing_pauses() -> None:
    line = Line()
    line.network.dead.add(line.provider.address)
    line.register(4 * 3600.0)
    pauses = [event.retry_after or 0.0 for event in line.alice.seen(RegistrationFailed)]
    assert pauses[0] <= 4.0
    assert max(pauses) <= 3600.0
    assert all(event.reason == "no answer" for event in line.alice.seen(RegistrationFailed))
    assert pauses[6] > 20 * pauses[0]
    line.network.dead.clear()
    line.network.run(3700.0)
    assert line.alice.seen(Registered)


def test_retry_after_of_a_503_is_honoured() -> None:
    line = Line()
    line.provider.refuses = (503, (("Retry-After", "120 (busy hour)"),))
    line.register(119.0)
    assert line.alice.last(RegistrationFailed).retry_after == 120.0
    assert len(line.provider.requests("REGISTER")) == 1


def test_a_lost_connection_is_replaced_at_once() -> None:
    line = Line("TLS")
    line.register(60.0)
    line.network.cut(line.alice.last(Registered).flow)
    line.network.run(1.0)
    first, second = line.alice.seen(Registered)
    assert first.flow != second.flow
    assert line.provider.bindings["alice"][1].remote == second.flow.local


def test_a_connection_that_breaks_again_and_again_is_a_failure_with_a_pause() -> None:
    line = Line("TCP")
    line.register()
    line.network.cut(line.alice.last(Registered).flow)
    line.network.run(1.0)
    assert line.alice.last(RegistrationFailed).reason == "the server closes the connection again and again"
    line.network.run(5.0)
    assert len(line.alice.seen(Registered)) == 2


def test_registering_anew_uses_the_same_connection() -> None:
    line = Line("TCP")
    line.register()
    line.register()
    assert len(line.provider.flows) == 1
    assert len(line.alice.seen(Registered)) == 2


def test_a_line_without_a_registrar_cannot_register() -> None:
    phone = Phone(Network(), "192.0.2.1")
    phone.endpoint.add_account(account_of("alice", registrar=None))
    with pytest.raises(LocalProtocolError):
        phone.endpoint.register("alice", 0.0)
    with pytest.raises(LocalProtocolError):
        phone.endpoint.add_account(account_of("alice"))


def test_a_silent_first_server_costs_3_5_seconds() -> None:
    network = Network()
    Provider(network, host="198.51.100.1")
    second = Provider(network, host="198.51.100.2")
    network.dead.add(("198.51.100.1", 5060))
    alice = Phone(network, "192.0.2.1")
    alice.endpoint.add_account(account_of("alice"))
    alice.endpoint.register("alice", network.now)
    network.run(4.0)
    assert alice.last(Registered).flow.remote == second.address


def provider_call(
    transport: Transport, *, record_routes: bool = True, challenges: bool = True, name: str | None = None
) -> tuple[Network, Provider, Phone, Phone, int]:
    """Alice and Bob are registered; Alice calls Bob, and he answers."""
    network = Network()
    provider = Provider(network, transport)
    provider.record_routes = record_routes
    provider.route_name = name or provider.route_name
    provider.challenges_calls = challenges
    alice, bob = Phone(network, "192.0.2.1", seed=1), Phone(network, "192.0.2.2", seed=2)
    for phone, user in ((alice, "alice"), (bob, "bob")):
        phone.endpoint.add_account(account_of(user))
        phone.endpoint.register(user, network.now)
    network.run(1.0)
    call = alice.endpoint.invite("alice", Uri.parse("sip:bob@example.com"), network.now)
    network.run(1.0)
    bob.endpoint.answer(bob.last(IncomingSession).session_id, network.now)
    network.run(1.0)
    return network, provider, alice, bob, call


@pytest.mark.parametrize("transport", ["UDP", "TCP", "TLS"])
def test_a_call_through_the_provider_keeps_the_flow_of_the_registration(transport: Transport) -> None:
    network, provider, alice, bob, call = provider_call(transport)
    assert alice.last(Established).secure == (transport == "TLS")
    assert bob.last(IncomingSession).secure == (transport == "TLS")
    assert (alice.last(Established).media.srtp is not None) == (transport == "TLS")
    alice.endpoint.hang_up(call, network.now)
    network.run(1.0)
    assert bob.last(SessionEnded).by == "remote"
    if transport != "UDP":
        assert len(provider.flows) == 2, "one connection for each phone"
    routes = [NameAddr.parse(str(route)) for route in provider.requests("BYE")[0].routes]
    assert [str(route.uri) for route in routes] == ["sip:198.51.100.1:5060;lr"]


def test_the_ack_repeats_the_credentials_of_its_invite() -> None:
    _, provider, _, _, _ = provider_call("UDP")
    invite = provider.requests("INVITE")[-1]
    ack = provider.requests("ACK")[-1]
    assert invite.headers.get("Proxy-Authorization")
    assert ack.headers.get("Proxy-Authorization") == invite.headers.get("Proxy-Authorization")
    assert ack.cseq.number == invite.cseq.number


def test_without_record_route_the_bye_goes_straight_to_the_other_phone() -> None:
    network, provider, alice, bob, call = provider_call("UDP", record_routes=False)
    alice.endpoint.hang_up(call, network.now)
    network.run(1.0)
    assert not provider.requests("BYE")
    assert bob.last(SessionEnded).by == "remote"


def test_a_proxy_that_calls_itself_by_an_inner_name_is_reached_over_the_flow() -> None:
    network, provider, alice, bob, call = provider_call("TLS", name="proxy.inside.example")
    network.names["proxy.inside.example"] = []
    alice.endpoint.hang_up(call, network.now)
    network.run(1.0)
    assert [str(route) for route in provider.requests("BYE")[0].routes] == ["<sip:proxy.inside.example;lr>"]
    assert bob.last(SessionEnded).by == "remote"

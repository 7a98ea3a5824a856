"""Who gets an answer to a challenge: the SIP digest leak, foreign realms, downgrades, kept hashes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from firmware.sip.digest import Ha1, hex_digest
from firmware.sip.flow import Flow
from firmware.sip.headers import Headers
from firmware.sip.message import Request, Response
from firmware.sip.uri import Uri
from firmware.ua.account import Account
from firmware.ua.credentials import Answers, Credentials, Refusal
from firmware.ua.events import ChallengeIgnored, IncomingSession, Registered, SessionEnded
from tests.ua.messages import ack_of, description, request
from tests.ua.network import Network, Peer, Phone, account_of, entropy_of
from tests.ua.registrar import Provider, digest_parameters, is_right

FLOW = Flow(1, "UDP", ("192.0.2.1", 5060), ("198.51.100.1", 5060))
OTHER_FLOW = Flow(2, "UDP", ("192.0.2.1", 5060), ("198.51.100.2", 5060))


def challenge(
    *challenges: str, status: int = 401, realm: str = "example.com", stale: bool = False
) -> Response:
    """A 401 with one challenge for each algorithm given."""
    name = "WWW-Authenticate" if status == 401 else "Proxy-Authenticate"
    more = ", stale=true" if stale else ""
    return Response(
        status,
        "",
        Headers(
            [
                (name, f'Digest realm="{realm}", nonce="n", qop="auth", algorithm={algorithm}{more}')
                for algorithm in challenges
            ]
        ),
    )


def sent(method: str = "REGISTER") -> Request:
    return Request(method, Uri.parse("sip:example.com"), Headers([]))


def credentials(account: Account | None = None) -> Credentials:
    return Credentials(account or account_of("alice"), entropy_of(1))


def test_a_realm_learned_from_register_is_the_only_one_answered() -> None:
    memory = credentials()
    assert isinstance(memory.answer(sent(), challenge("MD5", realm="a"), FLOW, Answers()), Request)
    refusal = memory.answer(sent("INVITE"), challenge("MD5", realm="b", status=407), FLOW, Answers())
    assert isinstance(refusal, Refusal)
    assert refusal.foreign_realm == "b"
    assert isinstance(memory.answer(sent(), challenge("MD5", realm="b"), FLOW, Answers()), Refusal)


def test_a_new_flow_may_bring_a_new_realm_to_register_but_not_to_a_call() -> None:
    memory = credentials()
    memory.answer(sent(), challenge("MD5", realm="a"), FLOW, Answers())
    refusal = memory.answer(sent("INVITE"), challenge("MD5", realm="b"), OTHER_FLOW, Answers())
    assert isinstance(refusal, Refusal)
    assert isinstance(memory.answer(sent(), challenge("MD5", realm="b"), OTHER_FLOW, Answers()), Request)


def test_a_configured_realm_is_never_learned_away() -> None:
    memory = credentials(account_of("alice", realm="office"))
    assert isinstance(memory.answer(sent(), challenge("MD5", realm="other"), FLOW, Answers()), Refusal)
    assert isinstance(memory.answer(sent(), challenge("MD5", realm="office"), FLOW, Answers()), Request)


def test_a_line_that_never_registered_answers_its_own_domain_only() -> None:
    memory = credentials()
    invite = sent("INVITE")
    assert isinstance(memory.answer(invite, challenge("MD5", realm="evil.example"), FLOW, Answers()), Refusal)
    assert isinstance(memory.answer(invite, challenge("MD5"), FLOW, Answers()), Request)


def test_the_same_challenge_twice_means_a_wrong_password_unless_stale() -> None:
    memory, answers = credentials(), Answers()
    assert isinstance(memory.answer(sent(), challenge("MD5"), FLOW, answers), Request)
    assert isinstance(memory.answer(sent(), challenge("MD5", stale=True), FLOW, answers), Request)
    refusal = memory.answer(sent(), challenge("MD5"), FLOW, answers)
    assert isinstance(refusal, Refusal)
    assert refusal.reason == "the server refused the user name or password (alice)"


def test_a_server_that_says_stale_for_ever_is_left() -> None:
    memory, answers = credentials(), Answers()
    outcomes = [memory.answer(sent(), challenge("MD5", stale=True), FLOW, answers) for _ in range(5)]
    assert [isinstance(outcome, Request) for outcome in outcomes] == [True] * 4 + [False]


def test_proxy_and_registrar_are_both_answered_in_one_request() -> None:
    memory, answers = credentials(), Answers()
    once = memory.answer(sent(), challenge("MD5", status=407), FLOW, answers)
    assert isinstance(once, Request)
    twice = memory.answer(once, challenge("SHA-256", status=401), FLOW, answers)
    assert isinstance(twice, Request)
    assert is_right(twice.headers.get("Proxy-Authorization") or "", "REGISTER", "secret")
    assert is_right(twice.headers.get("Authorization") or "", "REGISTER", "secret")
    assert twice.headers.count("Proxy-Authorization") == 1


@pytest.mark.parametrize(
    "header", ['Basic realm="example.com"', 'Digest realm="example.com", nonce="n", algorithm=AKAv1-MD5', "?"]
)
def test_a_challenge_of_an_unknown_kind_says_so(header: str) -> None:
    outcome = credentials().answer(
        sent(), Response(401, "", Headers([("WWW-Authenticate", header)])), FLOW, Answers()
    )
    assert isinstance(outcome, Refusal)
    assert "does not know" in outcome.reason


def test_an_unreadable_challenge_does_not_hide_a_good_one() -> None:
    response = challenge("MD5")
    headers = response.headers.prepended("WWW-Authenticate", "Digest ,,,=")
    assert isinstance(credentials().answer(sent(), Response(401, "", headers), FLOW, Answers()), Request)


def test_without_a_password_the_reason_says_so() -> None:
    outcome = credentials(replace(account_of("alice"), secret=None)).answer(
        sent(), challenge("MD5"), FLOW, Answers()
    )
    assert isinstance(outcome, Refusal)
    assert "has none" in outcome.reason


def test_a_kept_hash_answers_only_the_algorithm_it_is_of() -> None:
    kept = Ha1({"MD5": hex_digest("MD5", "alice:example.com:secret")})
    memory = credentials(replace(account_of("alice"), secret=kept))
    outcome = memory.answer(sent(), challenge("SHA-256", "MD5"), FLOW, Answers())
    assert isinstance(outcome, Request)
    value = outcome.headers.get("Authorization") or ""
    assert digest_parameters(value).get("algorithm", "MD5") == "MD5"
    assert is_right(value, "REGISTER", "secret")


def test_no_password_is_in_any_text_about_the_account() -> None:
    assert "secret" not in repr(account_of("alice", password="secret")).replace("secret=", "")


def test_a_caller_who_challenges_our_bye_gets_no_digest() -> None:
    """The SIP digest leak: the callee's phone is made to hang up, the caller answers 407."""
    network = Network()
    Provider(network)
    alice, peer = Phone(network, "192.0.2.1"), Peer(network, "192.0.2.9")
    alice.endpoint.add_account(account_of("alice", direct_calls=True))
    alice.endpoint.register("alice", network.now)
    network.run(1.0)
    assert alice.seen(Registered)
    flow = peer.udp_flow(alice.address)
    peer.send(request(peer, uri="sip:alice@192.0.2.1", body=description()), flow)
    network.run(0.1)
    incoming = alice.last(IncomingSession).session_id
    alice.endpoint.answer(incoming, network.now)
    network.run(0.1)
    peer.send(ack_of(peer, peer.responses(200)[0]), flow)
    network.run(0.1)
    alice.endpoint.hang_up(incoming, network.now)
    network.run(0.1)
    fields = (("Proxy-Authenticate", 'Digest realm="example.com", nonce="evil", qop="auth"'),)
    peer.reply(peer.requests("BYE")[0], flow, 407, fields=fields)
    network.run(2.0)
    assert len(alice.seen(ChallengeIgnored)) == 1
    assert not any("Authorization" in byes.headers for byes in peer.requests("BYE"))
    assert not any("Proxy-Authorization" in byes.headers for byes in peer.requests("BYE"))


def test_a_foreign_realm_through_our_own_proxy_ends_the_call_in_words() -> None:
    network = Network()
    provider = Provider(network)
    alice = Phone(network, "192.0.2.1")
    alice.endpoint.add_account(account_of("alice"))
    alice.endpoint.register("alice", network.now)
    network.run(1.0)
    provider.realm = "evil.example"
    provider.challenges_calls = True
    alice.endpoint.invite("alice", Uri.parse("sip:mallory@example.com"), network.now)
    network.run(1.0)
    assert alice.last(ChallengeIgnored).realm == "evil.example"
    assert alice.last(SessionEnded).reason == "the password for example.com is not given to evil.example"
    assert not any("Proxy-Authorization" in invite.headers for invite in provider.requests("INVITE"))

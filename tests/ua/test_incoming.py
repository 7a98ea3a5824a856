"""What is answered to requests that are no call (RFC 3261 section 8.2), and who is answered at all."""

from __future__ import annotations

import pytest

from firmware.sip.message import Request
from firmware.ua.events import IncomingSession, RequestScreened
from tests.ua.messages import Fields, description, request
from tests.ua.network import Network, Peer, Phone, account_of


class Asked:
    """A scripted peer asks Bob's phone."""

    def __init__(self, *, direct_calls: bool = True, registrar: str | None = None) -> None:
        self.network = Network()
        self.bob = Phone(self.network, "192.0.2.2")
        self.bob.endpoint.add_account(account_of("bob", registrar=registrar, direct_calls=direct_calls))
        self.peer = Peer(self.network, "192.0.2.9")

    def ask(self, message: Request | bytes) -> None:
        self.peer.send(message, self.peer.udp_flow(self.bob.address))
        self.network.run(0.05)

    def statuses(self) -> list[int]:
        return [response.status for response in self.peer.responses()]


def test_options_is_answered_with_what_the_phone_can() -> None:
    asked = Asked()
    asked.ask(request(asked.peer, "OPTIONS"))
    (response,) = asked.peer.responses(200)
    assert response.headers.get_all("Allow") == ("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS")
    assert response.headers.get("Accept") == "application/sdp"
    assert response.headers.get("Supported") == ""
    assert response.to.tag


@pytest.mark.parametrize(
    ("method", "fields", "uri", "status"),
    [
        ("FROBNICATE", (), "sip:bob@192.0.2.2", 501),
        ("UPDATE", (), "sip:bob@192.0.2.2", 405),
        ("REGISTER", (), "sip:bob@192.0.2.2", 405),
        ("OPTIONS", (("Require", "nothingSupportsThis, nor-this"),), "sip:bob@192.0.2.2", 420),
        ("INVITE", (("Require", "100rel"),), "sip:bob@192.0.2.2", 420),
        ("BYE", (), "sip:bob@192.0.2.2", 481),
    ],
)
def test_what_the_phone_cannot_do_is_refused_in_the_rfcs_order(
    method: str, fields: Fields, uri: str, status: int
) -> None:
    asked = Asked()
    asked.ask(request(asked.peer, method, fields=fields, uri=uri))
    assert asked.statuses() == [status]
    response = asked.peer.responses(status)[0]
    if status == 405:
        assert response.headers.get_all("Allow") == ("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS")
    if status == 420:
        assert response.headers.get_all("Unsupported") == request(
            asked.peer, method, fields=fields
        ).headers.get_all("Require")


@pytest.mark.parametrize("method", ["INVITE", "BYE", "OPTIONS"])
def test_a_request_in_an_unknown_dialog_is_answered_481(method: str) -> None:
    asked = Asked()
    asked.ask(request(asked.peer, method, to_tag="nobody"))
    assert asked.statuses() == [481]


def test_an_ack_in_an_unknown_dialog_is_dropped() -> None:
    asked = Asked()
    asked.ask(request(asked.peer, "ACK", to_tag="nobody"))
    assert asked.statuses() == []


def test_an_old_cseq_within_a_dialog_is_answered_500() -> None:
    asked = Asked()
    asked.ask(request(asked.peer, number=7, body=description()))
    asked.bob.endpoint.answer(asked.bob.last(IncomingSession).session_id, asked.network.now)
    asked.network.run(0.05)
    tag = asked.peer.responses(200)[0].to.tag
    asked.ask(request(asked.peer, "BYE", number=6, to_tag=tag))
    assert 500 in asked.statuses()


def test_a_request_over_another_uri_scheme_is_answered_416() -> None:
    asked = Asked()
    data = bytes(request(asked.peer, "OPTIONS")).replace(b"sip:bob@192.0.2.2 SIP", b"tel:+4930123456 SIP")
    asked.ask(data)
    assert asked.statuses() == [416]


def test_a_request_that_cannot_be_read_is_answered_400_and_a_broken_response_dropped() -> None:
    asked = Asked()
    data = bytes(request(asked.peer, "OPTIONS"))
    asked.ask(data.replace(b"CSeq: 1 OPTIONS", b"CSeq: one OPTIONS"))
    assert asked.statuses() == [400]
    asked.ask(b"SIP/2.0 200 OK\r\nVia: nonsense\r\n\r\n")
    asked.ask(b"\r\n\r\n")
    asked.ask(b"\x00" * 20)
    asked.ask(b"\xff\xfe garbage")
    assert asked.statuses() == [400]


def test_a_stranger_gets_no_answer_and_the_person_one_line() -> None:
    asked = Asked(direct_calls=False)
    invite = request(asked.peer, body=description())
    for _ in range(3):
        asked.ask(invite)
    asked.ask(request(asked.peer, "OPTIONS", call_id="scan"))
    assert asked.statuses() == []
    screened = asked.bob.seen(RequestScreened)
    assert [event.method for event in screened] == ["INVITE", "OPTIONS"]
    assert screened[0].source == "192.0.2.9 port 5060"
    assert not asked.bob.seen(IncomingSession)


def test_whoever_knows_the_random_contact_may_call() -> None:
    asked = Asked(direct_calls=False)
    uri = "sip:bob-0123456789abcdef@192.0.2.2"
    asked.ask(request(asked.peer, uri=uri, body=description()))
    assert asked.bob.last(IncomingSession).account_id == "bob"


def test_a_call_goes_to_the_line_it_names() -> None:
    asked = Asked()
    asked.bob.endpoint.add_account(account_of("carol", registrar=None, direct_calls=True))
    asked.ask(request(asked.peer, uri="sip:carol@192.0.2.2", body=description()))
    asked.ask(request(asked.peer, uri="sip:dave@192.0.2.2", call_id="2", body=description()))
    assert [event.account_id for event in asked.bob.seen(IncomingSession)] == ["carol", "bob"]

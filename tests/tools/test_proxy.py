"""The exchange's proxy under a fake clock: calls between telephones, and what it does not let through."""

from dataclasses import replace

import pytest

from firmware.sip.digest import Password, authorization, challenges
from firmware.sip.flow import Flow
from firmware.sip.headers import Headers
from firmware.sip.message import Request, Response, parse
from firmware.sip.uri import Uri
from firmware.ua.events import (
    Established,
    IncomingSession,
    MediaChanged,
    OptionsAnswered,
    Registered,
    Ringing,
    SessionEnded,
)
from tests.tools.town import HOST, PASSWORDS, REALM, Town
from tests.ua.network import Peer, Phone
from tools.exchange.proxy import TIMER_C


@pytest.fixture
def town() -> Town:
    return Town()


def on_the_wire(town: Town, to: Phone, method: str) -> list[Request]:
    """The requests of one method that the exchange has sent to a telephone."""
    messages = [
        parse(data)
        for _, flow, data in town.network.sent
        if flow.remote[0] == to.address[0] and data.startswith(method.encode())
    ]
    return [message for message in messages if isinstance(message, Request)]


@pytest.mark.parametrize("caller_by", ["udp", "tcp", "tls"])
@pytest.mark.parametrize("callee_by", ["udp", "tls"])
def test_a_call_between_two_telephones(town: Town, caller_by: str, callee_by: str) -> None:
    """From INVITE to BYE over any two transports; each telephone keeps to its own connection."""
    caller, callee = town.registered("101", caller_by), town.registered("102", callee_by)
    outgoing, _ = town.talk(caller, callee, "102")
    caller.endpoint.hang_up(outgoing, town.network.now)
    town.network.run(1.0)
    assert callee.last(SessionEnded).by == "remote"
    own = {phone.last(Registered).flow.id for phone in (caller, callee)}
    used = {flow.id for _, flow, _ in town.network.sent if flow.local[0] != HOST}
    assert used == own


def test_keys_pass_between_private_connections_only(town: Town) -> None:
    """Over TLS the sound is encrypted; a caller over UDP offers no key that others could read."""
    callee = town.registered("102")
    caller = town.registered("101")
    town.talk(caller, callee, "102")
    assert caller.last(Established).media.srtp is not None
    plain = town.registered("101", "udp")
    town.talk(plain, callee, "102")
    assert plain.last(Established).media.srtp is None


def test_the_callee_hangs_up(town: Town) -> None:
    """Its BYE finds the way back by the Record-Route."""
    caller, callee = town.registered("101", "udp"), town.registered("102")
    _, incoming = town.talk(caller, callee, "102")
    callee.endpoint.hang_up(incoming, town.network.now)
    town.network.run(1.0)
    assert caller.last(SessionEnded).by == "remote"


def test_hold_passes(town: Town) -> None:
    """A re-INVITE follows the dialog's route and needs no password."""
    caller, callee = town.registered("101"), town.registered("102")
    outgoing, _ = town.talk(caller, callee, "102")
    caller.endpoint.hold(outgoing, town.network.now)
    town.network.run(1.0)
    assert callee.last(MediaChanged).media.direction == "recvonly"
    assert all(
        "Proxy-Authorization" not in request.headers for request in on_the_wire(town, callee, "INVITE")
    )


def test_what_the_callee_sees_of_an_invite(town: Town) -> None:
    """Its own Contact as Request-URI, one hop less, our Via and Record-Route, and no credentials."""
    caller, callee = town.registered("101", "udp"), town.registered("102", "tcp")
    town.call(caller, "102")
    (invite,) = on_the_wire(town, callee, "INVITE")
    assert isinstance(invite.uri, Uri)
    assert invite.uri.user == "102-0123456789abcdef"
    assert invite.headers.get("Max-Forwards") == "69"
    assert [via.transport for via in invite.vias] == ["TCP", "UDP"]
    assert invite.vias[1].received == caller.address[0]
    assert "Proxy-Authorization" not in invite.headers
    transports = [
        route.uri.parameter("transport") for route in invite.record_routes if isinstance(route.uri, Uri)
    ]
    assert transports == ["tcp", "udp"]


def test_ringing_and_a_refusal_come_back(town: Town) -> None:
    """180, then 486, each to the caller."""
    caller, callee = town.registered("101"), town.registered("102")
    town.call(caller, "102")
    callee.endpoint.ring(callee.last(IncomingSession).session_id, town.network.now)
    town.network.run(1.0)
    caller.last(Ringing)
    callee.endpoint.reject(callee.last(IncomingSession).session_id, 486, "", town.network.now)
    town.network.run(1.0)
    assert caller.last(SessionEnded).status == 486


def test_the_caller_gives_up(town: Town) -> None:
    """CANCEL stops the ringing, and the caller hears 487."""
    caller, callee = town.registered("101", "udp"), town.registered("102")
    session = town.call(caller, "102")
    callee.endpoint.ring(callee.last(IncomingSession).session_id, town.network.now)
    town.network.run(1.0)
    caller.endpoint.hang_up(session, town.network.now)
    town.network.run(1.0)
    assert callee.last(SessionEnded).by == "remote"
    assert len(caller.seen(SessionEnded)) == 1


def test_the_callers_connection_breaks_while_it_rings(town: Town) -> None:
    """Nobody is left to talk to, so the callee's bell stops."""
    caller, callee = town.registered("101"), town.registered("102")
    town.call(caller, "102")
    callee.endpoint.ring(callee.last(IncomingSession).session_id, town.network.now)
    town.network.run(1.0)
    town.network.cut(caller.last(Registered).flow)
    town.network.run(1.0)
    assert callee.last(SessionEnded).by == "remote"


def test_the_callees_connection_breaks_while_it_rings(town: Town) -> None:
    """The caller is told at once instead of hearing the bell for ever."""
    caller, callee = town.registered("101"), town.registered("102")
    town.call(caller, "102")
    town.network.cut(callee.last(Registered).flow)
    town.network.run(1.0)
    assert caller.last(SessionEnded).status == 480


def test_a_callee_that_says_nothing(town: Town) -> None:
    """A telephone whose UDP address is dead: 408 after 64 T1."""
    caller, callee = town.registered("101"), town.registered("102", "udp")
    town.network.dead.add(callee.address)
    town.call(caller, "102")
    town.network.run(33.0)
    assert caller.last(SessionEnded).status == 408


def test_a_telephone_that_rings_for_ever_is_given_up(town: Town) -> None:
    """Timer C cancels it (RFC 3261 16.8); each 180 that is repeated counts anew."""
    caller, callee = town.registered("101"), town.registered("102")
    town.call(caller, "102")
    (invite,) = on_the_wire(town, callee, "INVITE")
    silent = callee.last(IncomingSession).session_id
    callee.endpoint.ring(silent, town.network.now)
    town.network.run(TIMER_C + 10.0)
    assert caller.seen(SessionEnded) == []
    callee.endpoint.deadline = lambda: None  # type: ignore[method-assign]
    town.network.run(TIMER_C + 10.0)
    assert invite.call_id in {request.call_id for request in on_the_wire(town, callee, "CANCEL")}


def test_numbers_that_do_not_answer(town: Town) -> None:
    """404 for a number that nobody has, 480 for one whose telephone is not there."""
    caller = town.registered("101")
    town.call(caller, "555")
    assert caller.last(SessionEnded).status == 404
    town.call(caller, "102")
    assert caller.last(SessionEnded).status == 480


def test_the_latest_telephone_of_a_number_is_called(town: Town) -> None:
    """There is no forking; the newest binding wins."""
    caller, first, second = town.registered("101"), town.registered("102", "udp"), town.registered("102")
    town.call(caller, "102")
    assert first.seen(IncomingSession) == []
    second.last(IncomingSession)


def test_a_number_calls_itself(town: Town) -> None:
    """Both ends of the call on one connection."""
    phone = town.registered("101")
    outgoing, _ = town.talk(phone, phone, "101")
    phone.endpoint.hang_up(outgoing, town.network.now)
    town.network.run(1.0)
    assert len(phone.seen(SessionEnded)) == 2


@pytest.mark.parametrize("transport", ["udp", "tls"])
def test_a_number_of_the_exchange_itself(town: Town, transport: str) -> None:
    """It answers; as private as the caller's own way, ended by either side."""
    caller = town.registered("101", transport)
    session = town.call(caller, "600")
    assert (caller.last(Established).media.srtp is not None) is (transport == "tls")
    caller.endpoint.hang_up(session, town.network.now)
    town.network.run(1.0)
    assert town.exchange.last(SessionEnded).by == "remote"
    town.call(caller, "600")
    town.exchange.exchange.hang_up(town.exchange.last(Established).session_id, town.network.now)
    town.network.run(1.0)
    assert caller.last(SessionEnded).by == "remote"


def test_a_telephone_asks_whether_another_is_there(town: Town) -> None:
    """OPTIONS passes like a call."""
    caller = town.registered("101")
    town.registered("102")
    caller.endpoint.options("101", Uri.parse(f"sip:102@{REALM}"), town.network.now)
    town.network.run(1.0)
    assert caller.last(OptionsAnswered).status == 200


# What strangers may not


def request_of(flow: Flow, method: str = "INVITE", uri: str = f"sip:102@{REALM}", **fields: str) -> Request:
    """A request as somebody on UDP sends it; `fields` replace header fields, `_` standing for `-`."""
    headers = Headers(
        [
            ("Via", f"SIP/2.0/UDP {flow.local[0]}:5060;branch=z9hG4bK-{method}-{len(fields)};rport"),
            ("Max-Forwards", "70"),
            ("From", f"<sip:101@{REALM}>;tag=1"),
            ("To", f"<{uri}>"),
            ("Call-ID", f"{flow.local[0]}-call"),
            ("CSeq", f"1 {method}"),
            ("Contact", f"<sip:me@{flow.local[0]}>"),
        ]
    )
    for name, value in fields.items():
        headers = headers.with_(name.replace("_", "-"), value)
    return Request(method, Uri.parse(uri), headers)


def proven(town: Town, peer: Peer, flow: Flow, request: Request, number: str = "101") -> Request:
    """The request once more, with an answer to the challenge that it met."""
    assert town.ask(peer, flow, request)[-1] == 407
    offers = challenges(peer.responses()[-1].headers.get_all("Proxy-Authenticate"), proxy=True)
    secret = Password(PASSWORDS[number])
    answer = authorization(offers[0], request.method, str(request.uri), number, secret, "cnonce")
    via = str(request.via).replace("z9hG4bK", "z9hG4bK-again")
    headers = request.headers.with_("Via", via).with_("CSeq", f"2 {request.method}")
    return replace(request, headers=headers.appended("Proxy-Authorization", answer))


def test_nobody_calls_without_a_password(town: Town) -> None:
    """407 with both algorithms, whoever is called, so that nobody learns who is there."""
    town.registered("102")
    for uri in (f"sip:102@{REALM}", f"sip:555@{REALM}", "sip:anybody@elsewhere.test"):
        peer, flow = town.stranger()
        assert town.ask(peer, flow, request_of(flow, uri=uri))[-1] == 407
        assert len(peer.responses()[-1].headers.get_all("Proxy-Authenticate")) == 2


def test_nobody_calls_as_somebody_else(town: Town) -> None:
    """The number in From must be the one that was proven."""
    peer, flow = town.stranger()
    request = request_of(flow, From=f"<sip:102@{REALM}>;tag=1")
    assert town.ask(peer, flow, proven(town, peer, flow, request))[-1] == 403


def test_the_exchange_leads_nowhere_else(town: Town) -> None:
    """It calls its own numbers only: no relay for anybody, subscribers included."""
    peer, flow = town.stranger()
    request = request_of(flow, uri="sip:anybody@elsewhere.test")
    assert town.ask(peer, flow, proven(town, peer, flow, request))[-1] == 403


def test_a_route_to_somebody_else_is_not_followed(town: Town) -> None:
    """Neither is a route that begins with us."""
    peer, flow = town.stranger()
    request = request_of(flow, Route=f"<sip:{HOST};lr>, <sip:elsewhere.test;lr>")
    assert town.ask(peer, flow, proven(town, peer, flow, request))[-1] == 403


def test_a_forged_record_route_opens_nothing(town: Town) -> None:
    """Without our proof its numbers mean nothing, and the password is asked for."""
    callee = town.registered("102")
    peer, flow = town.stranger()
    route = f"<sip:1.2.00000000000000000000@{HOST};lr>"
    assert town.ask(peer, flow, request_of(flow, "BYE", Route=route))[-1] == 407
    assert on_the_wire(town, callee, "BYE") == []


def test_a_record_route_is_good_for_its_own_call_only(town: Town) -> None:
    """A subscriber cannot reach into other dialogs with the token of one of theirs."""
    caller, callee = town.registered("101"), town.registered("102")
    town.talk(caller, callee, "102")
    (invite,) = [request for request in on_the_wire(town, callee, "INVITE") if request.to.tag is None]
    peer, flow = town.stranger()
    route = ", ".join([str(route) for route in invite.record_routes])
    assert town.ask(peer, flow, request_of(flow, "BYE", Route=route))[-1] == 407
    assert on_the_wire(town, caller, "BYE") == on_the_wire(town, callee, "BYE") == []
    town.ask(peer, flow, request_of(flow, "BYE", Route=route, Call_ID=invite.call_id))
    assert len(on_the_wire(town, caller, "BYE")) == 1


def test_a_request_without_hops_left_ends_here(town: Town) -> None:
    """483 (RFC 3261 16.3 step 3); an absent Max-Forwards counts as 70."""
    peer, flow = town.stranger()
    assert town.ask(peer, flow, request_of(flow, Max_Forwards="0"))[-1] == 483


def test_an_extension_that_proxies_must_know_is_refused(town: Town) -> None:
    """420 that names it (RFC 3261 16.3 step 5)."""
    peer, flow = town.stranger()
    assert town.ask(peer, flow, request_of(flow, Proxy_Require="magic"))[-1] == 420
    assert peer.responses()[-1].headers.get("Unsupported") == "magic"


def test_the_exchange_answers_for_itself(town: Town) -> None:
    """OPTIONS without a number asks whether the exchange is there; that is no secret."""
    peer, flow = town.stranger()
    assert town.ask(peer, flow, request_of(flow, "OPTIONS", uri=f"sip:{REALM}")) == [200]


def test_a_cancel_of_nothing(town: Town) -> None:
    """481 (RFC 3261 9.2)."""
    peer, flow = town.stranger()
    assert town.ask(peer, flow, request_of(flow, "CANCEL")) == [481]


def test_a_response_out_of_nowhere_is_dropped(town: Town) -> None:
    """It goes to nobody, whatever its Via says."""
    peer, flow = town.stranger()
    via = f"SIP/2.0/UDP {HOST}:5060;branch=z9hG4bKguess, SIP/2.0/UDP 192.0.2.66:5060;branch=z9hG4bKvictim"
    headers = request_of(flow).headers.with_("Via", via)
    before = len(town.network.sent)
    peer.send(Response(200, "OK", headers), flow)
    town.network.run(1.0)
    assert len(town.network.sent) == before + 1


@pytest.mark.parametrize(
    "data",
    [
        b"\0" * 100,
        b"INVITE sip:102@exchange.test SIP/2.0\r\n\r\n",
        b"SIP/2.0 200 OK\r\nVia: nonsense\r\n\r\n",
        b"\xff" * 65000,
        b"INVITE sip:102@exchange.test SIP/2.0\r\nVia: SIP/2.0/UDP x;branch=z9hG4bK1\r\n\r\n",
    ],
)
def test_nonsense_harms_nobody(town: Town, data: bytes) -> None:
    """Over UDP and over a stream; afterwards a telephone registers and calls as ever."""
    _, flow = town.stranger()
    town.exchange.exchange.receive_datagram(data, flow, town.network.now)
    stream = Flow(9999, "TCP", (HOST, 5060), ("192.0.2.66", 1))
    town.exchange.exchange.flow_accepted(stream, town.network.now)
    town.exchange.exchange.receive_stream(data, stream, town.network.now)
    town.exchange.exchange.flow_lost(stream, "reset", town.network.now)
    town.network.run(1.0)
    town.call(town.registered("101"), "600")
    assert town.exchange.seen(Established)

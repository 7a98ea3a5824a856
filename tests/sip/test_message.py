"""Messages: reading, checking, writing, and the responses made of requests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.sip.errors import LocalProtocolError, RemoteProtocolError
from firmware.sip.grammar import MAX_HEADERS, MAX_LINE, MAX_MESSAGE
from firmware.sip.headers import CSeq, Headers, NameAddr, Via
from firmware.sip.message import Request, Response, parse, rejection_of, response_to, validate
from firmware.sip.uri import Uri
from tests.sip.messages import INVITE, RINGING, SDP, options
from tests.sip.strategies import any_uris, headers, tokens


def invite(old: bytes = b"", new: bytes = b"") -> Request:
    """The INVITE with one piece of it changed."""
    assert old in INVITE
    parsed = parse(INVITE.replace(old, new, 1))
    assert isinstance(parsed, Request)
    return parsed


def refusal(data: bytes) -> RemoteProtocolError:
    """How a message is refused, by reading or by checking."""
    with pytest.raises(RemoteProtocolError) as caught:
        validate(parse(data))
    return caught.value


def test_a_request_in_all_its_parts():
    request = invite()
    validate(request)
    assert request.method == "INVITE"
    assert request.uri == Uri("sip", "bob", host="biloxi.example.com", parameters=(("transport", "tcp"),))
    assert [via.branch for via in request.vias] == ["z9hG4bK2d4790.1", "z9hG4bK74bf9"]
    assert request.via == request.vias[0]
    assert request.from_.display_name == "Alice Liddell"
    assert (request.from_.tag, request.to.tag) == ("9fxced76sl", None)
    assert request.call_id == "3848276298220188511@atlanta.example.com"
    assert request.cseq == CSeq(1, "INVITE")
    assert request.contacts[0].parameter("+sip.instance") == "<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>"
    assert [str(route) for route in request.record_routes] == [
        "<sip:proxy.biloxi.example.com;transport=tcp;lr>"
    ]
    assert request.routes == ()
    assert request.content_type == "application/sdp"
    assert request.body == SDP


def test_a_response_in_all_its_parts():
    response = parse(RINGING)
    validate(response)
    assert isinstance(response, Response)
    assert (response.status, response.reason) == (180, "Ringing")
    assert response.via == Via("UDP", "192.0.2.101", 5060, (("branch", "z9hG4bK74bf9"),))
    assert response.content_type is None


def test_typed_header_fields_are_parsed_once():
    request = invite()
    assert request.from_ is request.from_
    assert request.vias is request.vias


def test_a_changed_message_does_not_keep_old_header_fields():
    request = invite()
    assert request.cseq.number == 1
    changed = Request(request.method, request.uri, request.headers.with_("CSeq", "2 INVITE"), request.body)
    assert changed.cseq.number == 2
    assert request == invite()


@given(tokens, any_uris, headers, st.binary(max_size=50))
def test_a_written_request_is_read_as_the_same(method: str, uri: Uri, own: Headers, body: bytes):
    if uri.headers:  # a Request-URI has none
        return
    request = Request(method, uri, own, body)
    again = parse(bytes(request))
    assert isinstance(again, Request)
    assert (again.method, again.uri, again.body) == (method, uri, body)
    assert again.headers == own.with_("Content-Length", str(len(body)))


def test_a_written_message_is_read_as_the_same():
    for data in (INVITE, RINGING):
        assert parse(bytes(parse(data))) == parse(data)
        assert bytes(parse(data)) == data


def test_the_content_length_is_always_right():
    request = options(("Content-Length", "99"))
    assert b"Content-Length: 0\r\n" in bytes(request)


def test_a_line_end_cannot_be_smuggled_into_a_message():
    for bad in ("x\r\nVia: y", "x\ny", "x\ry"):
        with pytest.raises(LocalProtocolError):
            bytes(options(("Subject", bad)))
        with pytest.raises(LocalProtocolError):
            bytes(options(("To", str(NameAddr(Uri("sip", "bob", host="example.com"), bad)))))
        with pytest.raises(LocalProtocolError):
            bytes(Response(200, bad, options().headers))


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        (b"SIP/2.0\r\nVia", b"SIP/2.1\r\nVia", 505),
        (b"SIP/2.0\r\nVia", b"SIP/2\r\nVia", 400),
        (b"INVITE sip", b"INV(TE sip", 400),
        (b"INVITE sip", b"INVITE  sip", 400),
        (b"Max-Forwards: 69", b"Max-Forwards 69", 400),
        (b"Max-Forwards: 69", b": 69", 400),
        (b"Max-Forwards: 69", b"Max Forwards: 69", 400),
        (b"Max-Forwards: 69\r\n", b"Max-Forwards: 69\n", 400),
        (b"Max-Forwards: 69\r\n", b"Max-Forwards: 69\r", 400),
        (b"Max-Forwards: 69\r\n", b"Max-Forwards: 69\r\r\n", 400),
        (b"Max-Forwards: 69", b"Max-Forwards: 69\r\nMax-Forwards: 69", 400),
        (b"User-Agent: ", b"User-Agent: \x00", 400),
        (b"User-Agent: ", b"User-Agent: \x1b[2J", 400),
        (b"User-Agent: ", b'User-Agent: "\x00"', 400),
        (b"User-Agent: ", b"User-Agent: \xff", 400),
        (b"User-Agent: ", b"User-Agent: \xed\xa0\x80", 400),
        (b"From: ", b"X: ", 400),
        (b"From: ", b"From: <sip:x@y>;tag=1\r\nFrom: ", 400),
        (b"Call-ID: ", b"Call-ID: a b", 400),
        (b"CSeq: 1 INVITE", b"CSeq: 1 BYE", 400),
        (b"CSeq: 1 INVITE", b"CSeq: 1", 400),
        (b"Via: SIP/2.0/TCP", b"Via: SIP/2.0", 400),
        (b"Contact: <", b"Contact: *, <", 400),
        (b"Contact: <", b"Contact: <sip:x@y>, <", 400),
        (b"Contact: <", b"Contact: ", 400),
        (b"Record-Route: <", b"Record-Route: ", 400),
        (b"Content-Length: ", b"Content-Length: 9", 400),
        (b"Content-Length: ", b"Content-Length: +", 400),
        (b"Content-Length: ", b"Content-Length: 1\r\nContent-Length: ", 400),
        (b"Content-Length: ", b"l: 1\r\nContent-Length: ", 400),
        (b"branch=z9hG4bK2d4790.1", b"branch=z9hG4bK", 400),
    ],
)
def test_what_is_malformed_is_refused(old: bytes, new: bytes, status: int):
    assert old in INVITE
    assert refusal(INVITE.replace(old, new, 1)).status == status


@pytest.mark.parametrize(
    "reply",
    [
        RINGING.replace(b"180", b"099"),
        RINGING.replace(b"180", b"700"),
        RINGING.replace(b"180", b"18"),
        RINGING.replace(b"180", b"1800"),
        RINGING.replace(b"SIP/2.0 180", b"SIP/3.0 180"),
        RINGING.replace(b"180 Ringing", b"180 Ring\x00ing"),
        RINGING.replace(b"Via: ", b"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKy, "),
        RINGING.replace(b"Contact: ", b"Contact: *, "),
        RINGING.replace(b"CSeq: 1", b"CSeq: 9999999999"),
    ],
)
def test_malformed_responses_are_dropped(reply: bytes):
    assert rejection_of(reply, refusal(reply)) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Max-Forwards: 69", b"Max-Forwards\t : \t69 "),
        (b"Max-Forwards: 69", b"mAX-fORWARDS:69"),
        (b"Max-Forwards: 69", b"Max-Forwards:\r\n 69\r\n\t"),
        (b"User-Agent: ", 'User-Agent: "ä€😀\\\x01" '.encode()),
        (b"INVITE sip:bob", b"\r\n\r\nINVITE sip:bob"),
        (b"SIP/2.0\r\n", b"sip/2.0\r\n"),
        (b"Content-Length: %d\r\n" % len(SDP), b""),
        (b"From: ", b"f:"),
    ],
)
def test_what_is_unusual_is_accepted(old: bytes, new: bytes):
    request = invite(old, new)
    validate(request)
    assert request.body == SDP


def test_octets_behind_the_body_are_dropped():
    request = parse(INVITE + b"more")
    assert request.body == SDP


def test_folded_header_fields_are_one_line():
    request = invite(b"User-Agent: Example", b"User-Agent: \r\n\tVery\r\n   long\r\n \r\n Example")
    assert (request.headers.get("User-Agent") or "").split() == ["Very", "long", "Example", "Phone", "4.5.1"]


def test_caps():
    assert refusal(INVITE + b"x" * MAX_MESSAGE).status == 513
    assert refusal(INVITE.replace(b"User-Agent: ", b"X: y\r\n" * MAX_HEADERS + b"U: ")).status == 513
    assert refusal(INVITE.replace(b"User-Agent: ", b"U: " + b"x" * (MAX_LINE + 1))).status == 513
    validate(parse(INVITE.replace(b"User-Agent: ", b"X: y\r\n" * (MAX_HEADERS - 20) + b"U: ")))


def test_a_contact_of_all_is_for_register_only():
    validate(options(("Contact", "*"), method="REGISTER"))
    assert options(("Contact", "*"), method="REGISTER").contacts == ()
    for method in ("OPTIONS", "INVITE"):
        with pytest.raises(RemoteProtocolError):
            validate(options(("Contact", "*"), method=method))


def test_an_invite_needs_a_contact_unless_its_peer_is_of_rfc_2543():
    with pytest.raises(RemoteProtocolError):
        validate(options(without=("Contact",), method="INVITE"))
    validate(options(("Via", "SIP/2.0/UDP 192.0.2.1"), without=("Contact",), method="INVITE"))
    validate(options(without=("Contact",)))


def test_a_response_copies_what_8_2_6_says():
    request = invite(b"User-Agent", b"Timestamp: 54\r\nUser-Agent")
    response = response_to(request, 180, to_tag="abc", headers=[("Contact", "<sip:bob@192.0.2.4>")])
    assert response.reason == "Ringing"
    assert response.headers.get_all("Via") == request.headers.get_all("Via")
    assert response.headers.get("From") == request.headers.get("From")
    assert response.headers.get("To") == "Bob <sip:bob@biloxi.example.com>;tag=abc"
    assert (response.call_id, response.cseq) == (request.call_id, request.cseq)
    assert response.headers.get("Contact") == "<sip:bob@192.0.2.4>"
    assert "Timestamp" not in response.headers
    assert "Timestamp" in response_to(request, 100).headers
    assert response_to(request, 100).to.tag is None


def test_a_response_keeps_the_tag_of_a_dialog():
    request = options(("To", "<sip:bob@example.com>;tag=own"))
    assert response_to(request, 200, to_tag="other").to.tag == "own"


def test_a_bare_address_in_to_gets_its_tag_as_a_parameter_of_its_own():
    response = response_to(options(("To", "sip:bob@example.com")), 486, to_tag="x")
    assert response.to == NameAddr(Uri("sip", "bob", host="example.com"), "", (("tag", "x"),))


def test_a_response_with_another_reason_and_a_body():
    response = response_to(options(), 200, "Fine", body=b"x", headers=[("Content-Type", "text/plain")])
    assert bytes(response).startswith(b"SIP/2.0 200 Fine\r\n")
    assert bytes(response).endswith(b"Content-Length: 1\r\n\r\nx")


def test_a_rejection_says_why_and_is_the_same_for_a_repetition():
    data = INVITE.replace(b"CSeq: 1 INVITE", b"CSeq: 1 BYE")
    error = RemoteProtocolError("the CSeq names another method", 400, (("Warning", '399 a "b"'),))
    answer = rejection_of(data, error)
    assert answer is not None
    assert (answer.status, answer.reason) == (400, "the CSeq names another method")
    assert answer.headers.get("Warning") == '399 a "b"'
    assert len(answer.vias) == 2
    assert answer.to.tag
    assert answer == rejection_of(data, error)
    assert answer == rejection_of(parse(data), error)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        b"\x00\x01\x02",
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        RINGING.replace(b"Via: ", b"Via: \xff"),
        INVITE.replace(b"INVITE", b"ACK"),
        INVITE.replace(b"\r\n", b"\n"),
    ],
)
def test_what_cannot_be_answered_is_dropped(data: bytes):
    """Noise, responses, ACK (RFC 3261 section 17.1.1.3) and requests without a Via get no answer."""
    assert rejection_of(data, RemoteProtocolError("malformed")) is None


def test_a_rejection_never_carries_what_broke_the_request():
    data = INVITE.replace(b"From: ", b"From: \x00\r\nTo: \x1b[2J\r\nCall-ID: \r evil\r\nFrom: ")
    answer = rejection_of(data, RemoteProtocolError("malformed"))
    assert answer is not None
    assert not any(byte in bytes(answer) for byte in (0, 0x1B))
    assert answer.call_id == "3848276298220188511@atlanta.example.com"


@pytest.mark.parametrize(
    "vias", [b"Via: SIP/2.0/UDP a;branch=z9hG4bK1\r\n" * 130, (b"Via: " + b"a" * 4000 + b"\r\n") * 3]
)
def test_nothing_is_echoed_that_we_would_not_read(vias: bytes):
    """An answer with more or longer header fields than any of us reads helps nobody but an attacker."""
    data = INVITE.replace(b"Via:", vias + b"Via:", 1).replace(b"CSeq: 1 ", b"CSeq: x ")
    assert rejection_of(INVITE, RemoteProtocolError("malformed")) is not None
    assert rejection_of(data, RemoteProtocolError("malformed")) is None

"""Every message of RFC 4475 and RFC 5118: accepted, answered with the right status, or dropped."""

import pytest

from firmware.sip.errors import RemoteProtocolError
from firmware.sip.framing import Malformed, StreamFramer
from firmware.sip.headers import NameAddr
from firmware.sip.inspection import validate_request
from firmware.sip.message import Message, Request, Response, parse, rejection_of, validate
from firmware.sip.uri import AbsoluteUri, Uri
from tests.sip.corpus import CORPUS, message
from tests.sip.torture import PHONE, RFC4475, RFC5118, TORTURES, Torture

UNFRAMEABLE = {"clerr", "dblreq", "inv2543", "mcl01", "ncl"}
"""Messages that say nothing right about the length of what they bring, so that no stream can carry them."""


def refusal(torture: Torture) -> tuple[str, RemoteProtocolError | None]:
    """Who refuses the message, and how."""
    try:
        parsed = parse(message(torture.rfc, torture.name))
    except RemoteProtocolError as error:
        return "parse", error
    return refusal_of(parsed)


def refusal_of(parsed: Message) -> tuple[str, RemoteProtocolError | None]:
    """Who refuses a message that parses, and how."""
    try:
        validate(parsed)
    except RemoteProtocolError as error:
        return "validate", error
    if isinstance(parsed, Request):
        try:
            validate_request(parsed, PHONE)
        except RemoteProtocolError as error:
            return "inspection", error
    return "nobody", None


def request(name: str) -> Request:
    """A message of RFC 4475 that has to be a request."""
    parsed = parse(message("rfc4475", name))
    assert isinstance(parsed, Request)
    return parsed


def test_the_table_is_complete():
    assert len({torture.name for torture in RFC4475}) == 49
    assert len({torture.name for torture in RFC5118}) == 12
    files = {path.name for folder in ("rfc4475", "rfc5118") for path in (CORPUS / folder).iterdir()}
    assert files - {"test"} == {torture.name for torture in TORTURES}  # "test" is in no section


@pytest.mark.parametrize("torture", TORTURES, ids=str)
def test_datagram(torture: Torture):
    """In a datagram the message is refused by whom the table says, with the status that it says."""
    by, error = refusal(torture)
    assert by == torture.by
    if torture.status is not None:
        assert error is not None
        assert error.status == torture.status


@pytest.mark.parametrize("torture", TORTURES, ids=str)
def test_answer(torture: Torture):
    """A refused request gets a response that its sender can match and read; a refused response gets none."""
    data = message(torture.rfc, torture.name)
    _, error = refusal(torture)
    if error is None:
        return
    answer = rejection_of(data, error)
    if torture.status is None:
        assert answer is None
    else:
        assert answer is not None
        assert answer.status == torture.status
        again = parse(bytes(answer))
        assert isinstance(again, Response)
        assert again.headers.get_all("Via")


@pytest.mark.parametrize("torture", [t for t in TORTURES if t.name not in UNFRAMEABLE], ids=str)
def test_stream(torture: Torture):
    """On a stream the message is treated as in a datagram, and the next message is found behind it."""
    framer = StreamFramer()
    follower = message("rfc4475", "zeromf")
    framer.receive_data(message(torture.rfc, torture.name) + follower)
    first = framer.next_message()
    if isinstance(first, Malformed):
        assert torture.by == "parse"
        assert torture.status in (None, first.error.status)
    else:
        assert isinstance(first, Request | Response)
        by, error = refusal_of(first)
        assert by == torture.by
        assert torture.status is None or (error is not None and error.status == torture.status)
    assert framer.next_message() == parse(follower)


@pytest.mark.parametrize("name", ["ncl", "mcl01", "inv2543"])
def test_stream_of_unknown_length(name: str):
    """3.1.2.3, 3.3.9: without one good Content-Length the error is not recoverable: answer, then close."""
    framer = StreamFramer()
    framer.receive_data(message("rfc4475", name))
    first = framer.next_message()
    assert isinstance(first, Malformed)
    answer = rejection_of(first.data, first.error)
    assert answer is not None
    assert answer.status == 400
    with pytest.raises(RemoteProtocolError):
        framer.next_message()


def test_stream_with_extra_octets():
    """3.1.1.8: the octets that a datagram may have behind its message are on a stream the next message."""
    framer = StreamFramer()
    framer.receive_data(message("rfc4475", "dblreq"))
    items = [framer.next_message() for _ in range(4)]
    assert [item.method for item in items if isinstance(item, Request)] == ["REGISTER", "INVITE"]


def test_stream_shorter_than_its_length():
    """3.1.2.2: on a stream there is nothing to do but wait."""
    framer = StreamFramer()
    framer.receive_data(message("rfc4475", "clerr"))
    assert framer.next_message() is None


def test_3_1_1_1_short_tortuous_invite():
    wsinv = request("wsinv")
    assert wsinv.from_.display_name == 'J Rosenberg \\"'
    assert wsinv.to.tag == "1918181833n"
    assert wsinv.cseq.number == 9
    assert [via.branch for via in wsinv.vias] == ["390skdjuw", "z9hG4bK9ikj8", "z9hG4bK30239"]
    assert wsinv.contacts[0].display_name == 'Quoted string ""'
    assert wsinv.contacts[0].parameter("secondparam") == ""
    assert wsinv.headers.get("Subject") == ""
    assert wsinv.headers.get("NewFangledHeader") == "newfangled value continued newfangled value"
    assert wsinv.headers.get("UnknownHeaderWithUnusualValue") == ";;,,;;,;"


def test_3_1_1_2_wide_range_of_valid_characters():
    intmeth = request("intmeth")
    assert intmeth.to.display_name == "BEL:\x07 NUL:\x00 DEL:\x7f"
    assert intmeth.from_.display_name == "token1~` token2'+_ token3*%!.-"
    assert intmeth.from_.parameter("fromparam''~+*_!.-%") == "работающий"
    assert isinstance(intmeth.uri, Uri)
    assert intmeth.uri.password == "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)"


def test_3_1_1_3_and_4_escapes_survive():
    esc01 = request("esc01")
    assert str(esc01.uri) == "sip:sips%3Auser%40example.com@example.net"
    assert "%00" in str(request("escnull").to.uri)


def test_3_1_1_5_a_percent_sign_in_a_method_escapes_nothing():
    assert request("esc02").method == "RE%47IST%45R"


def test_3_1_1_6_no_space_before_the_angle():
    assert request("lwsdisp").from_.display_name == "caller"


def test_3_1_1_8_extra_octets_are_dropped():
    assert request("dblreq").body == b""


def test_3_1_1_9_semicolon_separated_user_parameters():
    uri = request("semiuri").uri
    assert isinstance(uri, Uri)
    assert (uri.user, uri.parameters) == ("user;par=u%40example.net", ())


def test_3_1_1_10_any_transport():
    assert [via.transport for via in request("transports").vias] == ["UDP", "SCTP", "TLS", "UNKNOWN", "TCP"]


def test_3_1_1_12_reason_phrase_in_utf8():
    unreason = parse(message("rfc4475", "unreason"))
    assert isinstance(unreason, Response)
    assert unreason.reason == "= 2**3 * 5**2 но сто девяносто девять - простое"


def test_3_3_4_other_schemes_in_addresses():
    unksm2 = request("unksm2")
    assert unksm2.to == NameAddr(AbsoluteUri("isbn", "2983792873"))
    assert unksm2.contacts[0].uri == AbsoluteUri("name", "John_Smith")


def test_3_3_5_the_answer_lists_what_is_unsupported():
    _, error = refusal(next(torture for torture in RFC4475 if torture.name == "bext01"))
    assert error is not None
    assert error.headers == (("Unsupported", "nothingSupportsThis, nothingSupportsThisEither"),)


def test_3_3_12_and_13_whose_parameter_it_is():
    (bare,), (enclosed,) = request("cparam01").contacts, request("cparam02").contacts
    assert bare.parameters == (("unknownparam", None),)
    assert bare.uri == Uri("sip", "+19725552222", host="gw1.example.net")
    assert enclosed.parameters == ()
    assert enclosed.uri == Uri(
        "sip", "+19725552222", host="gw1.example.net", parameters=(("unknownparam", None),)
    )


def test_3_3_14_escaped_headers_of_a_contact():
    (contact,) = request("regescrt").contacts
    assert isinstance(contact.uri, Uri)
    assert contact.uri.headers == (("Route", "%3Csip:sip.example.com%3E"),)


@pytest.mark.parametrize(
    ("name", "host", "port"),
    [
        ("ipv6-good", "2001:db8::10", None),
        ("port-ambiguous", "2001:db8::10:5070", None),
        ("port-unambiguous", "2001:db8::10", 5070),
        ("ipv6-bug-abnf-3-colons", "2001:db8::192.0.2.1", None),
        ("ipv6-correct-abnf-2-colons", "2001:db8::192.0.2.1", None),
    ],
)
def test_rfc5118_request_uri(name: str, host: str, port: int | None):
    """4.1, 4.3, 4.4, 4.10: where the address ends and the port begins."""
    parsed = parse(message("rfc5118", name))
    assert isinstance(parsed, Request)
    assert isinstance(parsed.uri, Uri)
    assert (parsed.uri.host, parsed.uri.port) == (host, port)


@pytest.mark.parametrize("name", ["via-received-param-with-delim", "via-received-param-no-delim"])
def test_rfc5118_4_5_received_with_and_without_brackets(name: str):
    assert parse(message("rfc5118", name)).via.received == "2001:db8::9:255"


def test_rfc5118_4_9_ipv4_mapped_addresses():
    mapped = parse(message("rfc5118", "ipv4-mapped-ipv6"))
    assert [(via.host, via.port) for via in mapped.vias] == [
        ("::ffff:192.0.2.10", 19823),
        ("::ffff:192.0.2.2", None),
    ]

"""Header fields: the multimap, and the values everything needs (RFC 3261 sections 7.3 and 20)."""

import pytest
from hypothesis import given

from firmware.sip.errors import RemoteProtocolError
from firmware.sip.headers import CSeq, Headers, NameAddr, Via
from firmware.sip.names import CANONICAL, COMPACT, canonical
from firmware.sip.uri import AbsoluteUri, Uri
from tests.sip.strategies import addresses, cseqs, headers, vias

BOB = Uri("sip", "bob", host="biloxi.com")


@given(addresses)
def test_addresses_are_read_as_written(address: NameAddr):
    assert NameAddr.parse(str(address)) == address


@given(vias)
def test_vias_are_read_as_written(via: Via):
    assert Via.parse(str(via)) == via


@given(cseqs)
def test_cseqs_are_read_as_written(cseq: CSeq):
    assert CSeq.parse(str(cseq)) == cseq


@given(headers)
def test_names_are_case_insensitive(own: Headers):
    for name, value in own:
        assert value in [v for n, v in own if canonical(n) == canonical(name.swapcase())]
        assert own.get(name.upper()) == own.get(name.lower()) == own.get(name)
        assert name in own


@given(headers)
def test_headers_made_again_of_their_fields_are_equal(own: Headers):
    again = Headers(list(own))
    assert again == own
    assert hash(again) == hash(own)
    assert len(again) == len(list(own))


@given(headers)
def test_without_and_with(own: Headers):
    assert "X-New" not in own.without("x-new")
    assert own.with_("X-New", "1").get_all("x-NEW") == ("1",)
    assert own.prepended("X-New", "0").get("x-new") == "0"
    assert list(own.appended("X-New", "2"))[-1] == ("X-New", "2")
    assert list(own.without("X-New").appended("X-New", "2").without("X-New")) == list(own.without("X-New"))


def test_compact_forms_are_expanded():
    for compact, name in COMPACT.items():
        own = Headers([(compact.upper(), "x")])
        assert own.get(name) == own.get(compact) == "x"
        assert list(own) == [(name, "x")]


def test_every_known_name_is_found_by_any_spelling():
    for name in CANONICAL:
        assert canonical(name.upper()) == canonical(name.lower()) == canonical(name)


def test_unknown_names_keep_their_spelling():
    own = Headers([("X-oDD", "1"), ("x-odd", "2")])
    assert list(own) == [("X-oDD", "1"), ("x-odd", "2")]
    assert own.get_all("X-Odd") == ("1", "2")
    assert own.count("x-ODD") == 2


def test_lists_are_split_where_the_grammar_has_a_list():
    own = Headers(
        [
            ("Contact", '"Watson, T." <sip:a@b;x=1>;q=0.7, "W \\", x" <sip:c@d>;q=0.1'),
            ("m", "<sip:e,f@g>"),
            ("Allow", "INVITE,ACK , BYE"),
            ("Subject", "one, two"),
            ("WWW-Authenticate", 'Digest realm="a", nonce="b"'),
        ]
    )
    contacts = ('"Watson, T." <sip:a@b;x=1>;q=0.7', '"W \\", x" <sip:c@d>;q=0.1', "<sip:e,f@g>")
    assert own.get_all("Contact") == contacts
    assert own.get_all("Allow") == ("INVITE", "ACK", "BYE")
    assert own.get_all("Subject") == ("one, two",)
    assert own.get_all("WWW-Authenticate") == ('Digest realm="a", nonce="b"',)
    assert own.get("Contact") == '"Watson, T." <sip:a@b;x=1>;q=0.7, "W \\", x" <sip:c@d>;q=0.1'
    assert own.get_all("Route") == ()


@pytest.mark.parametrize(
    "value", ['"a, <sip:b@c>', "<sip:a@b, <sip:c@d>", 'a", b', ",".join(["<a:b>"] * 200)]
)
def test_lists_that_cannot_be_split_are_refused(value: str):
    with pytest.raises(RemoteProtocolError):
        Headers([("Contact", value)]).get_all("Contact")


def test_values_are_replaced_in_their_place():
    own = Headers([("Via", "1"), ("To", "a"), ("v", "2"), ("From", "b")])
    assert list(own.with_("VIA", "3")) == [("Via", "3"), ("To", "a"), ("From", "b")]
    assert list(own.with_("Xx", "3"))[-1] == ("Xx", "3")
    assert own.count("via") == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<sip:bob@biloxi.com>", NameAddr(BOB)),
        ("sip:bob@biloxi.com", NameAddr(BOB)),
        ("sip:bob@biloxi.com ; tag = x", NameAddr(BOB, "", (("tag", "x"),))),
        ('"Bob \\"B\\" \\\\" <sip:bob@biloxi.com>', NameAddr(BOB, 'Bob "B" \\')),
        (
            "Bob  von Biloxi <sip:bob@biloxi.com>;tag=1;x",
            NameAddr(BOB, "Bob  von Biloxi", (("tag", "1"), ("x", None))),
        ),
        ('"" <sip:bob@biloxi.com>', NameAddr(BOB)),
        ('<sip:bob@biloxi.com>;q="a;b=\\"c\\""', NameAddr(BOB, "", (("q", 'a;b="c"'),))),
        ("<sip:bob@biloxi.com>;x=[::1]", NameAddr(BOB, "", (("x", "[::1]"),))),
        ("<tel:+1;ext=5>;tag=1", NameAddr(AbsoluteUri("tel", "+1;ext=5"), "", (("tag", "1"),))),
        ("tel:+1;tag=1", NameAddr(AbsoluteUri("tel", "+1"), "", (("tag", "1"),))),
        ('"Jörg" <sip:bob@biloxi.com>', NameAddr(BOB, "Jörg")),
    ],
)
def test_addresses(text: str, expected: NameAddr):
    assert NameAddr.parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Bob",
        "<sip:bob@biloxi.com",
        "sip:bob@biloxi.com>",
        "<sip:bob@biloxi.com>>",
        "<<sip:bob@biloxi.com>>",
        "< sip:bob@biloxi.com >",
        "Bob, B. <sip:bob@biloxi.com>",
        '"Bob <sip:bob@biloxi.com>',
        '"Bob\r\n" <sip:bob@biloxi.com>',
        "Jörg <sip:bob@biloxi.com>",
        "<sip:bob@biloxi.com>;;",
        "<sip:bob@biloxi.com>;tag=",
        "<sip:bob@biloxi.com>;tag=1;Tag=2",
        "<sip:bob@biloxi.com> tag=1",
        "sip:bob@biloxi.com?Subject=x",
        "sip:a;b@biloxi.com",
        "sip:bob@biloxi.com, sip:x@y",
        "<sip:bob@biloxi.com>;a=b" + ";c" * 9000,
        "<sip:bob@biloxi.com;lr;lr>",
        "<sip:bob%4@biloxi.com>",
        "<sip:bob@biloxi.com:70000>",
        "<tel:%>",
    ],
)
def test_malformed_addresses_are_refused(text: str):
    with pytest.raises(RemoteProtocolError):
        NameAddr.parse(text)


def test_tags():
    plain = NameAddr.parse("<sip:bob@biloxi.com>;x=1")
    assert plain.tag is None
    tagged = plain.with_tag("a").with_tag("b")
    assert tagged.tag == "b"
    assert str(tagged) == "<sip:bob@biloxi.com>;x=1;tag=b"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SIP/2.0/UDP a.com", Via("UDP", "a.com")),
        ("sip / 2.0 / tls [::1] : 5061 ; branch = z", Via("TLS", "::1", 5061, (("branch", "z"),))),
        ("SIP/2.0/TCP 192.0.2.1:5060;rport", Via("TCP", "192.0.2.1", 5060, (("rport", None),))),
    ],
)
def test_vias(text: str, expected: Via):
    assert Via.parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "SIP/2.0/UDP",
        "SIP/2.0/UDPa.com",
        "SIP/3.0/UDP a.com",
        "HTTP/2.0/UDP a.com",
        "SIP/2.0/UDP ::1",
        "SIP/2.0/UDP a.com:99999",
        "SIP/2.0/UDP a.com;",
        "SIP/2.0/UDP a.com;branch=1;branch=2",
        "SIP/2.0/UDP 1.2.3.400",
        "SIP/2.0/UDP a.com SIP/2.0/UDP b.com",
    ],
)
def test_malformed_vias_are_refused(text: str):
    with pytest.raises(RemoteProtocolError):
        Via.parse(text)


def test_what_a_server_adds_to_a_via():
    via = Via.parse("SIP/2.0/UDP a.com;rport;branch=z9hG4bKx")
    assert (via.branch, via.received, via.rport) == ("z9hG4bKx", None, None)
    added = via.with_parameter("rport", "5062").with_parameter("received", "2001:db8::1")
    assert str(added) == "SIP/2.0/UDP a.com;rport=5062;branch=z9hG4bKx;received=2001:db8::1"
    assert (added.received, added.rport) == ("2001:db8::1", 5062)


@pytest.mark.parametrize(
    "text", ["INVITE", "1", "1INVITE", "-1 INVITE", "4294967296 INVITE", "1_0 INVITE", "٣ INVITE"]
)
def test_malformed_cseqs_are_refused(text: str):
    with pytest.raises(RemoteProtocolError):
        CSeq.parse(text)

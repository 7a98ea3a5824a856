"""URIs: RFC 3261 section 19.1, with the examples of its text."""

import pytest
from hypothesis import given

from firmware.sip.errors import RemoteProtocolError
from firmware.sip.uri import AbsoluteUri, Uri, escape_user, parse_uri
from tests.sip.strategies import any_uris, other_uris


@given(any_uris)
def test_what_is_written_is_read(uri: Uri):
    assert Uri.parse(str(uri)) == uri
    assert parse_uri(str(uri)) == uri


@given(other_uris)
def test_what_is_written_is_read_of_other_schemes(uri: AbsoluteUri):
    assert parse_uri(str(uri)) == uri


@given(any_uris)
def test_a_uri_is_equivalent_to_itself(uri: Uri):
    assert uri.equivalent(Uri.parse(str(uri)))


@pytest.mark.parametrize(
    "text",
    [
        "sip:alice@atlanta.com",
        "sip:alice:secretword@atlanta.com;transport=tcp",
        "sips:alice@atlanta.com?subject=project%20x&priority=urgent",
        "sip:+1-212-555-1212:1234@gateway.com;user=phone",
        "sips:1212@gateway.com",
        "sip:alice@192.0.2.4",
        "sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com",
        "sip:alice;day=tuesday@atlanta.com",
    ],
)
def test_the_examples_of_19_1_3(text: str):
    assert str(Uri.parse(text)) == text


def test_the_parts_of_a_uri():
    uri = Uri.parse("SIPS:alice:pass@[2001:DB8::1]:5061;transport=tcp;lr?Subject=x&Priority=")
    assert uri == Uri(
        "sips",
        "alice",
        "pass",
        "2001:DB8::1",
        5061,
        (("transport", "tcp"), ("lr", None)),
        (("Subject", "x"), ("Priority", "")),
    )
    assert (uri.parameter("transport"), uri.parameter("lr"), uri.parameter("maddr")) == ("tcp", "", None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sip:",
        "sip:@example.com",
        "sip:alice@",
        "sip:al ice@example.com",
        "sip:alice@example.com ",
        "sip:alice@exa mple.com",
        "sip:alice@example..com",
        "sip:alice@.example.com",
        "sip:alice@example.com:",
        "sip:alice@example.com:65536",
        "sip:alice@example.com:5_060",
        "sip:alice@example.com:٥٠٦٠",
        "sip:alice@example.com:-1",
        "sip:alice%4@example.com",
        "sip:alice@example.com;x=%zz",
        "sip:alice@example.com;=x",
        "sip:alice@example.com;x=",
        "sip:alice@example.com;",
        "sip:alice@example.com;lr;LR",
        "sip:alice@example.com?",
        "sip:alice@example.com?subject",
        "sip:alice@256.0.0.1",
        "sip:alice@1.2.3",
        "sip:alice@1.2.3.4.5",
        "sip:alice@2001:db8::1",
        "sip:alice@[2001:db8::1",
        "sip:alice@[2001::db8::1]",
        "sip:alice@[1:2:3:4:5:6:7]",
        "sip:alice@[1:2:3:4:5:6:7:8:9]",
        "sip:alice@[1:2:3:4:5:6:7::8:9]",
        "sip:alice@[12345::]",
        "sip:alice@[::1.2.3.256]",
        "sip:alice@[fe80::1%25eth0]",
        "sip:alice\r\n@example.com",
        "sip:alice@example.com\n",
        "sip:älice@example.com",
        "<sip:alice@example.com>",
        "tel:",
        "tel:+1 2",
        "1tel:+12",
        "http://x/%",
        "sip:" + "a" * 9000 + "@example.com",
    ],
)
def test_what_is_no_uri_is_refused(text: str):
    with pytest.raises(RemoteProtocolError) as caught:
        parse_uri(text)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com;security=on"),
        ("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"),
        (
            "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
            "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com",
        ),
        (
            "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
            "sip:alice@atlanta.com?priority=urgent&subject=project%20x",
        ),
    ],
)
def test_the_equivalent_uris_of_19_1_4(one: str, other: str):
    assert Uri.parse(one).equivalent(Uri.parse(other))
    assert Uri.parse(other).equivalent(Uri.parse(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
        ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
        ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
        ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
        ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
        ("sip:carol@chicago.com", "sips:carol@chicago.com"),
        ("sip:carol@chicago.com", "tel:+12"),
    ],
)
def test_the_different_uris_of_19_1_4(one: str, other: str):
    assert not parse_uri(one).equivalent(parse_uri(other))
    assert not parse_uri(other).equivalent(parse_uri(one))


@pytest.mark.parametrize(
    "text", ["alice", "Jörg Müller", "a@b>\r\nVia: x", "+49 30 1234", "100%", "#31#", '"<']
)
def test_any_text_can_be_escaped_into_a_user(text: str):
    uri = Uri("sip", escape_user(text), host="example.com")
    assert Uri.parse(str(uri)) == uri
    assert "\r" not in str(uri)


def test_a_password_is_kept_and_not_shown():
    uri = Uri.parse("sip:alice:hunter2@example.com")
    assert "hunter2" in str(uri)
    assert "hunter2" not in repr(uri)

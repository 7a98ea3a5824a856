"""Reading and writing session descriptions (RFC 8866)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.sdp.description import Attribute, Connection, MediaDescription, Origin, SessionDescription
from firmware.sdp.errors import LocalProtocolError, SdpError
from firmware.sdp.grammar import MAX_FORMATS, MAX_LINE, MAX_LINES, MAX_MEDIA, MAX_SIZE, TOKEN

EXAMPLE = b"""\
v=0\r
o=jdoe 3724394400 3724394405 IN IP4 198.51.100.1\r
s=Call to John Smith\r
i=SDP Offer #1\r
u=http://www.jdoe.example.com/home.html\r
e=Jane Doe <jane@jdoe.example.com>\r
p=+1 617 555-6011\r
c=IN IP4 198.51.100.1\r
t=0 0\r
m=audio 49170 RTP/AVP 0\r
m=audio 49180 RTP/AVP 0\r
m=video 51372 RTP/AVP 99\r
c=IN IP6 2001:db8::2\r
a=rtpmap:99 h263-1998/90000\r
"""
"""The example of RFC 8866 section 5."""

LEAST = b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n"


def test_the_example_of_the_rfc_is_read_and_written_unchanged():
    description = SessionDescription.parse(EXAMPLE)
    assert description.origin == Origin(3724394400, 3724394405, "198.51.100.1", username="jdoe")
    assert description.connection == Connection("198.51.100.1")
    assert [one.port for one in description.media] == [49170, 49180, 51372]
    assert description.media[2].connection == Connection("2001:db8::2", "IP6")
    assert description.media[2].attributes == (Attribute("rtpmap", "99 h263-1998/90000"),)
    assert bytes(description) == EXAMPLE


def test_times_and_their_repeats_keep_their_order():
    text = LEAST + b"r=7d 1h 0 25h\r\nt=1 2\r\nz=1 1h\r\na=recvonly\r\n"
    assert bytes(SessionDescription.parse(text)) == text


def test_an_obsolete_key_line_is_dropped():
    """RFC 8866 section 5.12: k= must not be used and is discarded."""
    assert bytes(SessionDescription.parse(LEAST + b"k=clear:x\r\n")) == LEAST


@pytest.mark.parametrize(
    ("change", "by"),
    [
        (b"\r\n", b"\n"),
        (b"s=-", b"s="),
        (b"s=-", b"s= "),
        (b"t=0 0\r\n", b""),
        (b"s=-", "s=Gespräch".encode("latin-1")),
        (b"t=0 0\r\n", b"t=0 0\r\n\r\n"),
        (b"s=-\r\nt=0 0\r\n", b"t=0 0\r\ns=-\r\n"),
        (b"IP4 192.0.2.1", b"IP4 host.example.com"),
        (b"- 1 1", b"- 18446744073709551616 99999999999999999999"),
    ],
)
def test_what_real_telephones_do_otherwise_is_read(change, by):
    SessionDescription.parse(LEAST.replace(change, by))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"\r\n",
        b"v=1" + LEAST[3:],
        LEAST[5:],
        b"a=x\r\n" + LEAST,
        b"m=audio 1 RTP/AVP 0\r\n" + LEAST,
        LEAST.replace(b"s=-\r\n", b""),
        LEAST.replace(b"o=- 1 1 IN IP4 192.0.2.1\r\n", b""),
        LEAST + b"o=- 1 1 IN IP4 192.0.2.1\r\n",
        LEAST + b"c=IN IP4 192.0.2.1\r\nc=IN IP4 192.0.2.1\r\n",
        LEAST + b"x=unknown letter\r\n",
        LEAST + b"A=x\r\n",
        LEAST + b"a\r\n",
        LEAST + b"a =x\r\n",
        LEAST + b"=x\r\n",
        LEAST + b"\r\na=x\r\n",
        LEAST + b"a=\r\n",
        LEAST + b"a=na me:x\r\n",
        LEAST + b"a=x\x00y\r\n",
        LEAST + b"a=x\ry\r\n",
        LEAST.replace(b"1 1 IN", b"1 1 1 IN"),
        LEAST.replace(b"- 1 1 IN", b"1 1 IN"),
        LEAST.replace(b"- 1 1 IN", b"-  1 1 IN"),
        LEAST.replace(b"- 1 1 IN", b"- 1 -1 IN"),
        LEAST.replace(b"- 1 1 IN", b"- 1 1_0 IN"),
        LEAST.replace(b"- 1 1 IN", "- 1 ١ IN".encode()),
        LEAST.replace(b"- 1 1 IN", b"- 1 " + b"1" * 33 + b" IN"),
        LEAST.replace(b"IN IP4", b"ATM NSAP"),
        LEAST + b"c=IN IP4\r\n",
        LEAST + b"c=IN IP5 192.0.2.1\r\n",
        LEAST + b"m=audio\r\n",
        LEAST + b"m=audio 5000 RTP/AVP\r\n",
        LEAST + b"m=audio 65536 RTP/AVP 0\r\n",
        LEAST + b"m=audio -1 RTP/AVP 0\r\n",
        LEAST + b"m=audio 5000/x RTP/AVP 0\r\n",
        LEAST + b"m=audio 5000  RTP/AVP 0\r\n",
        LEAST + b"m=(audio) 5000 RTP/AVP 0\r\n",
        LEAST + b"m=audio 5000 RTP/AVP 0\r\nt=0 0\r\n",
        LEAST + b"m=audio 5000 RTP/AVP 0\r\ni=a\r\ni=b\r\n",
    ],
)
def test_what_is_malformed_is_refused(text):
    with pytest.raises(SdpError) as refusal:
        SessionDescription.parse(text)
    assert refusal.value.status == 400
    assert refusal.value.reason.isascii()


@pytest.mark.parametrize(
    ("within", "beyond"),
    [
        (b"a=" + b"x" * (MAX_LINE - 2), b"a=" + b"x" * (MAX_LINE - 1)),
        (b"a=x\r\n" * (MAX_LINES - 4), b"a=x\r\n" * (MAX_LINES - 3)),
        (b"m=audio 1 RTP/AVP 0\r\n" * MAX_MEDIA, b"m=audio 1 RTP/AVP 0\r\n" * (MAX_MEDIA + 1)),
        (b"m=audio 1 RTP/AVP" + b" 0" * MAX_FORMATS, b"m=audio 1 RTP/AVP" + b" 0" * (MAX_FORMATS + 1)),
        (
            (b"a=" + b"x" * 998 + b"\n") * 16,
            (b"a=" + b"x" * 998 + b"\n") * 16 + b"a=" + b"x" * (MAX_SIZE - 16000),
        ),
    ],
    ids=["line", "lines", "media", "formats", "size"],
)
def test_sizes_are_bounded(within, beyond):
    SessionDescription.parse(LEAST + within)
    with pytest.raises(SdpError):
        SessionDescription.parse(LEAST + beyond)


def test_attributes_are_found_by_their_exact_name():
    media = SessionDescription.parse(
        LEAST + b"m=audio 1 RTP/AVP 0\r\na=ptime:20\r\na=ptime:30\r\na=PTIME:40\r\na=sendrecv\r\n"
    ).media[0]
    assert (media.value("ptime"), media.values("ptime")) == ("20", ("20", "30"))
    assert media.has("sendrecv")
    assert media.value("sendrecv") is None
    assert not media.has("SendRecv")


def test_multicast_and_port_counts_are_kept():
    text = LEAST + b"m=video 49170/2 RTP/AVP 31\r\nc=IN IP4 233.252.0.1/127/3\r\nc=IN IP4 233.252.0.9/127\r\n"
    description = SessionDescription.parse(text)
    assert description.media[0].port_count == 2
    assert description.media[0].connection == Connection("233.252.0.1", "IP4", "/127/3")
    assert bytes(description) == text


@pytest.mark.parametrize("host", ["fe80::1%eth0", "host.example.com", "192.0.2.256", "192.0.2.01"])
def test_what_is_not_an_address_has_none(host):
    assert Connection.parse(f"IN IP6 {host}").ip is None


@pytest.mark.parametrize("name", ["a\r\nm=audio 1 RTP/AVP 0", "a\nb", "a\0b"])
def test_a_line_break_of_ours_is_never_written(name):
    with pytest.raises(LocalProtocolError):
        bytes(SessionDescription(Origin(1, 1, "192.0.2.1"), name=name))


TOKENS = st.from_regex(TOKEN.replace("++", "{1,8}"), fullmatch=True)
LINES = st.text(st.characters(blacklist_characters="\0\r\n", codec="utf-8"), max_size=20)
HOSTS = st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str)
CONNECTIONS = HOSTS.map(Connection.to)
ATTRIBUTES = st.lists(st.builds(Attribute, TOKENS, st.none() | LINES), max_size=4).map(tuple)
MEDIA = st.builds(
    MediaDescription,
    kind=TOKENS,
    port=st.integers(0, 65535),
    profile=TOKENS,
    formats=st.lists(TOKENS, min_size=1, max_size=4).map(tuple),
    connection=st.none() | CONNECTIONS,
    attributes=ATTRIBUTES,
    port_count=st.integers(1, 9),
)
DESCRIPTIONS = st.builds(
    SessionDescription,
    origin=st.builds(Origin, st.integers(0, 2**64), st.integers(0, 2**64), HOSTS, st.just("IP6"), TOKENS),
    media=st.lists(MEDIA, max_size=4).map(tuple),
    connection=st.none() | CONNECTIONS,
    attributes=ATTRIBUTES,
    name=LINES,
)


@given(DESCRIPTIONS)
def test_what_is_written_is_read_again(description):
    assert SessionDescription.parse(bytes(description)) == description

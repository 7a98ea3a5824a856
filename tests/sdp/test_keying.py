"""`a=crypto` (RFC 4568): what we can do is read, all else is passed over."""

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.sdp.errors import SdpError
from firmware.sdp.keying import KEY_LENGTHS, Crypto, SrtpKeys, usable

SUITE = "AES_CM_128_HMAC_SHA1_80"
KEY = bytes(range(30))
INLINE = f"inline:{b64encode(KEY).decode()}"


def test_the_example_of_the_rfc():
    """RFC 4568 section 4.2 and 6.1, without its master key identifier."""
    crypto = Crypto.parse(f"1 {SUITE} inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20")
    assert (crypto.tag, crypto.suite) == (1, SUITE)
    assert crypto.key == b"wDfvg&T+)xG7@fb5jU,RaA}\\|p0%*#"


@pytest.mark.parametrize("suite", KEY_LENGTHS)
@given(tag=st.integers(0, 10**9 - 1), data=st.data())
def test_what_is_written_is_read_again(suite, tag, data):
    length = KEY_LENGTHS[suite]
    crypto = Crypto(tag, suite, data.draw(st.binary(min_size=length, max_size=length)))
    assert Crypto.parse(str(crypto)) == crypto


@pytest.mark.parametrize(
    "text",
    [
        f"1 {SUITE} {INLINE}",
        f"1  {SUITE}\t{INLINE} ",
        f"1 {SUITE} {INLINE}|2^20",
        f"1 {SUITE} {INLINE}|2^48",
        f"1 {SUITE} {INLINE}|1048576",
        f"1 {SUITE} {INLINE} WSH=64",
        f"1 {SUITE} {INLINE} -OUR_OWN=x",
    ],
)
def test_what_we_can_do_is_taken(text):
    assert Crypto.parse(text).key == KEY


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        f"1 {SUITE}",
        f"x {SUITE} {INLINE}",
        f"١ {SUITE} {INLINE}",
        f"1234567890 {SUITE} {INLINE}",
        f"1 AES_CM_128_HMAC_SHA1_32 {INLINE}",
        f"1 aes_cm_128_hmac_sha1_80 {INLINE}",
        f"1 AEAD_AES_128_GCM {INLINE}",
        f"1 {SUITE} {INLINE}|2^20|1:4",
        f"1 {SUITE} {INLINE}|1:4",
        f"1 {SUITE} {INLINE};{INLINE}",
        f"1 {SUITE} {INLINE}|2^10",
        f"1 {SUITE} {INLINE}|2^49",
        f"1 {SUITE} {INLINE}|1000",
        f"1 {SUITE} {INLINE}|{2**48 + 1}",
        f"1 {SUITE} {INLINE}|2^",
        f"1 {SUITE} {INLINE} UNENCRYPTED_SRTP",
        f"1 {SUITE} {INLINE} UNAUTHENTICATED_SRTP",
        f"1 {SUITE} {INLINE} KDR=1",
        f"1 {SUITE} {INLINE} WSH=64 FEC_ORDER=FEC_SRTP",
        f"1 {SUITE} {INLINE[:-4]}",
        f"1 {SUITE} {INLINE}AAAA",
        f"1 {SUITE} inline:",
        f"1 {SUITE} inline:====",
        f"1 {SUITE} uri:https://example.com/key",
        f"1 {SUITE} {INLINE[:-1]}!",
    ],
)
def test_what_we_cannot_do_is_refused(text):
    with pytest.raises(SdpError):
        Crypto.parse(text)


def test_padding_may_be_missing_or_too_much():
    """The length of a key is known, so that some telephones do not count its padding."""
    gcm = bytes(range(28))
    text = b64encode(gcm).decode().rstrip("=")
    for padding in ("", "=", "==", "==="):
        assert Crypto.parse(f"1 AEAD_AES_128_GCM inline:{text}{padding}").key == gcm


def test_usable_lines_keep_their_order_and_have_one_of_our_suites():
    gcm = b64encode(bytes(28)).decode()
    lines = [
        f"1 F8_128_HMAC_SHA1_80 {INLINE}",
        "rubbish",
        f"3 {SUITE} {INLINE}",
        f"4 AEAD_AES_128_GCM inline:{gcm}",
    ]
    assert [one.tag for one in usable(lines, KEY_LENGTHS)] == [3, 4]
    assert [one.tag for one in usable(lines, ["AEAD_AES_128_GCM"])] == [4]


def test_of_lines_with_the_same_tag_the_first_counts():
    other = f"inline:{b64encode(bytes(30)).decode()}"
    (only,) = usable([f"1 {SUITE} {INLINE}", f"1 {SUITE} {other}"], [SUITE])
    assert only.key == KEY


def test_keys_are_not_shown():
    assert "key" not in repr(Crypto(1, SUITE, KEY))
    assert repr(SrtpKeys(SUITE, KEY, KEY)) == f"SrtpKeys(suite='{SUITE}')"

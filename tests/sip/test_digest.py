"""Digest authentication: the examples of RFC 2617, RFC 7616 and RFC 8760, and what a phone must not do."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.sip import digest
from firmware.sip.digest import (
    HASHES,
    Authorization,
    Challenge,
    Ha1,
    Password,
    authorization,
    challenges,
    hex_digest,
    strongest,
    verify,
)
from firmware.sip.errors import LocalProtocolError, RemoteProtocolError

ALGORITHMS = [name + ending for name in HASHES for ending in ("", "-sess")]

RFC7616_NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
RFC7616_CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"


def answer(challenge: Challenge, username: str, password: str, cnonce: str, uri: str) -> Authorization:
    """The credentials for a GET, as HTTP's examples have it."""
    return Authorization.parse(authorization(challenge, "GET", uri, username, Password(password), cnonce))


def test_rfc2617_3_5():
    challenge = Challenge.parse(
        'Digest realm="testrealm@host.com", qop="auth,auth-int",'
        ' nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    )
    given = answer(challenge, "Mufasa", "Circle Of Life", "0a4f113b", "/dir/index.html")
    assert given.response == "6629fae49393a05397450978507c4ef1"
    assert (given.nc, given.qop, given.opaque) == ("00000001", "auth", "5ccc069c403ebaf9f0171e9517f40e41")


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_rfc7616_3_9_1(algorithm: str, response: str):
    challenge = Challenge("http-auth@example.org", RFC7616_NONCE, algorithm, ("auth", "auth-int"))
    assert (
        answer(challenge, "Mufasa", "Circle of Life", RFC7616_CNONCE, "/dir/index.html").response == response
    )


def test_rfc7616_3_9_2_with_its_erratum_4897():
    """SHA-512-256 with a user name and a password beyond ASCII."""
    nonce, cnonce = (
        "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK",
        "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v",
    )
    challenge = Challenge("api@example.org", nonce, "SHA-512-256", ("auth",))
    given = answer(challenge, "Jäsøn Doe", "Secret, or not?", cnonce, "/doe.json")
    assert given.response == "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"
    assert given.username == "Jäsøn Doe"


def test_rfc2069_without_qop():
    """No qop: neither cnonce nor nc go into the digest or onto the wire (RFC 7616 section 3.4.1)."""

    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    header = authorization(Challenge("r", "n"), "REGISTER", "sip:example.com", "alice", Password("pw"), "c")
    given = Authorization.parse(header)
    assert given.response == md5(f"{md5('alice:r:pw')}:n:{md5('REGISTER:sip:example.com')}")
    assert "cnonce" not in header
    assert "nc=" not in header


def test_auth_int_covers_the_body_and_sess_both_nonces():
    """Written out by hand (RFC 7616 sections 3.4.2 and 3.4.3), as no RFC has an example."""

    def sha(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()

    challenge = Challenge("r", "n", "SHA-256-sess", ("auth-int",))
    header = authorization(challenge, "INVITE", "sip:b@c", "alice", Password("pw"), "cn", 2, b"v=0")
    a1, a2 = sha(f"{sha('alice:r:pw')}:n:cn"), sha(f"INVITE:sip:b@c:{sha('v=0')}")
    assert Authorization.parse(header).response == sha(f"{a1}:n:00000002:cn:auth-int:{a2}")
    assert "algorithm=SHA-256-sess" in header


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("qop", [(), ("auth",), ("auth-int",), ("auth", "auth-int")])
def test_what_the_client_answers_the_server_accepts(algorithm: str, qop: tuple[str, ...]):
    challenge = Challenge('a "realm"', "n", algorithm, qop, "opaque")
    body = b"v=0\r\n"
    header = authorization(
        challenge, "INVITE", "sip:bob@b", "al\\ice", Password("pässword"), "cnonce", 7, body
    )
    given = Authorization.parse(header)
    assert (given.username, given.realm, given.uri) == ("al\\ice", 'a "realm"', "sip:bob@b")
    assert verify(given, "INVITE", Password("pässword"), body)
    assert not verify(given, "INVITE", Password("password"), body)
    assert not verify(given, "BYE", Password("pässword"), body)
    assert verify(given, "INVITE", Password("pässword"), b"other") == (given.qop != "auth-int")


def test_a_hash_kept_in_place_of_the_password_works_for_its_algorithm():
    kept = Ha1({"SHA-256": hex_digest("SHA-256", "alice:r:pw")})
    for algorithm in ("SHA-256", "SHA-256-sess"):
        header = authorization(
            Challenge("r", "n", algorithm, ("auth",)), "BYE", "sip:b@c", "alice", kept, "c"
        )
        assert verify(Authorization.parse(header), "BYE", Password("pw"))
    with pytest.raises(LocalProtocolError):
        authorization(Challenge("r", "n", "MD5"), "BYE", "sip:b@c", "alice", kept, "c")


def test_secrets_are_never_shown():
    for secret in (Password("hunter2"), Ha1({"MD5": "hunter2"})):
        assert "hunter2" not in f"{secret!r} {secret}"
    given = Authorization("alice", "r", "n", "sip:b@c", "0123456789abcdef")
    assert "0123456789abcdef" not in repr(given)


def test_several_challenges_in_one_or_more_header_fields():
    """The challenges of RFC 8760 section 2.4, each in a field of its own or behind one another."""
    sha, md5 = (
        f'Digest realm="atlanta.example.com", qop="auth,auth-int", algorithm={algorithm}, nonce="{nonce}"'
        for algorithm, nonce in (("SHA-256", "a"), ("MD5", "b"))
    )
    for values in ([sha, md5], [f"{sha}, {md5}"], [f'Bearer realm="x", {sha}', f"NTLM x=y, {md5}"]):
        assert [(found.algorithm, found.nonce) for found in challenges(values)] == [
            ("SHA-256", "a"),
            ("MD5", "b"),
        ]
    assert challenges(['Bearer realm="x"']) == ()
    assert Challenge.parse(md5, proxy=True).proxy


def test_the_strongest_challenge_is_answered_wherever_it_stands():
    offered = [
        Challenge("r", "n", algorithm)
        for algorithm in ("MD5", "AKAv1-MD5", "SHA-256", "SHA-512-256", "MD5-sess")
    ]
    assert strongest(offered).algorithm == "SHA-512-256"
    assert strongest(offered[:3]).algorithm == "SHA-256"
    assert strongest([offered[4], offered[0]]).algorithm == "MD5-sess"
    for none in ([], [offered[1]]):
        with pytest.raises(RemoteProtocolError):
            strongest(none)


def test_a_hash_that_openssl_lacks_is_not_chosen_and_clearly_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(digest.HASHES, "SHA-512-256", "no_such_hash")
    weak, strong = Challenge("r", "n", "MD5"), Challenge("r", "n", "SHA-512-256")
    assert strongest([strong, weak]) == weak
    with pytest.raises(LocalProtocolError, match="SHA-512-256"):
        authorization(strong, "BYE", "sip:b@c", "alice", Password("pw"), "c")
    with pytest.raises(LocalProtocolError, match="OpenSSL"):
        hex_digest("SHA-512-256", "x")


def test_stale_and_spelling():
    found = Challenge.parse('DIGEST realm=r , nonce = "n",stale=TRUE,algorithm="sha-256-SESS",qop=auth')
    assert (found.stale, found.algorithm, found.qop) == (True, "SHA-256-sess", ("auth",))
    assert not Challenge.parse("Digest realm=r, nonce=n, stale=false").stale


@given(
    st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1),
    st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1),
    st.sampled_from(ALGORITHMS),
    st.booleans(),
)
def test_challenges_are_read_as_written(realm: str, nonce: str, algorithm: str, stale: bool):
    challenge = Challenge(realm, nonce, algorithm, ("auth", "auth-int"), "o", stale, "sip:a sip:b")
    assert Challenge.parse(str(challenge)) == challenge


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Digest",
        "Digest realm=r",
        "Digest nonce=n",
        'Digest realm="r, nonce=n',
        "Digest realm=r nonce=n",
        "Digest realm=r, nonce=n, nonce=m",
        "Digest realm=r,, nonce=n",
        "Digest realm=r, nonce=n, x",
        'realm="r", nonce="n"',
        "Digest realm=r, nonce=n, Digest realm=r, nonce=n",
    ],
)
def test_malformed_challenges_are_refused(value: str):
    with pytest.raises(RemoteProtocolError):
        Challenge.parse(value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Basic dXNlcjpwdw==",
        "Digest username=a",
        "NoOneKnowsThisScheme opaque-data=here",
        "Digest a=b, Digest c=d",
    ],
)
def test_malformed_credentials_are_refused(value: str):
    with pytest.raises(RemoteProtocolError):
        Authorization.parse(value)


def test_unknown_protection_is_refused_on_both_ends():
    with pytest.raises(RemoteProtocolError):
        authorization(Challenge("r", "n", qop=("auth-conf",)), "BYE", "sip:b@c", "alice", Password("pw"), "c")
    with pytest.raises(LocalProtocolError):
        authorization(Challenge("r", "n", "MD4"), "BYE", "sip:b@c", "alice", Password("pw"), "c")
    for wrong in (
        Authorization("a", "r", "n", "u", "0", "MD4"),
        Authorization("a", "r", "n", "u", "0", qop="x"),
    ):
        assert not verify(wrong, "BYE", Password("pw"))
    assert not verify(Authorization("a", "r", "n", "u", "ü"), "BYE", Password("pw"))

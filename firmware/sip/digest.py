"""Digest authentication as SIP uses it (RFC 7616, RFC 8760, RFC 3261 section 22), both ends of it."""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from firmware.sip.errors import LocalProtocolError, RemoteProtocolError
from firmware.sip.grammar import MAX_LIST, QUOTED_STRING, SWS, TOKEN, quote, unquote

HASHES = {"SHA-512-256": "sha512_256", "SHA-256": "sha256", "MD5": "md5"}
"""Algorithms and the hash that each uses, the strongest first."""

SESSION = "-sess"
"""Ending of the algorithms that mix both nonces into the secret."""

_SCHEME = re.compile(rf"{SWS}({TOKEN})[ \t]++(?={TOKEN}{SWS}=)")
_PARAMETER = re.compile(rf'{SWS}({TOKEN}){SWS}={SWS}({QUOTED_STRING}|[^ \t",]++){SWS}(?:,{SWS}|$)')
"""auth-param = auth-param-name EQUAL ( token / quoted-string )"""


def hex_digest(algorithm: str, text: str | bytes) -> str:
    """The hash of `text` by an algorithm of `HASHES`, in hexadecimal."""
    data = text.encode() if isinstance(text, str) else text
    try:
        return hashlib.new(HASHES[algorithm], data, usedforsecurity=False).hexdigest()
    except ValueError as error:
        raise LocalProtocolError(f"this system's OpenSSL cannot compute {algorithm}") from error


def supported(algorithm: str) -> bool:
    """Whether `algorithm`, with or without `-sess`, is known here and OpenSSL can compute it."""
    return HASHES.get(algorithm.removesuffix(SESSION)) in hashlib.algorithms_available


class Secret(Protocol):
    """What proves that a user is who they say."""

    def ha1(self, algorithm: str, username: str, realm: str) -> str:
        """H(username ":" realm ":" password) by an algorithm of `HASHES`."""


@dataclass(frozen=True, slots=True)
class Password:
    """A password in clear."""

    text: str = field(repr=False)

    def ha1(self, algorithm: str, username: str, realm: str) -> str:
        """See `Secret.ha1`."""
        return hex_digest(algorithm, f"{username}:{realm}:{self.text}")


@dataclass(frozen=True, slots=True)
class Ha1:
    """Hashes kept in place of a password, good for one user name and one realm only."""

    hashes: Mapping[str, str] = field(repr=False)
    """By algorithm of `HASHES`, in hexadecimal."""

    def ha1(self, algorithm: str, username: str, realm: str) -> str:
        """See `Secret.ha1`."""
        if algorithm not in self.hashes:
            raise LocalProtocolError(f"no {algorithm} hash of the password is kept")
        return self.hashes[algorithm]


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a server asks for in WWW-Authenticate, or a proxy in Proxy-Authenticate."""

    realm: str
    nonce: str
    algorithm: str = "MD5"
    """A key of `HASHES`, perhaps with `-sess`; any other is of a kind not known here."""
    qop: tuple[str, ...] = ()
    """Offered qualities of protection, "auth" and "auth-int" among them; none from servers of RFC 2069."""
    opaque: str | None = None
    stale: bool = False
    """The credentials were right, only the nonce was too old: try again without asking a person."""
    domain: str = ""
    proxy: bool = False
    """It came in Proxy-Authenticate, and is to be answered in Proxy-Authorization."""

    @classmethod
    def parse(cls, value: str, *, proxy: bool = False) -> "Challenge":
        """The only Digest challenge in `value`. Raises `RemoteProtocolError`."""
        found = challenges([value], proxy=proxy)
        if len(found) != 1:
            raise RemoteProtocolError("not one Digest challenge")
        return found[0]

    def __str__(self) -> str:
        quoted = {"realm": self.realm, "nonce": self.nonce, "qop": ",".join(self.qop)}
        quoted |= {"opaque": self.opaque or "", "domain": self.domain}
        text = ", ".join([f"{name}={quote(value)}" for name, value in quoted.items() if value])
        return f"Digest {text}, algorithm={self.algorithm}" + (", stale=true" if self.stale else "")

    @property
    def strength(self) -> int:
        """Larger for stronger algorithms, 0 for one that is not supported."""
        if not supported(self.algorithm):
            return 0
        return len(HASHES) - list(HASHES).index(self.algorithm.removesuffix(SESSION))


def challenges(values: Iterable[str], *, proxy: bool = False) -> tuple[Challenge, ...]:
    """Every Digest challenge in header field values, one or several in each; other schemes are left out."""
    found = []
    for value in values:
        for scheme, parameters in _split(value):
            if scheme.lower() == "digest":
                found.append(_challenge(parameters, proxy))
    return tuple(found)


def strongest(offered: Iterable[Challenge]) -> Challenge:
    """The challenge to answer: the strongest supported, the first of equals.

    RFC 8760 section 2.4 has the topmost one answered. An attacker can reorder, so strength goes first.
    """
    best = max(offered, key=lambda challenge: challenge.strength, default=None)
    if best is None or not best.strength:
        raise RemoteProtocolError("no challenge that can be answered")
    return best


@dataclass(frozen=True, slots=True)
class Authorization:
    """The answer to a challenge, in Authorization or Proxy-Authorization."""

    username: str
    realm: str
    nonce: str
    uri: str
    response: str = field(repr=False)
    algorithm: str = "MD5"
    qop: str | None = None
    cnonce: str = ""
    nc: str = ""
    """How often the nonce was used, in eight hexadecimal digits."""
    opaque: str | None = None

    @classmethod
    def parse(cls, value: str) -> "Authorization":
        """The Digest credentials that `value` writes. Raises `RemoteProtocolError`."""
        parts = _split(value)
        if len(parts) != 1 or parts[0][0].lower() != "digest":
            raise RemoteProtocolError("not Digest credentials")
        given = parts[0][1]
        if missing := {"username", "realm", "nonce", "uri", "response"} - given.keys():
            raise RemoteProtocolError(f"credentials without {min(missing)}")
        algorithm = _usual(given.get("algorithm", "MD5"))
        own = {name: given[name] for name in cls.__slots__ if name in given}
        return cls(**(own | {"algorithm": algorithm}))

    def __str__(self) -> str:
        text = f"Digest username={quote(self.username)}, realm={quote(self.realm)}, nonce={quote(self.nonce)}"
        text += f', uri={quote(self.uri)}, response="{self.response}"'
        if self.algorithm != "MD5":
            text += f", algorithm={self.algorithm}"
        if self.cnonce:
            text += f", cnonce={quote(self.cnonce)}"
        if self.qop is not None:
            text += f", qop={self.qop}, nc={self.nc}"
        return text if self.opaque is None else f"{text}, opaque={quote(self.opaque)}"

    def expected(self, method: str, secret: Secret, body: bytes) -> str:
        """The response that `secret` leads to (RFC 7616 section 3.4.1)."""
        algorithm = self.algorithm.removesuffix(SESSION)
        ha1 = secret.ha1(algorithm, self.username, self.realm)
        if self.algorithm.endswith(SESSION):
            ha1 = hex_digest(algorithm, f"{ha1}:{self.nonce}:{self.cnonce}")
        a2 = f"{method}:{self.uri}"
        if self.qop == "auth-int":
            a2 += f":{hex_digest(algorithm, body)}"
        use = "" if self.qop is None else f"{self.nc}:{self.cnonce}:{self.qop}:"
        return hex_digest(algorithm, f"{ha1}:{self.nonce}:{use}{hex_digest(algorithm, a2)}")


def authorization(
    challenge: Challenge,
    method: str,
    uri: str,
    username: str,
    secret: Secret,
    cnonce: str,
    nc: int = 1,
    body: bytes = b"",
) -> str:
    """The header field value that answers `challenge` for one request.

    `nc` counts the requests that were sent with the challenge's nonce, this one included. "auth" is chosen
    before "auth-int", as proxies on the way may change the body.
    """
    if not supported(challenge.algorithm):
        raise LocalProtocolError(f"{challenge.algorithm} is not supported")
    qop = next((known for known in ("auth", "auth-int") if known in challenge.qop), None)
    if challenge.qop and qop is None:
        raise RemoteProtocolError("no known quality of protection")
    mixes = qop is not None or challenge.algorithm.endswith(SESSION)
    unsigned = Authorization(
        username,
        challenge.realm,
        challenge.nonce,
        uri,
        "",
        challenge.algorithm,
        qop,
        cnonce if mixes else "",
        f"{nc:08x}" if qop else "",
        challenge.opaque,
    )
    return str(replace(unsigned, response=unsigned.expected(method, secret, body)))


def verify(given: Authorization, method: str, secret: Secret, body: bytes = b"") -> bool:
    """Whether credentials prove knowledge of `secret`. Realm, nonce, nc and URI are for others to check."""
    if not supported(given.algorithm) or given.qop not in (None, "auth", "auth-int"):
        return False
    expected = given.expected(method, secret, body)
    return hmac.compare_digest(expected.encode(), given.response.lower().encode())


def _challenge(given: dict[str, str], proxy: bool) -> Challenge:
    if "realm" not in given or "nonce" not in given:
        raise RemoteProtocolError("a challenge without realm or nonce")
    return Challenge(
        given["realm"],
        given["nonce"],
        _usual(given.get("algorithm", "MD5")),
        tuple(
            [token.strip(" \t").lower() for token in given.get("qop", "").split(",") if token.strip(" \t")]
        ),
        given.get("opaque"),
        given.get("stale", "").lower() == "true",
        given.get("domain", ""),
        proxy,
    )


def _usual(algorithm: str) -> str:
    """`algorithm` as RFC 7616 spells it."""
    name = algorithm.upper()
    return name.removesuffix("-SESS") + SESSION if name.endswith("-SESS") else name


def _split(value: str) -> list[tuple[str, dict[str, str]]]:
    """Scheme and parameters of each challenge in a header field value."""
    found: list[tuple[str, dict[str, str]]] = []
    at = 0
    while at < len(value) and len(found) <= MAX_LIST:
        if scheme := _SCHEME.match(value, at):
            found.append((scheme[1], {}))
            at = scheme.end()
        parameter = _PARAMETER.match(value, at)
        if parameter is None or not found or parameter[1].lower() in found[-1][1]:
            raise RemoteProtocolError("malformed challenge or credentials")
        found[-1][1][parameter[1].lower()] = unquote(parameter[2])
        at = parameter.end()
    return found

"""Who may use the exchange: digest authentication, at registrar and proxy (RFC 3261 section 22)."""

from collections.abc import Mapping
from dataclasses import replace

from firmware.sip.digest import Authorization, Challenge, Password, Secret, verify
from firmware.sip.entropy import Entropy
from firmware.sip.errors import RemoteProtocolError
from firmware.sip.headers import Headers
from firmware.sip.message import Request
from firmware.sip.nonce import NonceSource

ALGORITHMS = ("SHA-256", "MD5")
"""What is offered, the preferred one first (RFC 8760 section 2.3)."""


class Gate:
    """Knows the subscribers' secrets, and lets nobody in without one."""

    def __init__(self, realm: str, secrets: Mapping[str, Secret], entropy: Entropy) -> None:
        """`secrets` by the number that is user name and address at once."""
        self._realm = realm
        self._secrets = secrets
        self._nobody = Password(entropy(16).hex())
        self._nonces = NonceSource(entropy)

    def admit(self, request: Request, now: float, *, proxy: bool) -> str:
        """The number that `request` proves to come from.

        Raises `RemoteProtocolError`: 401 (407 for `proxy`) with challenges, or 403 for a wrong answer.
        """
        given = self._answer_in(request, proxy)
        if given is None:
            raise self._challenge(now, proxy=proxy)
        # An unknown name costs as much time as a wrong password.
        secret = self._secrets.get(given.username, self._nobody)
        proven = verify(given, request.method, secret, request.body) and given.algorithm in ALGORITHMS
        verdict = self._nonces.check(given.nonce, given.nc, now)
        if verdict != "fresh":
            raise self._challenge(now, proxy=proxy, stale=proven)
        if not proven or given.uri != str(request.uri):
            raise RemoteProtocolError("wrong user name or password", 403)
        return given.username

    def consume(self, request: Request) -> Request:
        """`request` without the credentials that were for us: the callee has no business with them."""
        kept = [
            (name, value)
            for name, value in request.headers
            if name != "Proxy-Authorization" or Authorization.parse(value).realm != self._realm
        ]
        return replace(request, headers=Headers(kept))

    def _answer_in(self, request: Request, proxy: bool) -> Authorization | None:
        """The credentials for our realm; those for others are none of our business."""
        name = "Proxy-Authorization" if proxy else "Authorization"
        answers = [Authorization.parse(value) for value in request.headers.get_all(name)]
        return next((answer for answer in answers if answer.realm == self._realm), None)

    def _challenge(self, now: float, *, proxy: bool, stale: bool = False) -> RemoteProtocolError:
        name, status = ("Proxy-Authenticate", 407) if proxy else ("WWW-Authenticate", 401)
        nonce = self._nonces.new(now)
        offers = [
            Challenge(self._realm, nonce, algorithm, ("auth",), stale=stale) for algorithm in ALGORITHMS
        ]
        fields = tuple([(name, str(offer)) for offer in offers])
        return RemoteProtocolError("a password is needed", status, fields)

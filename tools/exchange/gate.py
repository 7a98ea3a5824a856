"""Who may use the exchange: digest authentication, at registrar and proxy (RFC 3261 section 22)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from firmware.sip.digest import Authorization, Challenge, Password, Secret, verify
from firmware.sip.entropy import Entropy
from firmware.sip.errors import RemoteProtocolError
from firmware.sip.headers import Headers
from firmware.sip.message import Request
from firmware.sip.nonce import NonceSource

ALGORITHMS = ("SHA-256", "MD5")
"""What is offered, the preferred one first (RFC 8760 section 2.3)."""


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Somebody who may use the exchange."""

    secret: Secret
    algorithms: tuple[str, ...] = ALGORITHMS
    """Fewer for a telephone that gives up when it meets one that it does not know (baresip 1.0)."""


class Gate:
    """Knows the subscribers, and lets nobody else in."""

    def __init__(self, realm: str, subscribers: Mapping[str, Subscriber], entropy: Entropy) -> None:
        """`subscribers` by the number that is user name and address at once."""
        self._realm = realm
        self._subscribers = subscribers
        self._nobody = Subscriber(Password(entropy(16).hex()))
        self._nonces = NonceSource(entropy)

    def admit(self, request: Request, number: str, now: float, *, proxy: bool) -> None:
        """Let a request pass that proves to come from `number`, as it says.

        Raises `RemoteProtocolError`: 401 (407 for `proxy`) with challenges, or 403 for a wrong answer.
        """
        # An unknown number costs as much time as a wrong password.
        subscriber = self._subscribers.get(number, self._nobody)
        given = self._answer_in(request, proxy)
        if given is None:
            raise self._challenge(subscriber, now, proxy=proxy)
        proven = verify(given, request.method, subscriber.secret, request.body)
        if self._nonces.check(given.nonce, given.nc, now) != "fresh":
            raise self._challenge(subscriber, now, proxy=proxy, stale=proven)
        meant = (given.username, given.uri) == (number, str(request.uri))
        if not (proven and meant and given.algorithm in subscriber.algorithms):
            raise RemoteProtocolError("wrong user name or password", 403)

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

    def _challenge(
        self, subscriber: Subscriber, now: float, *, proxy: bool, stale: bool = False
    ) -> RemoteProtocolError:
        name, status = ("Proxy-Authenticate", 407) if proxy else ("WWW-Authenticate", 401)
        nonce = self._nonces.new(now)
        fields = tuple(
            (name, str(Challenge(self._realm, nonce, algorithm, ("auth",), stale=stale)))
            for algorithm in subscriber.algorithms
        )
        return RemoteProtocolError("a password is needed", status, fields)

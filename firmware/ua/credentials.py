"""When and how a challenge is answered: only to the account's own server, never weaker than before.

Answering anybody's 401 or 407 would hand the password's digest to whoever calls us (the SIP digest leak);
answering the weakest challenge would let an attacker on the path choose MD5 (RFC 8760 section 2.4).
"""

from __future__ import annotations

from dataclasses import dataclass

from firmware.sip.digest import SESSION, Challenge, Ha1, Password, authorization, challenges, strongest
from firmware.sip.entropy import Entropy
from firmware.sip.errors import RemoteProtocolError
from firmware.sip.flow import Flow
from firmware.sip.message import Request, Response
from firmware.ua.account import Account
from firmware.ua.reasons import printable

MAX_CHALLENGES = 4
"""challenges answered for one request: a proxy and a registrar, each once more with a fresh nonce"""
QOP = frozenset(("auth", "auth-int"))
"""qualities of protection that can be given"""
ANSWERS = {401: ("WWW-Authenticate", "Authorization"), 407: ("Proxy-Authenticate", "Proxy-Authorization")}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A challenge that stays unanswered."""

    reason: str
    downgrade: tuple[str, str, str] | None = None
    """realm, algorithm offered, algorithm remembered"""
    foreign_realm: str | None = None
    """the realm that is not ours, or that came over somebody else's flow"""


class Answers:
    """The challenges answered so far for one request, by header field and realm."""

    def __init__(self) -> None:
        self.count = 0
        self._values: dict[tuple[str, str], str] = {}

    def has(self, header: str, realm: str) -> bool:
        """Was a challenge of this realm answered before?"""
        return (header, realm) in self._values

    def give(self, header: str, realm: str, value: str, request: Request) -> Request:
        """The request with this answer, and with those to other challenges that it already needed."""
        self.count += 1
        self._values[header, realm] = value
        headers = request.headers.without("Authorization").without("Proxy-Authorization")
        for (name, _), answer in self._values.items():
            headers = headers.appended(name, answer)
        return Request(request.method, request.uri, headers, request.body)


class Credentials:
    """What one account answers, and what it remembers of its realm."""

    def __init__(self, account: Account, entropy: Entropy) -> None:
        self._account = account
        self._entropy = entropy
        self._realm = account.realm
        self._realm_flow: Flow | None = None
        """the flow on which a REGISTER learned the realm"""
        self._strongest: dict[str, Challenge] = {}

    def accept_downgrade(self) -> None:
        """A person (or signed settings) allows the weaker digest."""
        self._strongest.clear()

    def answer(self, request: Request, response: Response, flow: Flow, answers: Answers) -> Request | Refusal:
        """The request with an answer to the challenge in it, CSeq untouched; or why there is none."""
        asked_in, answer_in = ANSWERS[response.status]
        offered = self._answerable(response, asked_in)
        if self._account.secret is None:
            return Refusal("the server asks for a password and this line has none")
        if not offered:
            return Refusal("the server asks for a password in a way this phone does not know")
        if request.method == "REGISTER":
            self._learn_realm(strongest(offered).realm, flow)
        realm = self._realm or self._account.aor.host
        ours = [challenge for challenge in offered if challenge.realm == realm]
        if not ours:
            foreign = printable(offered[0].realm)
            return Refusal(f"the password for {realm} is not given to {foreign}", foreign_realm=foreign)
        challenge = strongest(ours)
        refusal = self._refusal(challenge, answer_in, answers)
        if refusal is not None:
            return refusal
        self._strongest[realm] = challenge
        return answers.give(answer_in, realm, self._value(challenge, request, self._account.secret), request)

    def _learn_realm(self, realm: str, flow: Flow) -> None:
        """The realm is the configured one, or that of the first challenge to our REGISTER on a flow."""
        if self._account.realm is None and self._realm_flow != flow:
            self._realm = realm
            self._realm_flow = flow

    def _refusal(self, challenge: Challenge, answer_in: str, answers: Answers) -> Refusal | None:
        again = answers.has(answer_in, challenge.realm)
        if answers.count >= MAX_CHALLENGES or (again and not challenge.stale):
            return Refusal(f"the server refused the user name or password ({self._account.user_name})")
        remembered = self._strongest.get(challenge.realm)
        if remembered is not None and challenge.strength < remembered.strength:
            return Refusal(
                f"the server asked for the weaker password check {challenge.algorithm} "
                f"although it used {remembered.algorithm} before",
                downgrade=(challenge.realm, challenge.algorithm, remembered.algorithm),
            )
        return None

    def _value(self, challenge: Challenge, request: Request, secret: Password | Ha1) -> str:
        cnonce = self._entropy(16).hex()
        uri, user = str(request.uri), self._account.user_name
        return authorization(challenge, request.method, uri, user, secret, cnonce, 1, request.body)

    def _answerable(self, response: Response, header: str) -> list[Challenge]:
        """The challenges that can be answered; one that cannot be read does not hide the others."""
        found: list[Challenge] = []
        for value in response.headers.get_all(header):
            try:
                found += challenges([value], proxy=response.status == 407)
            except RemoteProtocolError:
                continue
        return [challenge for challenge in found if self._can(challenge)]

    def _can(self, challenge: Challenge) -> bool:
        secret = self._account.secret
        kept = not isinstance(secret, Ha1) or challenge.algorithm.removesuffix(SESSION) in secret.hashes
        return kept and challenge.strength > 0 and (not challenge.qop or not QOP.isdisjoint(challenge.qop))

"""When and how a challenge is answered: only to the account's own server, never weaker than before.

Answering anybody's 401 or 407 would hand the password's digest to whoever calls us (the SIP digest leak);
answering the weakest challenge would let an attacker on the path choose MD5 (RFC 8760 section 2.4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from firmware.sip.digest import Challenge, authorization, challenges, strongest
from firmware.sip.entropy import Entropy
from firmware.sip.errors import RemoteProtocolError
from firmware.sip.message import Request, Response
from firmware.ua.account import Account
from firmware.ua.reasons import printable

MAX_CHALLENGES = 4
"""challenges answered for one request: a proxy and a registrar, each once more with a fresh nonce"""
ANSWERS = {401: ("WWW-Authenticate", "Authorization"), 407: ("Proxy-Authenticate", "Proxy-Authorization")}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A challenge that stays unanswered."""

    reason: str
    downgrade: tuple[str, str, str] | None = None
    """realm, algorithm offered, algorithm remembered"""
    foreign_realm: str | None = None
    """the realm that is not ours, or that came over somebody else's flow"""
    wrong_password: bool = False


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
    """What one account remembers about its realm."""

    def __init__(self) -> None:
        self.realm: str | None = None
        self._strongest: dict[str, Challenge] = {}
        self.stopped = False
        """a downgrade was refused; the line waits for a person"""

    def accept_downgrade(self) -> None:
        """A person (or signed settings) allows the weaker digest."""
        self._strongest.clear()
        self.stopped = False

    def answer(
        self, account: Account, request: Request, response: Response, answers: Answers, entropy: Entropy
    ) -> Request | Refusal:
        """The request with an answer to the challenge in it, CSeq untouched; or why there is none."""
        asked_in, answer_in = ANSWERS[response.status]
        challenge = self._ours(account, request, _offered(response, asked_in))
        if isinstance(challenge, Refusal):
            return challenge
        refusal = self._refusal(account, challenge, answer_in, answers)
        if refusal is not None or account.secret is None:
            return refusal or Refusal("the server asks for a password and this line has none")
        self._remember(challenge)
        value = authorization(
            challenge,
            request.method,
            str(request.uri),
            account.user_name,
            account.secret,
            entropy(16).hex(),
            1,
            request.body,
        )
        return answers.give(answer_in, challenge.realm, value, request)

    def _ours(self, account: Account, request: Request, offered: Sequence[Challenge]) -> Challenge | Refusal:
        """The strongest challenge of our own realm; the first one to a REGISTER tells which that is."""
        if not offered:
            return Refusal("the server asks for a password in a way this phone does not know")
        realm = account.realm or self.realm
        if realm is None:
            realm = strongest(offered).realm if request.method == "REGISTER" else account.aor.host
        ours = [challenge for challenge in offered if challenge.realm == realm]
        if ours:
            return strongest(ours)
        foreign = printable(offered[0].realm)
        return Refusal(f"the password for {realm} is not given to {foreign}", foreign_realm=foreign)

    def _refusal(
        self, account: Account, challenge: Challenge, answer_in: str, answers: Answers
    ) -> Refusal | None:
        again = answers.has(answer_in, challenge.realm)
        if answers.count >= MAX_CHALLENGES or (again and not challenge.stale):
            return Refusal(
                f"the server refused the user name or password ({account.user_name})", wrong_password=True
            )
        remembered = self._strongest.get(challenge.realm)
        if remembered is not None and challenge.strength < remembered.strength:
            self.stopped = True
            return Refusal(
                f"the server asked for the weaker password check {challenge.algorithm} "
                f"although it used {remembered.algorithm} before",
                downgrade=(challenge.realm, challenge.algorithm, remembered.algorithm),
            )
        return None

    def _remember(self, challenge: Challenge) -> None:
        self.realm = self.realm or challenge.realm
        self._strongest[challenge.realm] = challenge


def _offered(response: Response, header: str) -> list[Challenge]:
    """The challenges that can be answered; one that cannot does not hide the others."""
    found: list[Challenge] = []
    for value in response.headers.get_all(header):
        try:
            found += challenges([value], proxy=response.status == 407)
        except RemoteProtocolError:
            continue
    return [challenge for challenge in found if challenge.strength]

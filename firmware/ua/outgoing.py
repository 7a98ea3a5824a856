"""One request on its way: servers tried in turn, challenges answered, one outcome told to its user.

RFC 3263 section 4.3 (the next server after a transport failure, a timeout or a 503) and RFC 3261 sections
8.1.3.1 to 8.1.3.5. A failed attempt is a transaction of its own with a new branch; an INVITE left behind is
cancelled at its first provisional response.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Protocol

from firmware.sdp.errors import SdpError
from firmware.sip.errors import LocalProtocolError
from firmware.sip.flow import Flow, Target
from firmware.sip.message import Request, Response
from firmware.sip.transaction import ClientTransaction
from firmware.sip.uri import Uri
from firmware.ua.account import Account
from firmware.ua.core import Core
from firmware.ua.credentials import Answers, Refusal
from firmware.ua.events import ChallengeIgnored, DowngradeRefused

GIVE_UP = 3.5
"""seconds without any sign of life before the next server is tried, where there is one"""
PATIENCE = 16.0
"""seconds that resolving, or opening a flow to the last server, may take"""


class RequestUser(Protocol):
    """The registration or session that a request belongs to."""

    def compose(self, flow: Flow) -> Request:
        """The request as it goes out on a flow, without Via. Called once for each server tried."""

    def renumber(self, request: Request) -> int:
        """The CSeq number for a further try of the same request."""

    def on_response(self, sent: ClientRequest, response: Response, flow: Flow, now: float) -> None:
        """A provisional or final response; a challenge arrives here only when it stays unanswered."""

    def on_failure(self, sent: ClientRequest, reason: str, now: float) -> None:
        """No server gave a final response."""

    def on_late_success(self, request: Request, response: Response, now: float) -> None:
        """An INVITE given up on was accepted after all."""


class ClientRequest:
    """The way of one request from the first server to its final response."""

    def __init__(self, core: Core, account: Account, user: RequestUser, *, to_own_server: bool) -> None:
        self._core = core
        self._account = account
        self._user = user
        self._to_own_server = to_own_server
        self._uri: Uri | None = None
        self._targets: deque[Target] = deque()
        self._answers = Answers()
        self._deadline: float | None = None
        self._why = "no server was found"
        self._resolving = False
        self._opening = False
        self._progressed = False
        self._cancelled = False
        self.transaction: ClientTransaction | None = None
        self.refusal: Refusal | None = None
        """why the last challenge stays unanswered"""
        self.done = False

    def start(self, uri: Uri, flow: Flow | None, now: float) -> None:
        """Send on a flow that stands, else (or when it fails) to the servers behind `uri`."""
        self._uri = uri
        if flow is not None and self._core.flows.is_open(flow):
            self._transmit(flow, now)
        else:
            self._resolve(now)

    def cancel(self, now: float) -> None:
        """Stop an INVITE: by CANCEL (RFC 3261 section 9.1), or before it was sent."""
        self._cancelled = True
        if self.transaction is not None:
            self._core.transactions.cancel(self.transaction, now)
        elif not self.done:
            self._fail("cancelled", now)

    def abandon(self) -> None:
        """Nobody wants the outcome any more; what is in flight runs out by itself."""
        self.done = True
        self._deadline = None

    def deadline(self) -> float | None:
        """When `on_deadline` wants to be called."""
        return self._deadline

    def on_deadline(self, now: float) -> None:
        """The server at hand stayed silent for too long."""
        if self._deadline is None or now < self._deadline:
            return
        self._deadline = None
        if self._resolving:
            self._fail("the name service does not answer", now)
        else:
            self._next("the server does not answer", now)

    def on_resolved(self, targets: Sequence[Target], now: float) -> None:
        """The servers to be tried, in order."""
        if self._resolving and not self.done:
            self._resolving = False
            self._targets = deque(targets)
            self._next(self._why, now)

    def on_resolve_failed(self, reason: str, now: float) -> None:
        """There is no server."""
        if self._resolving and not self.done:
            self._fail(reason, now)

    def on_flow(self, flow: Flow, now: float) -> None:
        """A flow to the server at hand stands."""
        if not self._opening or self.done:
            return
        self._opening = False
        if self._to_own_server:
            self._core.flows.claim(self._account.id, flow)
        self._transmit(flow, now)

    def on_flow_failed(self, reason: str, now: float) -> None:
        """No flow to the server at hand."""
        if self._opening and not self.done:
            self._next(reason, now)

    def on_response(self, transaction: ClientTransaction, response: Response, flow: Flow, now: float) -> None:
        """Route a response: answer a challenge, try the next server, or tell the user."""
        if transaction is not self.transaction:
            self._left_behind(transaction, response, flow, now)
            return
        self._deadline = None
        if self.done:
            if response.status < 300:
                self._user.on_response(self, response, flow, now)
            return
        self._progressed = self._progressed or 100 < response.status < 200
        if response.status in (401, 407) and not self._cancelled and self._answer(response, flow, now):
            return
        if response.status == 503 and self._targets and self._may_go_on:
            self._next("the server is overloaded", now)
            return
        self.done = response.status >= 200
        self._user.on_response(self, response, flow, now)

    def on_no_response(self, transaction: ClientTransaction, reason: str, now: float) -> None:
        """The transaction at hand timed out or its flow failed."""
        if transaction is not self.transaction or self.done:
            return
        if self._may_go_on:
            self._next(reason, now)
        else:
            self._fail(reason, now)

    def on_terminated(self, transaction: ClientTransaction) -> None:
        """The layer has forgotten the transaction."""

    @property
    def _may_go_on(self) -> bool:
        """Another server may be tried: nobody cancelled, and no phone rings yet that would ring twice."""
        return not self._cancelled and not self._progressed

    def _resolve(self, now: float) -> None:
        if self._uri is None:
            self._fail(self._why, now)
            return
        uri, self._uri = self._uri, None
        self._resolving = True
        self._deadline = now + PATIENCE
        self._core.flows.resolve(uri, self)

    def _next(self, why: str, now: float) -> None:
        """Turn to the next server: of the list, or of the first look at the name service."""
        self._why = why
        self.transaction = None
        if not self._targets:
            self._resolve(now)
            return
        target = self._targets.popleft()
        self._opening = True
        self._deadline = now + (GIVE_UP if self._targets else PATIENCE)
        self._core.flows.open(target, self, now)

    def _transmit(self, flow: Flow, now: float, request: Request | None = None) -> None:
        """Start a transaction; `request` is a further try, else the user composes it for the flow."""
        waits = bool(self._targets) and not flow.reliable
        self._deadline = now + GIVE_UP if waits else None
        try:
            self.transaction = self._core.send(request or self._user.compose(flow), flow, self, now)
        except (LocalProtocolError, SdpError) as error:
            self._next(str(error), now)

    def _answer(self, response: Response, flow: Flow, now: float) -> bool:
        """Answer a challenge if that is safe; otherwise note why not."""
        transaction = self.transaction
        if transaction is None:
            return False
        if not self._core.flows.leads_home(self._account.id, flow):
            outcome: Request | Refusal = Refusal(
                "somebody other than this line's server asks for the password", foreign_realm=""
            )
        else:
            credentials = self._core.credentials(self._account)
            outcome = credentials.answer(transaction.request, response, flow, self._answers)
        if isinstance(outcome, Refusal):
            self._refused(outcome)
            return False
        number = self._user.renumber(transaction.request)
        self._transmit(flow, now, without_via(outcome, number))
        return True

    def _refused(self, refusal: Refusal) -> None:
        self.refusal = refusal
        if refusal.downgrade is not None:
            self._core.emit(DowngradeRefused(self._account.id, *refusal.downgrade, refusal.reason))
        elif refusal.foreign_realm is not None:
            self._core.emit(ChallengeIgnored(self._account.id, refusal.foreign_realm, refusal.reason))

    def _left_behind(
        self, transaction: ClientTransaction, response: Response, flow: Flow, now: float
    ) -> None:
        """An attempt that we gave up on shows life: cancel it, or let the user end what it began."""
        if transaction.request.method != "INVITE":
            return
        if response.status < 200:
            self._core.transactions.cancel(transaction, now)
        elif response.status < 300:
            self._user.on_late_success(transaction.request, response, now)

    def _fail(self, reason: str, now: float) -> None:
        self.done = True
        self._deadline = None
        self._resolving = False
        self._user.on_failure(self, reason, now)


def without_via(request: Request, number: int) -> Request:
    """A further try of a request: the next CSeq, and the Via left to the transaction layer."""
    headers = request.headers.without("Via").with_("CSeq", f"{number} {request.method}")
    return Request(request.method, request.uri, headers, request.body)

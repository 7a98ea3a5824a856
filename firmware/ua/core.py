"""What the parts of the user agent share: transactions, flows, outputs, who awaits a response."""

from __future__ import annotations

from collections import deque
from typing import Protocol

from firmware.sip.entropy import Entropy
from firmware.sip.flow import Flow
from firmware.sip.message import Request, Response
from firmware.sip.transaction import ClientTransaction, ServerTransaction, TransactionLayer
from firmware.ua.account import Account
from firmware.ua.credentials import Credentials
from firmware.ua.events import Effect, Event, Output
from firmware.ua.flows import FlowTable


class Transactor(Protocol):
    """Who sent a request and is told what became of it."""

    def on_response(self, transaction: ClientTransaction, response: Response, flow: Flow, now: float) -> None:
        """A response arrived."""

    def on_no_response(self, transaction: ClientTransaction, reason: str, now: float) -> None:
        """No final response will arrive: a timeout or a transport failure."""

    def on_terminated(self, transaction: ClientTransaction) -> None:
        """The transaction is gone; nothing more comes of it."""


class Core:
    """The common ground of registrations and sessions. Holds no decisions of its own."""

    def __init__(self, entropy: Entropy, product: str) -> None:
        self.entropy = entropy
        self.product = product
        self.outputs: deque[Output] = deque()
        self.transactions = TransactionLayer(entropy)
        self.flows = FlowTable(self.outputs)
        self._credentials: dict[str, Credentials] = {}
        self._transactors: dict[ClientTransaction, Transactor] = {}

    def emit(self, output: Effect | Event) -> None:
        """Queue something for `Endpoint.poll`."""
        self.outputs.append(output)

    def credentials(self, account: Account) -> Credentials:
        """What an account answers to challenges."""
        if account.id not in self._credentials:
            self._credentials[account.id] = Credentials(account, self.entropy)
        return self._credentials[account.id]

    def send(self, request: Request, flow: Flow, transactor: Transactor, now: float) -> ClientTransaction:
        """Start a client transaction whose outcome goes to `transactor`."""
        headers = request.headers.with_("User-Agent", self.product)
        request = Request(request.method, request.uri, headers, request.body)
        transaction = self.transactions.request(request, flow, now)
        self._transactors[transaction] = transactor
        return transaction

    def transactor(self, transaction: ClientTransaction) -> Transactor | None:
        """Who sent the request of a transaction."""
        return self._transactors.get(transaction)

    def release(self, transaction: ClientTransaction) -> None:
        """The transaction terminated: nobody awaits it any more."""
        self._transactors.pop(transaction, None)

    def respond(self, transaction: ServerTransaction, response: Response, now: float) -> None:
        """Send a response with our name on it."""
        self.transactions.respond(transaction, self.signed(response), now)

    def signed(self, response: Response) -> Response:
        """A response with the headers that each of ours carries."""
        headers = response.headers.with_("Server", self.product)
        return Response(response.status, response.reason, headers, response.body)

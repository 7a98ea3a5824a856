"""What is done with a request of somebody else, in the order of RFC 3261 section 8.2."""

from __future__ import annotations

from collections.abc import Callable

from firmware.sdp.errors import SdpError
from firmware.sip.errors import RemoteProtocolError
from firmware.sip.flow import Flow
from firmware.sip.inspection import Capabilities, validate_request
from firmware.sip.message import Request, response_to
from firmware.sip.transaction import RequestReceived, ServerTransaction
from firmware.ua.account import Account
from firmware.ua.core import Core
from firmware.ua.descriptions import refusal_of
from firmware.ua.identifiers import new_tag
from firmware.ua.requests import ALLOW, Fields, capabilities
from firmware.ua.sessions import SessionTable

CAPABILITIES = Capabilities(ALLOW)
"""what requests of others may ask for"""

LineOf = Callable[[Request, Flow], Account | None]


class IncomingRequests:
    """Inspects a request and gives it to its session, or answers it on the spot."""

    def __init__(self, core: Core, sessions: SessionTable, line_of: LineOf) -> None:
        self._core = core
        self._sessions = sessions
        self._line_of = line_of

    def receive(self, event: RequestReceived, now: float) -> None:
        """Take a request that the transaction layer has not seen before."""
        transaction, request = event.transaction, event.request
        session = self._sessions.of_message(request)
        if request.method == "ACK":
            if session is not None:
                session.receive_ack(request, now)
        elif transaction is None:
            return
        elif request.method == "CANCEL":
            self._cancel(transaction, event.cancels, request, now)
        else:
            try:
                validate_request(request, CAPABILITIES)
                self._act(transaction, request, event.flow, now)
            except (RemoteProtocolError, SdpError) as error:
                self._core.respond(transaction, refusal_of(request, error, self._tag()), now)

    def _act(self, transaction: ServerTransaction, request: Request, flow: Flow, now: float) -> None:
        if request.to.tag is not None:
            self._within(transaction, request, flow, now)
        elif request.method == "OPTIONS":
            self._answer(transaction, 200, now, capabilities())
        elif request.method == "INVITE":
            self._invited(transaction, request, flow, now)
        else:
            self._answer(transaction, 481, now)

    def _within(self, transaction: ServerTransaction, request: Request, flow: Flow, now: float) -> None:
        session = self._sessions.of_message(request)
        dialog = session.dialog_of(request) if session is not None and not session.ended else None
        if session is None or dialog is None:
            self._answer(transaction, 481, now)
            return
        dialog.receive_request(request)
        if request.method == "INVITE":
            session.receive_invite(transaction, request, flow, now)
        elif request.method == "BYE":
            session.receive_bye(transaction, request, now)
        else:
            self._answer(transaction, 200, now, capabilities())

    def _invited(self, transaction: ServerTransaction, request: Request, flow: Flow, now: float) -> None:
        account = self._line_of(request, flow)
        if account is None:
            self._answer(transaction, 404, now)
        elif self._sessions.full:
            self._answer(transaction, 486, now)
        else:
            self._sessions.take(account, transaction, flow)

    def _cancel(
        self, transaction: ServerTransaction, cancels: ServerTransaction | None, cancel: Request, now: float
    ) -> None:
        """200 to the CANCEL itself, whatever it can still stop (section 9.2)."""
        session = self._sessions.of_transaction(cancels)
        if cancels is None:
            self._answer(transaction, 481, now)
            return
        tag = session.local_tag if session is not None else self._tag()
        self._core.respond(transaction, response_to(cancel, 200, to_tag=tag), now)
        if session is not None:
            session.receive_cancel(cancel, now)

    def _answer(self, transaction: ServerTransaction, status: int, now: float, fields: Fields = ()) -> None:
        response = response_to(transaction.request, status, to_tag=self._tag(), headers=fields)
        self._core.respond(transaction, response, now)

    def _tag(self) -> str:
        return new_tag(self._core.entropy)

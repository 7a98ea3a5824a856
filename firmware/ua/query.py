"""An OPTIONS to somebody: is the way open, and what can they do (RFC 3261 section 11.1)."""

from __future__ import annotations

from firmware.sip.flow import Flow
from firmware.sip.headers import NameAddr
from firmware.sip.message import Request, Response
from firmware.sip.uri import Uri
from firmware.ua.account import Account
from firmware.ua.core import Core
from firmware.ua.events import OptionsAnswered
from firmware.ua.identifiers import new_call_id, new_tag
from firmware.ua.outgoing import ClientRequest
from firmware.ua.reasons import explain
from firmware.ua.requests import ACCEPT, new_request


class OptionsQuery:
    """One OPTIONS outside of any dialog."""

    def __init__(self, core: Core, account: Account, target: Uri) -> None:
        self._core = core
        self._account = account
        self._target = target
        self._call_id = new_call_id(core.entropy)
        self._tag = new_tag(core.entropy)
        self._number = 1

    def start(self, flow: Flow | None, now: float) -> ClientRequest:
        """Send it the way a call would go."""
        server = self._account.server
        request = ClientRequest(self._core, self._account, self, to_own_server=server is not None)
        request.start(server or self._target, flow, now)
        return request

    def compose(self, flow: Flow) -> Request:
        """The OPTIONS."""
        return new_request(
            self._account,
            flow,
            "OPTIONS",
            self._target,
            NameAddr(self._target),
            tag=self._tag,
            call_id=self._call_id,
            number=self._number,
            fields=(("Accept", ACCEPT),),
        )

    def renumber(self, request: Request) -> int:
        """The next CSeq."""
        self._number = request.cseq.number + 1
        return self._number

    def on_response(self, sent: ClientRequest, response: Response, flow: Flow, now: float) -> None:
        """Any final answer tells that the way is open."""
        if response.status >= 200:
            reason = sent.refusal.reason if sent.refusal else explain(response)
            self._core.emit(OptionsAnswered(self._account.id, self._target, response.status, reason))

    def on_failure(self, sent: ClientRequest, reason: str, now: float) -> None:
        """Nobody answered."""
        self._core.emit(OptionsAnswered(self._account.id, self._target, None, reason))

    def on_late_success(self, request: Request, response: Response, now: float) -> None:
        """Only an INVITE is ever accepted late."""

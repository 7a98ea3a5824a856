"""The session that we invite to (RFC 3261 section 13.2): early dialogs, forks, CANCEL and the first 2xx."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from firmware.sdp.errors import SdpError
from firmware.sdp.negotiation import LocalMedia, NegotiatedMedia, OfferAnswer
from firmware.sip.dialog import Dialog
from firmware.sip.errors import RemoteProtocolError
from firmware.sip.flow import Flow
from firmware.sip.headers import NameAddr
from firmware.sip.message import Message, Request, Response
from firmware.sip.uri import Uri
from firmware.ua.account import Account
from firmware.ua.core import Core
from firmware.ua.descriptions import CONTENT_TYPE, local_for, read_description
from firmware.ua.events import EarlyMedia, NeedsMedia, Redirected, Ringing, Trying
from firmware.ua.identifiers import new_call_id, new_tag
from firmware.ua.outgoing import ClientRequest
from firmware.ua.reasons import explain
from firmware.ua.requests import new_request, session_fields
from firmware.ua.session import Session, State, Trigger

MAX_BRANCHES = 16
"""early dialogs of one forked INVITE"""
MAX_REDIRECTS = 1
"""3xx followed in one session"""


@dataclass(slots=True)
class Branch:
    """One early dialog of a forked INVITE."""

    media: OfferAnswer
    """our offer, waiting for this branch's own answer"""
    negotiated: NegotiatedMedia | None = None


class ClientSession(Session):
    """An outgoing call."""

    owns_call_id = True

    def __init__(
        self, core: Core, account: Account, session_id: int, target: Uri, display_name: str, flow: Flow | None
    ) -> None:
        super().__init__(core, account, session_id, new_call_id(core.entropy), new_tag(core.entropy))
        self.state = State.PREPARING
        self.flow = flow
        self._target = target
        self._to = NameAddr(target, display_name)
        self._number = 1
        self._local: Sequence[LocalMedia] = ()
        self._invite: ClientRequest | None = None
        self._branches: dict[str, Branch] = {}
        self._redirects = 0
        self._rang = False
        self._failure = ""
        core.emit(NeedsMedia(session_id, ""))

    def provide_media(self, branch: str, local: Sequence[LocalMedia], now: float) -> None:
        """Call, now that we know where to receive."""
        if not branch:
            self._local = local
            self.fire(Trigger.MEDIA, now)

    def fire(self, trigger: Trigger, now: float, message: Message | None = None) -> bool:
        """Take a step of `TRANSITIONS`."""
        step = TRANSITIONS.get((self.state, trigger))
        if step is None:
            return False
        self.state, action = step
        action(self, now, message)
        return True

    # what ClientRequest asks and tells

    def compose(self, flow: Flow) -> Request:
        """The INVITE with an offer that suits the flow: keys only where nobody can read them."""
        self.flow = flow
        self._branches.clear()
        self.media = OfferAnswer(
            self.account.media,
            local_for(flow, self._local),
            secure_signalling=flow.secure,
            entropy=self.core.entropy,
        )
        body = bytes(self.media.create_offer())
        return new_request(
            self.account,
            flow,
            "INVITE",
            self._target,
            self._to,
            tag=self.local_tag,
            call_id=self.call_id,
            number=self._number,
            fields=(*session_fields(self.account, flow)[1:], *CONTENT_TYPE),
            body=body,
        )

    def renumber(self, request: Request) -> int:
        """The next CSeq of the INVITE."""
        self._number = request.cseq.number + 1
        return self._number

    def on_response(self, sent: ClientRequest, response: Response, flow: Flow, now: float) -> None:
        """Sort a response into the triggers of the table."""
        self.flow = flow
        if response.status < 200:
            self.fire(Trigger.PROGRESS, now, response)
        elif response.status < 300:
            self.fire(Trigger.SUCCESS, now, response)
        elif response.status < 400 and self._redirection(response) is not None:
            self.fire(Trigger.REDIRECT, now, response)
        else:
            self.fire(Trigger.FAILURE, now, response)

    def on_failure(self, sent: ClientRequest, reason: str, now: float) -> None:
        """No server gave a final response."""
        self._failure = reason
        self.fire(Trigger.NO_RESPONSE, now)

    def on_late_success(self, request: Request, response: Response, now: float) -> None:
        """A server given up on took the call: there is another one by now."""
        self._end_branch(request, response, now)

    # actions

    def _call(self, now: float, message: Message | None) -> None:
        server = self.account.server
        self._invite = self.keep(
            ClientRequest(self.core, self.account, self, to_own_server=server is not None)
        )
        self.core.emit(Trying(self.session_id))
        self._invite.start(server or self._target, self.flow if server is not None else None, now)

    def _progress(self, now: float, message: Message | None) -> None:
        if not isinstance(message, Response):
            return
        branch = self._branch(message)
        if message.status == 180 and not self._rang:
            self._rang = True
            self.core.emit(Ringing(self.session_id))
        if branch is None or branch.negotiated is not None or not message.body:
            return
        try:
            negotiated = self._answered(branch, message)
        except (SdpError, RemoteProtocolError):
            return  # the 2xx may still bring an answer that can be used
        tag = message.to.tag or ""
        if sum(one.negotiated is not None for one in self._branches.values()) == 1:
            self.core.emit(EarlyMedia(self.session_id, negotiated))
        else:
            self.core.emit(NeedsMedia(self.session_id, tag))

    def _confirm(self, now: float, message: Message | None) -> None:
        """The first 2xx: its branch becomes the session."""
        request = self._sent_request()
        if not isinstance(message, Response) or request is None:
            return
        branch = self._branch(message) or Branch(self.offer_answer.fork())
        self.dialog = Dialog.of_response(request, message)
        self.acknowledge(self.dialog, request, message, now)
        try:
            negotiated = self._answered(branch, message)
        except (SdpError, RemoteProtocolError) as error:
            self.lost(error.reason, now)
            return
        self.media = branch.media
        self.establish(negotiated)
        self.modification.settle(now)

    def _again(self, now: float, message: Message | None) -> None:
        """A further 2xx: the first one once more, or one of another branch, which is not wanted."""
        request = self._sent_request()
        if not isinstance(message, Response) or request is None:
            return
        if self.dialog is not None and self.dialog.id.remote_tag == (message.to.tag or ""):
            self.acknowledge(self.dialog, request, message, now)
        else:
            self._end_branch(request, message, now)

    def _end_branch(self, request: Request, response: Response, now: float) -> None:
        """ACK and BYE for a 2xx that nobody wants; only the ACK when it comes again."""
        known = self.knows(response)
        dialog = Dialog.of_response(request, response)
        self.acknowledge(dialog, request, response, now)
        if not known:
            self.send_bye(dialog, now)

    def _cancel(self, now: float, message: Message | None) -> None:
        """The layer sends the CANCEL as soon as it may (RFC 3261 section 9.1)."""
        if self._invite is not None:
            self._invite.cancel(now)
        self.end(None, "hung up", "local", now)

    def _stop(self, now: float, message: Message | None) -> None:
        self.end(None, "hung up", "local", now)

    def _refused(self, now: float, message: Message | None) -> None:
        if isinstance(message, Response):
            refusal = self._invite.refusal if self._invite is not None else None
            self.end(message.status, refusal.reason if refusal else explain(message), "remote", now)

    def _failed(self, now: float, message: Message | None) -> None:
        self.end(408, self._failure, "failure", now)

    def _redirect(self, now: float, message: Message | None) -> None:
        target = self._redirection(message) if isinstance(message, Response) else None
        if target is None:
            return
        self._redirects += 1
        self._number += 1
        self._target = target
        self.core.emit(Redirected(self.session_id, target))
        self._call(now, None)

    # helpers

    def _sent_request(self) -> Request | None:
        transaction = self._invite.transaction if self._invite is not None else None
        return transaction.request if transaction is not None else None

    def _branch(self, response: Response) -> Branch | None:
        """The early dialog of a response; None when it names none, or one too many."""
        tag = response.to.tag
        if tag is None or self.media is None:
            return None
        if tag not in self._branches and len(self._branches) < MAX_BRANCHES:
            self._branches[tag] = Branch(self.media.fork())
        return self._branches.get(tag)

    def _answered(self, branch: Branch, response: Response) -> NegotiatedMedia:
        """What a branch's answer agrees on; its first one counts (RFC 3261 section 13.2.1)."""
        if branch.negotiated is None:
            answer = read_description(response)
            if answer is None:
                raise SdpError("the other side did not say how to send it voice")
            branch.negotiated = branch.media.receive_answer(answer)
        return branch.negotiated

    def _redirection(self, response: Response) -> Uri | None:
        """Where a 3xx sends us, as long as we follow."""
        if self._redirects >= MAX_REDIRECTS or not 300 <= response.status < 400:
            return None
        uris = [contact.uri for contact in response.contacts]
        return next((uri for uri in uris if isinstance(uri, Uri)), None)


Action = Callable[[ClientSession, float, Message | None], None]

TRANSITIONS: dict[tuple[State, Trigger], tuple[State, Action]] = {
    (State.PREPARING, Trigger.MEDIA): (State.CALLING, ClientSession._call),
    (State.PREPARING, Trigger.HANG_UP): (State.ENDED, ClientSession._stop),
    (State.CALLING, Trigger.PROGRESS): (State.CALLING, ClientSession._progress),
    (State.CALLING, Trigger.SUCCESS): (State.CONFIRMED, ClientSession._confirm),
    (State.CALLING, Trigger.REDIRECT): (State.CALLING, ClientSession._redirect),
    (State.CALLING, Trigger.FAILURE): (State.ENDED, ClientSession._refused),
    (State.CALLING, Trigger.NO_RESPONSE): (State.ENDED, ClientSession._failed),
    (State.CALLING, Trigger.HANG_UP): (State.CANCELLING, ClientSession._cancel),
    (State.CANCELLING, Trigger.PROGRESS): (State.CANCELLING, ClientSession.nothing),
    (State.CANCELLING, Trigger.SUCCESS): (State.ENDED, ClientSession._again),
    (State.CANCELLING, Trigger.REDIRECT): (State.ENDED, ClientSession.nothing),
    (State.CANCELLING, Trigger.FAILURE): (State.ENDED, ClientSession.nothing),
    (State.CANCELLING, Trigger.NO_RESPONSE): (State.ENDED, ClientSession.nothing),
    (State.CONFIRMED, Trigger.SUCCESS): (State.CONFIRMED, ClientSession._again),
    (State.CONFIRMED, Trigger.HANG_UP): (State.ENDED, ClientSession.bye),
    (State.CONFIRMED, Trigger.BYE): (State.ENDED, ClientSession.ended_by_remote),
    (State.ENDED, Trigger.SUCCESS): (State.ENDED, ClientSession._again),
}
"""(state, trigger) -> (next state, action). What is not here means nothing in that state."""

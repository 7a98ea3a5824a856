"""The session that we are invited to (RFC 3261 section 13.3): ringing, answering, waiting for the ACK."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from firmware.sdp.description import SessionDescription
from firmware.sdp.errors import SdpError
from firmware.sdp.negotiation import LocalMedia, OfferAnswer
from firmware.sip.dialog import Dialog
from firmware.sip.errors import RemoteProtocolError
from firmware.sip.flow import Flow
from firmware.sip.message import Message, Request, Response, response_to
from firmware.sip.transaction import ServerTransaction
from firmware.ua.acceptance import Acceptance
from firmware.ua.account import Account
from firmware.ua.core import Core
from firmware.ua.descriptions import CONTENT_TYPE, local_for, read_description, refusal_of
from firmware.ua.events import EarlyMedia, IncomingSession, NeedsMedia
from firmware.ua.identifiers import new_tag
from firmware.ua.reasons import printable, reason_cause, reason_text
from firmware.ua.requests import Fields, session_fields
from firmware.ua.session import Session, State, Trigger

RING_AGAIN = 60.0
"""seconds after which a provisional response is repeated, or proxies give the call up (section 13.3.1.1)"""


class ServerSession(Session):
    """An incoming call. The description was read before, so that a malformed one never rings."""

    owns_call_id = False

    def __init__(
        self, core: Core, account: Account, session_id: int, transaction: ServerTransaction, flow: Flow
    ) -> None:
        request = transaction.request
        super().__init__(core, account, session_id, request.call_id, new_tag(core.entropy))
        self.state = State.INCOMING
        self.flow = flow
        self.transaction = transaction
        self._offer: SessionDescription | None = read_description(request)
        self._body: bytes = b""
        """our answer, or our offer to an INVITE without one"""
        self._early = False
        self._acceptance: Acceptance | None = None
        self._ring_again: float | None = None
        self._refusal: tuple[int, str] = (603, "Decline")
        self._error: SdpError | None = None
        response = response_to(request, 180, to_tag=self.local_tag)
        self.dialog = Dialog.of_request(request, response, secure=flow.secure)

    def announce(self) -> None:
        """Tell the phone."""
        request = self.transaction.request
        self.core.emit(
            IncomingSession(
                self.session_id,
                self.account.id,
                request.from_,
                request.to,
                request.uri,
                self.transaction.flow,
                self.secure,
                self._offer is not None,
            )
        )
        self.core.emit(NeedsMedia(self.session_id, ""))

    def provide_media(self, branch: str, local: Sequence[LocalMedia], now: float) -> None:
        """Match the offer with what we can; where nothing fits the call is refused before it is answered."""
        if branch or self.media is not None or self.ended:
            return
        try:
            self.media = OfferAnswer(
                self.account.media,
                local_for(self.transaction.flow, local),
                secure_signalling=self.secure,
                entropy=self.core.entropy,
            )
            if self._offer is None:
                self._body = bytes(self.media.create_offer())
            else:
                self.media.receive_offer(self._offer)
                description, self.negotiated = self.media.create_answer()
                self._body = bytes(description)
        except SdpError as error:
            self._error = error
            self.fire(Trigger.UNACCEPTABLE, now)
            return
        self.fire(Trigger.MEDIA, now)

    def ring(self, now: float, *, early_media: bool) -> None:
        """Say 180, or 183 with our answer where early media are wanted and possible."""
        self._early = early_media and self.negotiated is not None
        self.fire(Trigger.RING, now)

    def answer(self, now: float) -> None:
        """Take the call, as soon as the media are there."""
        self.fire(Trigger.ANSWER if self._body else Trigger.ANSWER_LATER, now)

    def reject(self, status: int, reason: str, now: float) -> None:
        """Refuse the call with a final status from 300 to 699."""
        self._refusal = (status, reason)
        self.fire(Trigger.REJECT, now)

    def hang_up(self, now: float) -> None:
        """BYE once confirmed; before that a refusal."""
        if not self.fire(Trigger.HANG_UP, now):
            self.reject(603, "Decline", now)

    def receive_cancel(self, cancel: Request, now: float) -> None:
        """The caller gave up; without effect once we have answered (RFC 3261 section 9.2)."""
        self.fire(Trigger.CANCEL, now, cancel)

    def receive_ack(self, ack: Request, now: float) -> None:
        """The ACK to our 2xx, or to that of a re-INVITE."""
        acceptance = self._acceptance
        if acceptance is None:
            super().receive_ack(ack, now)
        elif acceptance.number == ack.cseq.number:
            self._acceptance = None
            self.fire(Trigger.ACK, now, ack)

    def on_transaction_lost(self, reason: str, now: float) -> None:
        """The way back to the caller is gone before the call was answered."""
        if self.state in (State.INCOMING, State.RINGING, State.ANSWERING):
            self.state = State.ENDED
            self._respond(480, now)
            self.end(None, reason, "failure", now)

    def deadlines(self) -> Iterator[float | None]:
        """With the repetition of 180 and of the 2xx."""
        yield from super().deadlines()
        yield self._ring_again
        if self._acceptance is not None:
            yield self._acceptance.deadline()

    def on_deadline(self, now: float) -> None:
        """Repeat what is due."""
        super().on_deadline(now)
        if self._ring_again is not None and now >= self._ring_again:
            self._ring(now, None)
        if self._acceptance is not None and self._acceptance.on_deadline(now):
            self._acceptance = None
            self.fire(Trigger.NO_ACK, now)

    def fire(self, trigger: Trigger, now: float, message: Message | None = None) -> bool:
        """Take a step of `TRANSITIONS`."""
        step = TRANSITIONS.get((self.state, trigger))
        if step is None:
            return False
        self.state, action = step
        action(self, now, message)
        return True

    # actions

    def _ring(self, now: float, message: Message | None) -> None:
        self._ring_again = now + RING_AGAIN
        if not self._early or self.negotiated is None:
            self._respond(180, now)
            return
        self._respond(183, now, CONTENT_TYPE, self._body)
        self.core.emit(EarlyMedia(self.session_id, self.negotiated))

    def _accept(self, now: float, message: Message | None) -> None:
        """The 2xx with our answer, or with our offer to an INVITE that made none."""
        self._ring_again = None
        fields = (*self._dialog_fields(), *CONTENT_TYPE)
        response = self._response(200, fields, self._body)
        self.confirmed_dialog.confirm()
        self._acceptance = Acceptance(self.core, self.transaction, response, now)
        if self.negotiated is not None:
            self.establish(self.negotiated)

    def _confirm(self, now: float, message: Message | None) -> None:
        """The ACK is in; after a late offer it brings the answer."""
        if self.negotiated is None and isinstance(message, Request):
            try:
                answer = read_description(message)
                if answer is None:
                    raise SdpError("the other side did not say how to send it voice")
                negotiated = self.offer_answer.receive_answer(answer)
            except (SdpError, RemoteProtocolError) as error:
                self.lost(error.reason, now)
                return
            self.establish(negotiated)
        self.modification.settle(now)

    def _refuse(self, now: float, message: Message | None) -> None:
        status, reason = self._refusal
        self._respond(status, now, reason=printable(reason) or None)
        self.end(status, reason, "local", now)

    def _refuse_offer(self, now: float, message: Message | None) -> None:
        if self._error is not None:
            self.core.respond(
                self.transaction, refusal_of(self.transaction.request, self._error, self.local_tag), now
            )
            self.end(self._error.status, self._error.reason, "failure", now)

    def _cancelled(self, now: float, message: Message | None) -> None:
        self._respond(487, now)
        said = reason_text(message) if message is not None else ""
        cause = reason_cause(message) if message is not None else None
        self.end(cause or 487, said or "the caller hung up", "remote", now)

    def _leave(self, now: float, message: Message | None) -> None:
        """Hung up before the ACK: the BYE has to wait for it (RFC 3261 section 15)."""
        self.end(None, "hung up", "local", now)

    def _late_bye(self, now: float, message: Message | None) -> None:
        self.send_bye(self.confirmed_dialog, now)

    def _unacknowledged(self, now: float, message: Message | None) -> None:
        self.send_bye(self.confirmed_dialog, now)
        self.end(None, "the other side does not acknowledge", "failure", now)

    def _left(self, now: float, message: Message | None) -> None:
        self._acceptance = None
        self.ended_by_remote(now, message)

    # responses

    def _respond(
        self, status: int, now: float, fields: Fields = (), body: bytes = b"", reason: str | None = None
    ) -> None:
        if status >= 200:
            self._ring_again = None
        else:
            fields = (*self._dialog_fields(), *fields)
        self.core.respond(self.transaction, self._response(status, fields, body, reason), now)

    def _response(
        self, status: int, fields: Fields, body: bytes = b"", reason: str | None = None
    ) -> Response:
        request = self.transaction.request
        return response_to(request, status, reason, to_tag=self.local_tag, headers=fields, body=body)

    def _dialog_fields(self) -> Fields:
        """What a response that makes a dialog carries (RFC 3261 section 12.1.1)."""
        routes = self.transaction.request.headers.get_all("Record-Route")
        own = session_fields(self.account, self.transaction.flow)
        return (*(("Record-Route", route) for route in routes), *own)


Action = Callable[[ServerSession, float, Message | None], None]

_WAITING = (State.INCOMING, State.RINGING, State.ANSWERING)

TRANSITIONS: dict[tuple[State, Trigger], tuple[State, Action]] = {
    (State.INCOMING, Trigger.MEDIA): (State.INCOMING, ServerSession.nothing),
    (State.INCOMING, Trigger.RING): (State.RINGING, ServerSession._ring),
    (State.INCOMING, Trigger.ANSWER): (State.ACCEPTED, ServerSession._accept),
    (State.INCOMING, Trigger.ANSWER_LATER): (State.ANSWERING, ServerSession.nothing),
    (State.RINGING, Trigger.MEDIA): (State.RINGING, ServerSession.nothing),
    (State.RINGING, Trigger.RING): (State.RINGING, ServerSession._ring),
    (State.RINGING, Trigger.ANSWER): (State.ACCEPTED, ServerSession._accept),
    (State.RINGING, Trigger.ANSWER_LATER): (State.ANSWERING, ServerSession.nothing),
    (State.ANSWERING, Trigger.MEDIA): (State.ACCEPTED, ServerSession._accept),
    **{(state, Trigger.REJECT): (State.ENDED, ServerSession._refuse) for state in _WAITING},
    **{(state, Trigger.CANCEL): (State.ENDED, ServerSession._cancelled) for state in _WAITING},
    **{(state, Trigger.BYE): (State.ENDED, ServerSession._cancelled) for state in _WAITING},
    **{(state, Trigger.UNACCEPTABLE): (State.ENDED, ServerSession._refuse_offer) for state in _WAITING},
    (State.ACCEPTED, Trigger.ACK): (State.CONFIRMED, ServerSession._confirm),
    (State.ACCEPTED, Trigger.NO_ACK): (State.ENDED, ServerSession._unacknowledged),
    (State.ACCEPTED, Trigger.HANG_UP): (State.LEAVING, ServerSession._leave),
    (State.ACCEPTED, Trigger.BYE): (State.ENDED, ServerSession._left),
    (State.LEAVING, Trigger.ACK): (State.ENDED, ServerSession._late_bye),
    (State.LEAVING, Trigger.NO_ACK): (State.ENDED, ServerSession._late_bye),
    (State.LEAVING, Trigger.BYE): (State.ENDED, ServerSession._left),
    (State.CONFIRMED, Trigger.HANG_UP): (State.ENDED, ServerSession.bye),
    (State.CONFIRMED, Trigger.BYE): (State.ENDED, ServerSession.ended_by_remote),
}
"""(state, trigger) -> (next state, action). What is not here means nothing in that state."""

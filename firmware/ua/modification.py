"""Changing a confirmed session by re-INVITE, in both directions (RFC 3261 section 14).

Hold is `sendonly`, or `inactive` where the other side holds us as well (RFC 3264 section 8.4). One exchange
at a time: a re-INVITE that meets ours is answered 491, and ours that meets one is tried again after the times
of RFC 3261 section 14.1.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from typing import TYPE_CHECKING

from firmware.sdp.errors import SdpError
from firmware.sdp.negotiation import Direction, NegotiatedMedia
from firmware.sip.errors import RemoteProtocolError
from firmware.sip.flow import Flow
from firmware.sip.message import Request, Response, response_to
from firmware.sip.transaction import ServerTransaction
from firmware.ua.acceptance import Acceptance
from firmware.ua.descriptions import CONTENT_TYPE, read_description, refusal_of
from firmware.ua.events import MediaChanged, ModificationFailed
from firmware.ua.identifiers import uniform
from firmware.ua.outgoing import ClientRequest
from firmware.ua.reasons import explain
from firmware.ua.requests import session_fields
from firmware.ua.routing import flow_for

if TYPE_CHECKING:
    from firmware.ua.session import Session

GLARE_OWNER = (2.1, 4.0)
"""seconds after a 491 for the side that chose the Call-ID"""
GLARE_OTHER = (0.0, 2.0)
"""seconds for the other side"""
GLARE_STEP = 0.01


class State(Enum):
    """Which exchange is under way."""

    IDLE = auto()
    OFFERING = auto()
    """our re-INVITE is out"""
    BACKING_OFF = auto()
    """ours met theirs (491)"""
    ANSWERED = auto()
    """our 2xx to theirs is out, the ACK is not in"""


class Trigger(Enum):
    """What can happen to it."""

    CHANGE = auto()
    AGREED = auto()
    PENDING = auto()
    REFUSED = auto()
    DUE = auto()
    TAKEN = auto()
    """their offer was acceptable and is answered"""
    SETTLED = auto()
    """the ACK came"""


class Modification:
    """The re-INVITEs of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.state = State.IDLE
        self._wanted = False
        """we want the other side on hold"""
        self._offered = False
        """what our open offer says"""
        self._agreed = False
        """the other side knows that it is on hold"""
        self._acceptance: Acceptance | None = None
        self._due: float | None = None

    def hold(self, wanted: bool, now: float) -> None:
        """Hold or resume; what cannot be said at once is said when the exchange under way is over."""
        self._wanted = wanted
        self.settle(now)

    def settle(self, now: float) -> None:
        """Offer what the person wants, if that is still to be said."""
        if self._wanted != self._agreed and self._session.is_confirmed:
            self._fire(Trigger.CHANGE, now)

    def deadline(self) -> float | None:
        """When `on_deadline` wants to be called."""
        if self._acceptance is not None:
            return self._acceptance.deadline()
        return self._due

    def on_deadline(self, now: float) -> None:
        """Repeat the 2xx, give up on its ACK, or try again after a 491."""
        if self._acceptance is not None:
            if self._acceptance.on_deadline(now):
                self._acceptance = None
                self._session.lost("the other side does not acknowledge", now)
        elif self._due is not None and now >= self._due:
            self._due = None
            self._fire(Trigger.DUE, now)

    def stop(self) -> None:
        """The session is over."""
        self._acceptance = None
        self._due = None

    # their re-INVITE

    def receive_invite(
        self, transaction: ServerTransaction, request: Request, flow: Flow, now: float
    ) -> None:
        """Answer an offer at once: the media are there, only their direction or address changes."""
        core = self._session.core
        if self.state is State.OFFERING:
            core.respond(transaction, response_to(request, 491), now)
            return
        if self.state is State.ANSWERED:
            core.respond(transaction, response_to(request, 500, headers=(("Retry-After", "1"),)), now)
            return
        try:
            body, negotiated = self._answer(request)
        except (SdpError, RemoteProtocolError) as error:
            self._roll_back()
            core.respond(transaction, refusal_of(request, error), now)
            return
        fields = (*session_fields(self._session.account, flow), *CONTENT_TYPE)
        response = response_to(request, 200, headers=fields, body=body)
        self._session.confirmed_dialog.refresh_target(request)
        self._acceptance = Acceptance(core, transaction, response, now)
        self._due = None
        if negotiated is not None:
            self._changed(negotiated)
        self._fire(Trigger.TAKEN, now)

    def receive_ack(self, ack: Request, now: float) -> None:
        """Their ACK; after our late offer it brings the answer."""
        acceptance = self._acceptance
        if acceptance is None or acceptance.number != ack.cseq.number:
            return
        self._acceptance = None
        if acceptance.awaits_answer and not self._receive_answer(ack, now):
            return
        if acceptance.awaits_answer:
            self._agreed = self._offered
        self._fire(Trigger.SETTLED, now)

    def _answer(self, request: Request) -> tuple[bytes, NegotiatedMedia | None]:
        """Our answer to their offer; or our offer where they made none."""
        media = self._session.offer_answer
        offer = read_description(request)
        if offer is None:
            self._offered = self._wanted
            return bytes(media.create_offer(self._direction())), None
        media.receive_offer(offer)
        answer, negotiated = media.create_answer("sendonly" if self._wanted else "sendrecv")
        self._agreed = self._wanted
        return bytes(answer), negotiated

    # our re-INVITE

    def compose(self, flow: Flow) -> Request:
        """A re-INVITE with the direction that the person wants."""
        session = self._session
        self._roll_back()
        body = bytes(session.offer_answer.create_offer(self._direction()))
        fields = (*session_fields(session.account, flow), *CONTENT_TYPE)
        return session.confirmed_dialog.request("INVITE", headers=fields, body=body)

    def renumber(self, request: Request) -> int:
        """The next CSeq of the dialog."""
        return self._session.next_number()

    def on_response(self, sent: ClientRequest, response: Response, flow: Flow, now: float) -> None:
        """What the other side says to our offer."""
        if response.status < 200:
            return
        if response.status < 300:
            self._accepted(sent, response, now)
        elif response.status == 491:
            self._fire(Trigger.PENDING, now)
        else:
            reason = sent.refusal.reason if sent.refusal else explain(response)
            self._refused(response.status, reason, now)

    def on_failure(self, sent: ClientRequest, reason: str, now: float) -> None:
        """A re-INVITE without any answer means that the dialog is gone (RFC 3261 section 14.1)."""
        self._refused(408, reason, now)

    def on_late_success(self, request: Request, response: Response, now: float) -> None:
        """A server given up on answered after all: acknowledge; what was agreed since holds."""
        self._session.acknowledge(self._session.confirmed_dialog, request, response, now)

    def _accepted(self, sent: ClientRequest, response: Response, now: float) -> None:
        if sent.transaction is None:
            return
        session = self._session
        request = sent.transaction.request
        dialog = session.confirmed_dialog
        dialog.refresh_target(response)
        session.acknowledge(dialog, request, response, now)
        if self.state is State.OFFERING and self._receive_answer(response, now):
            self._agreed = self._offered
            self._fire(Trigger.AGREED, now)

    def _refused(self, status: int, reason: str, now: float) -> None:
        self._roll_back()
        self._wanted = self._agreed
        self._fire(Trigger.REFUSED, now)
        session = self._session
        session.core.emit(ModificationFailed(session.session_id, status, reason))
        if status in (408, 481):
            session.lost(reason, now)

    # shared

    def _receive_answer(self, message: Request | Response, now: float) -> bool:
        """Take the answer to our offer; without a usable one the session cannot go on."""
        try:
            answer = read_description(message)
            if answer is None:
                raise SdpError("an answer without a session description")
            negotiated = self._session.offer_answer.receive_answer(answer)
        except (SdpError, RemoteProtocolError) as error:
            self._session.lost(error.reason, now)
            return False
        self._changed(negotiated)
        return True

    def _changed(self, negotiated: NegotiatedMedia) -> None:
        if negotiated != self._session.negotiated:
            self._session.negotiated = negotiated
            self._session.core.emit(MediaChanged(self._session.session_id, negotiated))

    def _direction(self) -> Direction:
        if not self._wanted:
            return "sendrecv"
        now = self._session.negotiated
        held = now is not None and now.direction in ("recvonly", "inactive")
        return "inactive" if held else "sendonly"

    def _roll_back(self) -> None:
        self._session.offer_answer.rollback()

    def _fire(self, trigger: Trigger, now: float) -> None:
        step = TRANSITIONS.get((self.state, trigger))
        if step is not None:
            self.state, action = step
            action(self, now)

    def _offer(self, now: float) -> None:
        session = self._session
        self._offered = self._wanted
        request = session.keep(ClientRequest(session.core, session.account, self, to_own_server=False))
        dialog = session.confirmed_dialog
        request.start(dialog.next_hop, flow_for(session.core, session.account, dialog, session.flow), now)

    def _back_off(self, now: float) -> None:
        self._roll_back()
        bounds = GLARE_OWNER if self._session.owns_call_id else GLARE_OTHER
        pause = uniform(self._session.core.entropy, *bounds)
        self._due = now + round(pause / GLARE_STEP) * GLARE_STEP

    def _nothing(self, now: float) -> None:
        """The state says it all."""


Action = Callable[[Modification, float], None]

TRANSITIONS: dict[tuple[State, Trigger], tuple[State, Action]] = {
    (State.IDLE, Trigger.CHANGE): (State.OFFERING, Modification._offer),
    (State.IDLE, Trigger.TAKEN): (State.ANSWERED, Modification._nothing),
    (State.OFFERING, Trigger.AGREED): (State.IDLE, Modification.settle),
    (State.OFFERING, Trigger.PENDING): (State.BACKING_OFF, Modification._back_off),
    (State.OFFERING, Trigger.REFUSED): (State.IDLE, Modification._nothing),
    (State.BACKING_OFF, Trigger.DUE): (State.IDLE, Modification.settle),
    (State.BACKING_OFF, Trigger.TAKEN): (State.ANSWERED, Modification._nothing),
    (State.ANSWERED, Trigger.SETTLED): (State.IDLE, Modification.settle),
}
"""(state, trigger) -> (next state, action). A change wanted at another time waits for `settle`."""

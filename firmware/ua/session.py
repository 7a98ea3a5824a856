"""What both roles of an INVITE session share: its dialogs, its end, and its life once it is confirmed.

`client_session` and `server_session` add how it comes to be confirmed (RFC 3261 sections 13.2 and 13.3); both
are tables of (state, trigger) -> (state, action) over the states and triggers named here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum, auto

from firmware.sdp.negotiation import LocalMedia, NegotiatedMedia, OfferAnswer
from firmware.sip.dialog import Dialog, DialogId
from firmware.sip.errors import LocalProtocolError
from firmware.sip.flow import Flow
from firmware.sip.message import Message, Request, Response, response_to
from firmware.sip.timers import TRANSACTION_TIMEOUT
from firmware.sip.transaction import ServerTransaction
from firmware.ua.account import Account
from firmware.ua.acknowledgement import Acknowledgement
from firmware.ua.core import Core
from firmware.ua.events import EndedBy, Established, SessionEnded
from firmware.ua.journal import DialogRecord, record_of
from firmware.ua.modification import Modification
from firmware.ua.outgoing import ClientRequest
from firmware.ua.reasons import reason_cause, reason_text
from firmware.ua.routing import flow_for

MAX_ACKNOWLEDGEMENTS = 16
"""ACKs kept for repetition; a fork does not have more branches than this"""


class State(Enum):
    """Where a session stands."""

    PREPARING = auto()
    """client: waits for its media"""
    CALLING = auto()
    """client: the INVITE is out"""
    CANCELLING = auto()
    """client: hung up before the answer; a 2xx may still cross the CANCEL"""
    INCOMING = auto()
    """server: nothing was answered yet but 100"""
    RINGING = auto()
    """server: 180 or 183 was sent"""
    ANSWERING = auto()
    """server: taken, but the media are not there yet"""
    ACCEPTED = auto()
    """server: the 2xx is out, the ACK is not in"""
    LEAVING = auto()
    """server: hung up while the ACK is not in; a BYE has to wait for it (RFC 3261 section 15)"""
    CONFIRMED = auto()
    ENDED = auto()


class Trigger(Enum):
    """What can happen to it."""

    MEDIA = auto()
    PROGRESS = auto()
    SUCCESS = auto()
    REDIRECT = auto()
    FAILURE = auto()
    NO_RESPONSE = auto()
    RING = auto()
    ANSWER = auto()
    ANSWER_LATER = auto()
    REJECT = auto()
    CANCEL = auto()
    UNACCEPTABLE = auto()
    ACK = auto()
    NO_ACK = auto()
    HANG_UP = auto()
    BYE = auto()


class Session:
    """One INVITE session, identified towards the phone by a number."""

    owns_call_id: bool
    """the Call-ID is ours, which decides who waits longer after a glare"""

    def __init__(self, core: Core, account: Account, session_id: int, call_id: str, local_tag: str) -> None:
        self.core = core
        self.account = account
        self.session_id = session_id
        self.call_id = call_id
        self.local_tag = local_tag
        self.state: State
        self.dialog: Dialog | None = None
        self.flow: Flow | None = None
        """the flow over which the session was set up"""
        self.media: OfferAnswer | None = None
        self.negotiated: NegotiatedMedia | None = None
        self.modification = Modification(self)
        self._requests: list[ClientRequest] = []
        self._acknowledgements: dict[tuple[int, str], Acknowledgement] = {}
        self._ended = False
        self._linger_until: float | None = None

    # what the phone asks

    def provide_media(self, branch: str, local: Sequence[LocalMedia], now: float) -> None:
        """The stream that `NeedsMedia` asked for."""
        raise NotImplementedError

    def hang_up(self, now: float) -> None:
        """End the session as its state demands: CANCEL, BYE, or a refusal."""
        self.fire(Trigger.HANG_UP, now)

    def hold(self, wanted: bool, now: float) -> None:
        """Put the other side on hold, or resume."""
        self.modification.hold(wanted, now)

    @property
    def ended(self) -> bool:
        """`SessionEnded` was said; what is left is politeness towards the other side."""
        return self._ended

    @property
    def secure(self) -> bool:
        """The signalling between us and the next server is encrypted."""
        return self.flow is not None and self.flow.secure

    def journal(self) -> DialogRecord | None:
        """The confirmed dialog in plain values, to be kept across a restart."""
        if self.state is not State.CONFIRMED or self.dialog is None or self.flow is None:
            return None
        return record_of(self.dialog, self.account, self.flow)

    # time

    def deadlines(self) -> Iterator[float | None]:
        """Every moment at which `on_deadline` has something to do."""
        requests = self.live_requests()
        yield self._linger_until if not requests else None
        yield self.modification.deadline()
        for request in requests:
            yield request.deadline()

    def on_deadline(self, now: float) -> None:
        """Do what is due."""
        for request in self.live_requests():
            request.on_deadline(now)
        self.modification.on_deadline(now)

    def live_requests(self) -> list[ClientRequest]:
        """Requests of ours without a final outcome."""
        self._requests = [request for request in self._requests if not request.done]
        return list(self._requests)

    @property
    def is_confirmed(self) -> bool:
        """The session stands and may be changed."""
        return self.state is State.CONFIRMED

    @property
    def confirmed_dialog(self) -> Dialog:
        """The dialog of a session that has one."""
        if self.dialog is None:
            raise LocalProtocolError("the session has no dialog yet")
        return self.dialog

    @property
    def offer_answer(self) -> OfferAnswer:
        """The media of a session that has them."""
        if self.media is None:
            raise LocalProtocolError("the session has no media yet")
        return self.media

    def next_number(self) -> int:
        """The next CSeq number of the dialog, for a request that is sent once more."""
        self.confirmed_dialog.local_sequence += 1
        return self.confirmed_dialog.local_sequence

    def is_over(self, now: float) -> bool:
        """Nothing more can come that the session would have to answer."""
        return self._linger_until is not None and now >= self._linger_until and not self.live_requests()

    # the machine

    def fire(self, trigger: Trigger, now: float, message: Message | None = None) -> bool:
        """Take a step of the role's table; False when the trigger means nothing in this state."""
        raise NotImplementedError

    # requests within the dialog

    def dialog_of(self, request: Request) -> Dialog | None:
        """The dialog that a request with our tag belongs to."""
        dialog = self.dialog
        return dialog if dialog is not None and dialog.id == DialogId.of_request(request) else None

    def receive_ack(self, ack: Request, now: float) -> None:
        """An ACK to a 2xx of ours."""
        if self.dialog_of(ack) is not None:
            self.modification.receive_ack(ack, now)

    def receive_invite(
        self, transaction: ServerTransaction, request: Request, flow: Flow, now: float
    ) -> None:
        """A re-INVITE (RFC 3261 section 14.2)."""
        if self.state is State.CONFIRMED:
            self.modification.receive_invite(transaction, request, flow, now)
        else:
            fields = (("Retry-After", "1"),)
            self.core.respond(transaction, response_to(request, 500, headers=fields), now)

    def receive_bye(self, transaction: ServerTransaction, request: Request, now: float) -> None:
        """The other side hangs up."""
        self.core.respond(transaction, response_to(request, 200), now)
        self.fire(Trigger.BYE, now, request)

    def receive_stray_success(self, response: Response, flow: Flow, now: float) -> None:
        """A 2xx to an INVITE whose transaction is long over: repeat the ACK if we know it."""
        known = self._acknowledgements.get(_acknowledged(response))
        if known is not None:
            known.again()

    def keep(self, request: ClientRequest) -> ClientRequest:
        """Note a request for its deadlines."""
        self._requests.append(request)
        return request

    # the end

    def send_bye(self, dialog: Dialog, now: float) -> None:
        """End a dialog (RFC 3261 section 15.1.1)."""
        request = self.keep(ClientRequest(self.core, self.account, Farewell(dialog), to_own_server=False))
        request.start(dialog.next_hop, flow_for(self.core, self.account, dialog, self.flow), now)

    def acknowledge(self, dialog: Dialog, invite: Request, response: Response, now: float) -> None:
        """Send the ACK to a 2xx, or send it again."""
        known = self._acknowledgements.get(_acknowledged(response))
        if known is not None:
            known.again()
            return
        if len(self._acknowledgements) >= MAX_ACKNOWLEDGEMENTS:
            self._acknowledgements.pop(next(iter(self._acknowledgements)))
        acknowledgement = Acknowledgement(self.core, dialog.ack(invite))
        self._acknowledgements[_acknowledged(response)] = acknowledgement
        acknowledgement.send(dialog.next_hop, flow_for(self.core, self.account, dialog, self.flow), now)

    def knows(self, response: Response) -> bool:
        """Was this 2xx acknowledged before?"""
        return _acknowledged(response) in self._acknowledgements

    def lost(self, reason: str, now: float) -> None:
        """A confirmed session that cannot go on: BYE, and say why."""
        if self.dialog is not None and not self._ended:
            self.state = State.ENDED
            self.send_bye(self.dialog, now)
            self.end(None, reason, "failure", now)

    def end(self, status: int | None, reason: str, by: EndedBy, now: float) -> None:
        """Say once that the session is over; it lingers for what is still on its way."""
        if self._ended:
            return
        self._ended = True
        self.modification.stop()
        self._linger_until = now + TRANSACTION_TIMEOUT
        self.core.emit(SessionEnded(self.session_id, status, reason, by))

    def establish(self, negotiated: NegotiatedMedia) -> None:
        """Say that the session stands."""
        self.negotiated = negotiated
        self.core.emit(Established(self.session_id, negotiated, self.secure))

    # actions that both tables use

    def bye(self, now: float, message: Message | None) -> None:
        """We hang up a confirmed session."""
        if self.dialog is not None:
            self.send_bye(self.dialog, now)
        self.end(None, "hung up", "local", now)

    def ended_by_remote(self, now: float, message: Message | None) -> None:
        """The other side hung up a confirmed session."""
        said = reason_text(message) if message is not None else ""
        cause = reason_cause(message) if message is not None else None
        self.end(cause, said or "the other side hung up", "remote", now)

    def nothing(self, now: float, message: Message | None) -> None:
        """The state says it all."""


class Farewell:
    """A BYE on its way: whatever becomes of it, the dialog is over (RFC 3261 section 15.1.1)."""

    def __init__(self, dialog: Dialog) -> None:
        self._dialog = dialog

    def compose(self, flow: Flow) -> Request:
        """The BYE; a further server gets one with a higher CSeq."""
        return self._dialog.request("BYE")

    def renumber(self, request: Request) -> int:
        """The next CSeq of the dialog."""
        self._dialog.local_sequence += 1
        return self._dialog.local_sequence

    def on_response(self, sent: ClientRequest, response: Response, flow: Flow, now: float) -> None:
        """Also a refusal ends it."""

    def on_failure(self, sent: ClientRequest, reason: str, now: float) -> None:
        """Also silence ends it."""

    def on_late_success(self, request: Request, response: Response, now: float) -> None:
        """Only an INVITE is ever accepted late."""


def _acknowledged(response: Response) -> tuple[int, str]:
    """What tells one 2xx from another: the INVITE it answers and the branch it comes from."""
    return response.cseq.number, response.to.tag or ""

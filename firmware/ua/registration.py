"""One line's binding at its registrar (RFC 3261 section 10), kept for as long as the line is in service."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

from firmware.sip.errors import RemoteProtocolError
from firmware.sip.flow import Flow
from firmware.sip.grammar import digits
from firmware.sip.headers import NameAddr
from firmware.sip.message import Request, Response
from firmware.sip.uri import Uri
from firmware.ua.account import Account
from firmware.ua.core import Core
from firmware.ua.events import Registered, RegistrationFailed, Unregistered
from firmware.ua.identifiers import new_call_id, new_tag, uniform
from firmware.ua.outgoing import ClientRequest
from firmware.ua.reasons import explain, retry_after
from firmware.ua.requests import new_request

REFRESH = (0.80, 0.95)
"""share of the granted time after which the binding is refreshed, drawn anew each time"""
MIN_REFRESH = 5.0
"""seconds between refreshes at least, however short the grant"""
MAX_EXPIRES = 7 * 86400
"""seconds; a registrar that wants more (423) is not followed"""
BACK_OFF = 4.0
"""seconds, first step of the back-off after a failure; doubled each time and drawn from its upper half"""
PATIENT_BACK_OFF = 300.0
"""first step after a refusal that time alone will not cure: a wrong password, a forbidden user"""
MAX_BACK_OFF = 3600.0
FLAPPING = 10.0
"""seconds; a flow lost sooner than this after registering is a failure, not an accident"""


class State(Enum):
    """Where the binding stands."""

    IDLE = auto()
    ASKING = auto()
    BOUND = auto()
    WAITING = auto()
    LEAVING = auto()


class Trigger(Enum):
    """What can happen to it."""

    START = auto()
    GRANTED = auto()
    REFUSED = auto()
    DUE = auto()
    FLOW_LOST = auto()
    FLAPPED = auto()
    STOP = auto()


class Registration:
    """Registers, refreshes, backs off and unregisters; see `TRANSITIONS`."""

    def __init__(self, core: Core, account: Account) -> None:
        self._core = core
        self.account = account
        self.state = State.IDLE
        self.flow: Flow | None = None
        """the flow over which the registrar reaches us; later requests of the line use it too"""
        self._call_id = new_call_id(core.entropy)
        self._tag = new_tag(core.entropy)
        self._number = 0
        self._expires = account.expires
        self._request: ClientRequest | None = None
        self._due: float | None = None
        self._bound_at = 0.0
        self._failures = 0

    def start(self, now: float) -> None:
        """Register, or register anew at once after the network changed."""
        self._fire(Trigger.START, now)

    def stop(self, now: float) -> None:
        """Give the binding back."""
        self._fire(Trigger.STOP, now)

    def on_flow_lost(self, flow: Flow, now: float) -> None:
        """The connection to the registrar is gone, and with it the way by which it reaches us."""
        if self.flow is None or flow.id != self.flow.id:
            return
        self.flow = None
        flapped = now - self._bound_at < FLAPPING
        self._fire(Trigger.FLAPPED if flapped else Trigger.FLOW_LOST, now)

    def deadline(self) -> float | None:
        """When `on_deadline` wants to be called."""
        return self._due

    def on_deadline(self, now: float) -> None:
        """A refresh or another attempt is due."""
        if self._due is not None and now >= self._due:
            self._due = None
            self._fire(Trigger.DUE, now)

    def live_requests(self) -> tuple[ClientRequest, ...]:
        """The request under way, for its deadline."""
        return () if self._request is None else (self._request,)

    # what ClientRequest asks and tells

    def compose(self, flow: Flow) -> Request:
        """A REGISTER; asking for 0 seconds takes the binding away (RFC 3261 section 10.2.2)."""
        expires = 0 if self.state is State.LEAVING else self._expires
        return new_request(
            self.account,
            flow,
            "REGISTER",
            self._registrar(),
            NameAddr(self.account.aor),
            tag=self._tag,
            call_id=self._call_id,
            number=self._number,
            fields=(("Expires", str(expires)),),
        )

    def renumber(self, request: Request) -> int:
        """The next CSeq of this registration."""
        self._number = request.cseq.number + 1
        return self._number

    def on_response(self, sent: ClientRequest, response: Response, flow: Flow, now: float) -> None:
        """The registrar has spoken."""
        if sent is not self._request or response.status < 200:
            return
        self._request = None
        if response.status == 423 and self._lengthened(response):
            self._ask(now)
        elif response.status < 300 and (self.state is State.LEAVING or self._granted(response) > 0):
            self._fire(Trigger.GRANTED, now, response, flow)
        else:
            reason = sent.refusal.reason if sent.refusal else explain(response)
            self._refused(response.status, reason, self._pause(sent, response), now)

    def on_failure(self, sent: ClientRequest, reason: str, now: float) -> None:
        """No registrar answered."""
        if sent is self._request:
            self._request = None
            self._refused(None, reason, self._grown(BACK_OFF), now)

    def on_late_success(self, request: Request, response: Response, now: float) -> None:
        """Only an INVITE is ever accepted late."""

    # what the table calls

    def _fire(
        self, trigger: Trigger, now: float, response: Response | None = None, flow: Flow | None = None
    ) -> None:
        step = TRANSITIONS.get((self.state, trigger))
        if step is not None:
            self.state, action = step
            action(self, now, response, flow)

    def _ask(self, now: float, response: Response | None = None, flow: Flow | None = None) -> None:
        if self._request is not None:
            self._request.abandon()
        self._due = None
        self._number += 1
        self._request = ClientRequest(self._core, self.account, self, to_own_server=True)
        self._request.start(self.account.server or self._registrar(), self.flow, now)

    def _bound(self, now: float, response: Response | None, flow: Flow | None) -> None:
        if response is None or flow is None:
            return
        granted = self._granted(response)
        self.flow = flow
        self._bound_at = now
        self._failures = 0
        self._due = now + max(MIN_REFRESH, granted * uniform(self._core.entropy, *REFRESH))
        self._core.emit(Registered(self.account.id, granted, flow))

    def _flapped(self, now: float, response: Response | None, flow: Flow | None) -> None:
        self._refused(None, "the server closes the connection again and again", self._grown(BACK_OFF), now)

    def _wait(self, now: float, response: Response | None, flow: Flow | None) -> None:
        self._failures += 1

    def _left(self, now: float, response: Response | None, flow: Flow | None) -> None:
        self._due = None
        self.flow = None
        self._core.emit(Unregistered(self.account.id))

    def _nothing(self, now: float, response: Response | None, flow: Flow | None) -> None:
        """The request under way already finds another server by itself."""

    def _refused(self, status: int | None, reason: str, pause: float | None, now: float) -> None:
        """Count the failure, say it once, and be patient."""
        if self.state is not State.LEAVING:
            self._due = None if pause is None else now + pause
            self._core.emit(RegistrationFailed(self.account.id, status, reason, pause))
        self._fire(Trigger.REFUSED, now)

    def _registrar(self) -> Uri:
        """The Request-URI of a REGISTER names the domain, without a user (RFC 3261 section 10.2)."""
        registrar = self.account.registrar or self.account.aor
        return Uri(registrar.scheme, None, None, registrar.host, registrar.port, registrar.parameters)

    def _granted(self, response: Response) -> int:
        """Seconds granted to our own binding (RFC 3261 section 10.2.4)."""
        for contact in response.contacts:
            if isinstance(contact.uri, Uri) and contact.uri.user == self.account.contact_user:
                return _seconds(
                    contact.parameter("expires") or response.headers.get("Expires"), self._expires
                )
        return _seconds(response.headers.get("Expires"), self._expires)

    def _lengthened(self, response: Response) -> bool:
        """After 423 ask for as long as the registrar wants, within reason."""
        wanted = _seconds(response.headers.get("Min-Expires"), 0)
        if self.state is State.LEAVING or not self._expires < wanted <= MAX_EXPIRES:
            return False
        self._expires = wanted
        return True

    def _pause(self, sent: ClientRequest, response: Response) -> float | None:
        """Seconds to wait after a refusal; None when only a person can help."""
        if sent.refusal is not None and sent.refusal.downgrade is not None:
            return None
        asked = retry_after(response)
        if asked is not None:
            return min(float(asked), MAX_BACK_OFF)
        lasting = 400 <= response.status < 500 and response.status not in (408, 423, 480, 491)
        return self._grown(PATIENT_BACK_OFF if lasting else BACK_OFF)

    def _grown(self, first: float) -> float:
        step = min(MAX_BACK_OFF, first * 2.0 ** min(self._failures, 16))
        return uniform(self._core.entropy, step / 2, step)


Action = Callable[[Registration, float, Response | None, Flow | None], None]

TRANSITIONS: dict[tuple[State, Trigger], tuple[State, Action]] = {
    (State.IDLE, Trigger.START): (State.ASKING, Registration._ask),
    (State.IDLE, Trigger.STOP): (State.IDLE, Registration._left),
    (State.ASKING, Trigger.START): (State.ASKING, Registration._ask),
    (State.ASKING, Trigger.GRANTED): (State.BOUND, Registration._bound),
    (State.ASKING, Trigger.REFUSED): (State.WAITING, Registration._wait),
    (State.ASKING, Trigger.FLOW_LOST): (State.ASKING, Registration._nothing),
    (State.ASKING, Trigger.FLAPPED): (State.ASKING, Registration._nothing),
    (State.ASKING, Trigger.STOP): (State.LEAVING, Registration._ask),
    (State.BOUND, Trigger.START): (State.ASKING, Registration._ask),
    (State.BOUND, Trigger.DUE): (State.ASKING, Registration._ask),
    (State.BOUND, Trigger.FLOW_LOST): (State.ASKING, Registration._ask),
    (State.BOUND, Trigger.FLAPPED): (State.WAITING, Registration._flapped),
    (State.BOUND, Trigger.REFUSED): (State.WAITING, Registration._wait),
    (State.BOUND, Trigger.STOP): (State.LEAVING, Registration._ask),
    (State.WAITING, Trigger.START): (State.ASKING, Registration._ask),
    (State.WAITING, Trigger.DUE): (State.ASKING, Registration._ask),
    (State.WAITING, Trigger.REFUSED): (State.WAITING, Registration._wait),
    (State.WAITING, Trigger.STOP): (State.IDLE, Registration._left),
    (State.LEAVING, Trigger.GRANTED): (State.IDLE, Registration._left),
    (State.LEAVING, Trigger.REFUSED): (State.IDLE, Registration._left),
}
"""(state, trigger) -> (next state, action). What is not here is a command that makes no sense there."""


def _seconds(text: str | None, otherwise: int) -> int:
    """A delta-seconds of the peer; unreadable ones count as absent."""
    if text is None:
        return otherwise
    try:
        return digits(text, MAX_EXPIRES)
    except RemoteProtocolError:
        return otherwise

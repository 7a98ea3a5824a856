"""The four transaction machines as data: (state, trigger) -> (state, actions).

RFC 3261 figures 5 to 8, with the Accepted states of RFC 6026, the late 100 of RFC 4320 and the end of
a cancelled INVITE (RFC 3261 9.1). Whatever a peer or the clock can do in a state has an entry, often
with no action; what is missing can only be asked for by the transaction user, and is its error.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias

from firmware.sip.timers import Timer


class State(Enum):
    """The states of RFC 3261 figures 5 to 8 and RFC 6026; `INITIAL` precedes the first transition."""

    INITIAL = auto()
    CALLING = auto()
    TRYING = auto()
    PROCEEDING = auto()
    COMPLETED = auto()
    CONFIRMED = auto()
    ACCEPTED = auto()
    TERMINATED = auto()


class Trigger(Enum):
    """What happens to a transaction, besides the timers."""

    START = "the transaction is made"
    PROVISIONAL = "1xx: received by a client, given by the user to a server"
    SUCCESS = "2xx"
    FAILURE = "300 to 699"
    REQUEST = "the request of a server transaction came again"
    ACK = "an ACK that matches an INVITE server transaction"
    CANCEL_SENT = "a CANCEL for this INVITE was sent"
    TRANSPORT_ERROR = "the flow failed"


class Action(Enum):
    """What a transition does, besides starting and stopping timers."""

    SEND_REQUEST = "give the request to the transport"
    SEND_ACK = "acknowledge the final response (RFC 3261 17.1.1.3)"
    SEND_RESPONSE = "give the latest response to the transport, if there is one"
    SEND_TRYING = "give a 100 to the transport"
    DELIVER = "pass the message to the transaction user"
    REPORT_TIMEOUT = "tell the user that the other side did not answer"
    REPORT_FAILURE = "tell the user that the transport failed"


@dataclass(frozen=True, slots=True)
class Start:
    """Start a timer at its first interval."""

    timer: Timer


@dataclass(frozen=True, slots=True)
class Again:
    """Start a retransmission timer again, with twice its interval up to its cap."""

    timer: Timer


@dataclass(frozen=True, slots=True)
class AtCap:
    """Start a retransmission timer again, at its cap."""

    timer: Timer


@dataclass(frozen=True, slots=True)
class Stop:
    """Stop timers, running or not."""

    timers: tuple[Timer, ...]


Step: TypeAlias = Action | Start | Again | AtCap | Stop
Transition: TypeAlias = tuple[State, tuple[Step, ...]]
Table: TypeAlias = dict[tuple[State, Trigger | Timer], Transition]

_CALLING_ENDS = Stop((Timer.A, Timer.B))
_PROCEEDING_ENDS = Stop((Timer.CANCELLED,))

INVITE_CLIENT: Table = {
    (State.INITIAL, Trigger.START): (
        State.CALLING,
        (Action.SEND_REQUEST, Start(Timer.A), Start(Timer.B)),
    ),
    (State.CALLING, Timer.A): (State.CALLING, (Action.SEND_REQUEST, Again(Timer.A))),
    (State.CALLING, Timer.B): (State.TERMINATED, (Action.REPORT_TIMEOUT,)),
    (State.CALLING, Trigger.TRANSPORT_ERROR): (State.TERMINATED, (Action.REPORT_FAILURE,)),
    (State.CALLING, Trigger.PROVISIONAL): (State.PROCEEDING, (_CALLING_ENDS, Action.DELIVER)),
    (State.CALLING, Trigger.SUCCESS): (
        State.ACCEPTED,
        (_CALLING_ENDS, Action.DELIVER, Start(Timer.M)),
    ),
    (State.CALLING, Trigger.FAILURE): (
        State.COMPLETED,
        (_CALLING_ENDS, Action.SEND_ACK, Action.DELIVER, Start(Timer.D)),
    ),
    (State.PROCEEDING, Trigger.PROVISIONAL): (State.PROCEEDING, (Action.DELIVER,)),
    (State.PROCEEDING, Trigger.CANCEL_SENT): (State.PROCEEDING, (Start(Timer.CANCELLED),)),
    (State.PROCEEDING, Timer.CANCELLED): (State.TERMINATED, (Action.REPORT_TIMEOUT,)),
    # Not in figure 5, which sends nothing here; but no response can come over a flow that is gone.
    (State.PROCEEDING, Trigger.TRANSPORT_ERROR): (State.TERMINATED, (Action.REPORT_FAILURE,)),
    (State.PROCEEDING, Trigger.SUCCESS): (
        State.ACCEPTED,
        (_PROCEEDING_ENDS, Action.DELIVER, Start(Timer.M)),
    ),
    (State.PROCEEDING, Trigger.FAILURE): (
        State.COMPLETED,
        (_PROCEEDING_ENDS, Action.SEND_ACK, Action.DELIVER, Start(Timer.D)),
    ),
    (State.COMPLETED, Trigger.FAILURE): (State.COMPLETED, (Action.SEND_ACK,)),
    (State.COMPLETED, Trigger.PROVISIONAL): (State.COMPLETED, ()),
    (State.COMPLETED, Trigger.SUCCESS): (State.COMPLETED, ()),
    (State.COMPLETED, Trigger.TRANSPORT_ERROR): (State.TERMINATED, (Action.REPORT_FAILURE,)),
    (State.COMPLETED, Timer.D): (State.TERMINATED, ()),
    (State.ACCEPTED, Trigger.SUCCESS): (State.ACCEPTED, (Action.DELIVER,)),
    (State.ACCEPTED, Trigger.PROVISIONAL): (State.ACCEPTED, ()),
    (State.ACCEPTED, Trigger.FAILURE): (State.ACCEPTED, ()),
    (State.ACCEPTED, Trigger.TRANSPORT_ERROR): (State.ACCEPTED, ()),
    (State.ACCEPTED, Timer.M): (State.TERMINATED, ()),
}
"""RFC 3261 figure 5 as RFC 6026 section 7.2 has it."""

_CLIENT_IS_ANSWERED: Transition = (
    State.COMPLETED,
    (Stop((Timer.E, Timer.F)), Action.DELIVER, Start(Timer.K)),
)

NON_INVITE_CLIENT: Table = {
    (State.INITIAL, Trigger.START): (
        State.TRYING,
        (Action.SEND_REQUEST, Start(Timer.E), Start(Timer.F)),
    ),
    (State.TRYING, Timer.E): (State.TRYING, (Action.SEND_REQUEST, Again(Timer.E))),
    (State.TRYING, Timer.F): (State.TERMINATED, (Action.REPORT_TIMEOUT,)),
    (State.TRYING, Trigger.TRANSPORT_ERROR): (State.TERMINATED, (Action.REPORT_FAILURE,)),
    (State.TRYING, Trigger.PROVISIONAL): (State.PROCEEDING, (Action.DELIVER,)),
    (State.TRYING, Trigger.SUCCESS): _CLIENT_IS_ANSWERED,
    (State.TRYING, Trigger.FAILURE): _CLIENT_IS_ANSWERED,
    (State.PROCEEDING, Timer.E): (State.PROCEEDING, (Action.SEND_REQUEST, AtCap(Timer.E))),
    (State.PROCEEDING, Timer.F): (State.TERMINATED, (Action.REPORT_TIMEOUT,)),
    (State.PROCEEDING, Trigger.TRANSPORT_ERROR): (State.TERMINATED, (Action.REPORT_FAILURE,)),
    (State.PROCEEDING, Trigger.PROVISIONAL): (State.PROCEEDING, (Action.DELIVER,)),
    (State.PROCEEDING, Trigger.SUCCESS): _CLIENT_IS_ANSWERED,
    (State.PROCEEDING, Trigger.FAILURE): _CLIENT_IS_ANSWERED,
    (State.COMPLETED, Trigger.PROVISIONAL): (State.COMPLETED, ()),
    (State.COMPLETED, Trigger.SUCCESS): (State.COMPLETED, ()),
    (State.COMPLETED, Trigger.FAILURE): (State.COMPLETED, ()),
    (State.COMPLETED, Trigger.TRANSPORT_ERROR): (State.COMPLETED, ()),
    (State.COMPLETED, Timer.K): (State.TERMINATED, ()),
}
"""RFC 3261 figure 6."""

_RINGING_ENDS = Stop((Timer.TRYING,))
_COMPLETED_ENDS = Stop((Timer.G, Timer.H))

INVITE_SERVER: Table = {
    (State.INITIAL, Trigger.START): (State.PROCEEDING, (Action.DELIVER, Start(Timer.TRYING))),
    (State.PROCEEDING, Timer.TRYING): (State.PROCEEDING, (Action.SEND_TRYING,)),
    (State.PROCEEDING, Trigger.REQUEST): (State.PROCEEDING, (Action.SEND_RESPONSE,)),
    # The ACK to a response that was never sent.
    (State.PROCEEDING, Trigger.ACK): (State.PROCEEDING, ()),
    (State.PROCEEDING, Trigger.TRANSPORT_ERROR): (State.PROCEEDING, (Action.REPORT_FAILURE,)),
    (State.PROCEEDING, Trigger.PROVISIONAL): (State.PROCEEDING, (_RINGING_ENDS, Action.SEND_RESPONSE)),
    (State.PROCEEDING, Trigger.SUCCESS): (
        State.ACCEPTED,
        (_RINGING_ENDS, Action.SEND_RESPONSE, Start(Timer.L)),
    ),
    (State.PROCEEDING, Trigger.FAILURE): (
        State.COMPLETED,
        (_RINGING_ENDS, Action.SEND_RESPONSE, Start(Timer.G), Start(Timer.H)),
    ),
    (State.COMPLETED, Trigger.REQUEST): (State.COMPLETED, (Action.SEND_RESPONSE,)),
    (State.COMPLETED, Timer.G): (State.COMPLETED, (Action.SEND_RESPONSE, Again(Timer.G))),
    (State.COMPLETED, Timer.H): (State.TERMINATED, (Action.REPORT_TIMEOUT,)),
    (State.COMPLETED, Trigger.TRANSPORT_ERROR): (State.COMPLETED, (Action.REPORT_FAILURE,)),
    (State.COMPLETED, Trigger.ACK): (State.CONFIRMED, (_COMPLETED_ENDS, Start(Timer.I))),
    (State.CONFIRMED, Trigger.ACK): (State.CONFIRMED, ()),
    (State.CONFIRMED, Trigger.REQUEST): (State.CONFIRMED, ()),
    (State.CONFIRMED, Trigger.TRANSPORT_ERROR): (State.CONFIRMED, ()),
    (State.CONFIRMED, Timer.I): (State.TERMINATED, ()),
    (State.ACCEPTED, Trigger.REQUEST): (State.ACCEPTED, ()),
    (State.ACCEPTED, Trigger.ACK): (State.ACCEPTED, (Action.DELIVER,)),
    (State.ACCEPTED, Trigger.SUCCESS): (State.ACCEPTED, (Action.SEND_RESPONSE,)),
    (State.ACCEPTED, Trigger.TRANSPORT_ERROR): (State.ACCEPTED, (Action.REPORT_FAILURE,)),
    (State.ACCEPTED, Timer.L): (State.TERMINATED, ()),
    # A user that answers late, for instance after the machine slept, is not in error.
    (State.TERMINATED, Trigger.PROVISIONAL): (State.TERMINATED, ()),
    (State.TERMINATED, Trigger.SUCCESS): (State.TERMINATED, ()),
    (State.TERMINATED, Trigger.FAILURE): (State.TERMINATED, ()),
}
"""RFC 3261 figure 7 as RFC 6026 section 7.1 has it; timer H reports as RFC 3261 17.2.1 demands."""

_WAITING_ENDS = Stop((Timer.TRYING_LATE, Timer.ABANDONED))
_SERVER_ANSWERS: Transition = (State.COMPLETED, (_WAITING_ENDS, Action.SEND_RESPONSE, Start(Timer.J)))

NON_INVITE_SERVER: Table = {
    (State.INITIAL, Trigger.START): (State.TRYING, (Action.DELIVER, Start(Timer.TRYING_LATE))),
    (State.TRYING, Trigger.REQUEST): (State.TRYING, ()),
    (State.TRYING, Timer.TRYING_LATE): (
        State.PROCEEDING,
        (Action.SEND_TRYING, Start(Timer.ABANDONED)),
    ),
    (State.TRYING, Trigger.TRANSPORT_ERROR): (State.TERMINATED, (Action.REPORT_FAILURE,)),
    (State.TRYING, Trigger.SUCCESS): _SERVER_ANSWERS,
    (State.TRYING, Trigger.FAILURE): _SERVER_ANSWERS,
    (State.PROCEEDING, Trigger.REQUEST): (State.PROCEEDING, (Action.SEND_RESPONSE,)),
    (State.PROCEEDING, Timer.ABANDONED): (State.TERMINATED, (Action.REPORT_TIMEOUT,)),
    (State.PROCEEDING, Trigger.TRANSPORT_ERROR): (State.TERMINATED, (Action.REPORT_FAILURE,)),
    (State.PROCEEDING, Trigger.SUCCESS): _SERVER_ANSWERS,
    (State.PROCEEDING, Trigger.FAILURE): _SERVER_ANSWERS,
    (State.COMPLETED, Trigger.REQUEST): (State.COMPLETED, (Action.SEND_RESPONSE,)),
    (State.COMPLETED, Trigger.TRANSPORT_ERROR): (State.TERMINATED, (Action.REPORT_FAILURE,)),
    (State.COMPLETED, Timer.J): (State.TERMINATED, ()),
    # "Any other final responses ... MUST be discarded" (RFC 3261 17.2.2); on a stream that is here at once.
    (State.COMPLETED, Trigger.SUCCESS): (State.COMPLETED, ()),
    (State.COMPLETED, Trigger.FAILURE): (State.COMPLETED, ()),
    (State.TERMINATED, Trigger.SUCCESS): (State.TERMINATED, ()),
    (State.TERMINATED, Trigger.FAILURE): (State.TERMINATED, ()),
}
"""RFC 3261 figure 8; the 100 that comes by itself and the silent end are RFC 4320 sections 4.1 and 4.2."""

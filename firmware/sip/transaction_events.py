"""What the transaction layer tells, and the transactions it tells about."""

from dataclasses import dataclass, field
from typing import TypeAlias

from firmware.sip.flow import Flow
from firmware.sip.message import Message, Request, Response
from firmware.sip.timers import Timer
from firmware.sip.transaction_messages import ServerKey
from firmware.sip.transaction_tables import State, Table


@dataclass(eq=False, slots=True)
class Transaction:
    """One request and its responses on one flow (RFC 3261 section 17). Only the layer changes it."""

    request: Request
    """As sent by a client, with its Via; as received by a server, with `received` and `rport` filled in."""
    flow: Flow
    branch: str
    """The branch of the topmost Via."""
    table: Table = field(repr=False)
    """The machine that it follows."""
    state: State = State.INITIAL
    response: Response | None = field(default=None, repr=False)
    """The latest response of a server transaction, to be sent again."""
    intervals: dict[Timer, float] = field(default_factory=dict, repr=False)
    """The current interval of each retransmission timer."""
    silent: bool = field(default=False, repr=False)
    """The layer's own, such as a CANCEL: the user is told nothing of it."""

    @property
    def terminated(self) -> bool:
        """Nothing will come of it any more."""
        return self.state is State.TERMINATED


@dataclass(eq=False, slots=True)
class ClientTransaction(Transaction):
    """A request that we sent."""

    cancel_wanted: bool = False
    """A CANCEL has to follow the first provisional response (RFC 3261 9.1)."""
    cancel_sent: bool = False


@dataclass(eq=False, slots=True)
class ServerTransaction(Transaction):
    """A request that we received."""

    keys: list[ServerKey] = field(default_factory=list, repr=False)
    """Under what the layer finds it (RFC 3261 17.2.3)."""


@dataclass(frozen=True, slots=True)
class Transmit:
    """Send a message on a flow."""

    flow: Flow
    message: Message


@dataclass(frozen=True, slots=True)
class RequestReceived:
    """A new request, or the ACK to a 2xx."""

    transaction: ServerTransaction | None
    """Where to respond; None for an ACK that belongs to no transaction, which is the rule after a 2xx."""
    request: Request
    flow: Flow
    cancels: ServerTransaction | None = None
    """For a CANCEL, the INVITE that it means, to be answered 487 while it is still proceeding (RFC 3261 9.2).
    None with a CANCEL asks for a 481."""


@dataclass(frozen=True, slots=True)
class ResponseReceived:
    """A response to a request of ours. A 2xx to INVITE comes again as often as the peer sends it."""

    transaction: ClientTransaction
    response: Response
    flow: Flow


@dataclass(frozen=True, slots=True)
class TransactionTimeout:
    """The peer did not respond, or never acknowledged our response; nothing more was sent (RFC 4320)."""

    transaction: Transaction


@dataclass(frozen=True, slots=True)
class TransportFailed:
    """The flow of a transaction failed; to an INVITE, perhaps only after its final response (figure 5)."""

    transaction: Transaction
    reason: str


@dataclass(frozen=True, slots=True)
class TransactionTerminated:
    """The transaction is over and forgotten; always its last event."""

    transaction: Transaction


@dataclass(frozen=True, slots=True)
class StrayResponse:
    """A response to no transaction of ours, such as a 2xx after the Accepted state is over."""

    response: Response
    flow: Flow


Event: TypeAlias = (
    Transmit
    | RequestReceived
    | ResponseReceived
    | TransactionTimeout
    | TransportFailed
    | TransactionTerminated
    | StrayResponse
)
"""What `TransactionLayer.poll` returns."""

"""The transaction layer (RFC 3261 section 17): every transaction of a user agent, sans-IO.

The machines are data (`transaction_tables`); this module finds the transaction of a message or a timer
and carries out what its table says.
"""

from collections import deque

from firmware.sip.entropy import Entropy
from firmware.sip.errors import LocalProtocolError
from firmware.sip.flow import Flow
from firmware.sip.headers import Via
from firmware.sip.message import Message, Request, Response, response_to
from firmware.sip.timers import DURATIONS, RETRANSMISSION_CAPS, AlarmQueue, Timer
from firmware.sip.transaction_events import (
    ClientTransaction,
    Event,
    RequestReceived,
    ResponseReceived,
    ServerTransaction,
    StrayResponse,
    Transaction,
    TransactionTerminated,
    TransactionTimeout,
    Transmit,
    TransportFailed,
)
from firmware.sip.transaction_messages import (
    ClientKey,
    MergeKey,
    ServerKey,
    acknowledgement,
    acknowledgement_key,
    cancellation,
    cancelled_key,
    merge_key,
    new_branch,
    sent_by,
    server_key,
    with_own_via,
    with_source,
)
from firmware.sip.transaction_tables import (
    INVITE_CLIENT,
    INVITE_SERVER,
    NON_INVITE_CLIENT,
    NON_INVITE_SERVER,
    Action,
    Again,
    AtCap,
    Start,
    State,
    Stop,
    Trigger,
)

__all__ = [
    "MAX_CLIENT_TRANSACTIONS",
    "MAX_SERVER_TRANSACTIONS",
    "ClientTransaction",
    "Event",
    "RequestReceived",
    "ResponseReceived",
    "ServerTransaction",
    "State",
    "StrayResponse",
    "Transaction",
    "TransactionLayer",
    "TransactionTerminated",
    "TransactionTimeout",
    "Transmit",
    "TransportFailed",
]

MAX_CLIENT_TRANSACTIONS = 256
"""Most requests of ours at one time; more is an error of ours."""

MAX_SERVER_TRANSACTIONS = 512
"""Most requests of peers at one time; further ones are answered 503 without keeping anything."""

OVERLOAD_RETRY_AFTER = "5"
"""Seconds after which a peer may try again that met a full table."""

TAG_BYTES = 8
"""Random bytes in a tag that the layer makes itself (RFC 3261 19.3 asks for 4 at least)."""


class TransactionLayer:
    """All client and server transactions of one user agent.

    Retransmissions of the 2xx to an INVITE, and the ACK to it, are the user's (RFC 6026): both pass through.
    """

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy
        self._clients: dict[ClientKey, ClientTransaction] = {}
        self._servers: dict[ServerKey, ServerTransaction] = {}
        self._merges: dict[MergeKey, ServerTransaction] = {}
        self._alarms: AlarmQueue[tuple[Transaction, Timer]] = AlarmQueue()
        self._events: deque[Event] = deque()

    def request(self, request: Request, flow: Flow, now: float) -> ClientTransaction:
        """Send `request`, which has no Via yet, in a transaction of its own.

        Raises `LocalProtocolError` for an ACK or a CANCEL, and if too many transactions are running.
        """
        if request.method in ("ACK", "CANCEL"):
            raise LocalProtocolError(f"{request.method} is not sent as a request of its own")
        if len(self._clients) >= MAX_CLIENT_TRANSACTIONS:
            raise LocalProtocolError(f"{MAX_CLIENT_TRANSACTIONS} client transactions are running already")
        branch = new_branch(self._entropy)
        table = INVITE_CLIENT if request.method == "INVITE" else NON_INVITE_CLIENT
        transaction = ClientTransaction(with_own_via(request, flow, branch), flow, branch, table)
        self._begin_client(transaction, now)
        return transaction

    def send_ack(self, ack: Request, flow: Flow) -> Request:
        """Send the ACK to a 2xx, outside any transaction (RFC 3261 13.2.2.4).

        Returns it as sent; given again for a repeated 2xx, it goes out unchanged.
        """
        if "Via" not in ack.headers:
            ack = with_own_via(ack, flow, new_branch(self._entropy))
        self._events.append(Transmit(flow, ack))
        return ack

    def cancel(self, transaction: ClientTransaction, now: float) -> None:
        """Cancel an INVITE (RFC 3261 9.1): at once after a provisional response, else when one comes.

        Without effect after a final response. The answers to the CANCEL itself stay in the layer; the INVITE
        ends with its own final response or, 64 T1 after the CANCEL, with a `TransactionTimeout`.
        """
        if transaction.request.method != "INVITE":
            raise LocalProtocolError("only an INVITE can be cancelled")
        transaction.cancel_wanted = True
        self._cancel_if_due(transaction, now)

    def respond(self, transaction: ServerTransaction, response: Response, now: float) -> None:
        """Send `response` on the flow of its request (RFC 3261 18.2.2).

        Raises `LocalProtocolError` for what the state or RFC 4320 forbids. A terminated transaction sends
        nothing, so that an answer that comes late is no error.
        """
        is_invite = transaction.request.method == "INVITE"
        if not is_invite and response.status in _FORBIDDEN_TO_NON_INVITE:
            raise LocalProtocolError(f"RFC 4320 forbids a {response.status} to {transaction.request.method}")
        self._step(transaction, _trigger_of(response), now, message=response)
        if is_invite and response.status >= 200 and not transaction.terminated:
            self._file(transaction, acknowledgement_key(transaction.keys[0], response))

    def receive(self, message: Message, flow: Flow, now: float) -> None:
        """Take a message from `flow`. Raises `RemoteProtocolError` for what `validate` would refuse."""
        if isinstance(message, Response):
            self._receive_response(message, flow, now)
        elif message.method == "ACK":
            self._receive_ack(message, flow, now)
        else:
            self._receive_request(message, flow, now)

    def flow_failed(self, flow: Flow, reason: str, now: float) -> None:
        """Tell every transaction on `flow` that nothing can be sent or received there any more."""
        every = dict.fromkeys((*self._clients.values(), *self._servers.values()))
        for transaction in every:
            if transaction.flow == flow:
                self._step(transaction, Trigger.TRANSPORT_ERROR, now, reason=reason)

    def poll(self) -> Event | None:
        """The next thing to send or to know, until None."""
        return self._events.popleft() if self._events else None

    def deadline(self) -> float | None:
        """When `on_deadline` wants to be called, in the time of `now`."""
        return self._alarms.deadline()

    def on_deadline(self, now: float) -> None:
        """Fire every timer that is due."""
        for transaction, timer in self._alarms.due(now):
            self._step(transaction, timer, now)

    # Finding the transaction of a message

    def _receive_response(self, response: Response, flow: Flow, now: float) -> None:
        if len(response.headers.get_all("Via")) != 1:
            return  # meant for somebody else (RFC 3261 8.1.3.3)
        via = response.via
        transaction = self._clients.get((via.branch or "", response.cseq.method))
        if transaction is None or not _is_for(transaction, via, flow):
            self._events.append(StrayResponse(response, flow))
            return
        self._step(transaction, _trigger_of(response), now, message=response)
        self._cancel_if_due(transaction, now)

    def _receive_ack(self, ack: Request, flow: Flow, now: float) -> None:
        transaction = self._servers.get(server_key(ack))
        if transaction is None:
            self._events.append(RequestReceived(None, ack, flow))
        else:
            self._step(transaction, Trigger.ACK, now, message=ack)

    def _receive_request(self, request: Request, flow: Flow, now: float) -> None:
        key = server_key(request)
        known = self._servers.get(key)
        if known is not None:
            self._step(known, Trigger.REQUEST, now)
        elif len(self._servers) >= MAX_SERVER_TRANSACTIONS:
            later = [("Retry-After", OVERLOAD_RETRY_AFTER)]
            refusal = response_to(with_source(request, flow), 503, to_tag=self._new_tag(), headers=later)
            self._events.append(Transmit(flow, refusal))
        else:
            self._begin_server(request, key, flow, now)

    # The life of a transaction

    def _begin_client(self, transaction: ClientTransaction, now: float) -> None:
        self._clients[transaction.branch, transaction.request.method] = transaction
        self._step(transaction, Trigger.START, now)

    def _begin_server(self, request: Request, key: ServerKey, flow: Flow, now: float) -> None:
        table = INVITE_SERVER if request.method == "INVITE" else NON_INVITE_SERVER
        merge = merge_key(request)
        transaction = ServerTransaction(with_source(request, flow), flow, request.via.branch or "", table)
        self._file(transaction, key)
        if merge is not None:
            transaction.silent = self._merges.setdefault(merge, transaction) is not transaction
        self._step(transaction, Trigger.START, now, message=transaction.request)
        if transaction.silent:
            self.respond(transaction, response_to(transaction.request, 482, to_tag=self._new_tag()), now)

    def _cancel_if_due(self, transaction: ClientTransaction, now: float) -> None:
        due = transaction.cancel_wanted and not transaction.cancel_sent
        if not due or transaction.state is not State.PROCEEDING:
            return
        transaction.cancel_sent = True
        cancel = ClientTransaction(
            cancellation(transaction.request), transaction.flow, transaction.branch, NON_INVITE_CLIENT
        )
        cancel.silent = True
        self._begin_client(cancel, now)
        self._step(transaction, Trigger.CANCEL_SENT, now)

    def _file(self, transaction: ServerTransaction, key: ServerKey) -> None:
        if self._servers.setdefault(key, transaction) is transaction and key not in transaction.keys:
            transaction.keys.append(key)

    def _forget(self, transaction: Transaction) -> None:
        for timer in Timer:
            self._alarms.clear((transaction, timer))
        if isinstance(transaction, ServerTransaction):
            for key in transaction.keys:
                del self._servers[key]
            merge = merge_key(transaction.request)
            if merge is not None and self._merges.get(merge) is transaction:
                del self._merges[merge]
        else:
            del self._clients[transaction.branch, transaction.request.method]
        self._tell(transaction, TransactionTerminated(transaction))

    # Carrying out the tables

    def _step(
        self,
        transaction: Transaction,
        trigger: Trigger | Timer,
        now: float,
        *,
        message: Message | None = None,
        reason: str = "",
    ) -> None:
        """Make the transition for `trigger`, with the message or the reason that came with it."""
        before = transaction.state
        entry = transaction.table.get((before, trigger))
        if entry is None:
            raise LocalProtocolError(f"{trigger.name} in state {before.name} of {transaction.request.method}")
        after, steps = entry
        transaction.state = after
        for step in steps:
            if isinstance(step, Action):
                self._act(transaction, step, message, reason)
            else:
                self._set_timer(transaction, step, now)
        if after is State.TERMINATED and before is not State.TERMINATED:
            self._forget(transaction)

    def _act(self, transaction: Transaction, action: Action, message: Message | None, reason: str) -> None:
        match action:
            case Action.SEND_REQUEST:
                self._send(transaction, transaction.request)
            case Action.SEND_ACK if isinstance(message, Response):
                self._send(transaction, acknowledgement(transaction.request, message))
            case Action.SEND_RESPONSE:
                self._send_response(transaction, message)
            case Action.SEND_TRYING:
                self._send_response(transaction, response_to(transaction.request, 100))
            case Action.DELIVER:
                self._deliver(transaction, message)
            case Action.REPORT_TIMEOUT:
                self._tell(transaction, TransactionTimeout(transaction))
            case Action.REPORT_FAILURE:
                self._tell(transaction, TransportFailed(transaction, reason))

    def _set_timer(self, transaction: Transaction, step: Start | Again | AtCap | Stop, now: float) -> None:
        match step:
            case Stop(timers):
                for timer in timers:
                    self._alarms.clear((transaction, timer))
                return
            case Start(timer):
                interval = DURATIONS[timer].on(transaction.flow.reliable)
            case Again(timer):
                interval = min(2 * transaction.intervals[timer], RETRANSMISSION_CAPS[timer])
            case AtCap(timer):
                interval = RETRANSMISSION_CAPS[timer]
        if interval == 0.0:
            self._step(transaction, timer, now)
        elif interval is not None:
            transaction.intervals[timer] = interval
            self._alarms.set((transaction, timer), now + interval)

    def _send(self, transaction: Transaction, message: Message) -> None:
        self._events.append(Transmit(transaction.flow, message))

    def _send_response(self, transaction: Transaction, message: Message | None) -> None:
        """Send a new response, or the latest one again; there may be none yet."""
        if isinstance(message, Response):
            transaction.response = message
        if transaction.response is not None:
            self._send(transaction, transaction.response)

    def _deliver(self, transaction: Transaction, message: Message | None) -> None:
        match transaction, message:
            case ClientTransaction(), Response():
                self._tell(transaction, ResponseReceived(transaction, message, transaction.flow))
            case ServerTransaction(), Request():
                cancels = self._cancelled_by(transaction)
                self._tell(transaction, RequestReceived(transaction, message, transaction.flow, cancels))

    def _cancelled_by(self, cancel: ServerTransaction) -> ServerTransaction | None:
        """The INVITE that a request means, if it is a CANCEL from the same peer (RFC 3261 9.2)."""
        if cancel.request.method != "CANCEL":
            return None
        invite = self._servers.get(cancelled_key(cancel.keys[0]))
        if invite is None or invite.silent or not _is_same_peer(invite.flow, cancel.flow):
            return None
        return invite

    def _tell(self, transaction: Transaction, event: Event) -> None:
        if not transaction.silent:
            self._events.append(event)

    def _new_tag(self) -> str:
        return self._entropy(TAG_BYTES).hex()


_FORBIDDEN_TO_NON_INVITE = (*range(100, 200), 408)
"""No 408 and no provisional response (RFC 4320 4.1 and 4.2); the 100 at its time is the layer's own."""


def _trigger_of(response: Response) -> Trigger:
    if response.status < 200:
        return Trigger.PROVISIONAL
    return Trigger.SUCCESS if response.status < 300 else Trigger.FAILURE


def _is_for(transaction: ClientTransaction, via: Via, flow: Flow) -> bool:
    """The response has the sent-by of its request (RFC 3261 18.1.2) and came over the same transport."""
    return flow.transport == transaction.flow.transport and sent_by(via) == sent_by(transaction.request.via)


def _is_same_peer(one: Flow, other: Flow) -> bool:
    return (one.transport, one.remote[0]) == (other.transport, other.remote[0])

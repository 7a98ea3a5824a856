"""The whole user agent, without a socket or a clock.

The network driver feeds it (`receive_datagram`, `receive_stream`, `flow_*`, `resolved`), the phone commands
it (`invite`, `answer`, ...), and both drain `poll()`; see `events` for what comes out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from firmware.sdp.negotiation import LocalMedia
from firmware.sip.entropy import Entropy
from firmware.sip.errors import LocalProtocolError, RemoteProtocolError
from firmware.sip.flow import Flow, Target
from firmware.sip.framing import PONG, KeepAlive, Malformed
from firmware.sip.message import Message, Request, Response, parse, rejection_of, validate
from firmware.sip.transaction import (
    ClientTransaction,
    RequestReceived,
    ResponseReceived,
    ServerTransaction,
    StrayResponse,
    Transaction,
    TransactionTerminated,
    TransactionTimeout,
    TransportFailed,
)
from firmware.sip.transaction import Event as TransactionEvent
from firmware.sip.transaction import Transmit as TransmitMessage
from firmware.sip.uri import Uri
from firmware.ua.account import Account
from firmware.ua.core import Core
from firmware.ua.events import Output, Transmit
from firmware.ua.incoming import IncomingRequests
from firmware.ua.journal import DialogRecord
from firmware.ua.outgoing import ClientRequest
from firmware.ua.query import OptionsQuery
from firmware.ua.registration import Registration
from firmware.ua.screening import Screening
from firmware.ua.server_session import ServerSession
from firmware.ua.sessions import SessionTable


class Endpoint:
    """Registrations and sessions over one transaction layer. See the module for how it is driven."""

    def __init__(self, entropy: Entropy, product: str = "offhook") -> None:
        self._core = Core(entropy, product)
        self._accounts: dict[str, Account] = {}
        self._registrations: dict[str, Registration] = {}
        self._sessions = SessionTable(self._core)
        self._queries: list[ClientRequest] = []
        self._screening = Screening(self._core)
        self._incoming = IncomingRequests(self._core, self._sessions, self._line_of)

    # accounts

    def add_account(self, account: Account) -> None:
        """Take a line into service; it registers with `register`."""
        if account.id in self._accounts:
            raise LocalProtocolError(f"there is an account {account.id!r} already")
        self._accounts[account.id] = account
        self._registrations[account.id] = Registration(self._core, account)

    def register(self, account_id: str, now: float) -> None:
        """Register the line, or register it anew at once because the network changed."""
        account = self._account(account_id)
        if account.registrar is None:
            raise LocalProtocolError(f"the account {account_id!r} has no registrar")
        self._registrations[account_id].start(now)
        self._pump(now)

    def unregister(self, account_id: str, now: float) -> None:
        """Give the line's binding back; `Unregistered` says when."""
        self._account(account_id)
        self._registrations[account_id].stop(now)
        self._pump(now)

    def accept_downgrade(self, account_id: str, now: float) -> None:
        """A person allows the weaker digest that `DowngradeRefused` told of."""
        account = self._account(account_id)
        self._core.credentials(account).accept_downgrade()
        if account.registrar is not None:
            self.register(account_id, now)

    # sessions

    def invite(self, account_id: str, target: Uri, now: float, *, display_name: str = "") -> int:
        """Call somebody. Returns the session's number; `NeedsMedia` follows."""
        account = self._account(account_id)
        flow = self._registrations[account_id].flow
        session = self._sessions.call(account, target, display_name, flow)
        self._pump(now)
        return session.session_id

    def provide_media(
        self, session_id: int, local: Sequence[LocalMedia], now: float, branch: str = ""
    ) -> None:
        """The stream that `NeedsMedia` asked for: where it listens, one address a family."""
        self._sessions.get(session_id).provide_media(branch, local, now)
        self._pump(now)

    def ring(self, session_id: int, now: float, *, early_media: bool = False) -> None:
        """Tell the caller that it rings (180); with early media 183 and our answer."""
        self._server_session(session_id).ring(now, early_media=early_media)
        self._pump(now)

    def answer(self, session_id: int, now: float) -> None:
        """Take an incoming call."""
        self._server_session(session_id).answer(now)
        self._pump(now)

    def reject(self, session_id: int, status: int, reason: str, now: float) -> None:
        """Refuse an incoming call with a final status from 300 to 699."""
        if not 300 <= status <= 699:
            raise LocalProtocolError(f"{status} refuses nothing")
        self._server_session(session_id).reject(status, reason, now)
        self._pump(now)

    def hang_up(self, session_id: int, now: float) -> None:
        """End a session: CANCEL, BYE or a refusal, as its state demands."""
        self._sessions.get(session_id).hang_up(now)
        self._pump(now)

    def hold(self, session_id: int, now: float) -> None:
        """Put the other side on hold."""
        self._sessions.get(session_id).hold(True, now)
        self._pump(now)

    def resume(self, session_id: int, now: float) -> None:
        """Take the other side off hold."""
        self._sessions.get(session_id).hold(False, now)
        self._pump(now)

    def options(self, account_id: str, target: Uri, now: float) -> None:
        """Ask somebody whether they are there; `OptionsAnswered` follows."""
        query = OptionsQuery(self._core, self._account(account_id), target)
        self._queries.append(query.start(self._registrations[account_id].flow, now))
        self._pump(now)

    def journal(self) -> Iterator[DialogRecord]:
        """Every confirmed dialog in plain values."""
        return (record for session in self._sessions if (record := session.journal()) is not None)

    # from the network driver

    def receive_datagram(self, data: bytes, flow: Flow, now: float) -> None:
        """One UDP datagram."""
        if data.strip(b"\r\n\0"):
            try:
                self._take(parse(data), flow, now)
            except RemoteProtocolError as error:
                self._reject(data, error, flow)
        self._pump(now)

    def receive_stream(self, data: bytes, flow: Flow, now: float) -> None:
        """The next bytes of a TCP or TLS stream."""
        framer = self._core.flows.framer(flow)
        if framer is None:
            return
        framer.receive_data(data)
        try:
            while (message := framer.next_message()) is not None:
                self._take_framed(message, flow, now)
        except RemoteProtocolError as error:
            self._core.flows.close(flow, error.reason)
        self._pump(now)

    def flow_opened(self, request_id: int, flow: Flow, now: float) -> None:
        """The answer to `OpenFlow`."""
        self._core.flows.opened(request_id, flow, now)
        self._pump(now)

    def flow_failed(self, request_id: int, reason: str, now: float) -> None:
        """The answer to `OpenFlow` when it cannot be opened; `reason` in words."""
        self._core.flows.failed(request_id, reason, now)
        self._pump(now)

    def flow_accepted(self, flow: Flow, now: float) -> None:
        """Somebody connected to us."""
        self._core.flows.accepted(flow)

    def flow_lost(self, flow: Flow, reason: str, now: float) -> None:
        """A flow is gone: closed, reset, or its local address no longer ours."""
        self._core.flows.lost(flow)
        self._core.transactions.flow_failed(flow, reason, now)
        self._pump(now)
        for registration in self._registrations.values():
            registration.on_flow_lost(flow, now)
        self._pump(now)

    def resolved(self, query_id: int, targets: Sequence[Target], now: float) -> None:
        """The answer to `Resolve`: servers in the order in which to try them."""
        self._core.flows.resolved(query_id, targets, now)
        self._pump(now)

    def resolve_failed(self, query_id: int, reason: str, now: float) -> None:
        """The answer to `Resolve` when there is none; `reason` in words."""
        self._core.flows.resolve_failed(query_id, reason, now)
        self._pump(now)

    # output and time

    def poll(self) -> Output | None:
        """The next effect or event, until None."""
        return self._core.outputs.popleft() if self._core.outputs else None

    def deadline(self) -> float | None:
        """When `on_deadline` wants to be called, in the time of `now`."""
        return min((moment for moment in self._deadlines() if moment is not None), default=None)

    def on_deadline(self, now: float) -> None:
        """Do everything that is due."""
        self._core.transactions.on_deadline(now)
        self._pump(now)
        for registration in self._registrations.values():
            for request in registration.live_requests():
                request.on_deadline(now)
            registration.on_deadline(now)
        for query in self._queries:
            query.on_deadline(now)
        for session in self._sessions:
            session.on_deadline(now)
        self._pump(now)
        self._queries = [query for query in self._queries if not query.done]
        self._sessions.sweep(now)

    def _deadlines(self) -> Iterator[float | None]:
        yield self._core.transactions.deadline()
        for registration in self._registrations.values():
            yield registration.deadline()
            yield from (request.deadline() for request in registration.live_requests())
        yield from (query.deadline() for query in self._queries)
        for session in self._sessions:
            yield from session.deadlines()

    # messages

    def _take(self, message: Message, flow: Flow, now: float) -> None:
        """Give a message to the transaction layer unless a stranger sent it. Raises `RemoteProtocolError`."""
        validate(message)
        if isinstance(message, Request) and self._is_strange(message, flow):
            self._screening.tell(message, flow)
            return
        self._core.transactions.receive(message, flow, now)

    def _take_framed(self, message: Message | KeepAlive | Malformed, flow: Flow, now: float) -> None:
        """What came next on a stream; a faulty message is answered, and the stream goes on."""
        match message:
            case KeepAlive(kind):
                if kind == "ping":
                    self._core.emit(Transmit(flow, PONG))
            case Malformed(data, error):
                self._reject(data, error, flow)
            case _:
                try:
                    self._take(message, flow, now)
                except RemoteProtocolError as error:
                    self._reject(bytes(message), error, flow)

    def _is_strange(self, request: Request, flow: Flow) -> bool:
        begins = request.to.tag is None and request.method not in ("ACK", "CANCEL")
        return begins and self._line_of(request, flow) is None

    def _reject(self, data: bytes, error: RemoteProtocolError, flow: Flow) -> None:
        """Answer a request that cannot be read, without keeping anything of it."""
        response = rejection_of(data, error)
        if response is not None:
            self._core.emit(Transmit(flow, bytes(self._core.signed(response))))

    def _pump(self, now: float) -> None:
        """Carry what the transaction layer has to say to whom it concerns."""
        while (event := self._core.transactions.poll()) is not None:
            try:
                self._route(event, now)
            except RemoteProtocolError:
                continue  # a response that contradicts itself counts as lost

    def _route(self, event: TransactionEvent, now: float) -> None:
        match event:
            case TransmitMessage(flow, message):
                self._core.emit(Transmit(flow, bytes(message)))
            case RequestReceived():
                self._incoming.receive(event, now)
            case ResponseReceived(transaction, response, flow):
                transactor = self._core.transactor(transaction)
                if transactor is not None:
                    transactor.on_response(transaction, response, flow, now)
            case StrayResponse(response, flow):
                self._stray(response, flow, now)
            case TransactionTimeout(transaction):
                self._no_response(transaction, "no answer", now)
            case TransportFailed(transaction, reason):
                self._no_response(transaction, reason, now)
            case TransactionTerminated(transaction):
                if isinstance(transaction, ClientTransaction):
                    self._core.release(transaction)

    def _stray(self, response: Response, flow: Flow, now: float) -> None:
        """A 2xx after its transaction is over: repeat the ACK."""
        session = self._sessions.of_message(response)
        if session is not None and response.cseq.method == "INVITE" and 200 <= response.status < 300:
            session.receive_stray_success(response, flow, now)

    def _no_response(self, transaction: Transaction, reason: str, now: float) -> None:
        if isinstance(transaction, ServerTransaction):
            session = self._sessions.of_transaction(transaction)
            if session is not None:
                session.on_transaction_lost(reason, now)
        elif isinstance(transaction, ClientTransaction):
            transactor = self._core.transactor(transaction)
            if transactor is not None:
                transactor.on_no_response(transaction, reason, now)

    # helpers

    def _line_of(self, request: Request, flow: Flow) -> Account | None:
        return self._screening.line_of(request, flow, self._accounts.values())

    def _account(self, account_id: str) -> Account:
        account = self._accounts.get(account_id)
        if account is None:
            raise LocalProtocolError(f"there is no account {account_id!r}")
        return account

    def _server_session(self, session_id: int) -> ServerSession:
        session = self._sessions.get(session_id)
        if not isinstance(session, ServerSession):
            raise LocalProtocolError(f"session {session_id} is an outgoing call")
        return session

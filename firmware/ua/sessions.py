"""The sessions there are: found by number, by dialog, or by the INVITE that began them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from firmware.sip.errors import LocalProtocolError
from firmware.sip.flow import Flow
from firmware.sip.message import Message, Response
from firmware.sip.transaction import ServerTransaction
from firmware.sip.uri import Uri
from firmware.ua.account import Account
from firmware.ua.client_session import ClientSession
from firmware.ua.core import Core
from firmware.ua.server_session import ServerSession
from firmware.ua.session import Session

MAX_SESSIONS = 8
"""sessions at the same time, not counting those that merely linger; a further caller hears busy"""


class SessionTable:
    """Creates sessions, finds them, and forgets them when nothing can come any more."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._numbers = count(1)
        self._sessions: dict[int, Session] = {}
        self._by_tag: dict[tuple[str, str], Session] = {}

    def __iter__(self) -> Iterator[Session]:
        return iter(tuple(self._sessions.values()))

    @property
    def full(self) -> bool:
        """No further session is taken."""
        return sum(not session.ended for session in self._sessions.values()) >= MAX_SESSIONS

    def get(self, session_id: int) -> Session:
        """The session with a number; a caller's mistake if there is none."""
        session = self._sessions.get(session_id)
        if session is None:
            raise LocalProtocolError(f"there is no session {session_id}")
        return session

    def call(self, account: Account, target: Uri, display_name: str, flow: Flow | None) -> Session:
        """A session of which we are the client."""
        if self.full:
            raise LocalProtocolError(f"there are {MAX_SESSIONS} calls already")
        return self._add(ClientSession(self._core, account, next(self._numbers), target, display_name, flow))

    def take(self, account: Account, transaction: ServerTransaction, flow: Flow) -> None:
        """A session of which we are the server. Raises `RemoteProtocolError` or `SdpError` of its INVITE."""
        session = ServerSession(self._core, account, next(self._numbers), transaction, flow)
        self._add(session)
        session.announce()

    def of_message(self, message: Message) -> Session | None:
        """The session whose tag of ours a message carries: in To of a request, in From of a response."""
        tag = message.from_.tag if isinstance(message, Response) else message.to.tag
        return self._by_tag.get((message.call_id, tag or ""))

    def of_transaction(self, transaction: object) -> ServerSession | None:
        """The session that an incoming INVITE began."""
        for session in self._sessions.values():
            if isinstance(session, ServerSession) and session.transaction is transaction:
                return session
        return None

    def sweep(self, now: float) -> None:
        """Forget what is over."""
        for session in self:
            if session.is_over(now):
                self._sessions.pop(session.session_id)
                self._by_tag.pop((session.call_id, session.local_tag), None)

    def _add(self, session: Session) -> Session:
        self._sessions[session.session_id] = session
        self._by_tag[session.call_id, session.local_tag] = session
        return session

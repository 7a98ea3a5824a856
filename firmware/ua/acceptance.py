"""A 2xx to an INVITE, repeated until it is acknowledged (RFC 3261 section 13.3.1.4)."""

from __future__ import annotations

from firmware.sip.message import Response
from firmware.sip.timers import T1, T2, TRANSACTION_TIMEOUT
from firmware.sip.transaction import ServerTransaction
from firmware.ua.core import Core


class Acceptance:
    """Sends a 2xx at T1, 2 T1, ... up to T2 apart, for 64 T1 at most, over every transport."""

    def __init__(self, core: Core, transaction: ServerTransaction, response: Response, now: float) -> None:
        self._core = core
        self._transaction = transaction
        self._response = response
        self._interval = T1
        self._next = now + T1
        self._last = now + TRANSACTION_TIMEOUT
        core.respond(transaction, response, now)

    @property
    def number(self) -> int:
        """The CSeq number that the ACK has to carry."""
        return self._transaction.request.cseq.number

    @property
    def awaits_answer(self) -> bool:
        """The INVITE made no offer, so the 2xx does and the ACK has to answer."""
        return not self._transaction.request.body

    def deadline(self) -> float:
        """When `on_deadline` wants to be called."""
        return min(self._next, self._last)

    def on_deadline(self, now: float) -> bool:
        """Repeat the 2xx if due; True when the time for an ACK is over."""
        if now >= self._last:
            return True
        if now >= self._next:
            self._interval = min(2 * self._interval, T2)
            self._next = now + self._interval
            self._core.respond(self._transaction, self._response, now)
        return False

"""The stateful half of the proxy: requests on their way and the way back of their responses (RFC 3261 16).

A response is matched by our own Via and gets the other ones from the request that it answers, so nothing that
a callee does to them sends it astray (section 16.7 step 3).
"""

from dataclasses import dataclass, replace

from firmware.sip.entropy import Entropy
from firmware.sip.errors import LocalProtocolError
from firmware.sip.message import Response, response_to
from firmware.sip.transaction import ClientTransaction, ServerTransaction, Transaction, TransactionLayer
from firmware.sip.transaction_messages import new_branch, with_own_via
from tools.exchange.routing import Hop

TIMER_C = 180.0
"""Seconds that an INVITE may ring, counted anew from each provisional response (16.6 step 11)."""

TAG_BYTES = 8


@dataclass(slots=True)
class Relay:
    """One request that was passed on."""

    upstream: ServerTransaction
    downstream: ClientTransaction
    gives_up_at: float | None
    """Timer C, of an INVITE only."""


class Proxy:
    """Passes requests on and responses back."""

    def __init__(self, transactions: TransactionLayer, entropy: Entropy) -> None:
        self._transactions = transactions
        self._entropy = entropy
        self._relays: dict[Transaction, Relay] = {}
        """By either of its transactions."""

    def forward(self, upstream: ServerTransaction, hop: Hop, now: float) -> None:
        """Pass a request on."""
        try:
            downstream = self._transactions.request(hop.request, hop.flow, now)
        except LocalProtocolError:
            self.answer(upstream, 503, now)
            return
        gives_up_at = now + TIMER_C if hop.request.method == "INVITE" else None
        relay = Relay(upstream, downstream, gives_up_at)
        self._relays[upstream] = self._relays[downstream] = relay

    def acknowledge(self, hop: Hop) -> None:
        """Pass on the ACK to a 2xx, which has no transaction."""
        self._transactions.send_ack(with_own_via(hop.request, hop.flow, new_branch(self._entropy)), hop.flow)

    def cancel(self, upstream: ServerTransaction | None, now: float) -> None:
        """The caller gave up, or is gone."""
        relay = None if upstream is None else self._relays.get(upstream)
        if relay is not None and relay.gives_up_at is not None:
            self._transactions.cancel(relay.downstream, now)

    def on_response(self, downstream: ClientTransaction, response: Response, now: float) -> None:
        """Pass a response back; a 100 is between neighbours only, and a 503 is about us two only (16.7)."""
        relay = self._relays.get(downstream)
        if relay is None or response.status == 100:
            return
        if relay.gives_up_at is not None:
            relay.gives_up_at = now + TIMER_C if response.status < 200 else None
        if response.status == 503:
            self.answer(relay.upstream, 500, now)
        elif response.status >= 200 or relay.upstream.request.method == "INVITE":
            self._transactions.respond(relay.upstream, _towards(relay.upstream, response), now)

    def on_no_response(self, transaction: Transaction, status: int, now: float) -> None:
        """The callee is silent, or one of the two flows has failed."""
        relay = self._relays.get(transaction)
        if relay is None:
            return
        if transaction is relay.upstream:
            self.cancel(relay.upstream, now)
            return
        relay.gives_up_at = None
        if relay.upstream.request.method == "INVITE" or status != 408:  # RFC 4320 4.2
            self.answer(relay.upstream, status, now)

    def on_terminated(self, transaction: Transaction) -> None:
        """The layer has forgotten it; so do we, once both are gone."""
        self._relays.pop(transaction, None)

    def answer(
        self, upstream: ServerTransaction, status: int, now: float, fields: tuple[tuple[str, str], ...] = ()
    ) -> None:
        """Answer a request ourselves."""
        tag = self._entropy(TAG_BYTES).hex()
        response = response_to(upstream.request, status, to_tag=tag, headers=fields)
        self._transactions.respond(upstream, response, now)

    def deadline(self) -> float | None:
        """When the first timer C fires."""
        return min((at for relay in self._relays.values() if (at := relay.gives_up_at)), default=None)

    def on_deadline(self, now: float) -> None:
        """Give up on telephones that ring for ever."""
        for relay in tuple(self._relays.values()):
            if relay.gives_up_at is not None and now >= relay.gives_up_at:
                relay.gives_up_at = None
                self._transactions.cancel(relay.downstream, now)


def stripped(response: Response) -> Response:
    """A response with its topmost Via only, which is ours."""
    headers = response.headers.without("Via")
    return replace(response, headers=headers.prepended("Via", str(response.via)))


def _towards(upstream: ServerTransaction, response: Response) -> Response:
    headers = response.headers.without("Via")
    for value in reversed(upstream.request.headers.get_all("Via")):
        headers = headers.prepended("Via", value)
    return replace(response, headers=headers)

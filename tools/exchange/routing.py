"""Where a request goes next (RFC 3261 sections 16.3 to 16.6), decided without sending anything.

The exchange opens no connections. A call goes out on the flow by which its callee registered, and what
follows on one of the two flows of the call: their numbers stand in the Record-Route, with a proof that they
are ours (RFC 5626 section 5.2).
"""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace

from firmware.sip.entropy import Entropy
from firmware.sip.errors import RemoteProtocolError
from firmware.sip.flow import Flow
from firmware.sip.grammar import digits
from firmware.sip.headers import NameAddr
from firmware.sip.message import Request
from firmware.sip.uri import Uri

MAX_FORWARDS = 70
"""Hops left to a request that does not say (RFC 3261 16.6 step 3)."""

MAKE_DIALOGS = ("INVITE", "SUBSCRIBE", "REFER")
"""Requests whose successors have to pass here again, and so get a Record-Route."""

PROOF_BYTES = 10


@dataclass(frozen=True, slots=True)
class Hop:
    """The next step: what to send, on which flow."""

    request: Request
    flow: Flow


class Router:
    """The exchange's map: its own names, its numbers, and the flows that are open."""

    def __init__(self, names: frozenset[str], flow: Callable[[int], Flow | None], entropy: Entropy) -> None:
        """`names` are the hosts that stand for the exchange; `flow` finds an open flow by its number."""
        self._names = names
        self._flow = flow
        self._key = entropy(32)

    def is_ours(self, uri: object) -> bool:
        """Whether a URI names this exchange or somebody at it."""
        return isinstance(uri, Uri) and uri.host.lower() in self._names

    def arrive(self, request: Request) -> Request:
        """`request` with one hop less to go. Raises `RemoteProtocolError` for what no proxy passes on."""
        if not isinstance(request.uri, Uri):
            raise RemoteProtocolError(f"URI scheme {request.uri.scheme}", 416)
        if wanted := request.headers.get_all("Proxy-Require"):
            raise RemoteProtocolError("an unknown extension", 420, (("Unsupported", ", ".join(wanted)),))
        written = request.headers.get("Max-Forwards")
        hops = MAX_FORWARDS if written is None else digits(written, 255, "Max-Forwards")
        if hops == 0:
            raise RemoteProtocolError("too many hops", 483)
        return replace(request, headers=request.headers.with_("Max-Forwards", str(hops - 1)))

    def follow(self, request: Request, came_on: Flow) -> Hop | Request:
        """Take us off the Route: the next hop within a call, or the request that is still to be routed."""
        routes = list(request.routes)
        token: tuple[int, int] | None = None
        while routes and self.is_ours(routes[0].uri):
            token = self._numbers_in(routes.pop(0), request.call_id) or token
        headers = request.headers.without("Route")
        for route in routes:
            headers = headers.appended("Route", str(route))
        bare = replace(request, headers=headers)
        if token is None:
            return bare
        return Hop(bare, self._other_flow(token, came_on))

    def recorded(self, hop: Hop, came_on: Flow) -> Hop:
        """`hop` with us in the Record-Route, once for each side (RFC 5658), if a dialog may come of it."""
        if hop.request.method not in MAKE_DIALOGS:
            return hop
        numbers = f"{came_on.id}.{hop.flow.id}"
        token = f"{numbers}.{self._proof(numbers, hop.request.call_id)}"
        headers = hop.request.headers
        for flow in (came_on, hop.flow):
            headers = headers.prepended("Record-Route", str(_own_address(token, flow)))
        return Hop(replace(hop.request, headers=headers), hop.flow)

    def _other_flow(self, numbers: tuple[int, int], came_on: Flow) -> Flow:
        """The flow that is not `came_on`; a telephone that had to connect again comes on neither."""
        others = [number for number in numbers if number != came_on.id] or [came_on.id]
        flow = next((flow for number in others if (flow := self._flow(number)) is not None), None)
        if flow is None:
            raise RemoteProtocolError("the other telephone is gone", 480)
        return flow

    def _numbers_in(self, route: NameAddr, call_id: str) -> tuple[int, int] | None:
        user = route.uri.user if isinstance(route.uri, Uri) else None
        numbers, _, proof = (user or "").rpartition(".")
        if not hmac.compare_digest(proof.encode(), self._proof(numbers, call_id).encode()):
            return None
        one, _, other = numbers.partition(".")
        return int(one), int(other)  # our own writing, as the proof says

    def _proof(self, numbers: str, call_id: str) -> str:
        """Nobody who lacks our key can name a flow, nor take one call's token for another."""
        return hmac.digest(self._key, f"{numbers} {call_id}".encode(), hashlib.sha256)[:PROOF_BYTES].hex()


def _own_address(token: str, flow: Flow) -> NameAddr:
    """We as the far end of `flow` reaches us."""
    host, port = flow.local
    parameters = (("transport", flow.transport.lower()), ("lr", None))
    return NameAddr(Uri("sip", token, None, host, port, parameters))

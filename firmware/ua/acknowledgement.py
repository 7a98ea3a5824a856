"""The ACK to a 2xx: no transaction of its own, repeated whenever the 2xx is (RFC 3261 section 13.2.2.4)."""

from __future__ import annotations

from collections.abc import Sequence

from firmware.sip.flow import Flow, Target
from firmware.sip.message import Request
from firmware.sip.uri import Uri
from firmware.ua.core import Core


class Acknowledgement:
    """One ACK on its way; it may first have to find the way to the other side's Contact."""

    def __init__(self, core: Core, ack: Request) -> None:
        self._core = core
        self._ack = ack
        self._flow: Flow | None = None

    def send(self, uri: Uri, flow: Flow | None, now: float) -> None:
        """Send over a flow that leads there, else look for one."""
        if flow is None:
            self._core.flows.resolve(uri, self)
        else:
            self.on_flow(flow, now)

    def again(self) -> None:
        """The 2xx came again, so the ACK was lost."""
        if self._flow is not None:
            self._core.transactions.send_ack(self._ack, self._flow)

    def on_resolved(self, targets: Sequence[Target], now: float) -> None:
        """The first server has to do; a lost ACK is repeated with the next 2xx."""
        if targets:
            self._core.flows.open(targets[0], self, now)

    def on_resolve_failed(self, reason: str, now: float) -> None:
        """The other side will give up by itself after 64 T1 (RFC 3261 section 13.3.1.4)."""

    def on_flow(self, flow: Flow, now: float) -> None:
        """The way is open."""
        self._flow = flow
        self._ack = self._core.transactions.send_ack(self._ack, flow)

    def on_flow_failed(self, reason: str, now: float) -> None:
        """As for a name that leads nowhere."""

"""The flows that are open, the ones being opened, and which of them lead to a line's own servers.

A flow is opened once for each target and then shared by everything that goes there (RFC 5923, RFC 5626):
requests of a line follow its registration, and a call's later requests follow the call.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import count
from typing import Protocol

from firmware.sip.flow import Flow, Target
from firmware.sip.framing import StreamFramer
from firmware.sip.uri import Uri
from firmware.ua.events import CloseFlow, OpenFlow, Output, Resolve

MAX_STREAMS = 64
"""streams read at the same time; one more is closed at once"""


class Resolution(Protocol):
    """Who asked for a name to be resolved."""

    def on_resolved(self, targets: Sequence[Target], now: float) -> None:
        """Servers in the order in which they are to be tried."""

    def on_resolve_failed(self, reason: str, now: float) -> None:
        """The name leads nowhere."""


class Opening(Protocol):
    """Who waits for a flow."""

    def on_flow(self, flow: Flow, now: float) -> None:
        """The flow stands."""

    def on_flow_failed(self, reason: str, now: float) -> None:
        """It could not be opened."""


class FlowTable:
    """Resolving, opening and remembering flows; speaks to the network driver through `outputs`."""

    def __init__(self, outputs: deque[Output]) -> None:
        self._outputs = outputs
        self._numbers = count(1)
        self._resolutions: dict[int, Resolution] = {}
        self._openings: dict[int, tuple[Target, list[Opening]]] = {}
        self._open: dict[Target, Flow] = {}
        self._streams: set[int] = set()
        self._closing: set[int] = set()
        self._framers: dict[int, StreamFramer] = {}
        self._servers: dict[str, dict[int, Flow]] = {}

    def resolve(self, uri: Uri, resolution: Resolution) -> None:
        """Ask for the servers behind a URI (RFC 3263)."""
        number = next(self._numbers)
        self._resolutions[number] = resolution
        self._outputs.append(Resolve(number, uri))

    def resolved(self, query_id: int, targets: Sequence[Target], now: float) -> None:
        """Hand the answer to whoever asked; nobody, when it was given up meanwhile."""
        resolution = self._resolutions.pop(query_id, None)
        if resolution is not None:
            resolution.on_resolved(targets, now)

    def resolve_failed(self, query_id: int, reason: str, now: float) -> None:
        """Hand the failure to whoever asked."""
        resolution = self._resolutions.pop(query_id, None)
        if resolution is not None:
            resolution.on_resolve_failed(reason, now)

    def open(self, target: Target, opening: Opening, now: float) -> None:
        """Give an open flow to the target, or ask the driver for one and share it with all who wait."""
        flow = self._open.get(target)
        if flow is not None:
            opening.on_flow(flow, now)
            return
        for pending, waiting in self._openings.values():
            if pending == target:
                waiting.append(opening)
                return
        number = next(self._numbers)
        self._openings[number] = (target, [opening])
        self._outputs.append(OpenFlow(number, target))

    def opened(self, request_id: int, flow: Flow, now: float) -> None:
        """The driver opened what `open` asked for."""
        target, waiting = self._openings.pop(request_id, (None, []))
        if target is not None:
            self._open[target] = flow
            self.accepted(flow)
        for opening in waiting:
            opening.on_flow(flow, now)

    def failed(self, request_id: int, reason: str, now: float) -> None:
        """The driver could not open what `open` asked for."""
        _, waiting = self._openings.pop(request_id, (None, []))
        for opening in waiting:
            opening.on_flow_failed(reason, now)

    def accepted(self, flow: Flow) -> None:
        """A stream stands, opened by us or by the other side."""
        if flow.reliable:
            self._streams.add(flow.id)

    def lost(self, flow: Flow) -> None:
        """Forget a flow that is gone."""
        self._streams.discard(flow.id)
        self._closing.discard(flow.id)
        self._open = {target: known for target, known in self._open.items() if known.id != flow.id}
        self._framers.pop(flow.id, None)
        for servers in self._servers.values():
            servers.pop(flow.id, None)

    def is_open(self, flow: Flow) -> bool:
        """Can something be sent on the flow? Over UDP always."""
        return not flow.reliable or flow.id in self._streams

    def framer(self, flow: Flow) -> StreamFramer | None:
        """The reader of a stream; None when it is being closed, or too many are being read."""
        if flow.id in self._closing:
            return None
        if flow.id not in self._framers:
            if len(self._framers) >= MAX_STREAMS:
                self.close(flow, "too many connections")
                return None
            self._framers[flow.id] = StreamFramer()
        return self._framers[flow.id]

    def close(self, flow: Flow, reason: str) -> None:
        """Read nothing more of a stream and have it closed."""
        self._closing.add(flow.id)
        self._framers.pop(flow.id, None)
        self._outputs.append(CloseFlow(flow, reason))

    def claim(self, account_id: str, flow: Flow) -> None:
        """Note that a flow was opened to the account's own proxy or registrar."""
        self._servers.setdefault(account_id, {})[flow.id] = flow

    def leads_home(self, account_id: str, flow: Flow) -> bool:
        """Does the flow lead to the account's own proxy or registrar?"""
        return flow.id in self._servers.get(account_id, {})

    def server_hosts(self, account_id: str) -> frozenset[str]:
        """Addresses of the account's own servers that we hold a flow to."""
        return frozenset(flow.remote[0] for flow in self._servers.get(account_id, {}).values())

    def forget_account(self, account_id: str) -> None:
        """Drop what was noted for an account that is gone."""
        self._servers.pop(account_id, None)

"""Whether a flow at hand leads to where the next request of a dialog goes."""

from __future__ import annotations

from firmware.sip.dialog import Dialog
from firmware.sip.flow import Flow
from firmware.sip.target import DEFAULT_PORTS
from firmware.sip.uri import Uri
from firmware.ua.account import Account
from firmware.ua.core import Core


def flow_for(core: Core, account: Account, dialog: Dialog, flow: Flow | None) -> Flow | None:
    """The flow of the session if a request of the dialog may take it, else None.

    A flow to the account's own server carries whatever that server record-routed: the top of the route set is
    the server itself, by whatever name it calls itself (the idea of RFC 5626 section 5.3).
    """
    if flow is None or not core.flows.is_open(flow):
        return None
    if dialog.route_set and core.flows.leads_home(account.id, flow):
        return flow
    return flow if leads_to(flow, dialog.next_hop) else None


def leads_to(flow: Flow, uri: Uri) -> bool:
    """Is the far end of a flow what the URI names?"""
    transport = (uri.parameter("transport") or "").upper() or ("TLS" if uri.scheme == "sips" else "UDP")
    if uri.scheme == "sips" and transport == "TCP":
        transport = "TLS"
    if uri.port is None and flow.server_name and uri.host.lower() == flow.server_name.lower():
        return uri.scheme == "sip" or flow.secure
    port = uri.port or DEFAULT_PORTS.get(flow.transport)
    return transport == flow.transport and (uri.host, port) == flow.remote

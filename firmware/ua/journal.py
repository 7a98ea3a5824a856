"""A confirmed dialog in plain values, so that the phone can end or resume it after its own restart."""

from __future__ import annotations

from dataclasses import dataclass

from firmware.sip.dialog import Dialog
from firmware.sip.flow import Flow
from firmware.ua.account import Account


@dataclass(frozen=True, slots=True)
class DialogRecord:
    """What RFC 3261 section 12 calls the state of a dialog, and the way by which we reach it."""

    account_id: str
    call_id: str
    local_tag: str
    remote_tag: str
    local_uri: str
    remote_uri: str
    local_number: int
    """CSeq number of our latest request"""
    remote_number: int | None
    """CSeq number of the other side's latest request"""
    route_set: tuple[str, ...]
    remote_target: str
    contact: str
    """ours, as the other side knows it"""
    transport: str
    remote: tuple[str, int]
    """address and port of the next server"""


def record_of(dialog: Dialog, account: Account, flow: Flow) -> DialogRecord:
    """The record of a dialog as it stands."""
    return DialogRecord(
        account_id=account.id,
        call_id=dialog.id.call_id,
        local_tag=dialog.id.local_tag,
        remote_tag=dialog.id.remote_tag,
        local_uri=str(dialog.local.uri),
        remote_uri=str(dialog.remote.uri),
        local_number=dialog.local_sequence,
        remote_number=dialog.remote_sequence,
        route_set=tuple(str(route) for route in dialog.route_set),
        remote_target=str(dialog.remote_target),
        contact=str(account.contact(flow)),
        transport=flow.transport,
        remote=flow.remote,
    )

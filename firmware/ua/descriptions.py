"""Session descriptions as bodies of SIP messages, and what to answer to one that will not do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from firmware.sdp.description import SessionDescription
from firmware.sdp.errors import NotAcceptable, SdpError
from firmware.sdp.negotiation import LocalMedia
from firmware.sip.errors import RemoteProtocolError
from firmware.sip.flow import Flow
from firmware.sip.message import Message, Request, Response, response_to
from firmware.ua.requests import ACCEPT, Fields

WARNING_AGENT = "offhook"
"""pseudonym in a Warning header field, in place of our address (RFC 3261 section 20.43)"""
WILDCARDS = ("0.0.0.0", "::")
CONTENT_TYPE: Fields = (("Content-Type", ACCEPT),)


def local_for(flow: Flow, places: Sequence[LocalMedia]) -> LocalMedia:
    """Which of our media addresses to name to a peer behind `flow`: of its family, else the first.

    A wildcard stands for the address from which the signalling goes. Raises `SdpError` without any.
    """
    if not places:
        raise SdpError("no voice stream is at hand")
    six = ":" in flow.local[0]
    chosen = next((place for place in places if (":" in place.host) == six), places[0])
    host = flow.local[0] if chosen.host in WILDCARDS else chosen.host
    return replace(chosen, host=host)


def read_description(message: Message) -> SessionDescription | None:
    """The session description that a message carries, if any.

    Raises `SdpError`, or `RemoteProtocolError` (415) for another kind of body.
    """
    if not message.body:
        return None
    if message.content_type != ACCEPT or message.headers.get("Content-Encoding") not in (None, "identity"):
        raise RemoteProtocolError("the body is no session description", 415, (("Accept", ACCEPT),))
    return SessionDescription.parse(message.body)


def refusal_of(
    request: Request, error: SdpError | RemoteProtocolError, to_tag: str | None = None
) -> Response:
    """The answer to an offer that cannot be read (400, 415) or taken (488 with the reason)."""
    fields = error.headers if isinstance(error, RemoteProtocolError) else ()
    if isinstance(error, NotAcceptable):
        fields = (("Warning", error.warning(WARNING_AGENT)),)
    return response_to(request, error.status, to_tag=to_tag, headers=fields)

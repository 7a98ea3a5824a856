"""Messages that a scripted peer sends: an INVITE, its ACK, a description, a request within a dialog."""

from __future__ import annotations

from itertools import count

from firmware.sip.flow import Flow
from firmware.sip.headers import CSeq, Headers
from firmware.sip.message import Request, Response
from firmware.sip.uri import Uri
from tests.ua.network import Peer

_branches = count(1)

Fields = tuple[tuple[str, str], ...]


def description(
    host: str = "192.0.2.9",
    port: int = 6000,
    *,
    direction: str = "sendrecv",
    formats: str = "0 8",
    connection: str | None = None,
    version: int = 1,
) -> bytes:
    """A session description with one audio stream."""
    lines = [
        "v=0",
        f"o=- 1 {version} IN IP4 {host}",
        "s=-",
        f"c=IN IP4 {connection or host}",
        "t=0 0",
        f"m=audio {port} RTP/AVP {formats}",
        f"a={direction}",
    ]
    return "".join(f"{line}\r\n" for line in lines).encode()


SDP: Fields = (("Content-Type", "application/sdp"),)


def request(
    peer: Peer,
    method: str = "INVITE",
    *,
    uri: str = "sip:bob@192.0.2.2",
    number: int = 1,
    call_id: str = "call-1",
    from_tag: str = "caller",
    to_tag: str | None = None,
    fields: Fields = (),
    body: bytes = b"",
    branch: str | None = None,
    transport: str = "UDP",
) -> Request:
    """A request of a peer, outside of a dialog unless it has a tag in To."""
    host, port = peer.address
    branch = branch or f"z9hG4bK-peer-{next(_branches)}"
    to = f"<{uri}>" + (f";tag={to_tag}" if to_tag else "")
    headers = [
        ("Via", f"SIP/2.0/{transport} {host}:{port};branch={branch};rport"),
        ("Max-Forwards", "70"),
        ("From", f"<sip:peer@{host}>;tag={from_tag}"),
        ("To", to),
        ("Call-ID", call_id),
        ("CSeq", str(CSeq(number, method))),
        ("Contact", f"<sip:peer@{host}:{port}>"),
        *fields,
        *(SDP if body else ()),
    ]
    return Request(method, Uri.parse(uri), Headers(headers), body)


def ack_of(peer: Peer, response: Response, *, body: bytes = b"") -> Request:
    """The ACK to a 2xx."""
    return within(peer, response, "ACK", response.cseq.number, body=body)


def within(
    peer: Peer, response: Response, method: str, number: int, *, body: bytes = b"", fields: Fields = ()
) -> Request:
    """A request of the peer who got `response` to its INVITE."""
    return request(
        peer,
        method,
        uri=str(response.contacts[0].uri),
        number=number,
        call_id=response.call_id,
        from_tag=response.from_.tag or "",
        to_tag=response.to.tag,
        body=body,
        fields=fields,
    )


def back(
    peer: Peer, invite: Request, method: str, number: int, *, tag: str = "peer", body: bytes = b""
) -> Request:
    """A request of the peer who answered `invite` with `tag`."""
    return request(
        peer,
        method,
        uri=str(invite.contacts[0].uri),
        number=number,
        call_id=invite.call_id,
        from_tag=tag,
        to_tag=invite.from_.tag,
        body=body,
    )


def contact_of(peer: Peer) -> Fields:
    """The Contact of a response that makes a dialog."""
    host, port = peer.address
    return (("Contact", f"<sip:peer@{host}:{port}>"),)


def accept(
    peer: Peer, invite: Request, flow: Flow, *, tag: str = "peer", body: bytes | None = None
) -> Response:
    """A 200 to an INVITE with an answer."""
    answer = description(peer.address[0], formats="0") if body is None else body
    return peer.reply(invite, flow, 200, tag=tag, fields=(*contact_of(peer), *SDP), body=answer)

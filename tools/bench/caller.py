"""The bench's own caller: one call at a time over UDP, with the time of each answer."""

import select
import socket
import time
from dataclasses import dataclass
from itertools import count

from firmware.sip.dialog import Dialog
from firmware.sip.headers import Headers
from firmware.sip.message import Request, Response, parse, response_to
from firmware.sip.uri import Uri

LONGEST_WAIT = 10.0


class CallFailed(Exception):
    """The call was not answered with 200."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call that stands. `seconds` passed between the INVITE's leaving and the 200's arrival."""

    dialog: Dialog
    seconds: float
    answer: bytes


class Caller:
    """Calls through `server`, or without any straight to where the URI points.

    It is nobody's subscriber, so that no proxy asks for a password: every call takes one transaction.
    """

    def __init__(self, server: tuple[str, int] | None = None) -> None:
        self._server = server
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._port = int(self._socket.getsockname()[1])
        self._numbers = count(1)

    def close(self) -> None:
        """Free the port."""
        self._socket.close()

    def call(self, uri: str, offer: bytes) -> Call:
        """Place a call and wait until it stands. Raises `CallFailed`."""
        invite = self._invite(Uri.parse(uri), offer)
        start = time.perf_counter()
        self._send(invite)
        answer, end = self._final(invite)
        if answer.status != 200:
            raise CallFailed(f"{uri} answered {answer.status} {answer.reason}")
        dialog = Dialog.of_response(invite, answer)
        self._send(self._with_via(dialog.ack(invite)))
        return Call(dialog, end - start, answer.body)

    def hang_up(self, call: Call) -> None:
        """End the call and wait for the other side's answer."""
        bye = self._with_via(call.dialog.request("BYE"))
        self._send(bye)
        self._final(bye)

    def _invite(self, uri: Uri, offer: bytes) -> Request:
        number = next(self._numbers)
        headers = Headers(
            [
                ("Max-Forwards", "70"),
                ("From", f"<sip:bench@caller.test>;tag={number}"),
                ("To", f"<{uri}>"),
                ("Call-ID", f"bench-{self._port}-{number}"),
                ("CSeq", "1 INVITE"),
                ("Contact", f"<sip:bench@127.0.0.1:{self._port}>"),
                ("Content-Type", "application/sdp"),
            ]
        )
        return self._with_via(Request("INVITE", uri, headers, offer))

    def _with_via(self, request: Request) -> Request:
        branch = f"z9hG4bKbench{self._port}x{next(self._numbers)}"
        via = f"SIP/2.0/UDP 127.0.0.1:{self._port};branch={branch};rport"
        return Request(request.method, request.uri, request.headers.prepended("Via", via), request.body)

    def _send(self, request: Request) -> None:
        next_hop = request.routes[0].uri if request.routes else request.uri
        if not isinstance(next_hop, Uri):
            raise CallFailed(f"{next_hop} is no SIP URI")
        address = (next_hop.host, next_hop.port or 5060)
        if self._server is not None and not request.to.tag:
            address = self._server
        self._socket.sendto(bytes(request), address)

    def _final(self, request: Request) -> tuple[Response, float]:
        """The final response to `request` and when it came; requests that come meanwhile are agreed to."""
        deadline = time.perf_counter() + LONGEST_WAIT
        while (left := deadline - time.perf_counter()) > 0:
            ready, _, _ = select.select([self._socket], [], [], left)
            now = time.perf_counter()
            if not ready:
                break
            data, source = self._socket.recvfrom(65536)
            message = parse(data)
            if isinstance(message, Request):
                self._socket.sendto(bytes(response_to(message, 200)), source)
            elif (
                message.call_id == request.call_id and message.cseq == request.cseq and message.status >= 200
            ):
                return message, now
        raise CallFailed(f"no answer to {request.method} {request.uri} within {LONGEST_WAIT:g} s")

"""Stands before the page: only this very origin is served, and nothing it serves may leave it.

A foreign page that knows our port can still make a browser send requests here, and a name that it owns
can be made to point here (DNS rebinding). The first is told by `Origin` and `Sec-Fetch-Site`, the second
by `Host`.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")

FETCH_SITES = (None, "none", "same-origin")
"""`none` is a person's own doing: an address typed, pasted or clicked outside the browser."""

HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def content_policy(host: str) -> str:
    """What the page may load: its own files and its own WebSocket, nothing inline, nothing from elsewhere."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        f"connect-src ws://{host}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


class Guard:
    """Refuses requests with a foreign Host or Origin with 403, and adds the headers that confine the page."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._hosts = frozenset(f"{name}:{port}" for name in LOOPBACK_NAMES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or WebSocket."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        words = self._objection(headers, needs_origin=scope["type"] == "websocket")
        confined = _confined(send, headers.get("host", "") if words is None else "")
        if words is None:
            await self._app(scope, receive, confined)
        else:
            await PlainTextResponse(words + "\n", 403)(scope, receive, confined)

    def _objection(self, headers: Headers, *, needs_origin: bool) -> str | None:
        """What is wrong with a request, in a sentence; browsers always say where a WebSocket comes from."""
        host, origins = headers.getlist("host"), headers.getlist("origin")
        if len(host) != 1 or host[0] not in self._hosts:
            return "This telephone is served under its loopback address only."
        if (needs_origin or origins) and origins != [f"http://{host[0]}"]:
            return "Another page may not use this telephone."
        if headers.get("sec-fetch-site") not in FETCH_SITES:
            return "Another page may not open this telephone; put its address into the address bar yourself."
        return None


def _confined(send: Send, host: str) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            headers = MutableHeaders(scope=message)
            headers.update({**HEADERS, "Content-Security-Policy": content_policy(host)})
        await send(message)

    return with_headers

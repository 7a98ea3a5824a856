"""The page's server: four files for whoever has the cookie, and one WebSocket to the telephone."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket, WebSocketDisconnect

from firmware.control.client import ControlError
from firmware.control.messages import Picture
from ui.web import wire
from ui.web.access import Access, TooManyWrong
from ui.web.guard import Guard
from ui.web.telephone import Telephone, Viewer

STATIC = Path(__file__).parent / "static"
FILES = {"page.css": "text/css", "page.js": "text/javascript", "icon.svg": "image/svg+xml"}
MAX_PAGES = 8
CLOSE_POLICY = 1008
CLOSE_TRY_LATER = 1013


class Page:
    """The handlers, sharing who may come in and the telephone."""

    def __init__(self, access: Access, telephone: Telephone, port: int) -> None:
        self._access = access
        self._telephone = telephone
        self._cookie = f"offhook-{port}"  # cookies know no ports: two telephones must not share one

    def app(self) -> Starlette:
        """The application, which follows the telephone while it runs."""
        return Starlette(
            routes=[
                Route("/", self._page, methods=["GET"]),
                *(Route(f"/{name}", self._file, methods=["GET"]) for name in FILES),
                WebSocketRoute("/phone", self._socket),
            ],
            lifespan=self._lifespan,
        )

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        following = asyncio.create_task(self._telephone.run())
        yield
        following.cancel()

    def _is_admitted(self, connection: HTTPConnection) -> bool:
        return self._access.admits(connection.cookies.get(self._cookie, ""))

    async def _page(self, request: Request) -> Response:
        code = request.query_params.get("code")
        if code is not None and not self._is_admitted(request):
            return self._exchange(code)
        if code is not None:
            return RedirectResponse("/", 303)
        if not self._is_admitted(request):
            return FileResponse(STATIC / "closed.html", 403, media_type="text/html")
        return FileResponse(STATIC / "page.html", media_type="text/html")

    def _exchange(self, code: str) -> Response:
        try:
            session = self._access.exchange(code, time.monotonic())
        except TooManyWrong:
            return FileResponse(STATIC / "closed.html", 429, media_type="text/html")
        if session is None:
            return FileResponse(STATIC / "closed.html", 403, media_type="text/html")
        response = RedirectResponse("/", 303)
        response.set_cookie(self._cookie, session, path="/", httponly=True, samesite="strict")
        return response

    async def _file(self, request: Request) -> Response:
        name = request.url.path.removeprefix("/")
        return FileResponse(STATIC / name, media_type=FILES[name])

    async def _socket(self, socket: WebSocket) -> None:
        if not self._is_admitted(socket):
            await socket.close(CLOSE_POLICY)
            return
        await socket.accept()
        if self._telephone.watched_by >= MAX_PAGES:
            await socket.close(CLOSE_TRY_LATER, "too many pages are open")
            return
        viewer = self._telephone.join()
        telling = asyncio.create_task(_tell(socket, viewer))
        try:
            await self._obey(socket)
        except wire.WireError:
            await socket.close(CLOSE_POLICY, "not a key or the hook")
        except WebSocketDisconnect:
            pass
        finally:
            self._telephone.leave(viewer)
            telling.cancel()

    async def _obey(self, socket: WebSocket) -> None:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if message.get("text") is None:
                raise wire.WireError("binary")
            try:
                await self._telephone.do(wire.command(message["text"]))
            except ControlError as error:
                await socket.send_text(wire.encode(wire.Refused(str(error))))


async def _tell(socket: WebSocket, viewer: Viewer) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):  # the page was closed meanwhile
        async for message in viewer.messages():
            if isinstance(message, Picture):
                await socket.send_bytes(wire.encode_picture(message))
            else:
                await socket.send_text(wire.encode(message))


def page(access: Access, telephone: Telephone, port: int) -> ASGIApp:
    """The guarded application for one port."""
    return Guard(Page(access, telephone, port).app(), port)

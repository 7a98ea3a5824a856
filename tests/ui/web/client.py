"""What a browser, or something that only claims to be one, says to the page's server; bytes are our own."""

import http.client
import json
import socket
from http.cookies import SimpleCookie
from types import TracebackType
from typing import Any, Self

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    Event,
    RejectConnection,
    Request,
    TextMessage,
)
from wsproto.utilities import RemoteProtocolError

SECONDS = 5.0


class Answer:
    """One HTTP answer."""

    def __init__(self, answer: http.client.HTTPResponse) -> None:
        self.status = answer.status
        self.headers = {name.lower(): value for name, value in answer.getheaders()}
        self.body = answer.read().decode()

    @property
    def cookie(self) -> str:
        """The cookie it sets, as the browser will send it."""
        morsel = next(iter(SimpleCookie(self.headers["set-cookie"]).values()))
        return f"{morsel.key}={morsel.value}"


def get(port: int, path: str = "/", method: str = "GET", **headers: str | None) -> Answer:
    """Ask for `path`. Headers by name with `_` for `-`; host is right unless given, or left out if None."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in {"host": f"127.0.0.1:{port}", **headers}.items():
        if value is not None:
            connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    try:
        return Answer(connection.getresponse())
    finally:
        connection.close()


class Refused(Exception):
    """The WebSocket was not opened; carries the HTTP status."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Closed(Exception):
    """The server closed the WebSocket; carries the code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Socket:
    """A WebSocket to the page's server. Raises `Refused` when it is not let in."""

    def __init__(
        self, port: int, cookie: str = "", *, origin: str | None = "", host: str = "", **headers: str
    ) -> None:
        host = host or f"127.0.0.1:{port}"
        self._tcp = socket.create_connection(("127.0.0.1", port), timeout=SECONDS)
        self._connection = WSConnection(ConnectionType.CLIENT)
        sent = {"cookie": cookie, **{name.replace("_", "-"): value for name, value in headers.items()}}
        if origin is not None:
            sent["origin"] = origin or f"http://127.0.0.1:{port}"
        extra = [(name.encode(), value.encode()) for name, value in sent.items() if value]
        self._send(Request(host=host, target="/phone", extra_headers=extra))
        match self._next():
            case AcceptConnection():
                pass
            case RejectConnection(status_code=status):
                self._tcp.close()
                raise Refused(status)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tcp.close()

    def say(self, message: Any) -> None:
        """Send JSON, or text or bytes as they are."""
        match message:
            case bytes():
                self._send(BytesMessage(data=message))
            case str():
                self._send(TextMessage(data=message))
            case _:
                self._send(TextMessage(data=json.dumps(message)))

    def hear(self) -> Any:
        """The next message: what its JSON says, or bytes. Raises `Closed`."""
        text, pixels = "", b""
        while True:
            match self._next():
                case TextMessage(data=str(part), message_finished=finished):
                    text += part
                    if finished:
                        return json.loads(text)
                case BytesMessage(data=part, message_finished=finished):
                    pixels += part
                    if finished:
                        return pixels
                case CloseConnection(code=code):
                    raise Closed(code)

    def hear_until(self, name: str) -> Any:
        """The next JSON message that has `name`."""
        while True:
            message = self.hear()
            if isinstance(message, dict) and name in message:
                return message

    def _send(self, event: Event) -> None:
        self._tcp.sendall(self._connection.send(event))

    def _next(self) -> Event:
        while True:
            try:
                return next(self._connection.events())
            except StopIteration:
                data = self._tcp.recv(1 << 16)
                try:
                    self._connection.receive_data(data or None)
                except RemoteProtocolError as error:
                    raise Closed(1006) from error

"""A provider in memory: a registrar that checks digests by its own arithmetic, and a proxy that forwards."""

from __future__ import annotations

import hashlib
import re
from itertools import count

from firmware.sip.flow import Flow, Target, Transport
from firmware.sip.headers import NameAddr
from firmware.sip.message import Request, Response, response_to
from firmware.sip.uri import Uri
from tests.ua.network import Network, Peer

HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}

_PARAMETER = re.compile(r'(\w+)=(?:"([^"]*)"|([^,\s]+))')


def digest_parameters(value: str) -> dict[str, str]:
    """The parameters of an Authorization header field."""
    return {name: quoted or bare for name, quoted, bare in _PARAMETER.findall(value)}


def is_right(value: str, method: str, password: str) -> bool:
    """Does an Authorization prove the password? RFC 7616 section 3.4.1, reckoned independently."""
    given = digest_parameters(value)

    def hashed(text: str) -> str:
        return hashlib.new(HASHES[given.get("algorithm", "MD5")], text.encode()).hexdigest()

    secret = hashed(f"{given['username']}:{given['realm']}:{password}")
    request = hashed(f"{method}:{given['uri']}")
    middle = f"{given['nonce']}:{given['nc']}:{given['cnonce']}:{given['qop']}"
    return given["response"] == hashed(f"{secret}:{middle}:{request}")


class Provider(Peer):
    """Registrar and proxy of example.com."""

    def __init__(self, network: Network, transport: Transport = "UDP", host: str = "198.51.100.1") -> None:
        super().__init__(network, host)
        self.password = "secret"
        self.realm = "example.com"
        self.algorithms: tuple[str, ...] = ("MD5",)
        self.granted: int | None = None
        """seconds granted whatever is asked; None grants what is asked"""
        self.min_expires = 0
        self.refuses: tuple[int, tuple[tuple[str, str], ...]] | None = None
        """status and fields of every answer to a REGISTER"""
        self.record_routes = True
        self.route_name = f"{host}:5060"
        """what the proxy calls itself in Record-Route"""
        self.challenges_calls = False
        self.bindings: dict[str, tuple[NameAddr, Flow]] = {}
        self.grants: list[tuple[float, int]] = []
        """when a binding was granted, and for how many seconds"""
        self._nonces = count(1)
        self._valid: set[str] = set()
        self._ways: dict[str, Flow] = {}
        network.names.setdefault("example.com", []).append(Target(transport, host, 5060, "example.com"))
        self.on_request = self._request
        self.on_response = self._response

    def expire_nonces(self) -> None:
        """Nonces given so far are stale from now on."""
        self._valid.clear()

    def challenge(self, request: Request, flow: Flow, status: int, *, stale: bool = False) -> None:
        """Ask for the password, with one challenge for each algorithm."""
        name = "WWW-Authenticate" if status == 401 else "Proxy-Authenticate"
        nonce = f"nonce{next(self._nonces)}"
        self._valid.add(nonce)
        extra = ", stale=true" if stale else ""
        fields = tuple(
            (name, f'Digest realm="{self.realm}", nonce="{nonce}", algorithm={algorithm}, qop="auth"{extra}')
            for algorithm in self.algorithms
        )
        self.reply(request, flow, status, tag="registrar", fields=fields)

    def _request(self, request: Request, flow: Flow) -> None:
        if request.method == "REGISTER":
            self._register(request, flow)
        elif request.method == "INVITE" and self.challenges_calls and request.to.tag is None:
            if self._is_authorised(request, flow, 407):
                self._forward(request, flow)
        else:
            self._forward(request, flow)

    def _is_authorised(self, request: Request, flow: Flow, status: int) -> bool:
        value = request.headers.get("Authorization" if status == 401 else "Proxy-Authorization")
        if value is None or not is_right(value, request.method, self.password):
            self.challenge(request, flow, status)
            return False
        if digest_parameters(value)["nonce"] not in self._valid:
            self.challenge(request, flow, status, stale=True)
            return False
        return True

    def _register(self, request: Request, flow: Flow) -> None:
        if self.refuses is not None:
            status, fields = self.refuses
            self.reply(request, flow, status, tag="registrar", fields=fields)
            return
        if not self._is_authorised(request, flow, 401):
            return
        asked = int(request.headers.get("Expires") or "3600")
        if 0 < asked < self.min_expires:
            self.reply(request, flow, 423, fields=(("Min-Expires", str(self.min_expires)),))
            return
        granted = asked if self.granted is None or asked == 0 else self.granted
        user = request.to.uri.user if isinstance(request.to.uri, Uri) else None
        contact = request.contacts[0]
        if granted:
            self.bindings[user or ""] = (contact, flow)
        else:
            self.bindings.pop(user or "", None)
        self.grants.append((self.network.now, granted))
        fields = (("Contact", f"<sip:other@192.0.2.99>;expires=9, {contact};expires={granted}"),)
        self.reply(request, flow, 200, tag="registrar", fields=fields)

    def _forward(self, request: Request, flow: Flow) -> None:
        """As a proxy does (RFC 3261 section 16.6): own Via, Record-Route, Route of ours taken off."""
        route = [value for value in request.headers.get_all("Route") if "example.com" not in value]
        route = [value for value in route if self.route_name not in value]
        headers = request.headers.without("Route")
        for value in route:
            headers = headers.appended("Route", value)
        way = self._way(request)
        if way is None:
            if request.method != "ACK":
                self.send(response_to(request, 404, to_tag="proxy"), flow)
            return
        uri, onward = way
        branch = f"z9hG4bK-proxy-{(request.via.branch or '')[7:]}"
        self._ways[branch] = flow
        host, port = self.address
        headers = headers.prepended("Via", f"SIP/2.0/{onward.transport} {host}:{port};branch={branch}")
        if self.record_routes and request.to.tag is None:
            headers = headers.prepended("Record-Route", f"<sip:{self.route_name};lr>")
        self.send(Request(request.method, uri, headers, request.body), onward)

    def _way(self, request: Request) -> tuple[Uri, Flow] | None:
        """Request-URI and flow onwards: to a binding's Contact, by its user or by itself."""
        uri = request.uri
        if not isinstance(uri, Uri):
            return None
        for user, (contact, flow) in self.bindings.items():
            target = contact.uri
            if isinstance(target, Uri) and uri.user in (user, target.user):
                return target, flow
        return None

    def _response(self, response: Response, flow: Flow) -> None:
        """Back the way the request came."""
        way = self._ways.get(response.via.branch or "")
        if way is None:
            return
        headers = response.headers.without("Via")
        for value in reversed(response.headers.get_all("Via")[1:]):
            headers = headers.prepended("Via", value)
        self.send(Response(response.status, response.reason, headers, response.body), way)

"""An exchange and telephones in memory, under one clock: what the tests of registrar and proxy share."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import cast

from firmware.sdp.negotiation import LocalMedia, MediaPolicy
from firmware.sip.digest import Password
from firmware.sip.flow import Flow
from firmware.sip.message import Request
from firmware.sip.uri import Uri
from firmware.ua.account import Account
from firmware.ua.endpoint import Endpoint
from firmware.ua.events import Established, IncomingSession, Registered
from tests.ua.network import PCMU, Network, Peer, Phone
from tools.exchange.exchange import Exchange
from tools.exchange.gate import Subscriber

HOST = "192.0.2.1"
REALM = "exchange.test"
PASSWORDS = {"101": "correct horse", "102": "battery staple", "103": "old"}
MEDIA = MediaPolicy((PCMU,), srtp="preferred")


class ExchangeNode(Phone):
    """The exchange at its address; its events are those of its services' sessions."""

    def __init__(self, network: Network) -> None:
        super().__init__(network, HOST)
        self.told: list[str] = []
        self.exchange = Exchange(
            (REALM, HOST),
            {
                "101": Subscriber(Password(PASSWORDS["101"])),
                "102": Subscriber(Password(PASSWORDS["102"])),
                "103": Subscriber(Password(PASSWORDS["103"]), ("MD5",)),
            },
            {"600": MEDIA},
            random.Random(7).randbytes,
            self.told.append,
        )
        self.endpoint = cast(Endpoint, self.exchange)  # it has what the network needs of one

    def provide_media(self, session_id: int, branch: str = "") -> None:
        """And answer at once, as a service does."""
        local = LocalMedia(HOST, 4000, 4001)
        self.exchange.provide_media(session_id, (local,), self.network.now)
        self.exchange.answer(session_id, self.network.now)


class Town:
    """An exchange, and telephones that come with `phone`."""

    def __init__(self) -> None:
        self.network = Network()
        self.exchange = ExchangeNode(self.network)
        self._hosts = iter(range(11, 100))

    def phone(
        self, number: str, transport: str = "tls", *, password: str = "", register: bool = True
    ) -> Phone:
        """A telephone with a line; it has tried to register when it is returned."""
        phone = Phone(
            self.network, f"192.0.2.{next(self._hosts)}", seed=1000 * len(self.network.nodes) + int(number)
        )
        server = Uri.parse(f"sip:{HOST}:5060;transport={transport}")
        account = Account(
            id=number,
            aor=Uri.parse(f"sip:{number}@{REALM}"),
            contact_user=f"{number}-0123456789abcdef",
            media=MEDIA,
            secret=Password(password or PASSWORDS.get(number, "")),
            registrar=server,
        )
        phone.endpoint.add_account(account)
        if register:
            phone.endpoint.register(number, self.network.now)
            self.network.run(1.0)
        return phone

    def registered(self, number: str, transport: str = "tls") -> Phone:
        """A telephone that the registrar has accepted."""
        phone = self.phone(number, transport)
        phone.last(Registered)
        return phone

    def call(self, caller: Phone, number: str, line: str = "101") -> int:
        """Begin a call; the caller's session."""
        target = Uri.parse(f"sip:{number}@{REALM}")
        session = caller.endpoint.invite(line, target, self.network.now)
        self.network.run(1.0)
        return session

    def talk(self, caller: Phone, callee: Phone, number: str) -> tuple[int, int]:
        """A call that stands: the caller's and the callee's session."""
        outgoing = self.call(caller, number)
        incoming = callee.last(IncomingSession).session_id
        callee.endpoint.answer(incoming, self.network.now)
        self.network.run(1.0)
        caller.last(Established), callee.last(Established)
        return outgoing, incoming

    def stranger(self) -> tuple[Peer, Flow]:
        """Somebody who says whatever a test wants, and their flow to the exchange over UDP."""
        peer = Peer(self.network, f"192.0.2.{next(self._hosts)}")
        return peer, peer.udp_flow((HOST, 5060))

    def ask(self, peer: Peer, flow: Flow, request: Request) -> list[int]:
        """Send a request and let a second pass; the statuses that came for it."""
        before = len(peer.responses())
        peer.send(request, flow)
        self.network.run(1.0)
        return [response.status for response in peer.responses()[before:]]


def aimed(request: Request, uri: str) -> Request:
    """A request with another Request-URI."""
    return replace(request, uri=Uri.parse(uri))

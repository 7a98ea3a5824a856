"""Every message of RFC 4475 and RFC 5118 at a whole user agent: what it answers, and that it lives on."""

from __future__ import annotations

from itertools import count

import pytest

from firmware.sdp.negotiation import LocalMedia
from firmware.sip.flow import Flow, Transport
from firmware.sip.message import Response, parse
from firmware.ua.endpoint import Endpoint
from firmware.ua.events import CloseFlow, Event, IncomingSession, NeedsMedia, Transmit
from tests.sip.corpus import message
from tests.sip.torture import TORTURES, Torture
from tests.ua.network import account_of, entropy_of

HERE, THERE = ("192.0.2.2", 5060), ("192.0.2.9", 5060)
MEDIA = (LocalMedia("192.0.2.2", 4000, 4001), LocalMedia("2001:db8::2", 4000, 4001))
LATER = 0.3
"""Seconds, less than any repetition takes."""

ACCEPTED = {
    "wsinv": 481,  # it has a tag in To, of a dialog that is not here
    "esc01": 200,
    "lwsdisp": 200,
    "longreq": 200,
    "semiuri": 200,
    "transports": 200,
    "unreason": None,
    "noreason": None,
    "baddate": 200,
    "zeromf": 200,
    "inv2543": 400,  # it has no Contact, so that no request could ever be sent back
    "via-received-param-with-delim": 481,  # a BYE, again of no dialog here
    "via-received-param-no-delim": 200,
    "ipv6-in-sdp": 488,  # read, but G.726 and video are all that it offers
    "mult-ip-in-header": 481,
    "mult-ip-in-sdp": 200,
    "ipv4-mapped-ipv6": 488,  # the same
    "ipv6-bug-abnf-3-colons": 200,
    "ipv6-correct-abnf-2-colons": 200,
}
"""The final answer to what is well-formed; a response belongs to nothing here and gets none."""

UNFRAMEABLE = {"ncl", "mcl01", "inv2543", "dblreq"}
"""A stream is closed after these, as nobody knows where the next message begins."""
UNFINISHED = "clerr"
"""On a stream this one only waits for the rest of its body."""


class Target:
    """An endpoint that takes every call, and what it said on its flows."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.endpoint = Endpoint(entropy_of(1), "offhook/test")
        self.endpoint.add_account(account_of("bob", registrar=None, direct_calls=True))
        self.now = 1000.0
        self.closed: set[int] = set()
        self.events: list[Event] = []
        self.responses: list[Response] = []
        self._ids = count(1)

    def flow(self) -> Flow:
        """Somebody comes."""
        flow = Flow(next(self._ids), self.transport, HERE, THERE)
        self.endpoint.flow_accepted(flow, self.now)
        return flow

    def receive(self, data: bytes, flow: Flow) -> list[Response]:
        """All responses to what arrives, within a moment."""
        self.responses = []
        receive = self.endpoint.receive_stream if flow.reliable else self.endpoint.receive_datagram
        receive(data, flow, self.now)
        self._drain(flow)
        self.now += LATER
        self.endpoint.on_deadline(self.now)
        self._drain(flow)
        return self.responses

    def _drain(self, flow: Flow) -> None:
        while (output := self.endpoint.poll()) is not None:
            match output:
                case Transmit(to, data):
                    assert to == flow, "an answer goes where the request came from"
                    response = parse(data)
                    assert isinstance(response, Response)
                    self.responses.append(response)
                case CloseFlow(to):
                    self.closed.add(to.id)
                case NeedsMedia(session_id, branch):
                    self.endpoint.provide_media(session_id, MEDIA, self.now, branch)
                case IncomingSession(session_id):
                    self.events.append(output)
                    self.endpoint.answer(session_id, self.now)
                case _:
                    self.events.append(output)


def options(flow: Flow) -> bytes:
    """Is anybody there?"""
    return (
        f"OPTIONS sip:bob@192.0.2.2 SIP/2.0\r\n"
        f"Via: SIP/2.0/{flow.transport} 192.0.2.9;branch=z9hG4bKalive\r\n"
        "Max-Forwards: 70\r\nFrom: <sip:peer@192.0.2.9>;tag=alive\r\nTo: <sip:bob@192.0.2.2>\r\n"
        "Call-ID: alive\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    ).encode()


def final_statuses(responses: list[Response]) -> set[int]:
    """Final statuses, each once: a 2xx is repeated until it is acknowledged."""
    return {response.status for response in responses if response.status >= 200}


def wanted(torture: Torture) -> set[int]:
    """The final status of the answer; none for a response, however it is made."""
    status = ACCEPTED[torture.name] if torture.by == "nobody" else torture.status
    return set() if status is None else {status}


def test_the_table_says_what_becomes_of_each_accepted_message() -> None:
    assert set(ACCEPTED) == {torture.name for torture in TORTURES if torture.by == "nobody"}


@pytest.mark.parametrize("torture", TORTURES, ids=str)
def test_datagram(torture: Torture) -> None:
    """The answer that the RFC asks for, and the next request on the same flow is served."""
    target = Target("UDP")
    flow = target.flow()
    assert final_statuses(target.receive(message(torture.rfc, torture.name), flow)) == wanted(torture)
    assert alive(target, flow)


@pytest.mark.parametrize(
    "torture", [t for t in TORTURES if t.name not in (*UNFRAMEABLE, UNFINISHED)], ids=str
)
def test_stream(torture: Torture) -> None:
    """The same on a stream, which stays open."""
    target = Target("TCP")
    flow = target.flow()
    assert final_statuses(target.receive(message(torture.rfc, torture.name), flow)) == wanted(torture)
    assert not target.closed
    assert alive(target, flow)


@pytest.mark.parametrize(
    ("name", "statuses"), [("ncl", {400}), ("mcl01", {400}), ("inv2543", {400}), ("dblreq", {405})]
)
def test_stream_without_a_length(name: str, statuses: set[int]) -> None:
    """Without one good Content-Length (RFC 3261 section 18.3) the stream is closed; others go on.

    What `dblreq` brings behind its message has no length either; that message itself is answered.
    """
    target = Target("TCP")
    flow = target.flow()
    assert statuses <= final_statuses(target.receive(message("rfc4475", name), flow))
    assert target.closed == {flow.id}
    assert target.receive(options(flow), flow) == []
    assert alive(target, target.flow())


def test_stream_with_too_long_a_length() -> None:
    """RFC 4475 3.1.2.2: the stream waits for the rest of the body, others do not."""
    target = Target("TCP")
    assert target.receive(message("rfc4475", UNFINISHED), target.flow()) == []
    assert alive(target, target.flow())


@pytest.mark.parametrize("transport", ["UDP", "TCP"])
def test_all_messages_one_after_the_other(transport: Transport) -> None:
    """What one of them leaves behind does not harm the next."""
    target = Target(transport)
    for torture in TORTURES:
        flow = target.flow()
        target.receive(message(torture.rfc, torture.name), flow)
        target.endpoint.flow_lost(flow, "connection reset", target.now)
        target.now += 64.0
        target.endpoint.on_deadline(target.now)
        while target.endpoint.poll() is not None:
            pass
    assert alive(target, target.flow())


def alive(target: Target, flow: Flow) -> bool:
    """Whether an OPTIONS gets its 200."""
    answers = target.receive(options(flow), flow)
    return [answer.status for answer in answers if answer.call_id == "alive"] == [200]

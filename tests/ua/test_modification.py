"""re-INVITE in both directions: hold as RFC 3264 and as RFC 2543 had it, glare, refusals, late offers."""

from __future__ import annotations

import pytest

from firmware.sip.flow import Flow
from firmware.sip.message import Response
from firmware.sip.uri import Uri
from firmware.ua.events import Established, IncomingSession, MediaChanged, ModificationFailed, SessionEnded
from tests.ua.messages import SDP, accept, ack_of, back, contact_of, description, request, within
from tests.ua.network import Network, Peer, Phone, account_of
from tests.ua.test_session import established


class InCall:
    """A phone in a call with a scripted peer, whichever of the two called."""

    def __init__(self, *, we_call: bool) -> None:
        self.network = Network()
        self.phone = Phone(self.network, "192.0.2.2")
        self.peer = Peer(self.network, "192.0.2.9")
        self.phone.endpoint.add_account(account_of("bob", registrar=None, direct_calls=True))
        self.we_call = we_call
        if we_call:
            self._call()
        else:
            self._be_called()
        self.phone.events.clear()

    @property
    def flow(self) -> Flow:
        return self.peer.udp_flow(self.phone.address)

    def reinvite(self, number: int, body: bytes) -> None:
        """A re-INVITE of the peer."""
        if self.we_call:
            message = back(self.peer, self.peer.requests("INVITE")[0], "INVITE", number, body=body)
        else:
            message = within(self.peer, self.first, "INVITE", number, body=body)
        self.peer.send(message, self.flow)
        self.network.run(0.1)

    def ack(self, body: bytes = b"") -> None:
        """The peer acknowledges the latest 200."""
        self.peer.send(ack_of(self.peer, self.peer.responses(200)[-1], body=body), self.flow)
        self.network.run(0.1)

    def hold(self) -> None:
        self.phone.endpoint.hold(self.id, self.network.now)
        self.network.run(0.1)

    def _call(self) -> None:
        self.id = self.phone.endpoint.invite("bob", Uri.parse("sip:peer@192.0.2.9"), self.network.now)
        self.network.run(0.1)
        accept(self.peer, self.peer.requests("INVITE")[0], self.flow)
        self.network.run(0.1)

    def _be_called(self) -> None:
        self.peer.send(request(self.peer, body=description()), self.flow)
        self.network.run(0.1)
        self.id = self.phone.last(IncomingSession).session_id
        self.phone.endpoint.answer(self.id, self.network.now)
        self.network.run(0.1)
        self.first: Response = self.peer.responses(200)[-1]
        self.ack()


@pytest.mark.parametrize(
    ("body", "direction", "answered"),
    [
        (description(direction="sendonly", version=2), "recvonly", b"a=recvonly"),
        (description(direction="inactive", version=2), "inactive", b"a=inactive"),
        (description(connection="0.0.0.0", version=2), "recvonly", b"a=recvonly"),
    ],
)
def test_their_hold_is_answered_and_told(body: bytes, direction: str, answered: bytes) -> None:
    call = InCall(we_call=False)
    call.reinvite(2, body)
    assert answered in call.peer.responses(200)[-1].body
    assert call.phone.last(MediaChanged).media.direction == direction
    call.ack()
    call.reinvite(3, description(version=3))
    assert call.phone.last(MediaChanged).media.direction == "sendrecv"


def test_our_hold_offers_sendonly_and_a_refusal_leaves_the_call_as_it_was() -> None:
    call = InCall(we_call=True)
    call.hold()
    invite = call.peer.requests("INVITE")[-1]
    assert b"a=sendonly" in invite.body
    assert invite.cseq.number == 2
    call.peer.reply(invite, call.flow, 488)
    call.network.run(0.1)
    assert call.phone.last(ModificationFailed).status == 488
    assert not call.phone.seen(SessionEnded)
    call.hold()
    assert len(call.peer.requests("INVITE")) == 3


def test_holding_somebody_who_holds_us_offers_inactive() -> None:
    call = InCall(we_call=False)
    call.reinvite(2, description(direction="sendonly", version=2))
    call.ack()
    call.hold()
    assert b"a=inactive" in call.peer.requests("INVITE")[-1].body


def test_481_to_a_re_invite_ends_the_call() -> None:
    call = InCall(we_call=True)
    call.hold()
    call.peer.reply(call.peer.requests("INVITE")[-1], call.flow, 481)
    call.network.run(0.1)
    assert call.phone.last(SessionEnded).by == "failure"
    assert call.peer.requests("BYE")


def test_an_offer_that_does_not_fit_is_refused_and_the_call_goes_on() -> None:
    call = InCall(we_call=False)
    call.reinvite(2, description(formats="18", version=2))
    assert call.peer.responses(488)
    assert not call.phone.events
    call.reinvite(3, description(direction="sendonly", version=3))
    assert call.phone.last(MediaChanged).media.direction == "recvonly"


def test_a_re_invite_without_an_offer_gets_ours_and_answers_in_its_ack() -> None:
    call = InCall(we_call=False)
    call.reinvite(2, b"")
    assert b"m=audio 4004" in call.peer.responses(200)[-1].body
    call.ack(description(port=6002, formats="0"))
    assert call.phone.last(MediaChanged).media.remote == ("192.0.2.9", 6002)


def test_a_re_invite_that_meets_ours_is_answered_491() -> None:
    call = InCall(we_call=False)
    call.hold()
    call.reinvite(2, description(direction="sendonly", version=2))
    assert call.peer.responses(491)
    accept(call.peer, call.peer.requests("INVITE")[-1], call.flow, tag="caller")
    call.network.run(0.1)
    assert call.phone.last(MediaChanged).media.direction == "sendonly"


@pytest.mark.parametrize(("we_call", "earliest", "latest"), [(True, 2.1, 4.0), (False, 0.0, 2.0)])
def test_after_491_it_is_tried_again_at_the_time_of_our_role(
    we_call: bool, earliest: float, latest: float
) -> None:
    call = InCall(we_call=we_call)
    call.hold()
    before = len(call.peer.requests("INVITE"))
    invite = call.peer.requests("INVITE")[-1]
    call.peer.reply(invite, call.flow, 491)
    call.network.run(max(0.0, earliest - 0.1))
    assert len(call.peer.requests("INVITE")) == before or not we_call
    call.network.run(latest - earliest + 0.3)
    again = call.peer.requests("INVITE")[-1]
    assert again.cseq.number == invite.cseq.number + 1
    assert b"a=sendonly" in again.body


def test_two_phones_that_hold_each_other_at_the_same_moment_both_succeed() -> None:
    network, alice, bob, call, incoming = established()
    alice.endpoint.hold(call, network.now)
    bob.endpoint.hold(incoming, network.now)
    network.run(10.0)
    assert alice.last(MediaChanged).media.direction == "inactive"
    assert bob.last(MediaChanged).media.direction == "inactive"


def test_a_second_re_invite_before_the_ack_is_answered_500_with_retry_after() -> None:
    call = InCall(we_call=False)
    call.reinvite(2, description(direction="sendonly", version=2))
    call.reinvite(3, description(version=3))
    (refusal,) = call.peer.responses(500)
    assert refusal.headers.get("Retry-After")


def test_a_re_invite_never_acknowledged_ends_the_call() -> None:
    call = InCall(we_call=False)
    call.reinvite(2, description(direction="sendonly", version=2))
    call.network.run(33.0)
    assert call.peer.requests("BYE")
    assert call.phone.last(SessionEnded).by == "failure"


def test_hold_wished_before_the_answer_is_said_after_it() -> None:
    network = Network()
    phone, peer = Phone(network, "192.0.2.2"), Peer(network, "192.0.2.9")
    phone.endpoint.add_account(account_of("bob", registrar=None))
    call = phone.endpoint.invite("bob", Uri.parse("sip:peer@192.0.2.9"), network.now)
    phone.endpoint.hold(call, network.now)
    network.run(0.1)
    accept(peer, peer.requests("INVITE")[0], peer.udp_flow(phone.address))
    network.run(0.1)
    assert phone.seen(Established)
    assert b"a=sendonly" in peer.requests("INVITE")[1].body


def test_a_re_invite_moves_the_remote_target() -> None:
    call = InCall(we_call=False)
    moved = Peer(call.network, "192.0.2.10", 5080)
    message = within(call.peer, call.first, "INVITE", 2, body=description(version=2))
    headers = message.headers.with_("Contact", "<sip:peer@192.0.2.10:5080>")
    call.peer.send(type(message)(message.method, message.uri, headers, message.body), call.flow)
    call.network.run(0.1)
    call.ack()
    call.phone.endpoint.hang_up(call.id, call.network.now)
    call.network.run(0.1)
    assert moved.requests("BYE")


def test_early_fields_are_in_a_re_invite_too() -> None:
    call = InCall(we_call=True)
    call.hold()
    invite = call.peer.requests("INVITE")[-1]
    call.peer.reply(
        invite, call.flow, 200, fields=(*contact_of(call.peer), *SDP), body=description(formats="0")
    )
    assert len(invite.contacts) == 1
    assert invite.headers.get("User-Agent") == "offhook/test"
    assert len(invite.headers.get_all("Content-Type")) == 1

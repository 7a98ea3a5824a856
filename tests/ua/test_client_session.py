"""The calling side against a scripted peer: forks, CANCEL races, refusals, redirects."""

from __future__ import annotations

import pytest

from firmware.sip.errors import LocalProtocolError
from firmware.sip.flow import Flow
from firmware.sip.message import Request
from firmware.sip.uri import Uri
from firmware.ua.events import (
    EarlyMedia,
    Established,
    NeedsMedia,
    Redirected,
    Ringing,
    SessionEnded,
    Trying,
)
from tests.ua.messages import SDP, accept, back, contact_of, description
from tests.ua.network import Network, Peer, Phone, account_of


class Call:
    """Alice's phone calls a scripted peer; the INVITE has arrived."""

    def __init__(self) -> None:
        self.network = Network()
        self.alice = Phone(self.network, "192.0.2.1")
        self.peer = Peer(self.network, "192.0.2.9")
        self.alice.endpoint.add_account(account_of("alice", registrar=None))
        target = Uri.parse("sip:peer@192.0.2.9")
        self.id = self.alice.endpoint.invite("alice", target, self.network.now)
        self.network.run(0.1)

    @property
    def invite(self) -> Request:
        return self.peer.requests("INVITE")[-1]

    @property
    def flow(self) -> Flow:
        return self.peer.received[-1][1]

    def answer(self, status: int, **options: object) -> None:
        """Answer the latest INVITE."""
        self.peer.reply(self.invite, self.flow, status, **options)  # type: ignore[arg-type]
        self.network.run(0.1)

    def hang_up(self) -> None:
        self.alice.endpoint.hang_up(self.id, self.network.now)
        self.network.run(0.1)


def test_the_invite_carries_what_rfc_3261_8_1_1_asks_for() -> None:
    invite = Call().invite
    assert invite.headers.get("Max-Forwards") == "70"
    assert invite.headers.get("User-Agent") == "offhook/test"
    assert str(invite.contacts[0].uri) == "sip:alice-0123456789abcdef@192.0.2.1:5060"
    assert invite.from_.display_name == "Alice"
    assert invite.from_.tag
    assert invite.to.tag is None
    assert invite.via.parameter("rport") == ""
    assert invite.headers.get_all("Allow") == ("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS")
    assert "192.0.2.1" not in invite.call_id


def test_trying_ringing_and_early_media_are_told_once() -> None:
    call = Call()
    call.answer(100, tag="")
    for _ in range(2):
        call.answer(180, fields=contact_of(call.peer))
        call.answer(183, fields=(*contact_of(call.peer), *SDP), body=description(formats="0"))
    assert call.alice.seen(Trying) == [Trying(call.id)]
    assert call.alice.seen(Ringing) == [Ringing(call.id)]
    assert [event.media.remote for event in call.alice.seen(EarlyMedia)] == [("192.0.2.9", 6000)]


def test_a_200_without_description_takes_the_answer_of_the_183() -> None:
    call = Call()
    call.answer(183, fields=(*contact_of(call.peer), *SDP), body=description(formats="0"))
    call.answer(200, fields=contact_of(call.peer))
    assert call.alice.last(Established).media.remote == ("192.0.2.9", 6000)
    assert len(call.peer.requests("ACK")) == 1


def test_a_repeated_200_gets_the_same_ack_again() -> None:
    call = Call()
    response = accept(call.peer, call.invite, call.flow)
    call.network.run(0.1)
    call.peer.send(response, call.flow)
    call.network.run(0.1)
    first, second = call.peer.requests("ACK")
    assert first == second
    call.network.run(40.0)
    call.peer.send(response, call.flow)
    call.network.run(0.1)
    assert call.peer.requests("ACK")[2] == first, "also after the transaction is forgotten"


def test_an_unusable_answer_is_acknowledged_then_ended_with_a_reason() -> None:
    call = Call()
    accept(call.peer, call.invite, call.flow, body=description(formats="99"))
    call.network.run(0.1)
    assert call.peer.requests("ACK")
    assert call.peer.requests("BYE")
    assert call.alice.last(SessionEnded).by == "failure"
    assert "codec" in call.alice.last(SessionEnded).reason


def test_a_200_of_a_second_branch_gets_ack_and_bye() -> None:
    call = Call()
    invite, flow = call.invite, call.flow
    accept(call.peer, invite, flow, tag="one")
    accept(call.peer, invite, flow, tag="two")
    call.network.run(0.1)
    assert [ack.to.tag for ack in call.peer.requests("ACK")] == ["one", "two"]
    assert [bye.to.tag for bye in call.peer.requests("BYE")] == ["two"]
    assert not call.alice.seen(SessionEnded)
    accept(call.peer, invite, flow, tag="two")
    call.network.run(0.1)
    assert len(call.peer.requests("ACK")) == 3
    assert len(call.peer.requests("BYE")) == 1


def test_each_early_dialog_of_a_fork_is_a_branch_of_its_own() -> None:
    call = Call()
    fields = (*contact_of(call.peer), *SDP)
    call.answer(183, tag="one", fields=fields, body=description(port=6000, formats="0"))
    call.answer(183, tag="two", fields=fields, body=description(port=7000, formats="8"))
    assert [event.media.remote[1] for event in call.alice.seen(EarlyMedia)] == [6000]
    assert call.alice.seen(NeedsMedia)[1:] == [NeedsMedia(call.id, "two")]
    call.answer(200, tag="two", fields=contact_of(call.peer))
    media = call.alice.last(Established).media
    assert (media.remote[1], media.codecs[0].name) == (7000, "PCMA")


def test_hanging_up_before_any_response_cancels_after_the_first_one() -> None:
    call = Call()
    call.hang_up()
    assert call.alice.last(SessionEnded) == SessionEnded(call.id, None, "hung up", "local")
    assert not call.peer.requests("CANCEL")
    invite, flow = call.invite, call.flow
    call.peer.reply(invite, flow, 180, fields=contact_of(call.peer))
    call.network.run(0.1)
    (cancel,) = call.peer.requests("CANCEL")
    assert cancel.via.branch == invite.via.branch
    call.peer.reply(cancel, flow, 200)
    call.peer.reply(invite, flow, 487)
    call.network.run(0.1)
    assert len(call.peer.requests("ACK")) == 1
    assert len(call.alice.seen(SessionEnded)) == 1


def test_a_200_that_crosses_the_cancel_gets_ack_and_bye() -> None:
    call = Call()
    invite, flow = call.invite, call.flow
    call.answer(180, fields=contact_of(call.peer))
    call.alice.endpoint.hang_up(call.id, call.network.now)
    accept(call.peer, invite, flow)
    call.network.run(0.1)
    assert call.peer.requests("CANCEL")
    assert len(call.peer.requests("ACK")) == 1
    assert len(call.peer.requests("BYE")) == 1
    assert not call.alice.seen(Established)
    assert len(call.alice.seen(SessionEnded)) == 1


def test_hanging_up_before_the_media_are_there_sends_nothing() -> None:
    network = Network()
    alice, peer = Phone(network, "192.0.2.1"), Peer(network, "192.0.2.9")
    alice.auto_media = False
    alice.endpoint.add_account(account_of("alice", registrar=None))
    call = alice.endpoint.invite("alice", Uri.parse("sip:peer@192.0.2.9"), network.now)
    alice.endpoint.hang_up(call, network.now)
    alice.provide_media(call)
    network.run(60)
    assert alice.last(SessionEnded).by == "local"
    assert not peer.received


def test_hanging_up_while_the_name_is_looked_up_sends_nothing() -> None:
    network = Network()
    alice, peer = Phone(network, "192.0.2.1"), Peer(network, "192.0.2.9")
    alice.endpoint.add_account(account_of("alice", registrar=None))
    call = alice.endpoint.invite("alice", Uri.parse("sip:peer@192.0.2.9"), network.now)
    alice.drain()
    alice.endpoint.hang_up(call, network.now)
    network.run(60)
    assert not peer.received
    assert alice.endpoint.deadline() is None


@pytest.mark.parametrize(
    ("status", "fields", "reason"),
    [
        (486, (), "busy"),
        (404, (), "this number or name is not known"),
        (
            488,
            (("Warning", '305 pbx "no codec fits"'),),
            "no common voice format or encryption: no codec fits",
        ),
        (603, (("Reason", 'Q.850;cause=21;text="rejected"'),), "declined: rejected"),
        (699, (), "refused (699)"),
    ],
)
def test_a_refusal_ends_the_call_with_its_reason_in_words(
    status: int, fields: tuple[tuple[str, str], ...], reason: str
) -> None:
    call = Call()
    call.answer(status, fields=fields)
    assert call.alice.last(SessionEnded) == SessionEnded(call.id, status, reason, "remote")
    assert len(call.peer.requests("ACK")) == 1


def test_a_peer_that_never_answers_ends_the_call_after_64_t1() -> None:
    call = Call()
    call.network.run(31.0)
    assert not call.alice.seen(SessionEnded)
    call.network.run(2.0)
    ended = call.alice.last(SessionEnded)
    assert (ended.status, ended.reason, ended.by) == (408, "no answer", "failure")


def test_a_redirect_is_followed_once() -> None:
    call = Call()
    first = call.invite
    call.answer(302, fields=(("Contact", "<sip:other@192.0.2.9>"),))
    assert call.alice.last(Redirected) == Redirected(call.id, Uri.parse("sip:other@192.0.2.9"))
    assert str(call.invite.uri) == "sip:other@192.0.2.9"
    assert call.invite.to == first.to
    assert call.invite.cseq.number == first.cseq.number + 1
    call.answer(302, fields=(("Contact", "<sip:third@192.0.2.9>"),))
    assert call.alice.last(SessionEnded).status == 302
    assert len({invite.cseq.number for invite in call.peer.requests("INVITE")}) == 2


def test_the_other_sides_bye_with_a_reason_is_told_in_words() -> None:
    call = Call()
    invite, flow = call.invite, call.flow
    accept(call.peer, invite, flow)
    call.network.run(0.1)
    bye = back(call.peer, invite, "BYE", 1)
    bye = Request(
        bye.method,
        bye.uri,
        bye.headers.appended("Reason", 'SIP;cause=200;text="Call completed elsewhere"'),
    )
    call.peer.send(bye, flow)
    call.network.run(0.1)
    assert call.peer.responses(200)
    assert call.alice.last(SessionEnded) == SessionEnded(call.id, 200, "Call completed elsewhere", "remote")


def test_the_route_set_of_the_200_is_taken_by_ack_and_bye() -> None:
    call = Call()
    invite, flow = call.invite, call.flow
    routes = (("Record-Route", "<sip:192.0.2.9;lr;near>"), ("Record-Route", "<sip:192.0.2.77;lr;far>"))
    fields = (*routes, ("Contact", "<sip:peer@198.51.100.1>"), *SDP)
    # the last Record-Route is the nearest proxy to the caller
    call.peer.reply(
        invite, flow, 200, fields=(fields[1], fields[0], *fields[2:]), body=description(formats="0")
    )
    call.network.run(0.1)
    call.hang_up()
    for later in (call.peer.requests("ACK")[0], call.peer.requests("BYE")[0]):
        assert [str(route) for route in later.routes] == [
            "<sip:192.0.2.9;lr;near>",
            "<sip:192.0.2.77;lr;far>",
        ]
        assert str(later.uri) == "sip:peer@198.51.100.1"


def test_ack_and_bye_go_to_the_contact_when_no_proxy_stays_in_between() -> None:
    call = Call()
    elsewhere = Peer(call.network, "192.0.2.10", 5070)
    invite, flow = call.invite, call.flow
    fields = (("Contact", "<sip:peer@192.0.2.10:5070>"), *SDP)
    call.peer.reply(invite, flow, 200, fields=fields, body=description(formats="0"))
    call.network.run(0.1)
    call.hang_up()
    assert len(elsewhere.requests("ACK")) == 1
    assert len(elsewhere.requests("BYE")) == 1
    assert not call.peer.requests("ACK")


def test_one_call_too_many_is_refused_here() -> None:
    network = Network()
    alice = Phone(network, "192.0.2.1")
    alice.endpoint.add_account(account_of("alice", registrar=None))
    for _ in range(8):
        alice.endpoint.invite("alice", Uri.parse("sip:peer@192.0.2.9"), network.now)
    with pytest.raises(LocalProtocolError):
        alice.endpoint.invite("alice", Uri.parse("sip:peer@192.0.2.9"), network.now)

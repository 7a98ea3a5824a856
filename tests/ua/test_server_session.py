"""The called side against a scripted peer: ringing, answering, late offers, lost ACKs, CANCEL and BYE."""

from __future__ import annotations

from firmware.sip.flow import Flow
from firmware.sip.message import Request, Response
from firmware.ua.events import EarlyMedia, Established, IncomingSession, NeedsMedia, SessionEnded
from tests.ua.messages import Fields, ack_of, description, request, within
from tests.ua.network import Network, Peer, Phone, account_of


class Called:
    """A scripted peer calls Bob's phone; the INVITE has arrived."""

    def __init__(self, *, body: bytes | None = None, fields: Fields = (), auto_media: bool = True) -> None:
        self.network = Network()
        self.bob = Phone(self.network, "192.0.2.2")
        self.bob.auto_media = auto_media
        self.bob.endpoint.add_account(account_of("bob", registrar=None, direct_calls=True))
        self.peer = Peer(self.network, "192.0.2.9")
        self.invite = request(self.peer, body=description() if body is None else body, fields=fields)
        self.send(self.invite)

    @property
    def flow(self) -> Flow:
        return self.peer.udp_flow(self.bob.address)

    @property
    def id(self) -> int:
        return self.bob.last(IncomingSession).session_id

    def send(self, message: Request) -> None:
        self.peer.send(message, self.flow)
        self.network.run(0.05)

    def answer(self) -> Response:
        self.bob.endpoint.answer(self.id, self.network.now)
        self.network.run(0.05)
        return self.peer.responses(200)[-1]

    def same(self, method: str, fields: Fields = ()) -> Request:
        """A CANCEL, or whatever shares the INVITE's branch."""
        return request(self.peer, method, branch=self.invite.via.branch, fields=fields)


def test_an_incoming_call_needs_media_and_rings_with_180() -> None:
    call = Called()
    assert call.bob.seen(NeedsMedia) == [NeedsMedia(call.id, "")]
    call.bob.endpoint.ring(call.id, call.network.now)
    call.network.run(0.05)
    (ringing,) = call.peer.responses(180)
    assert ringing.to.tag
    assert str(ringing.contacts[0].uri) == "sip:bob-0123456789abcdef@192.0.2.2:5060"
    assert ringing.headers.get("Server") == "offhook/test"


def test_180_is_repeated_each_minute_so_that_proxies_do_not_give_up() -> None:
    call = Called()
    call.bob.endpoint.ring(call.id, call.network.now)
    call.network.run(130.0)
    assert len(call.peer.responses(180)) == 3


def test_early_media_go_out_in_183_and_again_in_200() -> None:
    call = Called()
    call.bob.endpoint.ring(call.id, call.network.now, early_media=True)
    call.network.run(0.05)
    assert call.bob.last(EarlyMedia).media.remote == ("192.0.2.9", 6000)
    assert call.peer.responses(183)[0].body == call.answer().body != b""


def test_the_200_is_repeated_until_the_ack_comes() -> None:
    call = Called()
    response = call.answer()
    call.network.run(3.4)
    assert len(call.peer.responses(200)) == 3, "T1, then 2 T1 later, then 4 T1"
    call.send(ack_of(call.peer, response))
    call.network.run(60.0)
    assert len(call.peer.responses(200)) == 3
    assert call.bob.last(Established).session_id == call.id
    assert not call.bob.seen(SessionEnded)


def test_without_an_ack_the_call_ends_by_bye_after_64_t1() -> None:
    call = Called()
    call.answer()
    call.network.run(31.0)
    assert not call.peer.requests("BYE")
    call.network.run(2.0)
    assert call.peer.requests("BYE")
    assert call.bob.last(SessionEnded).by == "failure"


def test_a_bye_before_the_ack_has_to_wait_for_it() -> None:
    call = Called()
    response = call.answer()
    call.bob.endpoint.hang_up(call.id, call.network.now)
    call.network.run(0.2)
    assert call.bob.last(SessionEnded).by == "local"
    assert not call.peer.requests("BYE")
    call.send(ack_of(call.peer, response))
    assert call.peer.requests("BYE")


def test_answering_before_the_media_are_there_waits_for_them() -> None:
    call = Called(auto_media=False)
    call.bob.endpoint.answer(call.id, call.network.now)
    call.network.run(0.05)
    assert not call.peer.responses(200)
    call.bob.provide_media(call.id)
    call.network.run(0.05)
    assert len(call.peer.responses(200)) == 1


def test_a_late_offer_goes_out_in_the_200_and_is_answered_in_the_ack() -> None:
    call = Called(body=b"")
    assert not call.bob.last(IncomingSession).offered
    response = call.answer()
    assert b"m=audio 4004 RTP/AVP" in response.body
    assert not call.bob.seen(Established)
    call.send(ack_of(call.peer, response, body=description(formats="8")))
    assert call.bob.last(Established).media.codecs[0].name == "PCMA"


def test_a_late_offer_without_an_answer_ends_the_call() -> None:
    call = Called(body=b"")
    call.send(ack_of(call.peer, call.answer()))
    assert call.peer.requests("BYE")
    assert call.bob.last(SessionEnded).by == "failure"


def test_an_offer_that_does_not_fit_is_refused_with_488_and_a_warning() -> None:
    call = Called(body=description(formats="18"))
    (refusal,) = call.peer.responses(488)
    warning = refusal.headers.get("Warning") or ""
    assert warning.startswith('305 offhook "')
    assert "codec" in warning
    assert call.bob.last(SessionEnded).status == 488


def test_a_malformed_offer_never_rings() -> None:
    call = Called(body=b"v=0\r\nnonsense\r\n")
    assert call.peer.responses(400)
    assert not call.bob.events


def test_a_body_that_is_no_description_is_refused_with_415_and_accept() -> None:
    call = Called(body=b"")
    other = request(call.peer, call_id="other", fields=(("Content-Type", "text/plain"),))
    call.send(Request(other.method, other.uri, other.headers, b"hello"))
    assert call.peer.responses(415)[0].headers.get("Accept") == "application/sdp"


def test_cancel_is_answered_200_and_the_invite_487() -> None:
    call = Called()
    call.bob.endpoint.ring(call.id, call.network.now)
    call.send(call.same("CANCEL"))
    assert [response.cseq.method for response in call.peer.responses(200)] == ["CANCEL"]
    assert len(call.peer.responses(487)) == 1
    assert call.bob.last(SessionEnded) == SessionEnded(call.id, 487, "the caller hung up", "remote")


def test_a_cancel_tells_that_somebody_else_took_the_call() -> None:
    call = Called()
    reason = ("Reason", 'SIP;cause=200;text="Call completed elsewhere"')
    call.send(call.same("CANCEL", (reason,)))
    ended = call.bob.last(SessionEnded)
    assert (ended.status, ended.reason) == (200, "Call completed elsewhere")


def test_a_cancel_after_the_200_changes_nothing() -> None:
    call = Called()
    response = call.answer()
    call.send(call.same("CANCEL"))
    assert not call.peer.responses(487)
    call.send(ack_of(call.peer, response))
    assert not call.bob.seen(SessionEnded)


def test_a_cancel_of_nothing_is_answered_481() -> None:
    call = Called()
    call.send(request(call.peer, "CANCEL", call_id="nowhere"))
    assert call.peer.responses(481)


def test_a_bye_of_an_early_dialog_ends_the_invite_with_487() -> None:
    call = Called()
    call.bob.endpoint.ring(call.id, call.network.now)
    call.network.run(0.05)
    call.send(within(call.peer, call.peer.responses(180)[0], "BYE", 2))
    assert len(call.peer.responses(487)) == 1
    assert call.bob.last(SessionEnded).by == "remote"


def test_rejecting_sends_the_status_and_phrase() -> None:
    call = Called()
    call.bob.endpoint.reject(call.id, 486, "In a meeting\r\nX: y", call.network.now)
    call.network.run(0.05)
    (refusal,) = call.peer.responses(486)
    assert refusal.reason == "In a meetingX: y"
    assert call.bob.last(SessionEnded).by == "local"


def test_hanging_up_a_ringing_call_declines_it() -> None:
    call = Called()
    call.bob.endpoint.hang_up(call.id, call.network.now)
    call.network.run(0.05)
    assert call.peer.responses(603)


def test_the_record_route_comes_back_and_our_bye_follows_it() -> None:
    call = Called(fields=(("Record-Route", "<sip:192.0.2.9;lr>, <sip:192.0.2.77;lr>"),))
    response = call.answer()
    assert response.headers.get_all("Record-Route") == ("<sip:192.0.2.9;lr>", "<sip:192.0.2.77;lr>")
    call.send(ack_of(call.peer, response))
    call.bob.endpoint.hang_up(call.id, call.network.now)
    call.network.run(0.05)
    (bye,) = call.peer.requests("BYE")
    assert [str(route) for route in bye.routes] == ["<sip:192.0.2.9;lr>", "<sip:192.0.2.77;lr>"]


def test_a_ninth_call_hears_busy() -> None:
    call = Called()
    for number in range(8):
        call.send(request(call.peer, call_id=f"more-{number}", from_tag=f"t{number}", body=description()))
    assert len(call.bob.seen(IncomingSession)) == 8
    assert len(call.peer.responses(486)) == 1


def test_the_journal_has_the_confirmed_dialog_in_plain_values() -> None:
    call = Called()
    assert list(call.bob.endpoint.journal()) == []
    response = call.answer()
    call.send(ack_of(call.peer, response))
    (record,) = call.bob.endpoint.journal()
    assert (record.call_id, record.local_tag, record.remote_tag) == ("call-1", response.to.tag, "caller")
    assert (record.remote_target, record.remote_number) == ("sip:peer@192.0.2.9:5060", 1)
    assert record.contact == "<sip:bob-0123456789abcdef@192.0.2.2:5060>"


def test_nothing_is_left_after_a_call() -> None:
    call = Called()
    call.send(ack_of(call.peer, call.answer()))
    call.bob.endpoint.hang_up(call.id, call.network.now)
    call.network.run(0.05)
    call.peer.reply(call.peer.requests("BYE")[0], call.flow, 200)
    call.network.run(70.0)
    assert call.bob.endpoint.deadline() is None

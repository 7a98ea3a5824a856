"""CANCEL at both ends and its races with the answers: RFC 3261 9."""

import pytest

from firmware.sip.errors import LocalProtocolError
from firmware.sip.flow import Flow
from firmware.sip.message import response_to
from firmware.sip.transaction import (
    RequestReceived,
    State,
    TransactionTerminated,
    TransactionTimeout,
    Transmit,
)
from tests.sip.transactions import TCP, UDP, Bench, incoming, make_request, other_branch, statuses


def cancelled(bench, flow=UDP):
    """An INVITE that has had its 180 and its CANCEL, both as sent."""
    transaction = bench.request(make_request(), flow)
    bench.answer(transaction, 180)
    bench.layer.cancel(transaction, bench.now)
    invite, cancel = bench.sent()
    return transaction, invite, cancel


def no_timeout(events):
    return not any(isinstance(event, TransactionTimeout) for _, event in events)


def test_9_1_no_cancel_is_sent_before_a_provisional_response_but_the_wish_is_remembered():
    bench = Bench()
    transaction = bench.request(make_request())
    bench.events()
    bench.layer.cancel(transaction, bench.now)
    assert bench.events() == []
    bench.answer(transaction, 100)
    delivered, cancel = bench.events()
    assert statuses([delivered]) == [100]
    assert isinstance(cancel, Transmit)
    assert cancel.message.method == "CANCEL"


def test_9_1_the_cancel_is_made_of_the_invite():
    bench = Bench()
    request = make_request(Route="<sip:p1.example.com;lr>", CSeq="7 INVITE")
    transaction = bench.request(request)
    bench.answer(transaction, 180)
    bench.layer.cancel(transaction, bench.now)
    _, cancel = bench.sent()
    assert cancel.method == "CANCEL"
    assert cancel.uri == request.uri
    assert cancel.headers.get_all("Via") == (str(transaction.request.via),)
    assert cancel.headers.get_all("Route") == ("<sip:p1.example.com;lr>",)
    assert cancel.headers.get("From") == request.headers.get("From")
    assert cancel.to.tag is None
    assert cancel.call_id == request.call_id
    assert str(cancel.cseq) == "7 CANCEL"


def test_9_1_the_cancel_is_sent_once_whatever_is_asked_or_heard():
    bench = Bench()
    transaction, _, _ = cancelled(bench)
    bench.layer.cancel(transaction, bench.now)
    bench.answer(transaction, 183)
    assert [message.method for message in bench.sent()] == []


def test_17_1_2_2_the_cancel_is_repeated_like_any_request_and_its_answers_stay_in_the_layer():
    bench = Bench()
    transaction, _, cancel = cancelled(bench)
    assert bench.advance(1.6) == [(0.5, Transmit(UDP, cancel)), (1.5, Transmit(UDP, cancel))]
    bench.layer.receive(response_to(cancel, 200, to_tag="to-1"), UDP, bench.now)
    assert bench.events() == []
    assert bench.advance(10) == []
    assert transaction.state is State.PROCEEDING


def test_9_1_the_487_ends_the_invite_as_any_failure_does():
    bench = Bench()
    transaction, _, _ = cancelled(bench)
    bench.advance(10)
    bench.answer(transaction, 487)
    ack, delivered = bench.events()
    assert ack.message.method == "ACK"
    assert statuses([delivered]) == [487]
    assert no_timeout(bench.advance(40))


def test_9_1_a_2xx_that_crosses_the_cancel_reaches_the_user():
    bench = Bench()
    transaction, _, _ = cancelled(bench)
    bench.advance(10)
    bench.answer(transaction, 200)
    assert statuses(bench.events()) == [200]
    assert transaction.state is State.ACCEPTED
    assert no_timeout(bench.advance(40))


@pytest.mark.parametrize("flow", [UDP, TCP])
def test_9_1_an_invite_without_final_response_ends_64_t1_after_its_cancel(flow):
    bench = Bench()
    transaction, _, _ = cancelled(bench, flow)
    events = [(at, event) for at, event in bench.advance(40) if not isinstance(event, Transmit)]
    assert events == [(32.0, TransactionTimeout(transaction)), (32.0, TransactionTerminated(transaction))]
    assert bench.layer.deadline() is None


@pytest.mark.parametrize("status", [200, 486])
def test_9_1_a_cancel_after_the_final_response_has_no_effect(status):
    bench = Bench()
    transaction = bench.request(make_request())
    bench.answer(transaction, status)
    bench.events()
    bench.layer.cancel(transaction, bench.now)
    assert bench.events() == []


@pytest.mark.parametrize("status", [200, 486])
def test_9_1_a_final_response_before_any_provisional_one_makes_the_wish_moot(status):
    bench = Bench()
    transaction = bench.request(make_request())
    bench.layer.cancel(transaction, bench.now)
    bench.events()
    bench.answer(transaction, status)
    assert statuses(bench.events()) == [status]
    bench.answer(transaction, 180)
    assert all(message.method != "CANCEL" for message in bench.sent())


def test_9_1_an_invite_that_hears_nothing_at_all_ends_with_timer_b_though_cancelled():
    bench = Bench()
    transaction = bench.request(make_request())
    bench.layer.cancel(transaction, bench.now)
    assert bench.advance(33)[-1] == (32.0, TransactionTerminated(transaction))


def test_9_1_only_an_invite_can_be_cancelled():
    bench = Bench()
    transaction = bench.request(make_request("OPTIONS"))
    with pytest.raises(LocalProtocolError):
        bench.layer.cancel(transaction, bench.now)


def test_9_2_a_received_cancel_names_the_invite_that_it_means():
    bench = Bench()
    invite = bench.accept(incoming())
    (event,) = bench.receive(incoming("CANCEL"))
    assert isinstance(event, RequestReceived)
    assert event.cancels is invite
    bench.respond(event.transaction, 200)
    bench.respond(invite, 487)
    assert [(message.status, message.cseq.method) for message in bench.sent()] == [
        (200, "CANCEL"),
        (487, "INVITE"),
    ]


def test_9_2_a_cancel_that_comes_after_the_answer_still_names_its_invite_in_its_state():
    bench = Bench()
    invite = bench.accept(incoming())
    bench.respond(invite, 200)
    bench.events()
    (event,) = bench.receive(incoming("CANCEL"))
    assert event.cancels is invite
    assert event.cancels.state is State.ACCEPTED


@pytest.mark.parametrize(
    "flow",
    [
        Flow(3, "UDP", ("192.0.2.1", 5060), ("203.0.113.9", 5070)),
        Flow(4, "TCP", ("192.0.2.1", 5060), ("192.0.2.2", 5070)),
    ],
)
def test_9_2_a_cancel_from_another_address_or_transport_means_no_invite(flow):
    bench = Bench()
    bench.accept(incoming())
    (event,) = bench.receive(incoming("CANCEL"), flow)
    assert event.cancels is None


@pytest.mark.parametrize("branch", ["z9hG4bKother", "old-style-other"])
def test_9_2_a_cancel_that_matches_nothing_asks_for_481(branch):
    bench = Bench()
    bench.accept(incoming())
    (event,) = bench.receive(incoming("CANCEL", via=other_branch(branch)))
    assert event.cancels is None


def test_9_2_another_request_never_counts_as_a_cancel():
    bench = Bench()
    bench.accept(incoming())
    (event,) = bench.receive(incoming("OPTIONS"))
    assert event.cancels is None

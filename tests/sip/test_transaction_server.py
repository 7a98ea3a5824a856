"""The server transactions: RFC 3261 17.2, RFC 6026 7.1 and RFC 4320, under a fake clock."""

import pytest

from firmware.sip.errors import LocalProtocolError
from firmware.sip.message import Response
from firmware.sip.transaction import (
    RequestReceived,
    State,
    TransactionTerminated,
    TransactionTimeout,
    Transmit,
    TransportFailed,
)
from tests.sip.transactions import TCP, UDP, Bench, incoming, other_branch


def sent(events):
    return [(at, event.message.status) for at, event in events if isinstance(event, Transmit)]


@pytest.mark.parametrize("flow", [UDP, TCP])
def test_17_2_1_a_100_goes_out_by_itself_after_200_ms(flow):
    bench = Bench()
    bench.accept(incoming(), flow)
    assert sent(bench.advance(30)) == [(pytest.approx(0.2), 100)]


def test_17_2_1_an_early_answer_of_the_user_saves_the_100():
    bench = Bench()
    transaction = bench.accept(incoming())
    bench.respond(transaction, 180)
    assert [message.status for message in bench.sent()] == [180]
    assert bench.advance(30) == []


def test_17_2_1_a_repeated_invite_gets_the_latest_provisional_response_and_no_second_event():
    bench = Bench()
    transaction = bench.accept(incoming())
    assert bench.receive(incoming()) == []
    bench.advance(0.3)
    (trying,) = bench.receive(incoming())
    bench.respond(transaction, 180)
    bench.respond(transaction, 183)
    bench.events()
    (progress,) = bench.receive(incoming())
    assert (trying.message.status, progress.message.status) == (100, 183)


def test_17_2_1_a_failure_is_repeated_with_intervals_up_to_t2_until_timer_h():
    bench = Bench()
    transaction = bench.accept(incoming())
    bench.respond(transaction, 486)
    bench.events()
    events = bench.advance(33)
    times = [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert sent(events) == [(at, 486) for at in times]
    assert events[-2:] == [
        (32.0, TransactionTimeout(transaction)),
        (32.0, TransactionTerminated(transaction)),
    ]


def test_17_2_1_on_a_reliable_transport_the_failure_is_sent_once_but_timer_h_still_waits_for_the_ack():
    bench = Bench()
    transaction = bench.accept(incoming(), TCP)
    bench.respond(transaction, 486)
    bench.events()
    assert bench.advance(33) == [
        (32.0, TransactionTimeout(transaction)),
        (32.0, TransactionTerminated(transaction)),
    ]


def test_17_2_1_the_ack_stops_repetition_and_timer_i_absorbs_further_ones():
    bench = Bench()
    transaction = bench.accept(incoming())
    response = bench.respond(transaction, 486)
    bench.events()
    (again,) = bench.receive(incoming())
    assert again == Transmit(UDP, response)
    ack = incoming("ACK", To="<sip:bob@example.com>;tag=to-1")
    assert bench.receive(ack) == []
    assert transaction.state is State.CONFIRMED
    assert bench.receive(ack) == []
    assert bench.receive(incoming()) == []
    bench.layer.flow_failed(UDP, "gone", bench.now)
    assert bench.advance(6) == [(5.0, TransactionTerminated(transaction))]


def test_17_2_1_timer_i_is_zero_on_a_reliable_transport():
    bench = Bench()
    transaction = bench.accept(incoming(), TCP)
    bench.respond(transaction, 486)
    bench.events()
    assert bench.receive(incoming("ACK"), TCP) == [TransactionTerminated(transaction)]


def test_17_2_1_an_ack_before_any_final_response_changes_nothing():
    bench = Bench()
    transaction = bench.accept(incoming())
    assert bench.receive(incoming("ACK")) == []
    assert transaction.state is State.PROCEEDING


@pytest.mark.parametrize("flow", [UDP, TCP])
def test_6026_7_1_a_2xx_is_repeated_by_the_user_alone_and_repeated_invites_are_absorbed(flow):
    bench = Bench()
    transaction = bench.accept(incoming(), flow)
    response = bench.respond(transaction, 200)
    assert bench.sent() == [response]
    assert transaction.state is State.ACCEPTED
    assert bench.receive(incoming(), flow) == []
    assert bench.advance(20) == []
    bench.layer.respond(transaction, response, bench.now)
    assert bench.sent() == [response]
    assert bench.advance(13) == [(12.0, TransactionTerminated(transaction))]


def test_6026_7_1_an_ack_that_finds_the_accepted_transaction_goes_to_the_user():
    bench = Bench()
    transaction = bench.accept(incoming())
    bench.respond(transaction, 200)
    bench.events()
    ack = incoming("ACK", To="<sip:bob@example.com>;tag=to-1")
    assert bench.receive(ack) == [RequestReceived(transaction, ack, UDP)]


def test_13_3_1_4_the_ack_to_a_2xx_with_its_own_branch_comes_without_transaction():
    bench = Bench()
    transaction = bench.accept(incoming())
    bench.respond(transaction, 200)
    bench.events()
    ack = incoming("ACK", via=other_branch("z9hG4bKack"))
    assert bench.receive(ack) == [RequestReceived(None, ack, UDP)]


@pytest.mark.parametrize(
    ("status", "state"),
    [(180, State.PROCEEDING), (486, State.COMPLETED), (200, State.ACCEPTED)],
)
def test_6026_7_1_a_failed_flow_is_reported_and_the_state_stays(status, state):
    bench = Bench()
    transaction = bench.accept(incoming())
    bench.respond(transaction, status)
    bench.events()
    bench.layer.flow_failed(UDP, "reset", bench.now)
    assert bench.events() == [TransportFailed(transaction, "reset")]
    assert transaction.state is state


@pytest.mark.parametrize(("first", "second"), [(486, 200), (486, 180), (200, 486), (200, 180), (486, 487)])
def test_17_2_1_a_second_final_answer_of_another_kind_is_the_users_error(first, second):
    bench = Bench()
    transaction = bench.accept(incoming())
    bench.respond(transaction, first)
    state = transaction.state
    with pytest.raises(LocalProtocolError):
        bench.respond(transaction, second)
    assert transaction.state is state
    assert [message.status for message in bench.sent()] == [first]


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS"])
def test_an_answer_after_the_end_is_not_sent_and_no_error(method):
    bench = Bench()
    transaction = bench.accept(incoming(method))
    bench.respond(transaction, 486)
    bench.advance(40)
    bench.events()
    assert transaction.terminated
    bench.respond(transaction, 200)
    bench.respond(transaction, 404)
    assert bench.events() == []


def test_17_2_2_repeated_requests_are_absorbed_before_there_is_any_response():
    bench = Bench()
    bench.accept(incoming("OPTIONS"))
    assert bench.receive(incoming("OPTIONS")) == []


@pytest.mark.parametrize("waited", [0.0, 5.0])
@pytest.mark.parametrize("status", [200, 486])
def test_17_2_2_the_final_response_is_sent_again_for_every_repeated_request_until_timer_j(waited, status):
    bench = Bench()
    transaction = bench.accept(incoming("OPTIONS"))
    bench.advance(waited)
    response = bench.respond(transaction, status)
    assert bench.sent() == [response]
    assert bench.receive(incoming("OPTIONS")) == [Transmit(UDP, response)]
    bench.respond(transaction, 200)
    bench.respond(transaction, 404)
    assert bench.receive(incoming("OPTIONS")) == [Transmit(UDP, response)]
    assert bench.advance(33) == [(32.0, TransactionTerminated(transaction))]


def test_17_2_2_timer_j_is_zero_on_a_reliable_transport():
    bench = Bench()
    transaction = bench.accept(incoming("OPTIONS"), TCP)
    response = bench.respond(transaction, 200)
    assert bench.events() == [Transmit(TCP, response), TransactionTerminated(transaction)]


def test_4320_4_1_a_100_to_a_non_invite_goes_out_when_timer_e_of_the_client_reaches_t2():
    bench = Bench()
    transaction = bench.accept(incoming("OPTIONS"))
    events = bench.advance(10)
    assert sent(events) == [(3.5, 100)]
    assert transaction.state is State.PROCEEDING
    (again,) = bench.receive(incoming("OPTIONS"))
    assert isinstance(again.message, Response)
    assert again.message.status == 100
    bench.respond(transaction, 200)
    assert [message.status for message in bench.sent()] == [200]


@pytest.mark.parametrize("status", [100, 180, 199])
@pytest.mark.parametrize("waited", [0.0, 5.0])
def test_4320_4_1_the_user_sends_no_provisional_response_to_a_non_invite(status, waited):
    bench = Bench()
    transaction = bench.accept(incoming("REFER"))
    bench.advance(waited)
    with pytest.raises(LocalProtocolError):
        bench.respond(transaction, status)
    assert bench.events() == []


@pytest.mark.parametrize("waited", [0.0, 5.0])
def test_4320_4_2_a_non_invite_is_never_answered_with_408(waited):
    bench = Bench()
    transaction = bench.accept(incoming("OPTIONS"))
    bench.advance(waited)
    bench.events()
    with pytest.raises(LocalProtocolError):
        bench.respond(transaction, 408)
    assert bench.events() == []


def test_4320_4_2_a_non_invite_that_nobody_answers_ends_in_silence_when_its_client_has_given_up():
    bench = Bench()
    transaction = bench.accept(incoming("OPTIONS"))
    events = bench.advance(33)
    assert sent(events) == [(3.5, 100)]
    assert events[-2:] == [
        (32.0, TransactionTimeout(transaction)),
        (32.0, TransactionTerminated(transaction)),
    ]


@pytest.mark.parametrize("waited", [0.0, 5.0])
@pytest.mark.parametrize("answered", [False, True])
def test_17_2_4_a_failed_flow_ends_a_non_invite_in_any_state(waited, answered):
    bench = Bench()
    transaction = bench.accept(incoming("OPTIONS"))
    bench.advance(waited)
    if answered:
        bench.respond(transaction, 200)
    bench.events()
    bench.layer.flow_failed(UDP, "reset", bench.now)
    assert bench.events() == [TransportFailed(transaction, "reset"), TransactionTerminated(transaction)]
    assert bench.layer.deadline() is None


def test_18_2_2_responses_go_to_the_flow_of_the_request_even_if_a_repetition_comes_by_another():
    bench = Bench()
    transaction = bench.accept(incoming(), UDP)
    bench.respond(transaction, 180)
    bench.events()
    (again,) = bench.receive(incoming(), TCP)
    assert again.flow == UDP

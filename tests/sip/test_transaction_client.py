"""The client transactions: RFC 3261 17.1 and RFC 6026 7.2, under a fake clock."""

import pytest

from firmware.sip.transaction import (
    ResponseReceived,
    State,
    TransactionTerminated,
    TransactionTimeout,
    Transmit,
)
from tests.sip.transactions import TCP, UDP, Bench, make_request, statuses


def sending_times(events):
    return [at for at, event in events if isinstance(event, Transmit)]


def test_17_1_1_2_an_invite_is_repeated_after_0_5_1_2_4_8_and_16_seconds_on_udp():
    bench = Bench()
    bench.request(make_request())
    assert len(bench.sent()) == 1
    assert sending_times(bench.advance(31.9)) == [0.5, 1.5, 3.5, 7.5, 15.5, 31.5]


def test_17_1_1_2_timer_b_ends_an_unanswered_invite_after_32_seconds():
    bench = Bench()
    transaction = bench.request(make_request())
    last = bench.advance(33)[-2:]
    assert last == [(32.0, TransactionTimeout(transaction)), (32.0, TransactionTerminated(transaction))]
    assert bench.layer.deadline() is None


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS"])
def test_17_1_1_2_and_17_1_2_2_nothing_is_repeated_on_a_reliable_transport(method):
    bench = Bench()
    transaction = bench.request(make_request(method), TCP)
    assert len(bench.sent()) == 1
    assert bench.advance(33) == [
        (32.0, TransactionTimeout(transaction)),
        (32.0, TransactionTerminated(transaction)),
    ]


def test_17_1_1_2_a_provisional_response_ends_repetition_and_timer_b():
    bench = Bench()
    transaction = bench.request(make_request())
    response = bench.answer(transaction, 180)
    assert ResponseReceived(transaction, response, UDP) in bench.events()
    assert transaction.state is State.PROCEEDING
    assert bench.advance(600) == []
    bench.answer(transaction, 183)
    assert statuses(bench.events()) == [183]

"""Two transaction layers with a link that loses, repeats and reorders: RFC 3261 17 end to end."""

import random

import pytest

from firmware.sip.message import response_to
from firmware.sip.transaction import (
    RequestReceived,
    TransactionTerminated,
    TransactionTimeout,
    TransportFailed,
)
from tests.sip.transactions import TCP, UDP, Pair, make_request, statuses


def perfect(number):
    return [0.01]


def new_requests(events, method):
    return [
        event for event in events if isinstance(event, RequestReceived) and event.request.method == method
    ]


def ended(events):
    return [event for event in events if isinstance(event, TransactionTerminated)]


@pytest.mark.parametrize("flow", [UDP, TCP])
@pytest.mark.parametrize("answers", [[200], [404]])
@pytest.mark.parametrize("method", ["OPTIONS", "INVITE"])
def test_17_a_request_is_answered_over_a_perfect_link(flow, answers, method):
    pair = Pair(flow, perfect, lambda event: answers)
    pair.alice.request(make_request(method), flow, pair.now)
    pair.run(100)
    assert statuses(pair.alice_saw) == answers
    assert len(new_requests(pair.bob_saw, method)) == 1
    assert len(ended(pair.alice_saw)) == len(ended(pair.bob_saw)) == 1
    assert pair.alice.deadline() is None
    assert pair.bob.deadline() is None


@pytest.mark.parametrize("lost", range(4))
def test_17_1_2_2_an_answer_that_is_lost_is_had_from_the_repeated_request(lost):
    pair = Pair(UDP, lambda number: [] if number == lost else [0.01], lambda event: [200])
    pair.alice.request(make_request("OPTIONS"), UDP, pair.now)
    pair.run(100)
    assert statuses(pair.alice_saw) == [200]
    assert len(new_requests(pair.bob_saw, "OPTIONS")) == 1


@pytest.mark.parametrize("lost", range(5))
def test_17_1_1_2_a_refusal_survives_the_loss_of_any_one_message(lost):
    pair = Pair(UDP, lambda number: [] if number == lost else [0.01], lambda event: [180, 486])
    pair.alice.request(make_request(), UDP, pair.now)
    pair.run(100)
    assert [status for status in statuses(pair.alice_saw) if status >= 200] == [486]
    assert not any(isinstance(event, TransactionTimeout) for event in pair.alice_saw + pair.bob_saw)


def test_17_1_1_2_a_dead_link_times_out_at_the_caller_and_never_reaches_the_peer():
    pair = Pair(UDP, lambda number: [])
    transaction = pair.alice.request(make_request(), UDP, pair.now)
    pair.run(100)
    assert pair.alice_saw == [TransactionTimeout(transaction), TransactionTerminated(transaction)]
    assert pair.bob_saw == []


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("method", ["INVITE", "OPTIONS"])
def test_17_a_third_lost_repeated_and_reordered_still_gives_one_answer_and_one_request(seed, method):
    chance = random.Random(seed)

    def unruly(number):
        copies = chance.choices([0, 1, 2], [3, 6, 1])[0]
        return [chance.uniform(0.005, 1.5) for _ in range(copies)]

    pair = Pair(UDP, unruly, lambda event: [486])
    pair.alice.request(make_request(method), UDP, pair.now)
    pair.run(200)
    assert statuses(pair.alice_saw) == [486]
    assert len(new_requests(pair.bob_saw, method)) == 1
    assert len(ended(pair.alice_saw)) == len(ended(pair.bob_saw)) == 1
    assert pair.alice.deadline() is None
    assert pair.bob.deadline() is None


@pytest.mark.parametrize("crossing", [0.0, 0.05, 0.3, 0.95, 1.05, 2.0])
def test_9_1_a_cancel_races_the_answer_and_the_call_ends_in_one_way_only(crossing):
    """Bob rings at once and answers after a second; Alice cancels at `crossing`, each way takes 0.1 s."""
    pair = Pair(UDP, lambda number: [0.1])
    answered = []

    def answer(event):
        if event.request.method == "CANCEL":
            return [200 if event.cancels else 481]
        return [180]

    pair.answer = answer
    transaction = pair.alice.request(make_request(), UDP, pair.now)
    for moment in sorted({crossing, 1.0, 3.0}):
        pair.run(moment)
        if moment == crossing:
            pair.alice.cancel(transaction, pair.now)
        invite, *cancels = [e for e in pair.bob_saw if isinstance(e, RequestReceived)] or [None]
        if invite is not None and not answered and (cancels or moment >= 1.0):
            answered.append(487 if cancels else 200)
            pair.bob.respond(
                invite.transaction, response_to(invite.request, answered[0], to_tag="bob"), pair.now
            )
    pair.run(200)
    finals = [status for status in statuses(pair.alice_saw) if status >= 200]
    assert finals == answered
    assert answered == [487 if crossing < 0.9 else 200]
    assert not any(isinstance(event, TransportFailed) for event in pair.alice_saw)
    assert pair.alice.deadline() is None
    assert pair.bob.deadline() is None

"""The client transactions: RFC 3261 17.1 and RFC 6026 7.2, under a fake clock."""

import pytest

from firmware.sip.errors import LocalProtocolError
from firmware.sip.message import Response
from firmware.sip.transaction import (
    MAX_CLIENT_TRANSACTIONS,
    ResponseReceived,
    State,
    StrayResponse,
    TransactionTerminated,
    TransactionTimeout,
    Transmit,
    TransportFailed,
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
    assert transaction.state is State.PROCEEDING


@pytest.mark.parametrize("provisional", [False, True])
def test_17_1_1_2_a_failure_is_acknowledged_delivered_once_and_forgotten_after_timer_d(provisional):
    bench = Bench()
    transaction = bench.request(make_request())
    if provisional:
        bench.answer(transaction, 100)
    bench.events()
    response = bench.answer(transaction, 486)
    ack, delivered = bench.events()
    assert isinstance(ack, Transmit)
    assert ack.message.method == "ACK"
    assert delivered == ResponseReceived(transaction, response, UDP)
    bench.answer(transaction, 486)
    (again,) = bench.events()
    assert again == ack
    assert bench.advance(31.9) == []
    assert bench.advance(0.2) == [(pytest.approx(0.1), TransactionTerminated(transaction))]


def test_17_1_1_2_timer_d_is_zero_on_a_reliable_transport():
    bench = Bench()
    transaction = bench.request(make_request(), TCP)
    bench.events()
    bench.answer(transaction, 404)
    kinds = [type(event) for event in bench.events()]
    assert kinds == [Transmit, ResponseReceived, TransactionTerminated]
    assert transaction.terminated
    assert bench.layer.deadline() is None


def test_17_1_1_3_the_ack_is_made_of_the_invite_and_the_to_of_the_response():
    bench = Bench()
    request = make_request(Route="<sip:p1.example.com;lr>, <sip:p2.example.com;lr>", CSeq="7 INVITE")
    transaction = bench.request(request)
    bench.events()
    bench.answer(transaction, 603, to_tag="theirs")
    ack = bench.sent()[0]
    assert ack.method == "ACK"
    assert ack.uri == request.uri
    assert ack.headers.get_all("Via") == (str(transaction.request.via),)
    assert [str(route) for route in ack.routes] == ["<sip:p1.example.com;lr>", "<sip:p2.example.com;lr>"]
    assert ack.headers.get("From") == request.headers.get("From")
    assert ack.to.tag == "theirs"
    assert ack.call_id == request.call_id
    assert str(ack.cseq) == "7 ACK"
    assert ack.body == b""


def test_17_1_1_2_late_provisional_responses_do_not_reach_the_user_after_a_failure():
    bench = Bench()
    transaction = bench.request(make_request())
    bench.answer(transaction, 486)
    bench.events()
    bench.answer(transaction, 180)
    bench.answer(transaction, 200)
    assert bench.events() == []


@pytest.mark.parametrize("flow", [UDP, TCP])
@pytest.mark.parametrize("provisional", [False, True])
def test_6026_7_2_every_2xx_reaches_the_user_until_timer_m_on_any_transport(flow, provisional):
    bench = Bench()
    transaction = bench.request(make_request(), flow)
    if provisional:
        bench.answer(transaction, 180)
    bench.events()
    bench.answer(transaction, 200, to_tag="first")
    assert transaction.state is State.ACCEPTED
    bench.answer(transaction, 200, to_tag="first")
    bench.advance(20)
    bench.answer(transaction, 200, to_tag="forked")
    delivered = bench.events()
    assert [event.response.to.tag for event in delivered] == ["first", "first", "forked"]
    assert bench.advance(13) == [(12.0, TransactionTerminated(transaction))]


def test_6026_7_2_a_2xx_is_never_acknowledged_by_the_transaction():
    bench = Bench()
    transaction = bench.request(make_request())
    bench.events()
    bench.answer(transaction, 200)
    assert bench.sent() == []


def test_6026_7_2_other_responses_in_the_accepted_state_do_not_reach_the_user():
    bench = Bench()
    transaction = bench.request(make_request())
    bench.answer(transaction, 200)
    bench.events()
    bench.answer(transaction, 180)
    bench.answer(transaction, 487)
    bench.layer.flow_failed(UDP, "gone", bench.now)
    assert bench.events() == []
    assert transaction.state is State.ACCEPTED


def test_6026_8_4_a_2xx_after_the_accepted_state_is_stray():
    bench = Bench()
    transaction = bench.request(make_request())
    bench.answer(transaction, 200)
    bench.advance(40)
    bench.events()
    response = bench.answer(transaction, 200)
    assert bench.events() == [StrayResponse(response, UDP)]


def test_17_1_2_2_a_request_is_repeated_with_intervals_that_stop_growing_at_t2():
    bench = Bench()
    transaction = bench.request(make_request("OPTIONS"))
    assert len(bench.sent()) == 1
    events = bench.advance(33)
    assert sending_times(events) == [0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert events[-2:] == [
        (32.0, TransactionTimeout(transaction)),
        (32.0, TransactionTerminated(transaction)),
    ]


def test_17_1_2_2_after_a_provisional_response_timer_e_is_t2_and_timer_f_keeps_running():
    bench = Bench()
    transaction = bench.request(make_request("OPTIONS"))
    bench.advance(0.6)
    bench.answer(transaction, 100)
    bench.answer(transaction, 100)
    assert statuses(bench.events()) == [100, 100]
    assert transaction.state is State.PROCEEDING
    events = bench.advance(33)
    assert sending_times(events) == pytest.approx([0.9, 4.9, 8.9, 12.9, 16.9, 20.9, 24.9, 28.9])
    assert events[-2] == (pytest.approx(31.4), TransactionTimeout(transaction))


@pytest.mark.parametrize("status", [200, 302, 404, 503, 603])
@pytest.mark.parametrize("provisional", [False, True])
def test_17_1_2_2_a_final_response_is_delivered_once_and_forgotten_after_timer_k(status, provisional):
    bench = Bench()
    transaction = bench.request(make_request("REGISTER"))
    if provisional:
        bench.answer(transaction, 100)
    bench.events()
    bench.answer(transaction, status)
    bench.answer(transaction, status)
    bench.answer(transaction, 100)
    assert statuses(bench.events()) == [status]
    assert bench.advance(4.9) == []
    assert bench.advance(0.2) == [(pytest.approx(0.1), TransactionTerminated(transaction))]


def test_17_1_2_2_timer_k_is_zero_on_a_reliable_transport():
    bench = Bench()
    transaction = bench.request(make_request("REGISTER"), TCP)
    bench.events()
    response = bench.answer(transaction, 200)
    assert bench.events() == [
        ResponseReceived(transaction, response, TCP),
        TransactionTerminated(transaction),
    ]


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS"])
@pytest.mark.parametrize("provisional", [False, True])
def test_17_1_4_a_failed_flow_ends_a_request_without_final_response(method, provisional):
    bench = Bench()
    transaction = bench.request(make_request(method))
    if provisional:
        bench.answer(transaction, 100)
    bench.events()
    bench.layer.flow_failed(UDP, "connection refused", bench.now)
    assert bench.events() == [
        TransportFailed(transaction, "connection refused"),
        TransactionTerminated(transaction),
    ]
    assert bench.layer.deadline() is None


def test_17_1_4_only_transactions_on_the_failed_flow_end():
    bench = Bench()
    transaction = bench.request(make_request("OPTIONS"), UDP)
    bench.events()
    bench.layer.flow_failed(TCP, "reset", bench.now)
    assert bench.events() == []
    assert transaction.state is State.TRYING


def test_17_1_1_2_a_failed_flow_is_reported_while_the_ack_may_still_be_needed():
    bench = Bench()
    transaction = bench.request(make_request())
    bench.answer(transaction, 486)
    bench.events()
    bench.layer.flow_failed(UDP, "gone", bench.now)
    assert bench.events() == [TransportFailed(transaction, "gone"), TransactionTerminated(transaction)]


def test_17_1_2_2_a_failed_flow_is_no_news_once_the_final_response_is_here():
    bench = Bench()
    transaction = bench.request(make_request("OPTIONS"))
    bench.answer(transaction, 200)
    bench.events()
    bench.layer.flow_failed(UDP, "gone", bench.now)
    assert bench.events() == []


def test_18_1_1_and_rfc_3581_the_via_names_our_end_and_asks_for_rport_on_udp():
    bench = Bench()
    over_udp, over_tcp = bench.request(make_request(), UDP), bench.request(make_request(), TCP)
    assert str(over_udp.request.via) == f"SIP/2.0/UDP 192.0.2.1:5060;branch={over_udp.branch};rport"
    assert str(over_tcp.request.via) == f"SIP/2.0/TCP 192.0.2.1:40000;branch={over_tcp.branch}"
    assert over_udp.branch.startswith("z9hG4bK")
    assert over_udp.branch != over_tcp.branch


def test_13_2_2_4_the_ack_to_a_2xx_has_a_branch_of_its_own_and_is_repeated_unchanged():
    bench = Bench()
    sent = bench.layer.send_ack(make_request("ACK"), UDP)
    again = bench.layer.send_ack(sent, UDP)
    assert again is sent
    assert bench.sent() == [sent, sent]
    assert (sent.via.branch or "").startswith("z9hG4bK")
    assert bench.layer.deadline() is None


@pytest.mark.parametrize("method", ["ACK", "CANCEL"])
def test_17_1_an_ack_or_cancel_cannot_be_sent_as_a_request_of_its_own(method):
    with pytest.raises(LocalProtocolError):
        Bench().request(make_request(method))


def test_the_number_of_client_transactions_has_a_limit_that_frees_itself():
    bench = Bench()
    for _ in range(MAX_CLIENT_TRANSACTIONS):
        bench.request(make_request("OPTIONS"))
    with pytest.raises(LocalProtocolError, match="256"):
        bench.request(make_request("OPTIONS"))
    bench.advance(33)
    bench.request(make_request("OPTIONS"))


def test_a_response_that_nothing_matches_is_stray():
    bench = Bench()
    transaction = bench.request(make_request())
    bench.events()
    headers = transaction.request.headers.with_("Via", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKother")
    stray = Response(200, "OK", headers)
    bench.layer.receive(stray, UDP, bench.now)
    assert bench.events() == [StrayResponse(stray, UDP)]
    assert transaction.state is State.CALLING

"""How messages find their transactions: RFC 3261 8.1.3.3, 8.2.2.2, 17.1.3, 17.2.3, 18 and RFC 3581."""

import pytest

from firmware.sip.errors import RemoteProtocolError
from firmware.sip.flow import Flow
from firmware.sip.message import Request, response_to
from firmware.sip.transaction import (
    MAX_SERVER_TRANSACTIONS,
    RequestReceived,
    State,
    StrayResponse,
    Transmit,
)
from tests.sip.transactions import TCP, UDP, Bench, incoming, make_request, other_branch

UDP6 = Flow(5, "UDP", ("2001:db8::1", 5060), ("2001:db8::2", 5070))


def test_17_1_3_the_method_of_the_cseq_tells_the_answers_to_invite_and_cancel_apart():
    bench = Bench()
    transaction = bench.request(make_request())
    bench.answer(transaction, 180)
    bench.layer.cancel(transaction, bench.now)
    _, cancel = bench.sent()
    bench.layer.receive(response_to(cancel, 481, to_tag="to-1"), UDP, bench.now)
    assert transaction.state is State.PROCEEDING


@pytest.mark.parametrize("via", ["SIP/2.0/UDP 192.0.2.9:5060", "SIP/2.0/UDP 192.0.2.1:5061"])
def test_18_1_2_a_response_whose_via_we_did_not_write_is_stray(via):
    bench = Bench()
    transaction = bench.request(make_request())
    bench.events()
    forged = transaction.request.headers.with_("Via", f"{via};branch={transaction.branch}")
    response = response_to(Request("INVITE", transaction.request.uri, forged), 200, to_tag="x")
    bench.layer.receive(response, UDP, bench.now)
    assert bench.events() == [StrayResponse(response, UDP)]


def test_18_1_2_a_response_over_another_transport_than_its_request_is_stray():
    bench = Bench()
    transaction = bench.request(make_request(), TCP)
    bench.events()
    response = response_to(transaction.request, 200, to_tag="x")
    bench.layer.receive(response, UDP, bench.now)
    assert bench.events() == [StrayResponse(response, UDP)]


def test_18_2_2_a_udp_response_may_come_from_another_address():
    bench = Bench()
    transaction = bench.request(make_request())
    bench.events()
    elsewhere = Flow(9, "UDP", UDP.local, ("198.51.100.7", 5060))
    bench.layer.receive(response_to(transaction.request, 180, to_tag="x"), elsewhere, bench.now)
    assert transaction.state is State.PROCEEDING


def test_8_1_3_3_a_response_with_two_vias_is_dropped():
    bench = Bench()
    transaction = bench.request(make_request())
    bench.events()
    doubled = transaction.request.headers.appended("Via", "SIP/2.0/UDP 192.0.2.7;branch=z9hG4bK2")
    response = response_to(Request("INVITE", transaction.request.uri, doubled), 200, to_tag="x")
    bench.layer.receive(response, UDP, bench.now)
    assert bench.events() == []
    assert transaction.state is State.CALLING


@pytest.mark.parametrize("flow", [UDP, UDP6])
def test_3581_4_received_and_rport_are_filled_in_wherever_rport_is_asked_for(flow):
    bench = Bench()
    via = "SIP/2.0/UDP 10.0.0.7:5999;rport;branch=z9hG4bKnat, SIP/2.0/UDP 10.0.0.8;branch=z9hG4bKbelow"
    transaction = bench.accept(incoming("OPTIONS", via=via), flow)
    top, below = transaction.request.vias
    assert (top.received, top.rport) == flow.remote
    assert (top.host, top.port, top.branch) == ("10.0.0.7", 5999, "z9hG4bKnat")
    assert below.host == "10.0.0.8"


def test_3581_4_received_is_filled_in_even_if_it_equals_the_sent_by():
    bench = Bench()
    via = "SIP/2.0/UDP 192.0.2.2:5070;branch=z9hG4bKx;rport"
    assert bench.accept(incoming("OPTIONS", via=via)).request.via.received == "192.0.2.2"


def test_18_2_1_without_rport_only_a_differing_address_is_noted():
    bench = Bench()
    same = bench.accept(incoming("OPTIONS")).request.via
    other = bench.accept(incoming("INFO", via="SIP/2.0/UDP 10.0.0.7:5999;branch=z9hG4bKy")).request.via
    assert (same.received, same.rport) == (None, None)
    assert (other.received, other.rport) == ("192.0.2.2", None)


def test_18_2_1_a_received_that_the_peer_wrote_itself_is_replaced():
    bench = Bench()
    via = "SIP/2.0/UDP 10.0.0.7;received=203.0.113.5;rport=1;branch=z9hG4bKz"
    top = bench.accept(incoming("OPTIONS", via=via)).request.via
    assert (top.received, top.rport) == UDP.remote


@pytest.mark.parametrize(
    "other",
    [
        incoming("OPTIONS", via=other_branch("z9hG4bKother"), Call_ID="call-2"),
        incoming("OPTIONS", via="SIP/2.0/UDP 192.0.2.2:5071;branch=z9hG4bKpeer", Call_ID="call-2"),
        incoming("OPTIONS", via="SIP/2.0/UDP 192.0.2.3:5070;branch=z9hG4bKpeer", Call_ID="call-2"),
        incoming("INFO"),
    ],
    ids=["branch", "port", "host", "method"],
)
def test_17_2_3_branch_sent_by_and_method_make_the_transaction(other):
    bench = Bench()
    first = bench.accept(incoming("OPTIONS"))
    assert bench.accept(other) is not first


@pytest.mark.parametrize(
    "other",
    [
        incoming("OPTIONS", Call_ID="call-2"),
        incoming("OPTIONS", via="SIP/2.0/UDP 192.0.2.2:5070;rport;branch=z9hG4bKpeer"),
    ],
    ids=["call-id", "via parameters"],
)
def test_17_2_3_nothing_else_makes_the_transaction_when_the_branch_has_the_cookie(other):
    bench = Bench()
    bench.accept(incoming("OPTIONS"))
    assert bench.receive(other) == []


def test_17_2_3_host_names_in_the_sent_by_are_compared_without_case_and_with_the_default_port():
    bench = Bench()
    bench.accept(incoming("OPTIONS", via="SIP/2.0/UDP peer.example.com;branch=z9hG4bKp"))
    again = incoming("OPTIONS", via="SIP/2.0/UDP PEER.example.com:5060;branch=z9hG4bKp")
    assert bench.receive(again) == []


LEGACY = "SIP/2.0/UDP 192.0.2.2:5070;branch=1"


@pytest.mark.parametrize("via", [LEGACY, "SIP/2.0/UDP 192.0.2.2:5070"], ids=["old branch", "no branch"])
def test_17_2_3_a_legacy_request_is_recognised_by_all_that_2543_kept_equal(via):
    bench = Bench()
    transaction = bench.accept(incoming(via=via))
    bench.respond(transaction, 180)
    bench.events()
    (again,) = bench.receive(incoming(via=via))
    assert isinstance(again, Transmit)
    assert again.message.status == 180


@pytest.mark.parametrize(
    "fields",
    [
        {"CSeq": "2 OPTIONS"},
        {"Call_ID": "call-2"},
        {"From": "<sip:alice@example.com>;tag=from-2"},
        {"To": "<sip:bob@example.com>;tag=in-dialog"},
    ],
    ids=["CSeq", "Call-ID", "From tag", "To tag"],
)
def test_17_2_3_a_legacy_request_that_differs_in_one_of_them_is_no_repetition(fields):
    bench = Bench()
    first = bench.accept(incoming("OPTIONS", via=LEGACY))
    (event,) = bench.receive(incoming("OPTIONS", **({"via": LEGACY} | fields)))
    assert isinstance(event, RequestReceived)
    assert event.transaction is not first


def test_17_2_3_a_legacy_request_by_another_way_is_no_repetition():
    bench = Bench()
    bench.accept(incoming("OPTIONS", via=LEGACY))
    (refusal,) = bench.receive(incoming("OPTIONS", via=f"{LEGACY};hidden"))
    assert refusal.message.status == 482


def test_17_2_3_the_legacy_ack_carries_the_tag_of_our_response():
    bench = Bench()
    transaction = bench.accept(incoming(via=LEGACY))
    bench.respond(transaction, 486, to_tag="ours")
    bench.events()
    other = incoming("ACK", via=LEGACY, To="<sip:bob@example.com>;tag=theirs")
    assert bench.receive(other) == [RequestReceived(None, other, UDP)]
    assert transaction.state is State.COMPLETED
    assert bench.receive(incoming("ACK", via=LEGACY, To="<sip:bob@example.com>;tag=ours")) == []
    assert transaction.state is State.CONFIRMED


def test_9_2_a_legacy_cancel_finds_its_invite():
    bench = Bench()
    invite = bench.accept(incoming(via=LEGACY))
    (event,) = bench.receive(incoming("CANCEL", via=LEGACY))
    assert event.cancels is invite


def test_9_2_a_legacy_cancel_from_behind_a_translator_finds_its_invite():
    bench = Bench()
    via = "SIP/2.0/UDP 10.0.0.7"
    invite = bench.accept(incoming(via=via))
    (event,) = bench.receive(incoming("CANCEL", via=via))
    assert event.cancels is invite
    assert invite.request.via.received == "192.0.2.2"


def test_a_legacy_transaction_leaves_nothing_behind():
    bench = Bench()
    transaction = bench.accept(incoming(via=LEGACY))
    bench.respond(transaction, 486, to_tag="ours")
    bench.receive(incoming("ACK", via=LEGACY, To="<sip:bob@example.com>;tag=ours"))
    bench.advance(6)
    assert bench.accept(incoming(via=LEGACY)) is not transaction


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS"])
def test_8_2_2_2_the_same_request_by_another_way_is_a_loop_and_stays_in_the_layer(method):
    bench = Bench()
    first = bench.accept(incoming(method))
    merged = incoming(method, via=other_branch("z9hG4bKsecond"))
    (refusal,) = bench.receive(merged)
    assert isinstance(refusal, Transmit)
    assert refusal.message.status == 482
    assert refusal.message.to.tag
    assert refusal.message.via.branch == "z9hG4bKsecond"
    assert bench.receive(merged) == [refusal]
    assert not first.terminated
    ack = incoming("ACK", via=other_branch("z9hG4bKsecond"))
    if method == "INVITE":
        assert bench.receive(ack) == []
    others = [event for _, event in bench.advance(40) if getattr(event, "transaction", first) is not first]
    assert others == []


def test_8_2_2_2_after_the_first_has_ended_the_same_request_is_new():
    bench = Bench()
    bench.respond(bench.accept(incoming("OPTIONS")), 200)
    bench.advance(33)
    bench.events()
    bench.accept(incoming("OPTIONS", via=other_branch("z9hG4bKsecond")))


def test_8_2_2_2_requests_within_a_dialog_are_not_taken_for_merged_ones():
    bench = Bench()
    to = "<sip:bob@example.com>;tag=dialog"
    bench.accept(incoming("INFO", To=to))
    bench.accept(incoming("INFO", To=to, via=other_branch("z9hG4bKsecond")))


def test_9_2_a_cancel_of_a_merged_invite_means_no_call_of_the_user():
    bench = Bench()
    bench.accept(incoming())
    bench.receive(incoming(via=other_branch("z9hG4bKsecond")))
    (event,) = bench.receive(incoming("CANCEL", via=other_branch("z9hG4bKsecond")))
    assert event.cancels is None


def test_more_requests_than_the_limit_are_answered_503_and_nothing_is_kept():
    bench = Bench()
    for number in range(MAX_SERVER_TRANSACTIONS):
        bench.accept(incoming("OPTIONS", via=other_branch(f"z9hG4bK{number}"), Call_ID=f"call-{number}"))
    (refusal,) = bench.receive(incoming("OPTIONS", Call_ID="one-more"))
    assert isinstance(refusal, Transmit)
    assert refusal.message.status == 503
    assert refusal.message.headers.get("Retry-After") == "5"
    (known,) = bench.receive(incoming("OPTIONS", Call_ID="one-more"))
    assert known.message.status == 503
    bench.advance(33)
    bench.accept(incoming("OPTIONS", Call_ID="one-more"))


@pytest.mark.parametrize("field", ["Via", "From", "To", "Call-ID", "CSeq"])
@pytest.mark.parametrize("branch", ["z9hG4bKpeer", "legacy"])
def test_a_request_whose_header_fields_cannot_be_read_raises_and_leaves_nothing(field, branch):
    bench = Bench()
    request = incoming("OPTIONS", via=other_branch(branch))
    broken = Request("OPTIONS", request.uri, request.headers.with_(field, "<bro ken"))
    with pytest.raises(RemoteProtocolError):
        bench.layer.receive(broken, UDP, bench.now)
    assert bench.events() == []
    assert bench.layer.deadline() is None

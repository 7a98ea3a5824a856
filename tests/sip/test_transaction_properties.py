"""Whatever happens in whatever order: no undeclared error, and every transaction ends (RFC 3261 17)."""

import random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from firmware.sip.errors import LocalProtocolError
from firmware.sip.message import Request, response_to
from firmware.sip.transaction import (
    RequestReceived,
    ResponseReceived,
    State,
    TransactionLayer,
    TransactionTerminated,
    Transmit,
)
from tests.sip.transactions import PEER_VIA, TCP, UDP, drain, incoming, make_request

METHODS = st.sampled_from(["INVITE", "OPTIONS", "BYE"])
FLOWS = st.sampled_from([UDP, TCP])
STATUSES = st.sampled_from([100, 180, 200, 302, 401, 408, 486, 503, 603])
VIAS = st.sampled_from(
    [PEER_VIA, PEER_VIA + "2", "SIP/2.0/UDP 192.0.2.2;branch=old", "SIP/2.0/UDP 192.0.2.2"]
)
CALLS = st.sampled_from(["call-1", "call-2"])
TAGS = st.sampled_from(["ours", "other"])


class AnyOrder(RuleBasedStateMachine):
    """A user, a peer, a transport and a clock that do what they like."""

    def __init__(self):
        super().__init__()
        self.now = 0.0
        self.layer = TransactionLayer(random.Random(0).randbytes)
        self.clients = []
        self.servers = []
        self.terminated = []
        self.requests_sent = []

    @rule(method=METHODS, flow=FLOWS)
    def we_send_a_request(self, method, flow):
        self.clients.append(self.layer.request(make_request(method), flow, self.now))

    @precondition(lambda self: self.requests_sent)
    @rule(data=st.data(), status=STATUSES, tag=TAGS, flow=FLOWS)
    def the_peer_answers(self, data, status, tag, flow):
        request = data.draw(st.sampled_from(self.requests_sent))
        self.layer.receive(response_to(request, status, to_tag=tag), flow, self.now)

    @precondition(lambda self: self.clients)
    @rule(data=st.data())
    def we_cancel(self, data):
        transaction = data.draw(st.sampled_from(self.clients))
        if transaction.request.method == "INVITE":
            self.layer.cancel(transaction, self.now)

    @rule(
        method=st.sampled_from(["INVITE", "OPTIONS", "ACK", "CANCEL"]),
        via=VIAS,
        call=CALLS,
        tag=TAGS,
        flow=FLOWS,
    )
    def the_peer_sends_a_request(self, method, via, call, tag, flow):
        to = "<sip:bob@example.com>" + (f";tag={tag}" if method == "ACK" else "")
        self.layer.receive(incoming(method, via, Call_ID=call, To=to), flow, self.now)

    @precondition(lambda self: self.servers)
    @rule(data=st.data(), status=STATUSES)
    def we_answer(self, data, status):
        transaction = data.draw(st.sampled_from(self.servers))
        before = transaction.state
        response = response_to(transaction.request, status, to_tag="ours")
        try:
            self.layer.respond(transaction, response, self.now)
        except LocalProtocolError:
            assert transaction.state is before

    @rule(flow=FLOWS)
    def a_flow_fails(self, flow):
        self.layer.flow_failed(flow, "gone", self.now)

    @rule(seconds=st.sampled_from([0.01, 0.2, 0.5, 3.0, 5.0, 20.0, 32.0]))
    def time_passes(self, seconds):
        self.now += seconds
        self.layer.on_deadline(self.now)

    @invariant()
    def events_make_sense(self):
        for event in drain(self.layer):
            if isinstance(event, Transmit):
                if isinstance(event.message, Request) and event.message.method != "ACK":
                    self.requests_sent.append(event.message)
                continue
            transaction = getattr(event, "transaction", None)
            assert transaction not in self.terminated
            if isinstance(event, RequestReceived) and event.request.method != "ACK":
                self.servers.append(transaction)
            elif isinstance(event, TransactionTerminated):
                self.terminated.append(transaction)
            elif isinstance(event, ResponseReceived):
                assert transaction in self.clients

    @invariant()
    def nothing_is_overdue(self):
        deadline = self.layer.deadline()
        assert deadline is None or deadline > self.now or self.now == 0.0

    def teardown(self):
        """The user gives up on what rings, and then everything has to end by itself."""
        self.events_make_sense()
        for transaction in self.clients:
            if transaction.request.method == "INVITE":
                self.layer.cancel(transaction, self.now)
        for transaction in self.servers:
            if transaction.request.method == "INVITE" and transaction.state is State.PROCEEDING:
                self.layer.respond(
                    transaction, response_to(transaction.request, 480, to_tag="ours"), self.now
                )
        while (deadline := self.layer.deadline()) is not None:
            assert deadline <= self.now + 70
            self.layer.on_deadline(deadline)
        self.events_make_sense()
        assert set(self.terminated) == set(self.clients) | set(self.servers)
        assert not self.layer._clients
        assert not self.layer._servers
        assert not self.layer._merges


AnyOrder.TestCase.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)
test_17_any_order_of_triggers_raises_nothing_undeclared_and_every_transaction_ends = AnyOrder.TestCase

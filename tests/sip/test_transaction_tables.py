"""The four tables as wholes: complete for what peers and clocks can do, and followed to the letter."""

from collections import deque

import pytest

from firmware.sip.errors import LocalProtocolError
from firmware.sip.timers import Timer
from firmware.sip.transaction import (
    RequestReceived,
    ResponseReceived,
    TransactionTerminated,
    TransactionTimeout,
    Transmit,
    TransportFailed,
)
from firmware.sip.transaction_tables import (
    INVITE_CLIENT,
    INVITE_SERVER,
    NON_INVITE_CLIENT,
    NON_INVITE_SERVER,
    Action,
    Again,
    AtCap,
    Start,
    State,
    Stop,
    Trigger,
)
from tests.sip.transactions import UDP, Bench, incoming, make_request

TABLES = {
    "INVITE client": INVITE_CLIENT,
    "non-INVITE client": NON_INVITE_CLIENT,
    "INVITE server": INVITE_SERVER,
    "non-INVITE server": NON_INVITE_SERVER,
}

RESPONSES = (Trigger.PROVISIONAL, Trigger.SUCCESS, Trigger.FAILURE)

FROM_PEERS = {
    "INVITE client": (*RESPONSES, Trigger.TRANSPORT_ERROR),
    "non-INVITE client": (*RESPONSES, Trigger.TRANSPORT_ERROR),
    "INVITE server": (Trigger.REQUEST, Trigger.ACK, Trigger.TRANSPORT_ERROR),
    "non-INVITE server": (Trigger.REQUEST, Trigger.TRANSPORT_ERROR),
}

STATUS = {Trigger.PROVISIONAL: 100, Trigger.SUCCESS: 200, Trigger.FAILURE: 486}

EVENT = {
    Action.SEND_REQUEST: Transmit,
    Action.SEND_ACK: Transmit,
    Action.SEND_RESPONSE: Transmit,
    Action.SEND_TRYING: Transmit,
    Action.REPORT_TIMEOUT: TransactionTimeout,
    Action.REPORT_FAILURE: TransportFailed,
}


def live_states(table):
    return {after for after, _ in table.values()} - {State.TERMINATED}


@pytest.mark.parametrize("name", TABLES)
def test_whatever_a_peer_does_in_a_live_state_has_an_entry(name):
    missing = {
        (state, trigger)
        for state in live_states(TABLES[name])
        for trigger in FROM_PEERS[name]
        if (state, trigger) not in TABLES[name]
    }
    assert missing == set()


def running_timers(table):
    """For every state, the timers that may run in it: a fixed point over all transitions."""
    running = {state: set() for state in State}
    changed = True
    while changed:
        changed = False
        for (before, trigger), (after, steps) in table.items():
            timers = running[before] - {trigger}
            for step in steps:
                if isinstance(step, Start | Again | AtCap):
                    timers = timers | {step.timer}
                elif isinstance(step, Stop):
                    timers = timers - set(step.timers)
            if not timers <= running[after]:
                running[after] |= timers
                changed = True
    return running


@pytest.mark.parametrize("name", TABLES)
def test_a_timer_has_an_entry_wherever_it_may_run_and_nowhere_else(name):
    running = running_timers(TABLES[name])
    expected = {(state, timer) for state in live_states(TABLES[name]) for timer in running[state]}
    assert {key for key in TABLES[name] if isinstance(key[1], Timer)} == expected


@pytest.mark.parametrize("name", ["INVITE client", "non-INVITE client", "non-INVITE server"])
def test_every_live_state_ends_by_the_clock_alone_except_a_ringing_call(name):
    table = TABLES[name]
    for state in live_states(table):
        reachable, queue = {state}, deque([state])
        while queue:
            here = queue.popleft()
            for (before, trigger), (after, _) in table.items():
                by_itself = isinstance(trigger, Timer) or trigger is Trigger.CANCEL_SENT
                if before is here and by_itself and after not in reachable:
                    reachable.add(after)
                    queue.append(after)
        assert State.TERMINATED in reachable, state


def path_to(table, wanted):
    """A list of triggers that leads from INITIAL to `wanted`, by timers only where nothing else does."""
    paths = {State.INITIAL: []}
    queue = deque([State.INITIAL])
    by_urgency = sorted(table.items(), key=lambda entry: isinstance(entry[0][1], Timer))
    while wanted not in paths:
        here = queue.popleft()
        for (before, trigger), (after, _) in by_urgency:
            if before is here and after not in paths:
                paths[after] = [*paths[here], trigger]
                queue.append(after)
    return paths[wanted]


class Machine:
    """One transaction of a table, driven through the layer's public face alone."""

    def __init__(self, name):
        self.bench = Bench()
        self.is_client = "client" in name
        self.method = "OPTIONS" if "non-INVITE" in name else "INVITE"
        self.transaction = None

    def pull(self, trigger):
        """Let `trigger` happen; the events that come of it."""
        bench = self.bench
        if isinstance(trigger, Timer):
            return self.wait_for(trigger)
        match trigger:
            case Trigger.START if self.is_client:
                self.transaction = bench.request(make_request(self.method))
            case Trigger.START:
                bench.layer.receive(incoming(self.method), UDP, bench.now)
                event = bench.layer.poll()
                self.transaction = event.transaction
                return [event]
            case Trigger.REQUEST:
                return bench.receive(incoming(self.method))
            case Trigger.ACK:
                return bench.receive(incoming("ACK"))
            case Trigger.CANCEL_SENT:
                bench.layer.cancel(self.transaction, bench.now)
                bench.events()
            case Trigger.TRANSPORT_ERROR:
                bench.layer.flow_failed(UDP, "gone", bench.now)
            case _ if self.is_client:
                bench.answer(self.transaction, STATUS[trigger])
            case _:
                bench.respond(self.transaction, STATUS[trigger])
        return bench.events()

    def wait_for(self, timer):
        """Let time pass until the table's entry for `timer` has been carried out."""
        layer = self.bench.layer
        fired = []
        carry_out = layer._step
        layer._step = lambda transaction, trigger, *rest, **named: (
            fired.append((transaction, trigger)),
            carry_out(transaction, trigger, *rest, **named),
        )
        while (self.transaction, timer) not in fired:
            deadline = layer.deadline()
            assert deadline is not None, f"{timer} never fired"
            self.bench.events()
            layer.on_deadline(deadline)
        return self.bench.events()


ENTRIES = [
    pytest.param(name, state, trigger, id=f"{name}-{state.name}-{trigger.name}")
    for name, table in TABLES.items()
    for state, trigger in table
]


@pytest.mark.parametrize(("name", "state", "trigger"), ENTRIES)
def test_the_layer_carries_out_every_entry(name, state, trigger):
    table = TABLES[name]
    machine = Machine(name)
    for step in path_to(table, state):
        machine.pull(step)
    if trigger is Timer.CANCELLED:
        machine.pull(Trigger.CANCEL_SENT)
    if name == "INVITE server" and state is State.PROCEEDING and trigger is Trigger.REQUEST:
        machine.pull(Trigger.PROVISIONAL)
    delivered = ResponseReceived if machine.is_client else RequestReceived
    events = [type(event) for event in machine.pull(trigger)]
    after, steps = table[state, trigger]
    expected = [EVENT.get(step, delivered) for step in steps if isinstance(step, Action)]
    if after is State.TERMINATED and state is not State.TERMINATED:
        expected.append(TransactionTerminated)
    assert machine.transaction.state is after
    assert events == expected


FORBIDDEN = [
    pytest.param(name, state, trigger, id=f"{name}-{state.name}-{trigger.name}")
    for name, table in TABLES.items()
    if "server" in name
    for state in live_states(table)
    for trigger in RESPONSES
    if (state, trigger) not in table
]


@pytest.mark.parametrize(("name", "state", "trigger"), FORBIDDEN)
def test_an_answer_that_is_not_in_the_table_is_the_users_error_and_changes_nothing(name, state, trigger):
    machine = Machine(name)
    for step in path_to(TABLES[name], state):
        machine.pull(step)
    with pytest.raises(LocalProtocolError):
        machine.pull(trigger)
    assert machine.transaction.state is state
    assert machine.bench.events() == []

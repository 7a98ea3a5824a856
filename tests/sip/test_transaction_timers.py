"""The durations of RFC 3261 table 4 and RFC 6026, and the queue of alarms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.sip.timers import DURATIONS, RETRANSMISSION_CAPS, AlarmQueue, Timer


@pytest.mark.parametrize(
    ("timer", "unreliable", "reliable"),
    [
        (Timer.A, 0.5, None),
        (Timer.B, 32, 32),
        (Timer.D, 32, 0),
        (Timer.E, 0.5, None),
        (Timer.F, 32, 32),
        (Timer.G, 0.5, None),
        (Timer.H, 32, 32),
        (Timer.I, 5, 0),
        (Timer.J, 32, 0),
        (Timer.K, 5, 0),
        (Timer.L, 32, 32),
        (Timer.M, 32, 32),
    ],
)
def test_table_4_durations_in_seconds(timer, unreliable, reliable):
    assert DURATIONS[timer].on(reliable=False) == unreliable
    assert DURATIONS[timer].on(reliable=True) == reliable


def test_table_4_every_timer_has_a_duration_and_retransmissions_stop_growing_at_t2():
    assert set(DURATIONS) == set(Timer)
    assert (RETRANSMISSION_CAPS[Timer.E], RETRANSMISSION_CAPS[Timer.G]) == (4, 4)


def test_an_alarm_that_is_set_again_is_due_at_its_new_moment_only():
    queue = AlarmQueue()
    queue.set("x", 1.0)
    queue.set("x", 3.0)
    assert queue.deadline() == 3.0
    assert list(queue.due(2.9)) == []
    assert list(queue.due(3.0)) == ["x"]
    assert queue.deadline() is None


def test_an_alarm_set_while_others_fire_takes_its_turn():
    queue = AlarmQueue()
    queue.set("a", 1.0)
    queue.set("c", 3.0)
    seen = []
    for key in queue.due(3.0):
        seen.append(key)
        if key == "a":
            queue.set("b", 2.0)
            queue.clear("c")
    assert seen == ["a", "b"]


ALARMS = st.lists(st.tuples(st.sampled_from("abcde"), st.none() | st.integers(0, 20)), max_size=60)


@given(changes=ALARMS, now=st.integers(0, 20))
def test_the_queue_agrees_with_a_plain_dictionary(changes, now):
    queue, plain = AlarmQueue(), {}
    for key, moment in changes:
        if moment is None:
            queue.clear(key)
            plain.pop(key, None)
        else:
            queue.set(key, moment)
            plain[key] = moment
    assert queue.deadline() == min(plain.values(), default=None)
    due = list(queue.due(now))
    assert [plain[key] for key in due] == sorted(moment for moment in plain.values() if moment <= now)
    assert queue.deadline() == min((m for m in plain.values() if m > now), default=None)

"""Events are told at once, and told again where nobody answers, but not over and over."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gateway.cloud.retelling import AGAIN_S, AGAIN_S_MAX, Retelling
from gateway.core.wire import Event


def events(first, last):
    return [Event(id=number, time=0.0, kind="k") for number in range(first, last + 1)]


def ids(told):
    return [event.id for event in told]


def test_what_is_new_is_told_at_once_and_only_that():
    telling = Retelling()
    assert ids(telling.due(events(1, 3), 0.0)) == [1, 2, 3]
    assert ids(telling.due(events(1, 3), 1.0)) == []
    assert ids(telling.due(events(1, 5), 2.0)) == [4, 5]


def test_what_is_not_answered_is_told_again_ever_less_often():
    telling = Retelling()
    told_s = [second for second in range(7200) if telling.due(events(1, 50), float(second))]
    pauses = [later - earlier for earlier, later in pairwise(told_s)]
    assert pauses[:7] == [10, 20, 40, 80, 160, 320, 600]
    assert set(pauses[7:]) == {AGAIN_S_MAX}


def test_events_that_keep_coming_do_not_put_off_the_older_ones():
    telling, told = Retelling(), []
    for second in range(round(AGAIN_S) + 1):
        told = ids(telling.due(events(1, 2 + second), float(second)))
    assert told[0] == 1


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.floats(0, 30)), max_size=60))
def test_whatever_is_acknowledged_or_lost_every_event_is_told(steps):
    telling, first, last, now_s, heard = Retelling(), 1, 0, 0.0, set()
    for new, answered, pause_s in steps:
        last, now_s = last + new, now_s + pause_s
        heard |= set(ids(telling.due(events(first, last), now_s)))
        if answered:
            first = last + 1
    for _ in range(200):
        now_s += AGAIN_S_MAX
        heard |= set(ids(telling.due(events(first, last), now_s)))
    assert heard == set(range(1, last + 1))

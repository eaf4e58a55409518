"""The aggregate of a window in the twin: one number, shown with what it says beside its mean."""

from __future__ import annotations

from gateway.core.intervals import IntervalSet
from gateway.core.reading import ClockState, Lane, Quality
from gateway.core.senml import Extremes, Gathered, ReceivedSegment, Record
from twin import engine
from twin.views import gathered

ALL = Gathered(60, Extremes(1.0, 3.0, 10.0, 20.0), 2.5, 120.0)


def aggregate(seq, time_s, said=ALL):
    return Record(seq, "a/b", "Cel", time_s, 2.0, Quality.GOOD, "", gathered=said)


def taken(*records, newest_s=0.0):
    segment = ReceivedSegment("e-1", Lane.NORMAL, 1, len(records), ClockState.SYNCHRONISED, False, list(records))
    return engine.take(IntervalSet(), {"a/b": newest_s}, segment)


def test_a_window_that_lies_before_an_event_is_not_out_of_order():
    plain = Record(1, "a/b", "Cel", 30.0, 2.0, Quality.GOOD, "")
    assert taken(aggregate(1, 30.0), newest_s=50.0).late == 0
    assert taken(plain, newest_s=50.0).late == 1


def test_the_newest_of_two_windows_is_the_state():
    assert taken(aggregate(1, 30.0), aggregate(2, 90.0)).newest["a/b"].time_s == 90.0


def test_it_is_shown_with_all_that_it_says():
    assert gathered(ALL) == {
        "samples": 60, "min": 1.0, "max": 3.0, "tmin": 10.0, "tmax": 20.0, "last": 2.5, "integral": 120.0,
    }  # fmt: skip


def test_what_was_not_asked_for_is_not_shown():
    assert gathered(Gathered(2)) == {"samples": 2}

"""What of a batch is new, known, late or missing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.intervals import IntervalSet
from gateway.core.reading import ClockState, Lane
from gateway.core.wire import Presence, Status
from tests.twin.builders import EPOCH, NOW_S, STORE, reading, segment
from twin import engine
from twin.model import Numbering

ranges = st.tuples(st.integers(1, 40), st.integers(0, 10)).map(lambda pair: (pair[0], pair[0] + pair[1]))


def numbers(records):
    return [record.seq for record in records]


def test_a_segment_that_nobody_has_is_all_new():
    taken = engine.take(IntervalSet(), {}, segment(1, 3))
    assert numbers(taken.fresh) == [1, 2, 3]
    assert (taken.duplicates, taken.late) == (0, 0)
    assert taken.newest["room/temperature"].seq == 3


def test_a_segment_that_is_held_brings_nothing():
    taken = engine.take(IntervalSet.from_ranges([(1, 9)]), {}, segment(2, 5))
    assert (taken.fresh, taken.duplicates, taken.late, taken.newest) == ([], 4, 0, {})


def test_only_the_holes_of_what_is_held_are_filled():
    taken = engine.take(IntervalSet.from_ranges([(1, 2), (5, 5), (9, 20)]), {}, segment(2, 10))
    assert numbers(taken.fresh) == [3, 4, 6, 7, 8]
    assert taken.duplicates == 4


@given(st.lists(ranges, max_size=10), ranges)
def test_new_and_known_make_the_whole_segment(held, sent):
    holding = IntervalSet.from_ranges(held)
    before = holding.ranges()
    taken = engine.take(holding, {}, segment(*sent))
    assert len(taken.fresh) + taken.duplicates == sent[1] - sent[0] + 1
    assert all(not holding.contains(seq, seq) for seq in numbers(taken.fresh))
    assert holding.ranges() == before


def test_what_is_older_than_the_newest_of_its_series_is_late():
    taken = engine.take(IntervalSet(), {"room/temperature": NOW_S + 2}, segment(1, 3))
    assert taken.late == 1
    assert numbers(taken.fresh) == [1, 2, 3]


def test_disorder_inside_a_segment_is_late_too():
    disordered = segment(1, 3)
    disordered.records[1] = reading(2, time_s=NOW_S)
    taken = engine.take(IntervalSet(), {}, disordered)
    assert taken.late == 1
    assert taken.newest["room/temperature"].seq == 3


def test_backfill_is_never_late():
    taken = engine.take(IntervalSet(), {"room/temperature": NOW_S + 50}, segment(1, 3, backfill=True))
    assert (taken.late, taken.newest) == (0, {})


def test_what_is_known_already_is_not_late():
    taken = engine.take(IntervalSet.from_ranges([(1, 3)]), {"room/temperature": NOW_S + 50}, segment(1, 3))
    assert taken.late == 0


def test_every_series_has_its_own_order():
    mixed = segment(1, 4)
    mixed.records[1] = reading(2, series="hall/temperature", time_s=NOW_S)
    mixed.records[3] = reading(4, series="hall/temperature", time_s=NOW_S + 1)
    taken = engine.take(IntervalSet(), {}, mixed)
    assert taken.late == 0
    assert {name: record.seq for name, record in taken.newest.items()} == {"room/temperature": 3, "hall/temperature": 4}


def test_of_readings_at_one_time_the_last_is_the_newest():
    taken = engine.take(IntervalSet(), {}, segment(1, 2, time_s=NOW_S))
    assert (taken.late, taken.newest["room/temperature"].seq) == (0, 2)


def numbering(*held, stated=0):
    return Numbering(1, IntervalSet.from_ranges(held), stated)


@pytest.mark.parametrize(
    ("kept", "missing"),
    [
        ([], 0),
        ([numbering((1, 5))], 0),
        ([numbering((2, 5))], 1),
        ([numbering((1, 2), (5, 6))], 2),
        ([numbering((1, 5), stated=7)], 2),
        ([numbering((1, 5), stated=3)], 0),
        ([numbering(stated=4)], 4),
        ([numbering((2, 2)), numbering((1, 1), stated=3)], 3),
    ],
)
def test_missing_is_what_is_known_to_exist_and_not_held(kept, missing):
    assert engine.missing(kept) == missing


@given(st.lists(ranges, max_size=8), st.integers(0, 60))
def test_received_and_missing_make_all_that_exists(held, stated):
    kept = Numbering(1, IntervalSet.from_ranges(held), stated)
    assert engine.received([kept]) + engine.missing([kept]) == max(stated, kept.held.last or 0)


def test_all_of_a_batch_is_acknowledged():
    segments = [segment(4, 6), segment(1, 1, lane=Lane.CRITICAL, epoch=f"{STORE}-1")]
    assert engine.acknowledged(segments) == [(EPOCH, "normal", 4, 6), (f"{STORE}-1", "critical", 1, 1)]


def test_only_live_readings_of_a_right_clock_tell_a_latency():
    assert engine.measurable(segment(1, 1))
    assert not engine.measurable(segment(1, 1, backfill=True))
    assert not engine.measurable(segment(1, 1, clock=ClockState.UNSYNCHRONISED))


@pytest.mark.parametrize(
    ("word", "about", "believable"),
    [
        ("offline", f"{STORE}-2", True),
        ("offline", f"{STORE}-1", False),
        ("offline", f"{STORE}-3", True),
        ("offline", "ffffffffffffffff-1", True),
        ("online", f"{STORE}-1", True),
    ],
)
def test_the_last_will_of_an_earlier_run_is_not_believed(word, about, believable):
    assert engine.believable(Status(Presence(word), about), EPOCH) is believable


def test_the_first_word_is_believed():
    assert engine.believable(Status(Presence.OFFLINE, EPOCH), "")


def test_numbers_become_ranges():
    assert engine.runs([3, 1, 2, 7, 9, 8]) == [(1, 3), (7, 9)]
    assert engine.runs([]) == []

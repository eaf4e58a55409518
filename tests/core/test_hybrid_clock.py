"""Stamps: the worked example, and the laws of a hybrid logical clock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.hybrid_clock import (
    AHEAD_MS_MAX,
    COUNTER_MAX,
    MS_MAX,
    NEVER,
    Stamp,
    TooFarAheadError,
    of_seconds,
    receive,
    stamp_of,
    text_of,
    tick,
)

nodes = st.sampled_from(["", "greenhouse-1", "twin"])
times = st.integers(0, 10_000)
stamps = st.builds(Stamp, times, st.integers(0, COUNTER_MAX), nodes)
nows = st.none() | times


def test_the_worked_example():
    clock = tick(Stamp(), 1000)
    assert clock == (1000, 0, "")
    clock = tick(clock, 1000)
    assert clock == (1000, 1, "")
    clock = tick(clock, 990)
    assert clock == (1000, 2, "")
    clock = receive(clock, Stamp(1005, 3), 1000)
    assert clock == (1005, 4, "")
    clock = receive(clock, Stamp(1005, 4), 1004)
    assert clock == (1005, 5, "")
    assert receive(clock, Stamp(1005, 9), 1010) == (1010, 0, "")


@given(stamps, nows)
def test_every_write_is_later_than_all_that_was_known(last, now):
    after = tick(last, now)
    assert after > last
    assert after.node == last.node


@given(stamps, stamps, times)
def test_what_is_written_after_something_was_heard_of_is_later_than_it(last, other, now):
    after = tick(receive(last, other, now), now)
    assert after > last
    assert after[:2] > other[:2]


@given(stamps, stamps, times)
def test_hearing_of_a_stamp_never_goes_back(last, other, now):
    assert receive(last, other, now)[:2] > max(last[:2], other[:2])


@given(st.lists(st.tuples(st.integers(0, 1), times), max_size=60), st.integers(0, AHEAD_MS_MAX))
def test_no_clock_runs_further_ahead_than_the_best_one_and_what_full_counters_borrow(steps, skew):
    """Two sides tell each other everything; one is `skew` ahead of the other."""
    clocks, newest = [Stamp(node="a"), Stamp(node="b")], 0
    now = 0
    for side, step in steps:
        now += step
        local = now + (skew if side else 0)
        newest = max(newest, local)
        clocks[side] = tick(clocks[side], local)
        clocks[1 - side] = receive(clocks[1 - side], clocks[side], now + (0 if side else skew))
        newest = max(newest, now + (0 if side else skew))
        assert max(clocks)[0] <= newest


@given(stamps, st.integers(1, 10**9), times)
def test_a_clock_that_is_too_far_ahead_is_refused(last, beyond, now):
    with pytest.raises(TooFarAheadError, match="in the future"):
        receive(last, Stamp(now + AHEAD_MS_MAX + beyond), now)


def test_the_last_that_is_allowed_is_taken():
    assert receive(Stamp(), Stamp(AHEAD_MS_MAX + 5), 5).ms == AHEAD_MS_MAX + 5


@given(stamps, st.builds(Stamp, st.integers(0, MS_MAX)))
def test_where_no_clock_can_be_trusted_nothing_moves_the_time(last, other):
    assert receive(last, other, None) == last
    assert tick(last, None).ms <= last.ms + 1


@given(stamps, times)
def test_a_start_with_a_clock_that_went_back_goes_on_from_what_was_kept(last, now):
    kept = stamp_of(text_of(last))
    assert tick(kept, now) > last


def test_a_counter_that_is_full_borrows_a_millisecond():
    assert tick(Stamp(7, COUNTER_MAX, "a"), 7) == (8, 0, "a")


@given(stamps, stamps)
def test_texts_say_the_same_and_sort_alike(one, other):
    assert stamp_of(text_of(one)) == one
    if one.node and other.node:
        assert (text_of(one) < text_of(other)) == (one < other)


@pytest.mark.parametrize("text", ["", "0", None, 7, {}, "0123456789abcdeg", "0123456789ABCDEF", "0" * 16 + "-a b"])
def test_what_is_no_stamp_is_none(text):
    assert stamp_of(text) is None


def test_of_a_whole_second_its_beginning_counts():
    assert of_seconds(1_795_417_200, "twin") == (1_795_417_200_000, 0, "twin")
    assert of_seconds(5, "twin") < tick(Stamp(node="site"), 5001)


@pytest.mark.parametrize("seconds", [None, True, "5", -1, 1e300, float("nan"), [], 2**60])
def test_what_is_no_time_is_earlier_than_every_write(seconds):
    assert of_seconds(seconds, "twin") == NEVER

"""The twin's clock against ours: what an exchange says, how sure it is, and what it cannot say."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.offset import (
    DRIFT,
    ROUND_TRIP_S_MAX,
    SAMPLES_KEPT,
    TIME_MAX_S,
    TIME_MIN_S,
    TRUSTED_ERROR_S_MAX,
    OffsetEstimate,
    Sample,
    trusted_now_s,
)

NOW_S = 1_795_417_200.0
delays = st.floats(0, 10)
offsets = st.floats(-1e6, 1e6)
TOLERANCE_S = 1e-5
"""A Unix time in a double has a quarter of a microsecond."""


def exchange(estimate, *, offset, there=0.0, busy=0.0, back=0.0, at=NOW_S):
    """One batch and its acknowledgement, with the twin's clock `offset` seconds ahead of ours."""
    received_there, sent_there = at + there + offset, at + there + busy + offset
    estimate.add(at, received_there, sent_there, at + there + busy + back)
    return at + there + busy + back


def test_before_the_first_exchange_nothing_is_known():
    assert OffsetEstimate().best(NOW_S) is None
    assert OffsetEstimate().to_wall(NOW_S, 5.0) is None


@given(offsets, delays, delays, delays)
def test_the_true_offset_is_within_the_error_of_the_estimate(offset, there, busy, back):
    estimate = OffsetEstimate()
    received_s = exchange(estimate, offset=offset, there=there, busy=busy, back=back)
    best = estimate.best(received_s)
    assert abs(best.offset_s - offset) <= best.error_s + TOLERANCE_S
    assert best.error_s == pytest.approx((there + back) / 2, abs=TOLERANCE_S)


@given(st.lists(st.tuples(delays, delays), min_size=1, max_size=SAMPLES_KEPT))
def test_the_shortest_round_trip_counts(trips):
    estimate = OffsetEstimate()
    for there, back in trips:
        exchange(estimate, offset=3.0, there=there, back=back, at=NOW_S - there - back)
    assert estimate.best(NOW_S).error_s == pytest.approx(min(sum(trip) for trip in trips) / 2, abs=TOLERANCE_S)


def test_what_was_learnt_long_ago_is_worth_less_than_what_was_learnt_worse_just_now():
    estimate = OffsetEstimate()
    exchange(estimate, offset=1.0, there=0.01, back=0.01)
    hours_later_s = exchange(estimate, offset=2.0, there=0.1, back=0.1, at=NOW_S + 7200)
    assert estimate.best(NOW_S + 1).offset_s == pytest.approx(1.0)
    assert estimate.best(hours_later_s).offset_s == pytest.approx(2.0)
    week_s = hours_later_s + 7 * 86_400
    assert estimate.best(week_s).error_s == pytest.approx(0.1 + 7 * 86_400 * DRIFT, rel=1e-3)


@given(st.floats(-1, 1), st.floats(0, 1e6), st.floats(0, 2))
def test_a_quartz_that_is_off_by_200_ppm_stays_within_the_error(share, later_s, round_trip_s):
    estimate = OffsetEstimate()
    received_s = exchange(estimate, offset=0.0, there=round_trip_s / 2, back=round_trip_s / 2)
    drifted_s = share * DRIFT * later_s
    best = estimate.best(received_s + later_s)
    assert abs(best.offset_s - drifted_s) <= best.error_s + 1e-4


def test_what_is_old_is_forgotten():
    estimate = OffsetEstimate()
    exchange(estimate, offset=0.0)
    for _ in range(SAMPLES_KEPT):
        exchange(estimate, offset=50.0, there=0.2, back=0.2)
    assert estimate.best(NOW_S).offset_s == pytest.approx(50.0)


@pytest.mark.parametrize("received", [NOW_S - 0.001, NOW_S + ROUND_TRIP_S_MAX + 0.1, math.nan, math.inf, -math.inf])
def test_an_exchange_that_cannot_be_is_not_taken(received):
    estimate = OffsetEstimate()
    estimate.add(NOW_S, NOW_S, NOW_S, received)
    assert estimate.best(NOW_S) is None


@pytest.mark.parametrize(("there", "back"), [
    (0.0, 0.0),
    (TIME_MIN_S - 1, NOW_S),
    (NOW_S, TIME_MAX_S + 1),
    (NOW_S + 1, NOW_S),
    (1e308, 1e308),
    (math.nan, NOW_S),
    (math.inf, math.inf),
])  # fmt: skip
def test_times_that_no_twin_can_mean_are_not_taken(there, back):
    estimate = OffsetEstimate()
    estimate.add(NOW_S, there, back, NOW_S + 0.1)
    assert estimate.best(NOW_S) is None


@given(*[st.floats() for _ in range(4)])
def test_whatever_is_said_the_estimate_stays_a_number(sent, there, back, received):
    estimate = OffsetEstimate()
    estimate.add(sent, there, back, received)
    best = estimate.best(received) if math.isfinite(received) else None
    assert best is None or (math.isfinite(best.offset_s) and 0 <= best.error_s <= ROUND_TRIP_S_MAX)


@given(offsets, st.floats(0, 1e7), st.floats(-1e8, 1e8))
def test_timed_by_boottime_what_was_learnt_holds_when_the_wall_clock_is_set(offset, boottime, step):
    """The twin's time is boottime plus what was learnt, whatever the wall clock says."""
    estimate = OffsetEstimate()
    twin_s = NOW_S + offset
    estimate.add(boottime, twin_s, twin_s, boottime)
    for wall in (NOW_S, NOW_S + step):
        assert wall + estimate.to_wall(wall, boottime).offset_s == pytest.approx(twin_s, abs=1e-4)


def test_the_twins_clock_is_asked_first_then_ours_if_it_is_known_to_be_right():
    estimate = OffsetEstimate()
    exchange(estimate, offset=5.0)
    assert trusted_now_s(NOW_S, True, estimate.best(NOW_S)) == NOW_S + 5.0
    assert trusted_now_s(NOW_S, False, estimate.best(NOW_S)) == NOW_S + 5.0
    vague = Sample(5.0, TRUSTED_ERROR_S_MAX + 1)
    assert trusted_now_s(NOW_S, True, vague) == NOW_S
    assert trusted_now_s(NOW_S, False, vague) == NOW_S + 5.0 + TRUSTED_ERROR_S_MAX + 1, "it may be as late as that"
    assert trusted_now_s(NOW_S, True, None) == NOW_S
    assert trusted_now_s(NOW_S, False, None) is None

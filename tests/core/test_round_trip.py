"""Round trips: the smoothing and the time-out of RFC 6298, and the shortest of the last minutes."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.round_trip import GRAIN_S, TIMEOUT_MIN_S, TRIPS_MIN, RoundTrip

TRIPS = st.lists(st.floats(0, 1000), min_size=1, max_size=60)
LIMITS = st.floats(0.01, 1000)


def measured(trips):
    round_trip = RoundTrip()
    for trip_s in trips:
        round_trip.measured(trip_s)
    return round_trip


def test_before_anything_was_measured_the_limit_is_the_time_out():
    assert RoundTrip().timeout_s(10.0) == 10.0
    assert RoundTrip().base_s == math.inf


def test_the_first_round_trip_is_taken_as_it_is_and_the_next_with_the_weights_of_the_rfc():
    round_trip = measured([4.0])
    assert round_trip.smoothed_s == 4.0
    assert round_trip.timeout_s(100.0) == 4.0 + 4 * 2.0
    round_trip.measured(8.0)
    # RTTVAR = 3/4 * 2 + 1/4 * |4 - 8|, SRTT = 7/8 * 4 + 1/8 * 8
    assert round_trip.smoothed_s == 4.5
    assert round_trip.timeout_s(100.0) == 4.5 + 4 * 2.5


def test_a_steady_fast_link_is_not_asked_again_before_a_disk_may_have_stalled():
    assert measured([0.002] * 100).timeout_s(10.0) == TIMEOUT_MIN_S


def test_a_link_that_is_slower_than_the_limit_still_gets_its_time():
    assert measured([30.0] * 50).timeout_s(10.0) == pytest.approx(60.0)


@given(TRIPS, LIMITS)
def test_the_time_out_is_within_its_bounds(trips, limit_s):
    round_trip = measured(trips)
    timeout_s, least_s = round_trip.timeout_s(limit_s), TRIPS_MIN * round_trip.smoothed_s
    assert timeout_s >= least_s
    assert timeout_s >= min(TIMEOUT_MIN_S, limit_s)
    assert timeout_s <= max(limit_s, least_s)


@given(TRIPS)
def test_the_smoothed_round_trip_lies_between_the_shortest_and_the_longest(trips):
    smoothed_s = measured(trips).smoothed_s
    assert max(min(trips), GRAIN_S) * (1 - 1e-9) <= smoothed_s <= max(*trips, GRAIN_S) * (1 + 1e-9)


@given(TRIPS)
def test_no_round_trip_is_shorter_than_the_base(trips):
    assert measured(trips).base_s == max(min(trips), GRAIN_S)


def test_the_base_begins_anew_with_what_was_alone_on_its_way():
    round_trip = measured([0.05, 0.6])
    assert round_trip.base_s == 0.05
    round_trip.measured(0.6, alone=True)
    assert round_trip.base_s == 0.6

"""How much may be on its way: laws of window and batch size, and what comes of them on links of all kinds."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.pace import (
    BATCH_BYTES_MIN,
    BATCH_S,
    PROBE_EVERY_S,
    QUEUED_MANY,
    SEGMENT_BYTES_FIRST,
    SEGMENT_BYTES_MIN,
    WINDOW_FIRST,
    Pace,
    Trip,
)
from tests.core.link_model import Drain, Link

WINDOW, BATCH_BYTES = 8, 65_536
GPRS = Link(rate=1_000, round_trip_s=1.0)
SATELLITE = Link(rate=20_000, round_trip_s=0.6)
TRIPS = st.lists(
    st.tuples(
        st.floats(0, 100), st.integers(1, BATCH_BYTES), st.integers(0, 10**6), st.integers(1, WINDOW), st.booleans()
    ),
    max_size=80,
)


def fed(trips, pace=None):
    """A pace that has seen these round trips, one after the other."""
    pace, now_s = pace or Pace(WINDOW, BATCH_BYTES), 0.0
    for trip_s, size, ahead, flight, full in trips:
        pace.acknowledged(Trip(trip_s, now_s, size, ahead, flight, full))
        now_s += trip_s
    return pace


@given(TRIPS, st.integers(1, WINDOW), st.integers(1024, BATCH_BYTES))
def test_window_and_batch_stay_within_what_is_set(trips, window_max, batch_bytes_max):
    pace = fed(trips, Pace(window_max, batch_bytes_max))
    assert 1 <= pace.window <= window_max
    assert BATCH_BYTES_MIN <= pace.batch_bytes <= batch_bytes_max


@given(TRIPS)
def test_a_segment_is_what_a_batch_may_be_and_no_smaller_than_is_worth_its_labels(trips):
    pace = fed(trips)
    if not trips:
        assert pace.segment_bytes == SEGMENT_BYTES_FIRST
    elif pace.rate * BATCH_S >= BATCH_BYTES and pace.segment_bytes == math.inf:
        assert pace._batch_bytes == BATCH_BYTES
    else:
        assert pace.segment_bytes >= max(SEGMENT_BYTES_MIN, pace.batch_bytes)
        assert pace.segment_bytes <= BATCH_BYTES or pace.segment_bytes == math.inf


@given(TRIPS)
def test_a_short_queue_grows_the_window_and_a_long_one_shrinks_it(trips):
    pace = fed([(0.5, 1000, 0, 1, False), *trips])
    before, base_s = pace.window, pace.trips.base_s
    pace.acknowledged(Trip(base_s, 1e6, 1000, 0, before, full=True))
    assert pace.window >= before or pace.window == 1
    before = pace._window
    pace.acknowledged(Trip(100 * base_s + 1, 2e6, 1000, 0, 8, full=True))
    assert pace._window == max(1, before - 1)


@given(TRIPS)
def test_a_window_that_was_not_filled_does_not_grow(trips):
    pace = fed([(*trip[:4], False) for trip in trips])
    assert pace.window <= WINDOW_FIRST


def test_what_left_under_one_window_shrinks_it_once():
    pace = fed([(0.1, 1000, 0, 1, True)] + [(0.1, 1000, 0, 2, True)] * 6)
    full = pace.window
    for number in range(full):
        pace.acknowledged(Trip(5.0 + number / 10, 100.0, 1000, 7000, full, full=True))
    assert pace.window == full - 1


def test_after_a_silence_one_small_batch_goes_at_a_time():
    pace = fed([(0.01, BATCH_BYTES_MIN, 0, 1, True)] + [(0.01, BATCH_BYTES, 10**6, 8, True)] * 30)
    assert pace.window == WINDOW
    assert pace.batch_bytes == BATCH_BYTES
    pace.silent()
    assert (pace.window, pace.batch_bytes) == (1, BATCH_BYTES_MIN)


def test_a_new_connection_begins_anew():
    pace = fed([(3.0, 1000, 9000, 8, True)] * 30)
    pace.begin()
    assert (pace.window, pace.batch_bytes, pace.rate) == (WINDOW_FIRST, BATCH_BYTES_MIN, None)


@pytest.mark.parametrize(
    ("link", "utilised"),
    [
        # The rest is headers: 100 bytes for each batch of a second.
        pytest.param(GPRS, 0.85, id="2G"),
        pytest.param(Link(rate=1_000, round_trip_s=3.0), 0.85, id="2G, far away"),
        pytest.param(SATELLITE, 0.95, id="satellite"),
        pytest.param(Link(rate=100_000, round_trip_s=0.05), 0.95, id="DSL"),
        pytest.param(Link(rate=10_000_000, round_trip_s=0.002), 0.95, id="LAN"),
    ],
)
def test_a_backlog_uses_the_link_and_a_live_reading_does_not_wait_behind_it(link, utilised):
    drain = Drain(Link(link.rate, link.round_trip_s)).run(60)
    before, moments = drain.acknowledged_bytes, len(drain.queued_s)
    drain.run(900)
    assert (drain.acknowledged_bytes - before) / 900 / link.rate >= utilised
    # What is beyond what the link itself holds: a few batches, and on a fast link next to nothing.
    assert max(drain.queued_s[moments:]) <= (QUEUED_MANY + 2) * BATCH_S
    assert sum(drain.queued_s[moments:]) / len(drain.queued_s[moments:]) <= BATCH_S


def test_a_long_fat_link_gets_the_whole_window():
    drain = Drain(Link(rate=1_000_000, round_trip_s=0.6)).run(30)
    assert drain.pace.window == WINDOW
    assert drain.pace.batch_bytes == BATCH_BYTES


def test_even_at_the_start_a_slow_link_is_not_filled_up():
    drain = Drain(Link(GPRS.rate, GPRS.round_trip_s)).run(60)
    assert max(drain.queued_s) <= 4 * BATCH_S


def test_the_time_out_never_strikes_while_a_slow_link_carries_what_it_was_given():
    drain = Drain(Link(GPRS.rate, GPRS.round_trip_s)).run(60)
    for _ in range(600):
        timeout_s = drain.pace.trips.timeout_s(10.0)
        assert all(trip.trip_s < timeout_s for _, _, trip in drain.flight)
        drain.run(1)


def test_a_link_that_becomes_slow_is_given_less_and_one_that_becomes_fast_more():
    drain = Drain(Link(rate=50_000, round_trip_s=0.1)).run(30)
    assert drain.pace.batch_bytes > 20_000
    drain.link.rate = 1_000
    drain.run(600)
    assert drain.pace.batch_bytes < 2_000
    assert drain.pace.window <= 4
    drain.link.rate = 50_000
    drain.run(2 * PROBE_EVERY_S)
    assert drain.pace.batch_bytes > 20_000


def test_a_way_that_became_longer_is_understood_within_some_minutes():
    drain = Drain(Link(rate=1_000_000, round_trip_s=0.05)).run(30)
    drain.link.round_trip_s = 0.6
    drain.run(2 * PROBE_EVERY_S)
    assert drain.pace.trips.base_s >= 0.6
    assert drain.pace.window == WINDOW


def test_a_segment_that_is_larger_than_a_batch_should_be_goes_and_fills_the_window():
    pace = Pace(WINDOW, BATCH_BYTES)
    assert not pace.full(0, 0)
    assert pace.full(1, WINDOW_FIRST * BATCH_BYTES_MIN)
    assert not pace.full(1, WINDOW_FIRST * BATCH_BYTES_MIN - 1)
    assert pace.full(WINDOW_FIRST, 2)

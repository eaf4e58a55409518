"""Latency over the last hour, availability over the last day, and what is missed of the objectives."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.service_level import (
    DAY_SLOT_S,
    DAY_SLOTS,
    GROWTH,
    LEAST_S,
    SLOT_S,
    SLOTS,
    LastDay,
    LastHour,
    Level,
    breaches,
)
from gateway.core.settings_objectives import ObjectivesSettings


def test_of_nothing_there_is_no_quantile():
    assert LastHour().quantile(0.99, 0.0) is None


@given(st.lists(st.floats(LEAST_S, 3600), min_size=1, max_size=200), st.sampled_from([0.5, 0.9, 0.99, 1.0]))
@settings(max_examples=100, deadline=None)
def test_a_quantile_is_never_told_too_low_and_at_most_a_class_too_high(durations, share):
    hour = LastHour()
    for duration in durations:
        hour.add(duration, 1000.0)
    exact = sorted(durations)[max(1, math.ceil(share * len(durations))) - 1]
    assert exact * (1 - 1e-9) <= hour.quantile(share, 1000.0) <= exact * GROWTH * (1 + 1e-9)


def test_what_is_older_than_an_hour_is_forgotten():
    hour = LastHour()
    hour.add(2.0, 0.0)
    assert hour.quantile(1.0, (SLOTS - 1) * SLOT_S) is not None
    assert hour.quantile(1.0, SLOTS * SLOT_S) is None


def test_a_long_pause_forgets_everything_once():
    hour = LastHour()
    hour.add(2.0, 0.0)
    hour.add(0.01, 1e7)
    assert hour.quantile(1.0, 1e7) < 0.02


def test_extremes_are_counted_in_the_outermost_classes():
    hour = LastHour()
    hour.add(0.0, 0.0)
    hour.add(1e9, 0.0)
    assert hour.quantile(0.5, 0.0) == LEAST_S
    assert hour.quantile(1.0, 0.0) > 7200


def test_so_much_that_a_class_is_full_does_no_harm():
    hour = LastHour()
    for _ in range(70_000):
        hour.add(0.05, 0.0)
    assert hour.quantile(0.99, 0.0) == pytest.approx(0.05, rel=GROWTH - 1)


def test_availability_is_the_share_of_the_time_that_was_looked_at():
    day = LastDay()
    assert day.share is None
    day.look(0.0, holds=True)
    assert day.share is None
    day.look(30.0, holds=True)
    day.look(40.0, holds=False)
    assert day.share == pytest.approx(0.75)


def test_yesterday_is_forgotten():
    day = LastDay()
    for hour in range(DAY_SLOTS + 2):
        day.look(hour * DAY_SLOT_S, holds=False)
    for hour in range(DAY_SLOTS + 2, 2 * DAY_SLOTS + 3):
        day.look(hour * DAY_SLOT_S, holds=True)
    assert day.share == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("level", "rate", "missed"),
    [
        (Level(None, None, None, None), 0.0, []),
        (Level(0.1, 0.5, 30.0, 0.999), 0.001, []),
        (Level(0.1, 0.51, 30.0, 0.999), 0.001, ["latency"]),
        (Level(0.1, 0.5, 31.0, 0.99), 0.01, ["freshness", "conflict_rate", "availability"]),
    ],
)
def test_what_is_missed_is_named_as_in_the_configuration(level, rate, missed):
    assert breaches(level, rate, ObjectivesSettings()) == missed

"""A smoothed value is made of the last few readings, lies between them, and never reaches over a gap."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.settings_quality import SmoothSettings
from gateway.core.smoothing import Smoother, mean, median

S = 1_000_000_000
GAP_NS = 2.5 * S
FINITE = st.floats(allow_nan=False, allow_infinity=False)
WAYS = st.integers(3, 9).map(lambda count: SmoothSettings(median=count)) | st.integers(2, 9).map(
    lambda count: SmoothSettings(mean=count)
)


def run(settings, values, smoother=None):
    smoother = smoother or Smoother(settings)
    return [smoother.take(value, second * S, GAP_NS) for second, value in enumerate(values)]


def test_a_lone_outlier_leaves_no_trace_in_a_median():
    assert run(SmoothSettings(median=3), [20.0, 20.1, 85.0, 20.1, 20.2])[2:] == [20.1, 20.1, 20.2]


def test_a_mean_is_of_so_many_readings_and_no_more():
    assert run(SmoothSettings(mean=2), [1.0, 3.0, 5.0, 5.0]) == [1.0, 2.0, 4.0, 5.0]


def test_a_median_of_an_even_count_is_the_mean_of_the_two_in_the_middle():
    assert median([4.0, 1.0, 9.0, 2.0]) == 3.0


@given(WAYS, st.lists(FINITE, min_size=1, max_size=30))
def test_a_smoothed_value_lies_between_the_readings_that_it_is_made_of(settings, values):
    count = settings.median or settings.mean
    for at, smoothed in enumerate(run(settings, values)):
        window = values[max(0, at - count + 1) : at + 1]
        assert min(window) <= smoothed <= max(window)


@given(WAYS, FINITE)
def test_what_does_not_change_stays_as_it_is(settings, value):
    assert run(settings, [value] * 12) == [value] * 12


@given(st.lists(FINITE, min_size=1, max_size=20))
def test_the_mean_of_the_largest_numbers_is_a_number(values):
    assert min(values) <= mean(values) <= max(values)


@given(WAYS, st.lists(FINITE, max_size=9), FINITE, st.integers(1, 10**18))
def test_the_first_value_after_a_gap_stands_alone(settings, before, value, late_ns):
    smoother = Smoother(settings)
    run(settings, before, smoother)
    last_ns = max(0, len(before) - 1) * S
    assert smoother.take(value, last_ns + int(GAP_NS) + late_ns, GAP_NS) == value


@pytest.mark.parametrize("settings", [SmoothSettings(median=5), SmoothSettings(mean=5)])
def test_the_first_value_after_it_was_made_to_forget_stands_alone(settings):
    smoother = Smoother(settings)
    run(settings, [1.0, 2.0, 3.0], smoother)
    smoother.forget()
    assert smoother.take(10.0, 3 * S, GAP_NS) == 10.0

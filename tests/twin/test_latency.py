"""The histogram's quantiles are within three percent of the true ones, whatever it is fed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.latency import BINS, LOWEST_MS, Histogram

latencies = st.lists(st.floats(LOWEST_MS, 1e9), min_size=1, max_size=60)


@given(latencies, st.sampled_from([0.5, 0.9, 0.99, 1.0]))
def test_a_quantile_is_within_three_percent(values, share):
    histogram = Histogram()
    histogram.add(values)
    rank = next(place for place in range(1, len(values) + 1) if place >= share * len(values))
    assert histogram.quantile_ms(share) == pytest.approx(sorted(values)[rank - 1], rel=0.03, abs=LOWEST_MS)
    assert histogram.count == len(values)


@given(latencies)
def test_it_survives_being_written_down(values):
    histogram = Histogram()
    histogram.add(values)
    again = Histogram(histogram.bins)
    assert (again.count, again.bins) == (histogram.count, histogram.bins)
    assert again.quantile_ms(0.5) == histogram.quantile_ms(0.5)


def test_an_empty_histogram_has_no_quantile():
    assert Histogram().quantile_ms(0.5) is None
    assert Histogram().count == 0


def test_a_clock_that_runs_ahead_counts_as_fast():
    histogram = Histogram()
    histogram.add([-5000.0, 0.0])
    assert histogram.quantile_ms(1.0) == LOWEST_MS


def test_the_number_of_bins_is_bounded():
    histogram = Histogram()
    histogram.add([1e300])
    assert max(histogram.bins) == BINS


def test_its_bins_are_a_copy():
    histogram = Histogram()
    histogram.bins[3] = 7
    assert histogram.count == 0
    assert histogram.bins == {}

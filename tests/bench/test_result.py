"""What a figure is worth beside its baseline and its targets."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.result import Machine, Measured, Metric, is_met, make_result, percentile, ratio_of

MACHINE = Machine("2026-01-01", "a cpu", 4, "Linux", "3.11", "3.40", "ext4", 0.5, 1.0, 2.0, 3.0)
LESS = Metric("bytes", "B", target=10, times_baseline=100)
MORE = Metric("rate", "1/s", target=10, times_baseline=100, lower_is_better=False)
positive = st.floats(1e-6, 1e9)


@given(measured=positive, baseline=positive)
def test_a_ratio_above_one_is_better_whichever_way_is_better(measured, baseline):
    less, more = ratio_of(measured, baseline, LESS), ratio_of(measured, baseline, MORE)
    assert less == pytest.approx(baseline / measured, rel=1e-3)
    assert less * more == pytest.approx(1, rel=2e-3)


def test_nothing_is_left_to_divide_by():
    assert ratio_of(0.0, 500.0, LESS) is None
    assert ratio_of(None, 500.0, LESS) is None
    assert ratio_of(5.0, None, LESS) is None


@pytest.mark.parametrize(
    ("metric", "measured", "ratio", "met"),
    [
        (LESS, 10.0, 100.0, True),
        (LESS, 10.1, 100.0, False),
        (LESS, 10.0, 99.0, False),
        (LESS, 0.0, None, True),
        (MORE, 10.0, 100.0, True),
        (MORE, 9.9, 100.0, False),
        (MORE, None, None, None),
        (Metric("free", "1"), 5.0, 2.0, None),
        (Metric("times", "1", times_baseline=2), 5.0, 1.9, False),
    ],
)
def test_a_metric_is_met_when_it_reaches_all_its_targets(metric, measured, ratio, met):
    assert is_met(metric, measured, ratio) is met


@given(st.lists(st.floats(-1e6, 1e6), min_size=1), st.floats(0.01, 1))
def test_a_percentile_is_a_value_that_its_share_does_not_exceed(values, share):
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= math.ceil(share * len(values))
    assert sum(value < found for value in values) < math.ceil(share * len(values))


def test_no_values_have_no_percentile():
    assert percentile([], 0.5) is None


def test_a_result_has_every_metric_in_every_mapping():
    made = make_result("it", [LESS, MORE], Measured({"bytes": 3.14159}, {"bytes": 1234567.0}, ["why"]), MACHINE)
    assert made.metrics == {"bytes": 3.142, "rate": None}
    assert made.baseline == {"bytes": 1235000.0, "rate": None}
    assert made.ratio["bytes"] == pytest.approx(1235000 / 3.142, rel=1e-3)
    assert made.met == {"bytes": True, "rate": None}
    for mapping in (made.ratio, made.units, made.lower_is_better, made.targets, made.ratio_targets):
        assert list(mapping) == ["bytes", "rate"]
    assert made.notes == ["why"]

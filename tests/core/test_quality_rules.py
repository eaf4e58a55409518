"""A reading that breaks a rule is BAD or UNCERTAIN with its reason, and a rule forgives what is really so."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.quality_rules import QualityRules
from gateway.core.reading import Quality, Reason
from gateway.core.settings_quality import QualitySettings, RangeSettings

S = 1_000_000_000
STEADY = QualitySettings(rate="2 per 1s")
AN_HOUR = QualitySettings(stuck_s=3600.0)


def reasons(settings, values, every_s=1.0):
    rules = QualityRules(settings)
    return [rules.judge(value, value, round(at * every_s * S))[1] for at, value in enumerate(values)]


@given(st.lists(st.floats(-1e300, 1e300) | st.booleans() | st.text(max_size=2), max_size=9))
def test_without_rules_everything_is_good(values):
    assert set(reasons(QualitySettings(), values)) <= {Reason.NONE}


@pytest.mark.parametrize(("value", "reason"), [
    (-5.1, Reason.RANGE), (-5.0, Reason.NONE), (40.0, Reason.NONE), (40.1, Reason.RANGE),
])  # fmt: skip
def test_a_range_of_the_site_is_narrower_than_that_of_the_part(value, reason):
    assert reasons(QualitySettings(range_=RangeSettings(low=-5.0, high=40.0)), [value]) == [reason]


def test_a_range_goes_by_what_is_so_and_a_fault_value_by_what_the_part_says():
    rules = QualityRules(QualitySettings(range_=RangeSettings(high=50.0), fault_values=(85.0,)))
    assert rules.judge(85.0, 10.0, 0) == (Quality.BAD, Reason.FAULT_VALUE)
    assert rules.judge(10.0, 85.0, 0) == (Quality.BAD, Reason.RANGE)
    assert rules.judge(10.0, 10.0, 0) == (Quality.GOOD, Reason.NONE)


def test_a_fault_value_is_met_whatever_its_last_digit():
    assert reasons(QualitySettings(fault_values=(0.3, -127.0)), [0.1 + 0.2, -127, 0.31]) == [
        Reason.FAULT_VALUE, Reason.FAULT_VALUE, Reason.NONE,
    ]  # fmt: skip


def test_a_lone_jump_is_uncertain_and_what_comes_after_it_is_good():
    assert reasons(STEADY, [20.0, 85.0, 21.0, 22.0]) == [Reason.NONE, Reason.RATE, Reason.NONE, Reason.NONE]


def test_a_step_that_stays_is_believed_when_it_can_have_come_so_far():
    assert reasons(STEADY, [20.0, *[30.0] * 7]) == [Reason.NONE, *[Reason.RATE] * 4, *[Reason.NONE] * 3]


def test_readings_closer_than_the_time_of_the_rate_may_differ_by_its_whole_amount():
    assert reasons(STEADY, [20.0, 22.0], every_s=0.01) == [Reason.NONE, Reason.NONE]
    assert reasons(STEADY, [20.0, 22.1], every_s=0.01) == [Reason.NONE, Reason.RATE]


def test_a_bad_value_is_nothing_to_measure_a_change_from():
    settings = QualitySettings(rate="2 per 1s", fault_values=(85.0,))
    assert reasons(settings, [20.0, 85.0, 20.0]) == [Reason.NONE, Reason.FAULT_VALUE, Reason.NONE]


@given(st.lists(st.integers(-2, 2), max_size=30))
def test_what_never_moves_faster_than_it_may_is_good(steps):
    values = [float(sum(steps[:count])) for count in range(len(steps) + 1)]
    assert set(reasons(STEADY, values)) == {Reason.NONE}


@given(st.lists(st.integers(-50, 50).map(float), min_size=1, max_size=30))
def test_two_good_readings_are_never_further_apart_than_the_rate_allows(values):
    good = [at for at, reason in enumerate(reasons(STEADY, values)) if reason is Reason.NONE]
    assert good[0] == 0
    assert all(abs(values[b] - values[a]) <= 2 * (b - a) for a, b in itertools.pairwise(good))


@pytest.mark.parametrize("value", [20.0, True, "open"])
def test_what_stays_exactly_the_same_for_too_long_is_uncertain(value):
    found = reasons(AN_HOUR, [value] * 8, every_s=600.0)
    assert found == [*[Reason.NONE] * 6, Reason.STUCK, Reason.STUCK]


def test_the_least_change_ends_it():
    assert reasons(AN_HOUR, [20.0, 20.0, 20.01, 20.01], every_s=3600.0) == [
        Reason.NONE, Reason.STUCK, Reason.NONE, Reason.STUCK,
    ]  # fmt: skip


def test_over_a_gap_nobody_knows_whether_it_changed():
    rules = QualityRules(AN_HOUR)
    rules.judge(20.0, 20.0, 0)
    rules.gap()
    assert rules.judge(20.0, 20.0, 7200 * S) == (Quality.GOOD, Reason.NONE)


def test_bad_goes_before_uncertain():
    rules = QualityRules(QualitySettings(stuck_s=1.0, rate="1 per 1s", range_=RangeSettings(high=50.0)))
    rules.judge(20.0, 20.0, 0)
    assert rules.judge(20.0, 60.0, 5 * S) == (Quality.BAD, Reason.RANGE)
    assert rules.judge(20.0, 20.0, 6 * S) == (Quality.UNCERTAIN, Reason.STUCK)

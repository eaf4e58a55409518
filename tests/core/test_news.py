"""Whether one value is another, and whether it can be one at all."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.news import differs, judge, moved, plain
from gateway.core.reading import Quality, Reading, Reason


def reading(value, quality=Quality.GOOD, reason=Reason.NONE):
    return Reading("a/b", value, 0, 0, quality, reason)


@given(st.floats() | st.booleans() | st.text(max_size=3) | st.integers(), st.floats(0, 5))
def test_a_value_has_not_moved_from_itself(value, deadband):
    assert not moved(value, value, deadband)


@pytest.mark.parametrize(("last", "now", "expected"), [
    (1.0, 3.0, False),
    (1.0, 3.1, True),
    (math.nan, 1.0, True),
    (1.0, math.nan, True),
    (math.inf, -math.inf, True),
    (1.0, math.inf, True),
    (True, 1.0, True),
    ("a", "b", True),
    (10**400, 1.0, True),
])  # fmt: skip
def test_a_value_has_moved_when_it_left_the_deadband_or_is_of_another_kind(last, now, expected):
    assert moved(last, now, 2.0) is expected


def test_every_change_of_quality_or_reason_is_a_difference():
    assert differs(reading(1.0), reading(1.0, Quality.BAD), 5.0)
    assert differs(reading(1.0, Quality.BAD, Reason.RANGE), reading(1.0, Quality.BAD, Reason.CLOCK), 5.0)
    assert not differs(reading(1.0), reading(2.0), 5.0)


@pytest.mark.parametrize(("one", "expected"), [
    (reading(1.0), True),
    (reading(1), True),
    (reading(True), False),
    (reading("x"), False),
    (reading(math.nan), False),
    (reading(math.inf), False),
    (reading(1.0, Quality.UNCERTAIN), False),
])  # fmt: skip
def test_a_line_goes_only_through_good_finite_numbers(one, expected):
    assert plain(one) is expected


@pytest.mark.parametrize(("value", "reason"), [
    (21.5, Reason.NONE),
    (-40.0, Reason.NONE),
    (125, Reason.NONE),
    (-40.1, Reason.RANGE),
    (125.1, Reason.RANGE),
    (10**400, Reason.RANGE),
    (math.nan, Reason.NOT_A_NUMBER),
    (math.inf, Reason.NOT_A_NUMBER),
    (-math.inf, Reason.NOT_A_NUMBER),
    (True, Reason.NONE),
    ("nan", Reason.NONE),
])  # fmt: skip
def test_a_number_is_bad_outside_the_parts_range_or_where_it_is_none(value, reason):
    assert judge(value, -40.0, 125.0) is reason


@given(st.floats())
def test_without_a_range_every_finite_number_is_good(value):
    assert (judge(value, None, None) is Reason.NONE) == math.isfinite(value)

"""A calibration meets its points, is straight between them, and keeps the order of what a part says."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.core.calibration import calibrated, calibrated_range
from gateway.core.settings_quality import CalibrateSettings

NUMBERS = st.floats(-1e6, 1e6)
THREE = CalibrateSettings(points=((0.0, 10.0), (10.0, 20.0), (20.0, 50.0)))
FALLING = CalibrateSettings(points=((0.0, 50.0), (10.0, 20.0), (20.0, 10.0)))


@st.composite
def curves(draw):
    """Points that rise, or fall, throughout."""
    count = draw(st.integers(2, 6))
    raws = sorted(draw(st.lists(st.integers(-1000, 1000), min_size=count, max_size=count, unique=True)))
    trues = sorted(draw(st.lists(st.integers(-1000, 1000), min_size=count, max_size=count, unique=True)))
    if draw(st.booleans()):
        trues.reverse()
    return CalibrateSettings(points=tuple(zip(map(float, raws), map(float, trues), strict=True)))


@given(NUMBERS)
def test_without_anything_said_a_value_stays_as_it_is(value):
    assert calibrated(value, CalibrateSettings()) == value


def test_the_scale_comes_before_the_offset():
    assert calibrated(20.0, CalibrateSettings(scale=1.5, offset=-2.0)) == 28.0


@pytest.mark.parametrize(("raw", "so"), [(5, 15), (15, 35), (-10, 0), (30, 80), (0, 10), (10, 20), (20, 50)])
def test_between_points_and_beyond_them_lines_are_drawn(raw, so):
    assert calibrated(float(raw), THREE) == so


@given(curves())
def test_every_point_is_met_exactly(settings):
    assert [calibrated(raw, settings) for raw, _ in settings.points] == [so for _, so in settings.points]


@given(curves(), st.lists(st.integers(-2000, 2000), min_size=2, max_size=9, unique=True))
def test_the_order_of_values_is_kept_or_turned_round(settings, raws):
    found = [calibrated(float(raw), settings) for raw in sorted(raws)]
    rises = settings.points[0][1] < settings.points[-1][1]
    assert all((one < other) is rises for one, other in itertools.pairwise(found))


def test_a_range_is_calibrated_with_its_part():
    assert calibrated_range(0.0, 100.0, CalibrateSettings(scale=0.5, offset=1.0)) == (1.0, 51.0)
    assert calibrated_range(None, 100.0, CalibrateSettings(offset=1.0)) == (None, 101.0)
    assert calibrated_range(0.0, 20.0, None) == (0.0, 20.0)


def test_a_range_is_turned_round_by_a_calibration_that_falls():
    assert calibrated_range(0.0, None, CalibrateSettings(scale=-1.0)) == (None, 0.0)
    assert calibrated_range(0.0, 20.0, FALLING) == (10.0, 50.0)


@given(curves(), NUMBERS, NUMBERS, NUMBERS)
def test_a_value_within_the_range_of_its_part_is_within_it_afterwards(settings, one, two, value):
    low, high = sorted((one, two))
    assume(low <= value <= high)
    least, most = calibrated_range(low, high, settings)
    margin = 1e-9 * max(1.0, abs(least), abs(most))
    assert least - margin <= calibrated(value, settings) <= most + margin

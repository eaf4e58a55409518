"""A calibration from which no value could be told, and smoothing in no way or two, are found at their place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.calibration import calibrated
from gateway.core.quality_checks import wrong_quality
from gateway.core.settings import ChannelSettings
from gateway.core.settings_quality import CalibrateSettings, QualitySettings, RangeSettings, SmoothSettings

GOOD_POINTS = ((0.0, 1.0), (10.0, 12.0))


def places(word="number", *, writable=False, **settings):
    return [".".join(place) for place, _, _ in wrong_quality(word, ChannelSettings(**settings), writable=writable)]


@pytest.mark.parametrize(("settings", "place"), [
    ({"scale": 0.0}, "calibrate.scale"),
    ({"points": GOOD_POINTS, "offset": 1.0}, "calibrate.points"),
    ({"points": GOOD_POINTS, "scale": 2.0}, "calibrate.points"),
    ({"points": GOOD_POINTS[:1]}, "calibrate.points"),
    ({"points": ((0.0, 1.0), (1.0,))}, "calibrate.points.1"),
    ({"points": ((0.0, 1.0, 2.0), (1.0, 2.0))}, "calibrate.points.0"),
    ({"points": ((0.0, 1.0), (0.0, 2.0))}, "calibrate.points.1"),
    ({"points": ((1.0, 1.0), (0.0, 2.0))}, "calibrate.points.1"),
    ({"points": ((0.0, 1.0), (1.0, 1.0))}, "calibrate.points.1"),
    ({"points": ((0.0, 1.0), (1.0, 3.0), (2.0, 2.0))}, "calibrate.points.2"),
    ({"points": ((0.0, 3.0), (1.0, 4.0), (2.0, 2.0))}, "calibrate.points.1"),
    ({"points": ((0.0, 1.0), (5e-324, 2.0))}, "calibrate.points.1"),
])  # fmt: skip
def test_a_calibration_that_tells_no_value_is_found(settings, place):
    assert places(calibrate=CalibrateSettings(**settings)) == [place]


@pytest.mark.parametrize("settings", [
    {}, {"offset": -0.3}, {"scale": -1.0}, {"points": GOOD_POINTS}, {"points": ((0.0, 3.0), (1.0, 2.0), (5.0, -7.0))},
])  # fmt: skip
def test_a_calibration_that_tells_every_value_is_good(settings):
    assert places(calibrate=CalibrateSettings(**settings)) == []


@given(st.lists(st.lists(st.floats(-1e9, 1e9), max_size=3).map(tuple), max_size=4).map(tuple), st.floats(-1e9, 1e9))
def test_what_is_not_refused_makes_a_finite_number_of_every_value(points, value):
    settings = CalibrateSettings(points=points)
    if not places(calibrate=settings):
        assert abs(calibrated(value, settings)) < 1e20


@pytest.mark.parametrize(("settings", "wrong"), [
    ({}, True), ({"median": 3, "mean": 3}, True), ({"median": 5}, False), ({"mean": 2}, False),
])  # fmt: skip
def test_smoothing_needs_one_way(settings, wrong):
    assert places(smooth=SmoothSettings(**settings)) == ["smooth"] * wrong


@pytest.mark.parametrize(("word", "writable"), [("boolean", False), ("text", False), ("number", True)])
def test_only_a_number_that_is_read_can_be_calibrated_or_smoothed(word, writable):
    settings = {"calibrate": CalibrateSettings(), "smooth": SmoothSettings(median=3)}
    assert places(word, writable=writable, **settings) == ["calibrate", "smooth"]


@pytest.mark.parametrize(("settings", "place"), [
    ({"range_": RangeSettings()}, "quality.range"),
    ({"range_": RangeSettings(low=1.0, high=1.0)}, "quality.range.high"),
    ({"rate": "0 per 1s"}, "quality.rate"),
    ({"rate": "1 per 0s"}, "quality.rate"),
])  # fmt: skip
def test_a_rule_that_nothing_or_everything_breaks_is_found(settings, place):
    assert places(quality=QualitySettings(**settings)) == [place]


RULES = QualitySettings(range_=RangeSettings(low=0.0), fault_values=(85.0,), rate="1 per 1s", stuck_s=60.0)


@pytest.mark.parametrize(("word", "writable", "found"), [
    ("number", False, []),
    ("number", True, ["quality"]),
    ("boolean", False, ["quality.range", "quality.fault_values", "quality.rate"]),
    ("text", False, ["quality.range", "quality.fault_values", "quality.rate"]),
])  # fmt: skip
def test_a_rule_has_to_fit_its_channel(word, writable, found):
    assert places(word, writable=writable, quality=RULES) == found

"""Between the part and the reading a value is calibrated, judged and smoothed, in this order."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.conditioning import Conditioning, Judged
from gateway.core.reading import Quality, Reason
from gateway.core.settings import ChannelSettings
from gateway.core.settings_quality import CalibrateSettings, QualitySettings, SmoothSettings

S = 1_000_000_000
MEDIAN = SmoothSettings(median=3)
ANY = st.floats() | st.booleans() | st.text(max_size=3) | st.integers(-(10**20), 10**20)


def conditioning(**settings):
    return Conditioning(-40.0, 125.0, ChannelSettings(**settings))


def values(one, given, every_s=1.0):
    return [one.take(value, second * S, every_s).value for second, value in enumerate(given)]


@given(ANY)
def test_a_channel_without_settings_hands_on_what_its_part_says(value):
    found = conditioning().take(value, 0, 1.0)
    assert found.value is value
    assert (found.quality is Quality.GOOD) is (found.reason is Reason.NONE)


@given(ANY, st.floats(-1e9, 1e9).filter(bool), st.floats(-1e9, 1e9))
def test_whatever_the_part_says_something_is_made_of_it(value, scale, offset):
    settings = CalibrateSettings(scale=scale, offset=offset)
    found = conditioning(calibrate=settings, smooth=MEDIAN).take(value, 0, 1.0)
    is_number = not isinstance(found.value, bool | str)
    assert found.quality is Quality.BAD or not is_number or math.isfinite(found.value)


def test_a_value_is_calibrated_without_the_noise_of_the_arithmetic():
    found = conditioning(calibrate=CalibrateSettings(scale=3.0)).take(0.1, 0, 1.0)
    assert found == Judged(0.3, Quality.GOOD, Reason.NONE)


def test_the_range_of_the_part_is_that_of_what_it_says():
    double = CalibrateSettings(scale=2.0)
    assert conditioning(calibrate=double).take(100.0, 0, 1.0) == Judged(200.0, Quality.GOOD, Reason.NONE)
    assert conditioning(calibrate=double).take(126.0, 0, 1.0) == Judged(252.0, Quality.BAD, Reason.RANGE)


def test_a_calibration_that_ends_in_no_number_is_bad():
    one = Conditioning(None, None, ChannelSettings(calibrate=CalibrateSettings(scale=1e9)))
    assert one.take(1e308, 0, 1.0).reason is Reason.NOT_A_NUMBER
    assert one.take(math.nan, 0, 1.0).reason is Reason.NOT_A_NUMBER


@pytest.mark.parametrize("bad", [math.nan, 126.0])
def test_a_bad_reading_is_handed_on_as_it_is_and_nothing_is_blended_over_it(bad):
    one = conditioning(smooth=MEDIAN)
    assert values(one, [1.0, 2.0, 9.0]) == [1.0, 1.5, 2.0]
    assert one.take(bad, 3 * S, 1.0).value is bad
    assert one.take(9.0, 4 * S, 1.0) == Judged(9.0, Quality.GOOD, Reason.NONE)


def test_nothing_is_blended_over_a_gap_whether_it_is_told_or_seen():
    one = conditioning(smooth=MEDIAN)
    values(one, [1.0, 2.0])
    one.gap()
    assert one.take(9.0, 2 * S, 1.0).value == 9.0
    assert one.take(5.0, 6 * S, 1.0).value == 5.0


def test_a_reading_that_is_a_little_late_is_no_gap():
    one = conditioning(smooth=MEDIAN)
    assert one.take(1.0, 0, 10.0).value == 1.0
    assert one.take(2.0, 24 * S, 10.0).value == 1.5


def test_rules_go_by_the_calibrated_value_before_it_is_smoothed():
    one = conditioning(
        calibrate=CalibrateSettings(scale=10.0), smooth=SmoothSettings(mean=2), quality=QualitySettings(rate="5 per 1s")
    )
    found = [one.take(value, second * S, 1.0) for second, value in enumerate([1.0, 1.2, 2.2, 1.4])]
    assert [judged.value for judged in found] == [10.0, 11.0, 22.0, 14.0]
    assert [judged.reason for judged in found] == [Reason.NONE, Reason.NONE, Reason.RATE, Reason.NONE]


def test_what_the_part_cannot_measure_is_no_value_for_the_rules():
    one = conditioning(quality=QualitySettings(rate="5 per 1s"))
    assert [one.take(value, 0, 1.0).reason for value in (20.0, 126.0, 21.0)] == [Reason.NONE, Reason.RANGE, Reason.NONE]


def test_over_a_gap_it_is_not_known_whether_a_value_is_stuck():
    one = conditioning(quality=QualitySettings(stuck_s=10.0))
    one.take(1.0, 0, 1.0)
    one.gap()
    assert one.take(1.0, 20 * S, 1.0).quality is Quality.GOOD

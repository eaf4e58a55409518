"""A reading and its words."""

from __future__ import annotations

import pytest

from gateway.core.reading import ClockState, Lane, Quality, Reading, Reason, Series


def test_lanes_stand_in_the_order_in_which_they_are_sent():
    assert [lane.label for lane in sorted(Lane)] == ["critical", "high", "normal", "low"]


@pytest.mark.parametrize("lane", Lane)
def test_a_lane_is_found_by_its_word(lane):
    assert Lane.from_label(lane.label) is lane


@pytest.mark.parametrize("label", ["", "urgent", "0", "normal "])
def test_another_word_is_no_lane_and_the_right_ones_are_told(label):
    with pytest.raises(ValueError, match="lanes are critical, high, normal, low"):
        Lane.from_label(label)


def test_a_reading_is_frozen_and_good_unless_said_otherwise():
    reading = Reading("room/temperature", 21.5, 1, 2)
    assert (reading.quality, reading.reason) == (Quality.GOOD, Reason.NONE)
    for one, name in ((reading, "value"), (Series("room/temperature", "Cel"), "unit")):
        with pytest.raises(AttributeError, match="immutable"):
            setattr(one, name, "other")


def test_words_on_the_wire_are_the_words_here():
    assert (Quality.BAD, Reason.RANGE, ClockState.UNSYNCHRONISED) == ("bad", "range", "unsynchronised")

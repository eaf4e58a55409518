"""How long a site can be offline."""

from __future__ import annotations

import pytest

from gateway.core.autonomy import BYTES_PER_READING, bytes_per_reading, hours_left


def test_a_reading_is_assumed_to_take_something_until_enough_wait():
    assert bytes_per_reading(50_000, 999) == BYTES_PER_READING
    assert bytes_per_reading(50_000, 10_000) == 5.0


def test_hours_are_the_room_that_is_left_at_the_rate_of_today():
    assert hours_left(1_000_000, 280_000, 10.0, readings=200, seconds=10.0) == pytest.approx(1.0)


def test_a_full_store_has_no_hours():
    assert hours_left(1_000, 2_000, 10.0, readings=1, seconds=1.0) == 0.0


@pytest.mark.parametrize(("readings", "seconds"), [(0, 10.0), (10, 0.0)])
def test_nothing_is_said_before_anything_was_read(readings, seconds):
    assert hours_left(1_000, 0, 10.0, readings=readings, seconds=seconds) is None

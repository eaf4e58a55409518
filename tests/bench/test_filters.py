"""The recordings, the classic swinging door, and how an error is measured."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import filters
from bench.classic_door import classic_door
from bench.data import EVERY_S, HERE, RECORDINGS, load
from bench.data.make import MAKERS, READINGS, text
from bench.points import Point, drawn, held

SERIES = st.lists(st.floats(-100, 100), min_size=1, max_size=60).map(
    lambda values: [Point(float(at), value) for at, value in enumerate(values)]
)


@pytest.mark.parametrize("name", MAKERS)
def test_a_recording_is_what_its_script_makes(name):
    assert (HERE / f"{name}.csv").read_text(encoding="ascii") == text(name)


def test_every_recording_has_a_script_and_a_day():
    assert [one.name for one in RECORDINGS] == list(MAKERS)
    for one in RECORDINGS:
        readings = load(one)
        assert len(readings) == READINGS
        assert readings[1].boottime_ns - readings[0].boottime_ns == EVERY_S * 10**9
        assert all(one.low <= reading.value <= one.high for reading in readings)


def test_the_tank_is_pumped_and_the_door_is_opened():
    tank, door = ([one.value for one in load(RECORDINGS[number])] for number in (1, 2))
    assert min(tank) < 32
    assert max(tank) > 78
    assert {True, False} == set(door)


@given(SERIES, st.floats(0.1, 10))
def test_the_classic_door_keeps_the_ends_and_only_points_that_were(points, deviation):
    kept = classic_door(points, deviation)
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    assert set(kept) <= set(points)
    assert sorted(kept) == kept


def test_the_classic_door_keeps_the_corners_of_a_ramp():
    ramp = [Point(float(at), float(min(at, 10))) for at in range(30)]
    assert classic_door(ramp, 0.1) == [ramp[0], ramp[10], ramp[29]]


def test_of_nothing_nothing_is_kept():
    assert classic_door([], 1.0) == []


@given(SERIES)
def test_what_keeps_everything_has_no_error_however_it_is_drawn(points):
    for draw in (held, drawn):
        assert all(draw(points, one.at_s) == one.value for one in points)


def test_between_two_points_a_value_is_held_or_lies_on_the_line():
    points = [Point(0.0, 0.0), Point(10.0, 5.0)]
    assert [held(points, at) for at in (-1.0, 4.0, 10.0, 12.0)] == [0.0, 0.0, 5.0, 5.0]
    assert [drawn(points, at) for at in (-1.0, 4.0, 10.0, 12.0)] == [0.0, 2.0, 5.0, 5.0]


def test_every_filter_keeps_what_it_promises_on_a_whole_day():
    measured = asyncio.run(filters.measure(filters.FULL))
    for metric in filters.METRICS:
        if metric.target is not None:
            assert measured.metrics[metric.name] <= metric.target + 1e-9, metric.name
    assert measured.baseline["door_error"] > 1, "the classic one does not"

"""Under pressure of the processor the low lane gives way first, then the normal one, and nothing for a moment."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.pressure import CALM_LOOKS, CALM_S_MAX, LATE_S_MAX, PRESSED_LOOKS, RARE, SELDOM, Level, Pressure
from gateway.core.reading import Lane


def looks(pressure, late_s, count):
    return [pressure.look(late_s) for _ in range(count)]


def test_a_moment_is_no_pressure():
    pressure = Pressure()
    looks(pressure, 0.0, 10)
    assert not any(looks(pressure, 0.6, 2))
    assert not any(looks(pressure, 0.0, 100))
    assert pressure.level is Level.CALM


def test_what_lasts_lets_low_give_way_and_then_normal():
    pressure = Pressure()
    changes = looks(pressure, 2.0, 4 * PRESSED_LOOKS)
    assert sum(changes) == 2
    assert pressure.level is Level.NORMAL_YIELDS
    slower = {lane: pressure.slower(lane) for lane in Lane}
    assert slower == {Lane.CRITICAL: 1.0, Lane.HIGH: 1.0, Lane.NORMAL: SELDOM, Lane.LOW: RARE}


def test_it_is_taken_back_step_by_step_and_slowly():
    pressure = Pressure()
    looks(pressure, 2.0, 4 * PRESSED_LOOKS)
    changes = looks(pressure, 0.0, 3 * CALM_LOOKS)
    assert sum(changes) == 2
    assert changes.index(True) >= CALM_LOOKS - 1
    assert pressure.level is Level.CALM


def test_between_the_two_limits_everything_stays():
    pressure = Pressure()
    looks(pressure, 2.0, 2 * PRESSED_LOOKS)
    level = pressure.level
    looks(pressure, (CALM_S_MAX + LATE_S_MAX) / 2, 10)
    assert not any(looks(pressure, (CALM_S_MAX + LATE_S_MAX) / 2, 200))
    assert pressure.level >= level > Level.CALM


@given(st.lists(st.floats(0, 60), max_size=200))
def test_a_more_urgent_lane_never_gives_way_more_than_a_less_urgent_one(lateness):
    pressure = Pressure()
    for late_s in lateness:
        before = pressure.level
        assert pressure.look(late_s) is (pressure.level is not before)
        assert abs(pressure.level - before) <= 1
        slower = [pressure.slower(lane) for lane in Lane]
        assert slower == sorted(slower)
        assert slower[:2] == [1.0, 1.0]

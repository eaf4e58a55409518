"""The water tank of the simulated surroundings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.simulated.tank import Tank
from drivers.simulated.world import World, WorldSettings
from tests.simulation.virtual_clock import VirtualClock

SETTINGS = WorldSettings(speed=1.0, tank_level=0.5, tank_fills_in_s=1000.0, tank_empties_in_s=500.0, tank_lasts_s=1e9)
NOON_S, NIGHT_S = 12 * 3600.0, 3600.0


def world_of(settings: WorldSettings = SETTINGS) -> tuple[World, VirtualClock]:
    clock = VirtualClock(1000.0)
    return World(settings, clock), clock


def test_a_pump_fills_the_tank_and_no_further_than_to_its_brim():
    world, clock = world_of()
    world.drive("pump.on", True)
    clock.sleep(200.0)
    assert world.value("tank.level") == pytest.approx(0.7, abs=1e-4)
    clock.sleep(2000.0)
    assert world.value("tank.level") == pytest.approx(1.0, abs=1e-4)


def test_an_open_valve_empties_it_and_no_further_than_to_its_bottom():
    world, clock = world_of()
    world.drive("valve.on", True)
    clock.sleep(100.0)
    assert world.value("tank.level") == pytest.approx(0.3, abs=1e-4)
    clock.sleep(2000.0)
    assert world.value("tank.level") == 0.0


def test_its_probe_gives_a_quarter_of_a_volt_when_it_is_empty_and_two_more_when_it_is_full():
    volts = {level: Tank(WorldSettings(tank_level=level)).voltage for level in (0.0, 0.5, 1.0)}
    assert volts == {0.0: 0.25, 0.5: 1.25, 1.0: 2.25}


def test_water_is_drawn_by_day_and_not_by_night():
    tank = Tank(WorldSettings(tank_lasts_s=1000.0))
    assert tank.flow(NOON_S, pump=False, valve=False) == -0.001
    assert tank.flow(NIGHT_S, pump=False, valve=False) == 0.0


def test_the_float_tells_once_that_there_is_no_room_and_once_that_there_is():
    world, clock = world_of()
    told: list[bool] = []
    world.on_change("tank.room", told.append)
    world.drive("pump.on", True)
    clock.sleep(2000.0)
    assert world.state("tank.room") is False
    world.drive("pump.on", False)
    world.drive("valve.on", True)
    clock.sleep(100.0)
    assert world.state("tank.room") is True
    assert told == [False, True]


def test_a_fan_makes_the_air_drier_and_colder_and_draws_from_the_mains():
    still, fanned = world_of(), world_of()
    fanned[0].drive("fan.on", True)
    for _, clock in (still, fanned):
        clock.sleep(3600.0)
    assert fanned[0].value("room.temperature") < still[0].value("room.temperature") - 0.5
    assert fanned[0].value("air.co2") < still[0].value("air.co2")
    assert fanned[0].value("mains.power") - still[0].value("mains.power") == 60.0


@given(st.lists(st.floats(1.0, 400.0), min_size=1, max_size=20))
def test_how_full_it_is_does_not_depend_on_how_often_it_is_looked_at(naps):
    often, clock = world_of()
    once, other = world_of()
    for world in (often, once):
        world.drive("pump.on", True)
    for nap in naps:
        clock.sleep(nap)
        often.value("tank.level")
        other.sleep(nap)
    assert often.value("tank.level") == pytest.approx(once.value("tank.level"), abs=1e-9)

from __future__ import annotations

from itertools import pairwise

import pytest

from drivers.simulated.world import World
from tests.simulation.test_world import STEADY, world_at
from tests.simulation.virtual_clock import VirtualClock


def test_co2_rises_to_where_the_air_that_comes_in_carries_it_off():
    clock = VirtualClock()
    world = World(STEADY, clock)
    assert world.value("air.co2") == pytest.approx(420e-6)
    clock.sleep(86_400.0)
    assert world.value("air.co2") == pytest.approx(820e-6, rel=1e-3)
    assert world.value("air.voc") == pytest.approx(400e-9, rel=1e-3)


def test_the_heater_loads_the_supply():
    world, _ = world_at()
    assert world.value("load.voltage") == pytest.approx(11.98)
    world.drive("heater.on", True)
    assert world.value("load.current") == pytest.approx(1.6)
    assert world.value("load.voltage") == pytest.approx(11.92)


def test_pressure_wanders_slowly_around_its_mean():
    world, clock = world_at(speed=3600.0)
    seen = []
    for _ in range(200):
        seen.append(world.value("air.pressure"))
        clock.sleep(1.0)
    assert 97_000 < min(seen) < max(seen) < 105_500
    assert max(abs(after - before) for before, after in pairwise(seen)) < 1_500

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.base import ValueKind
from drivers.simulated.world import QUANTITIES, World, WorldSettings
from tests.simulation.virtual_clock import VirtualClock

NUMBERS = [name for name, quantity in QUANTITIES.items() if quantity.kind is ValueKind.NUMBER]
STEADY = WorldSettings(speed=1.0, outside_swing=0.0, door_opens_every_s=0.0)


def world_at(seconds: float = 0.0, **changes) -> tuple[World, VirtualClock]:
    clock = VirtualClock(1000.0)
    world = World(dataclasses.replace(WorldSettings(), **changes), clock)
    clock.sleep(seconds)
    return world, clock


def everything(world: World) -> dict[str, float | bool]:
    booleans = {name: world.state(name) for name in QUANTITIES if name not in NUMBERS}
    return {name: world.value(name) for name in NUMBERS} | booleans


def test_a_heater_raises_the_room_by_four_degrees_in_about_ten_seconds_and_it_cools_again():
    world, clock = world_at()
    world.drive("heater.on", True)
    clock.sleep(10.0)
    assert 21.5 < world.value("room.temperature") < 24.0
    world.drive("heater.on", False)
    clock.sleep(15.0)
    assert world.value("room.temperature") < 19.5


def test_energy_is_kept():
    clock = VirtualClock()
    world = World(dataclasses.replace(STEADY, loss=0.1, outside_mean=18.0), clock)
    world.drive("heater.on", True)
    clock.sleep(100.0)
    # 3000 W for 100 s into 200 kJ/K; a loss of 0.1 W/K is next to none.
    assert world.value("room.temperature") - 18.0 == pytest.approx(1.5, rel=0.001)


def test_without_heat_the_room_becomes_as_cold_as_its_outside():
    clock = VirtualClock()
    world = World(STEADY, clock)
    clock.sleep(86_400.0)
    assert world.value("room.temperature") == pytest.approx(8.0, abs=0.01)


def test_an_open_door_lets_the_heat_out():
    temperatures = []
    for door_loss in (0.0, 5000.0):
        world, _ = world_at(60.0, door_loss=door_loss, door_opens_every_s=100.0, door_open_for_s=1e6)
        assert world.state("door.closed") is False
        temperatures.append(world.value("room.temperature"))
    assert temperatures[1] < temperatures[0] - 1.0


def test_heated_air_is_relatively_drier():
    world, clock = world_at()
    before = world.value("room.humidity")
    world.drive("heater.on", True)
    clock.sleep(15.0)
    assert world.value("room.humidity") < before - 5.0


def test_soil_dries_and_is_watered():
    world, clock = world_at(soil_moisture=0.25)
    seen = []
    for _ in range(48):
        clock.sleep(3600 / 60 * 2)
        seen.append((world.value("soil.moisture"), world.value("soil.voltage")))
    moistures = [moisture for moisture, _ in seen]
    assert min(moistures) > 0.19
    assert max(moistures) > 0.55
    assert moistures[0] < 0.25
    assert all(volts == pytest.approx(2.7 - 1.5 * moisture) for moisture, volts in seen)


def test_dust_comes_and_goes_and_the_sizes_contain_each_other():
    world, clock = world_at()
    masses = []
    for _ in range(200):
        clock.sleep(60.0)
        pm1, pm2_5, pm10 = (world.value(f"dust.{size}") for size in ("pm1", "pm2_5", "pm10"))
        assert 0 < pm1 < pm2_5 < pm10
        masses.append(pm2_5 * 1e9)
    assert 8 < sum(masses) / len(masses) < 18
    assert max(masses) > 1.5 * min(masses)


def test_the_door_opens_now_and_then_and_not_for_long():
    world, clock = world_at()
    states = []
    for _ in range(5000):
        clock.sleep(1.0)
        states.append(world.state("door.closed"))
    assert 0.8 < sum(states) / len(states) < 0.95


def test_every_turn_of_the_door_is_told_in_order_however_late():
    world, clock = world_at()
    told: list[bool] = []
    world.on_change("door.closed", told.append)
    clock.sleep(600.0)
    world.advance()
    assert len(told) > 10
    assert told == [index % 2 == 1 for index in range(len(told))]
    assert world.state("door.closed") is told[-1]


def test_a_listener_may_look_at_the_world_that_calls_it():
    world, clock = world_at()
    seen: list[tuple[bool, bool, float]] = []
    world.on_change(
        "door.closed", lambda closed: seen.append((closed, world.state("door.closed"), world.value("room.temperature")))
    )
    clock.sleep(300.0)
    world.advance()
    assert seen
    assert all(told is looked for told, looked, _ in seen)


def test_the_heater_is_told_when_it_changes_and_only_then():
    world, _ = world_at()
    told: list[bool] = []
    world.on_change("heater.on", told.append)
    for on in (True, True, False, False, True):
        world.drive("heater.on", on)
    world.drive("", True)
    assert told == [True, False, True]
    assert world.state("heater.on") is True


looks = st.lists(st.floats(0.001, 40.0), max_size=30)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), steps=looks, heater_at=st.floats(0, 50))
def test_it_does_not_matter_how_often_the_world_is_looked_at(seed, steps, heater_at):
    outcomes = []
    for often in (True, False):
        world, clock = world_at(seed=seed)
        clock.sleep(heater_at)
        world.drive("heater.on", True)
        for step in steps if often else [sum(steps)]:
            clock.sleep(step)
            world.advance()
        outcomes.append(everything(world))
    assert outcomes[0] == pytest.approx(outcomes[1], rel=1e-6, abs=1e-12)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), steps=looks)
def test_the_same_seed_and_clock_give_the_same_world_to_the_last_digit(seed, steps):
    outcomes = []
    for _ in range(2):
        world, clock = world_at(seed=seed)
        seen = []
        for step in steps:
            clock.sleep(step)
            seen.append((everything(world), world.sense("room.temperature", "a"), world.sense("dust.pm10", "b")))
        outcomes.append(seen)
    assert outcomes[0] == outcomes[1]


def test_another_seed_is_another_world():
    assert everything(world_at(500.0, seed=1)[0]) != everything(world_at(500.0, seed=2)[0])


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1000),
    seconds=st.floats(0, 20_000),
    outside_mean=st.floats(-40, 50),
    outside_swing=st.floats(0, 30),
    heated=st.booleans(),
)
def test_every_quantity_stays_possible(seed, seconds, outside_mean, outside_swing, heated):
    world, clock = world_at(seed=seed, outside_mean=outside_mean, outside_swing=outside_swing)
    world.drive("heater.on", heated)
    clock.sleep(seconds)
    now = everything(world)
    for name in ("room.humidity", "outside.humidity"):
        assert 0 <= now[name] <= 100
    assert 0 <= now["soil.moisture"] <= 1
    assert 0 <= now["light.voltage"] < 3.3
    assert outside_mean - outside_swing - 1e-9 <= now["outside.temperature"] <= outside_mean + outside_swing + 1e-9
    heater_gives = 30.0 if heated else 0.0
    coldest, warmest = outside_mean - outside_swing, outside_mean + outside_swing + heater_gives
    assert min(18.0, coldest) - 1e-9 <= now["room.temperature"] <= max(18.0, warmest) + 1e-9


def test_a_probe_lags_behind_the_room():
    clock = VirtualClock()
    world = World(dataclasses.replace(STEADY, temperature_noise=0.0, probe_lag_s=60.0), clock)
    world.drive("heater.on", True)
    clock.sleep(600.0)
    assert 0.3 < world.value("room.temperature") - world.sense("room.temperature", "probe") < 0.6


def test_a_probe_has_noise_of_its_own_around_the_truth():
    world, clock = world_at(temperature_noise=0.5, probe_lag_s=0.01)
    errors = []
    for _ in range(500):
        clock.sleep(0.5)
        errors.append(world.sense("room.temperature", "a") - world.value("room.temperature"))
    assert abs(sum(errors) / len(errors)) < 0.1
    assert 0.4 < (sum(error**2 for error in errors) / len(errors)) ** 0.5 < 0.6
    assert world.sense("room.temperature", "a") != world.sense("room.temperature", "b")


@pytest.mark.parametrize("name", NUMBERS)
def test_every_number_can_be_sensed(name):
    world, _ = world_at(100.0)
    assert world.sense(name, "probe") == pytest.approx(world.value(name), rel=0.1, abs=0.5)


def test_the_pace_is_a_setting():
    world, _ = world_at(2.0, speed=7200.0)
    assert world.elapsed_s == 14_400.0


def test_a_leap_of_the_clock_moves_it_by_a_bounded_time_per_look():
    world, _ = world_at(86_400 * 300, speed=1.0)
    first = world.elapsed_s
    assert first == 40 * 86_400
    assert world.elapsed_s == 2 * first

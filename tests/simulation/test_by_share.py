"""Outputs that give a share of the power: the surroundings change in proportion."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.mcp4725 import Mcp4725Settings
from drivers.pca9685 import Pca9685Output, Pca9685Settings
from drivers.pwm_output import PwmOutputSettings
from drivers.simulated.hardware import SimulatedDevice
from drivers.simulated.mcp4725 import SimulatedMcp4725
from drivers.simulated.pca9685 import SimulatedPca9685
from drivers.simulated.world import World, WorldSettings
from tests.simulation.greenhouse import Site
from tests.simulation.virtual_clock import VirtualClock

STEADY = WorldSettings(speed=1.0, outside_swing=0.0, outside_mean=18.0, door_opens_every_s=0.0, tank_lasts_s=1e9)
IDLE_W, FAN_W = 120.0, 60.0


def world_with(quantity: str, share: float, seconds: float = 600.0) -> World:
    clock = VirtualClock(1000.0)
    world = World(STEADY, clock)
    world.drive(quantity, share)
    clock.sleep(seconds)
    return world


@given(st.floats(0, 1))
def test_a_dimmed_heater_warms_and_draws_its_share_of_a_whole_one(share):
    dimmed, whole = world_with("heater.on", share), world_with("heater.on", 1.0)
    for quantity, idle in (("room.temperature", 18.0), ("load.current", STEADY.load_idle), ("mains.power", IDLE_W)):
        assert dimmed.value(quantity) - idle == pytest.approx(share * (whole.value(quantity) - idle), abs=1e-6)


@given(st.floats(0, 1))
def test_a_throttled_pump_and_valve_move_their_share_of_the_water(share):
    filled = world_with("pump.on", share, 60.0).value("tank.level") - STEADY.tank_level
    emptied = STEADY.tank_level - world_with("valve.on", share, 60.0).value("tank.level")
    assert filled == pytest.approx(60 * share / STEADY.tank_fills_in_s, abs=1e-6)
    assert emptied == pytest.approx(60 * share / STEADY.tank_empties_in_s, abs=1e-6)


def test_a_slow_fan_airs_less_than_a_fast_one():
    co2 = [world_with("fan.on", share, 3600.0).value("air.co2") for share in (0.0, 0.3, 0.6, 1.0)]
    assert co2 == sorted(co2, reverse=True)
    assert len(set(co2)) == len(co2)
    assert world_with("fan.on", 0.5).value("mains.power") == IDLE_W + FAN_W / 2


def test_what_is_driven_a_little_is_on_and_only_a_change_of_that_is_told():
    world = World(STEADY, VirtualClock())
    told: list[bool] = []
    world.on_change("heater.on", told.append)
    states = []
    for share in (0.0, 0.001, 0.7, 1.0, 0.2, 0.0):
        world.drive("heater.on", share)
        states.append(world.state("heater.on"))
    assert states == [False, True, True, True, True, False]
    assert told == [True, False]


@pytest.mark.parametrize(("share", "as_is"), [(-0.5, 0.0), (1.5, 1.0)])
def test_more_than_all_and_less_than_nothing_is_driven_as_all_and_nothing(share, as_is):
    beyond, edge = world_with("heater.on", share), world_with("heater.on", as_is)
    assert beyond.value("room.temperature") == edge.value("room.temperature")
    assert beyond.state("heater.on") is edge.state("heater.on") is bool(as_is)


DIMMERS = {
    "pin": ("pwm_output", PwmOutputSettings(pin=18), "duty", 1.0),
    "pin, active low": ("pwm_output", PwmOutputSettings(pin=18, active_low=True), "duty", 1.0),
    "pca9685": ("pca9685", Pca9685Settings(outputs={"duty": Pca9685Output(output=7)}), "duty", 1.0),
    "pca9685, inverted": (
        "pca9685",
        Pca9685Settings(outputs={"duty": Pca9685Output(output=7, inverted=True)}),
        "duty",
        1.0,
    ),
    "mcp4725": ("mcp4725", Mcp4725Settings(supply=5.0), "voltage", 5.0),
}


def site_of(dimmer: str) -> Site:
    driver, settings, _, _ = DIMMERS[dimmer]
    quiet = dataclasses.asdict(STEADY)
    return Site({"bus": [SimulatedDevice("heater", driver, settings)]}, **quiet)


@pytest.mark.parametrize("dimmer", DIMMERS)
@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_the_heater_gives_the_share_that_its_output_was_written(dimmer, share):
    site = site_of(dimmer)
    _, _, channel, most = DIMMERS[dimmer]
    idle, whole = STEADY.load_idle, STEADY.load_heating
    site.drivers["heater"].write(channel, share * most)
    assert site.hardware.world.value("load.current") == pytest.approx(idle + share * whole, abs=0.001 * whole)
    assert site.hardware.world.state("heater.on") is (share > 0)


@pytest.mark.parametrize(
    ("dimmer", "share"),
    [("pin", 0.0), ("pin, active low", 0.0), ("pca9685", 0.0), ("pca9685, inverted", 1.0), ("mcp4725", 0.5)],
)
def test_before_it_is_told_anything_the_heater_gets_what_the_part_gives_after_power_up(dimmer, share):
    site = site_of(dimmer)
    expected = STEADY.load_idle + share * STEADY.load_heating
    assert site.hardware.world.value("load.current") == pytest.approx(expected, abs=0.001 * STEADY.load_heating)


def test_boards_that_lose_their_supply_let_go_or_give_what_they_keep():
    given: dict[str, list[float]] = {"pca9685": [], "mcp4725": []}
    board = SimulatedPca9685({7: given["pca9685"].append})
    converter = SimulatedMcp4725(VirtualClock(), stored=0, turn=given["mcp4725"].append)
    board.write(bytes((0x00, 0x20)))
    board.write(bytes((0x06 + 4 * 7, 0, 0, 0, 8)))
    converter.write(bytes((0x0F, 0xFF)))
    assert {name: shares[-1] for name, shares in given.items()} == {"pca9685": 0.5, "mcp4725": 1.0}
    board.reset()
    converter.reset()
    assert {name: shares[-1] for name, shares in given.items()} == {"pca9685": 0.0, "mcp4725": 0.0}


@pytest.mark.parametrize(
    ("mode", "registers", "high"),
    [
        (0x20, (0x99, 0x01, 0xCC, 0x04), (1228 - 409) / 4096),
        (0x20, (0x00, 0x0C, 0x00, 0x04), 0.5),
        (0x20, (0x00, 0x10, 0x00, 0x10), 0.0),
        (0x20, (0x00, 0x10, 0x00, 0x00), 1.0),
        (0x30, (0x00, 0x10, 0x00, 0x00), 0.0),
    ],
)
def test_an_output_of_the_board_is_high_from_its_on_to_its_off_and_never_asleep(mode, registers, high):
    board = SimulatedPca9685()
    board.write(bytes((0x00, mode)))
    board.write(bytes((0x06, *registers)))
    assert board.high(0) == high


def test_a_converter_that_is_switched_off_gives_nothing():
    given: list[float] = []
    converter = SimulatedMcp4725(VirtualClock(), turn=given.append)
    converter.write(bytes((0x1F, 0xFF)))
    assert given[-1] == 0.0

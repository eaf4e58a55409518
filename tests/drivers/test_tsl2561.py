from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import NoAnswerError, WrongPartError
from drivers.simulated.tsl2561 import SimulatedTsl2561
from drivers.tsl2561 import HEADROOM, LOOK, SEGMENTS, WAYS, Tsl2561Settings, illuminance, way_for
from tests.drivers.parts import with_chip
from tests.drivers.wiring import i2c_bus
from tests.simulation.virtual_clock import VirtualClock

FINEST = WAYS[0]


class Light:
    lx = 100.0


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def light():
    return Light()


@pytest.fixture
def chip(clock, light):
    return SimulatedTsl2561(clock, lambda: light.lx)


@pytest.mark.parametrize(
    ("both", "infrared", "part", "lx"),
    [
        (1000, 0, 5, 30.4),
        (1000, 500, 5, 30.4 - 62 * 0.5**1.4),
        (1000, 600, 5, 22.4 - 18.6),
        (1000, 700, 5, 12.8 - 10.71),
        (1000, 1000, 5, 1.46 - 1.12),
        (1000, 1301, 5, 0.0),
        (0, 0, 5, 0.0),
        (1000, 520, 1, 31.5 - 59.3 * 0.52**1.4),
        (1000, 600, 1, 22.9 - 17.46),
        (1000, 1300, 1, 0.0),
    ],
)
def test_the_formula_of_each_segment_and_package_is_the_datasheets(both, infrared, part, lx):
    assert illuminance(both, infrared, FINEST, part) == pytest.approx(lx, abs=1e-6)


@pytest.mark.parametrize(
    ("way", "factor"), list(zip(WAYS, (1, 402 / 101, 16, 16 * 402 / 101, 16 * 402 / 13.7), strict=True))
)
def test_less_gain_and_time_count_for_more(way, factor):
    assert illuminance(1000, 200, way) == pytest.approx(illuminance(1000, 200, FINEST) * factor)


@given(st.integers(0, 65_535), st.integers(0, 65_535), st.sampled_from(WAYS), st.sampled_from(sorted(SEGMENTS)))
def test_whatever_is_counted_it_is_never_less_than_dark(both, infrared, way, part):
    assert illuminance(both, infrared, way, part) >= 0.0


@given(st.integers(0, 5047))
def test_the_way_that_is_chosen_is_not_blinded_and_no_finer_one_would_do(looked):
    chosen = way_for(looked)
    every = looked / LOOK.share
    for finer in WAYS[: WAYS.index(chosen)]:
        assert every * finer.share * HEADROOM >= finer.full


@pytest.mark.parametrize("identity", [0x50, 0x11])
@pytest.mark.parametrize("infrared", [0.1, 0.45, 0.55])
@pytest.mark.parametrize("lx", [0.0, 1.0, 30.0, 300.0, 2_000.0, 10_000.0])
def test_light_of_every_strength_is_read(clock, lx, infrared, identity):
    chip = SimulatedTsl2561(clock, lambda: lx, infrared=infrared, identity=identity)
    driver = with_chip("tsl2561", chip, clock)
    driver.open()
    assert driver.read()["illuminance"] == pytest.approx(lx, rel=0.02, abs=0.1)
    assert chip.registers[0] == 0


def test_a_lamp_that_is_lit_after_the_look_does_not_blind_it(clock):
    seen = iter([1.0, 5000.0, 5000.0])
    chip = SimulatedTsl2561(clock, lambda: next(seen))
    assert with_chip("tsl2561", chip, clock).read()["illuminance"] == pytest.approx(5000.0, rel=0.01)


def test_light_that_blinds_it_is_no_value(chip, clock, light):
    light.lx = 200_000.0
    with pytest.raises(NoAnswerError, match="blinded"):
        with_chip("tsl2561", chip, clock).read()


def test_a_part_that_lost_its_supply_while_it_counted_is_no_darkness(chip, clock):
    driver = with_chip("tsl2561", chip, clock)
    chip.stored = lambda *_: None
    with pytest.raises(NoAnswerError, match="lost its supply"):
        driver.read()


def test_another_part_is_told(chip, clock):
    chip.faults.wrong_part = True
    with pytest.raises(WrongPartError, match="0xEE"):
        with_chip("tsl2561", chip, clock).open()


def test_numbers_without_the_command_bit_are_not_for_it(chip, clock):
    bus = i2c_bus({0x39: chip}, clock)
    bus.write_register(0x39, 0x00, b"\x03")
    assert bus.read_register(0x39, 0x80, 1) == b"\x00"


def test_an_address_that_the_part_cannot_have_is_refused():
    with pytest.raises(ValueError, match="0x29, 0x39 and 0x49"):
        Tsl2561Settings(address=0x30)

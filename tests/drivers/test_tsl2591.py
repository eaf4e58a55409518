from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import NoAnswerError, WrongPartError
from drivers.simulated.tsl2591 import SimulatedTsl2591
from drivers.tsl2591 import FULL, GAINS, counts_per_lx, gain_for, illuminance
from tests.drivers.parts import with_chip
from tests.drivers.wiring import Memory, i2c_bus
from tests.simulation.virtual_clock import VirtualClock


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
    return SimulatedTsl2591(clock, lambda: light.lx)


@pytest.mark.parametrize(
    ("both", "infrared", "gain", "lx"),
    [
        (4080, 0, 1.0, 16_646.4),
        (4080, 2040, 1.0, 4161.6),
        (0, 0, 25.0, 0.0),
        (100, 100, 1.0, 0.0),
        (100, 500, 1.0, 0.0),
    ],
)
def test_counts_become_illuminance_by_the_formula(both, infrared, gain, lx):
    assert illuminance(both, infrared, gain) == pytest.approx(lx)


@given(st.integers(0, 65_535), st.integers(0, 65_535), st.sampled_from(GAINS))
def test_light_is_never_negative(both, infrared, gain):
    assert 0 <= illuminance(both, infrared, gain) <= both / counts_per_lx(gain)


@given(st.integers(0, FULL), st.integers(0, 3))
def test_the_gain_that_is_chosen_leaves_room_and_the_next_would_not(both, looked):
    code = gain_for(both, looked)
    counts = [both / GAINS[looked] * gain for gain in GAINS]
    assert counts[code] * 2 < FULL or code == 0
    assert code == 3 or counts[code + 1] * 2 >= FULL


@pytest.mark.parametrize("lx", [0.0, 0.01, 1.0, 25.0, 400.0, 3000.0, 20_000.0, 80_000.0])
def test_light_of_every_strength_is_read(chip, clock, light, lx):
    light.lx = lx
    driver = with_chip("tsl2591", chip, clock)
    driver.open()
    assert driver.read()["illuminance"] == pytest.approx(lx, rel=0.001, abs=0.001)
    assert chip.registers[0] == 0


def test_a_lamp_that_is_lit_after_the_look_is_measured_with_the_least_gain(chip, clock):
    values = iter([1.0, 5000.0, 5000.0])
    chip._illuminance = lambda: next(values)
    assert with_chip("tsl2591", chip, clock).read()["illuminance"] == pytest.approx(5000.0, rel=0.001)


def test_light_that_blinds_it_is_no_value(chip, clock, light):
    light.lx = 200_000.0
    with pytest.raises(NoAnswerError, match="blinded"):
        with_chip("tsl2591", chip, clock).read()


def test_a_measurement_that_never_ends_is_given_up(chip, clock):
    chip._clock = VirtualClock()
    with pytest.raises(NoAnswerError, match="0x29: a measurement does not end"):
        with_chip("tsl2591", chip, clock).read()


def test_another_part_is_told():
    with pytest.raises(WrongPartError, match="identity 0xB2"):
        with_chip("tsl2591", Memory()).open()


def test_without_the_command_bit_a_number_is_no_register(chip, clock):
    bus = i2c_bus({0x29: chip}, clock)
    bus.write_register(0x29, 0xA1, b"\x10")
    bus.write_register(0x29, 0x01, b"\x30")
    assert bus.read_register(0x29, 0xA1, 1) == b"\x10"

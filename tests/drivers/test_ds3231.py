from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import WrongPartError
from drivers.ds3231 import decode_temperature, is_time, measures
from drivers.simulated.ds3231 import SimulatedDs3231
from drivers.simulated.motion import SimulatedMpu6050
from tests.drivers.parts import with_chip
from tests.drivers.wiring import Memory, i2c_bus
from tests.simulation.virtual_clock import VirtualClock


class Case:
    temperature = 21.25


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def case():
    return Case()


@pytest.fixture
def chip(clock, case):
    return SimulatedDs3231(clock, lambda: case.temperature)


@pytest.mark.parametrize(
    ("data", "celsius"),
    [("1940", 25.25), ("0000", 0.0), ("FFC0", -0.25), ("FF80", -0.5), ("D800", -40.0), ("5500", 85.0)],
)
def test_a_temperature_has_quarters_and_a_sign(data, celsius):
    assert decode_temperature(bytes.fromhex(data)) == celsius


@given(st.integers(-512, 511))
def test_quarters_come_back(quarters):
    assert decode_temperature((quarters << 6 & 0xFFFF).to_bytes(2)) == quarters / 4


@pytest.mark.parametrize(
    ("data", "possible"),
    [
        ("59 59 23 07 31 12 99", True),
        ("00 00 72 01 01 81 00", True),
        ("00 00 52 03 15 06 24", True),
        ("60 00 00 01 01 01 00", False),
        ("0A 00 00 01 01 01 00", False),
        ("00 00 24 01 01 01 00", False),
        ("00 00 60 01 01 01 00", False),
        ("00 00 73 01 01 01 00", False),
        ("00 00 80 01 01 01 00", False),
        ("00 00 00 00 01 01 00", False),
        ("00 00 00 01 32 01 00", False),
        ("00 00 00 01 01 13 00", False),
        ("00 00 00 01 01 01 9A", False),
        ("00 00 00 00 00 00 00", False),
        ("FF FF FF FF FF FF FF", False),
    ],
)
def test_a_time_is_told_from_other_bytes_in_both_ways_to_count_hours(data, possible):
    assert is_time(bytes.fromhex(data)) is possible


@given(st.binary(min_size=7, max_size=7))
def test_any_bytes_are_a_time_or_not(data):
    assert is_time(data) in {True, False}


def test_a_clock_that_was_never_set_says_that_it_stood_still(chip, clock):
    driver = with_chip("ds3231", chip, clock)
    driver.open()
    assert driver.read() == {"temperature": 21.25, "stopped": True}


def test_a_clock_that_was_set_does_not_and_its_flag_cannot_be_raised(chip, clock):
    bus = i2c_bus({0x68: chip}, clock)
    driver = with_chip("ds3231", chip, clock)
    bus.write_register(0x68, 0x0F, b"\x00")
    assert driver.read()["stopped"] is False
    bus.write_register(0x68, 0x0F, b"\x80")
    assert driver.read()["stopped"] is False


def test_the_part_measures_every_64_seconds(chip, clock, case):
    driver = with_chip("ds3231", chip, clock)
    driver.read()
    case.temperature = -30.5
    clock.sleep(63.0)
    assert driver.read()["temperature"] == 21.25
    clock.sleep(1.0)
    assert driver.read()["temperature"] == -30.5


def test_an_accelerometer_at_its_address_is_told(clock):
    sources = dict.fromkeys(("x", "y", "z", "temperature"), lambda: 0.0)
    for chip in (SimulatedMpu6050(sources), Memory()):
        with pytest.raises(WrongPartError, match="another part answers"):
            with_chip("ds3231", chip, clock).open()


@pytest.mark.parametrize(
    ("data", "measuring"),
    [
        ("1C 88 00 15 40", True),
        ("1C 08 00 00 00", True),
        ("1C 08 00 D8 00", True),
        ("00 00 00 00 00", False),
        ("1C 18 00 15 40", False),
        ("1C 08 00 15 41", False),
        ("1C 08 00 56 00", False),
        ("1C 08 00 D7 C0", False),
        ("FF FF FF FF FF", False),
    ],
)
def test_registers_that_measure_are_told_from_memory(data, measuring):
    assert measures(bytes.fromhex(data)) is measuring


def test_after_its_last_register_the_time_comes_again(chip, clock):
    bus = i2c_bus({0x68: chip}, clock)
    data = bus.read_register(0x68, 0x00, 0x13 + 7)
    assert data[:7] == data[0x13:]

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import NoAnswerError, WrongPartError
from drivers.simulated.veml7700 import SimulatedVeml7700
from drivers.veml7700 import STEPS, corrected, encode_config
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
    return SimulatedVeml7700(clock, lambda: light.lx)


def test_a_count_is_worth_what_the_datasheet_says():
    assert [step.lx for step in STEPS] == [pytest.approx(lx) for lx in (2.1504, 0.5376, 0.0336, 0.0042)]


@pytest.mark.parametrize(("number", "word"), [(0, "0013"), (1, "0010"), (2, "0008"), (3, "C008")])
def test_a_configuration_is_a_word_with_the_low_byte_first(number, word):
    assert encode_config(STEPS[number]).hex().upper() == word


@pytest.mark.parametrize(("measured", "lx"), [(0.0, 0.0), (999.0, 999.0), (10_000.0, 14_792.9), (20_000.0, 73_718.0)])
def test_bright_light_is_corrected_by_the_application_note(measured, lx):
    assert corrected(measured) == pytest.approx(lx, rel=1e-6)


@given(st.floats(0, 35_000), st.floats(0, 1000))
def test_the_correction_rises(measured, more):
    assert corrected(measured) <= corrected(measured + more)


@pytest.mark.parametrize("lx", [0.0, 0.1, 3.0, 50.0, 500.0, 5000.0, 30_000.0, 100_000.0])
def test_light_of_every_strength_is_read(chip, clock, light, lx):
    light.lx = lx
    driver = with_chip("veml7700", chip, clock)
    driver.open()
    assert driver.read()["illuminance"] == pytest.approx(lx, rel=0.01, abs=0.005)
    assert chip._config == 1


@pytest.mark.parametrize(("lx", "at_most_s"), [(5000.0, 0.21), (30.0, 0.42), (0.5, 2.1)])
def test_the_darker_the_longer_a_reading_takes(chip, clock, light, lx, at_most_s):
    light.lx = lx
    driver = with_chip("veml7700", chip, clock)
    before_s = clock.now_s()
    driver.read()
    assert at_most_s / 2.2 < clock.now_s() - before_s < at_most_s


def test_light_that_blinds_it_is_no_value(chip, clock, light):
    light.lx = 1e12
    with pytest.raises(NoAnswerError, match="0x10: blinded"):
        with_chip("veml7700", chip, clock).read()


def test_shut_down_it_keeps_the_last_count(chip, clock):
    bus = i2c_bus({0x10: chip}, clock)
    clock.sleep(5.0)
    assert bus.read_register(0x10, 4, 2) == b"\x00\x00"
    bus.write_register(0x10, 0, b"\x00\x10")
    assert bus.read_register(0x10, 4, 2) == b"\x00\x00"
    clock.sleep(0.11)
    assert bus.read_register(0x10, 4, 2) == b"\xbb\x00"


def test_an_ultraviolet_sensor_at_its_address_is_told(chip, clock):
    chip.faults.wrong_part = True
    with pytest.raises(WrongPartError, match="identity 0026"):
        with_chip("veml7700", chip, clock).open()
    with pytest.raises(WrongPartError):
        with_chip("veml7700", Memory()).open()

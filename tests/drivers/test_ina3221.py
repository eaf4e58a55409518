from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import NoAnswerError, WrongPartError
from drivers.ina3221 import Ina3221, Ina3221Settings, Ina3221Supply, config
from drivers.simulated.ina3221 import SimulatedIna3221, Wired, upper_bits
from tests.drivers.parts import with_chip
from tests.drivers.wiring import i2c_bus
from tests.simulation.virtual_clock import VirtualClock

SUPPLIES = {"solar": Ina3221Supply(input=3, shunt=0.05), "battery": Ina3221Supply(input=1)}


class Plant:
    def __init__(self):
        self.volts = {1: 12.8, 3: 18.4}
        self.amperes = {1: -0.42, 3: 1.6}


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def plant():
    return Plant()


@pytest.fixture
def chip(clock, plant):
    return SimulatedIna3221(
        clock,
        {
            number: Wired(lambda n=number: plant.volts[n], lambda n=number: plant.amperes[n], shunt)
            for number, shunt in ((1, 0.1), (3, 0.05))
        },
    )


def test_all_three_supplies_averaged_once_are_the_configuration_after_power_up_but_triggered():
    assert config(Ina3221Settings(samples=1)) == 0x7127 & ~0x7 | 3


@pytest.mark.parametrize(("samples", "code"), [(1, 0), (4, 1), (16, 2), (64, 3), (128, 4)])
def test_only_what_is_configured_is_measured(samples, code):
    assert config(Ina3221Settings(samples=samples, supplies=SUPPLIES)) == 0x5123 | code << 9


@pytest.mark.parametrize(("steps", "word"), [(0, 0), (1, 8), (-1, 0xFFF8), (5000, 0x7FF8), (-5000, 0x8000)])
def test_results_are_in_the_upper_bits(steps, word):
    assert upper_bits(steps) == word


def test_the_datasheets_shunt_of_80_millivolts_is_two_thousand_steps():
    assert upper_bits(0.08 / 40e-6) == 0x3E80


def test_the_supplies_are_read_by_their_names(chip, clock):
    driver = with_chip("ina3221", chip, clock, supplies=SUPPLIES)
    driver.open()
    readings = driver.read()
    assert list(readings) == [one.name for one in Ina3221.channels(driver._settings)]
    assert readings["battery_voltage"] == pytest.approx(12.8)
    assert readings["battery_current"] == pytest.approx(-0.42)
    assert readings["battery_power"] == pytest.approx(-5.376)
    assert readings["solar_voltage"] == pytest.approx(18.4)
    assert readings["solar_current"] == pytest.approx(1.6)


@given(st.floats(0, 26), st.floats(-1.6, 1.6))
def test_every_supply_is_read_to_half_a_step(volts, amperes):
    clock = VirtualClock()
    chip = SimulatedIna3221(clock, {2: Wired(lambda: volts, lambda: amperes, 0.1)})
    driver = with_chip("ina3221", chip, clock, supplies={"x": Ina3221Supply(input=2)})
    readings = driver.read()
    assert readings["x_voltage"] == pytest.approx(volts, abs=0.0041)
    assert readings["x_current"] == pytest.approx(amperes, abs=0.00021)


def test_a_current_beyond_the_range_is_beyond_the_channels(chip, clock, plant):
    plant.amperes[1] = 2.0
    readings = with_chip("ina3221", chip, clock, supplies=SUPPLIES).read()
    channel = next(one for one in Ina3221.channels(Ina3221Settings(supplies=SUPPLIES)) if one.name == "battery_current")
    assert readings["battery_current"] > channel.high


@pytest.mark.parametrize("samples", [1, 16, 128])
def test_a_reading_takes_its_time_and_well_less_than_a_call_may(chip, clock, samples):
    driver = with_chip("ina3221", chip, clock, samples=samples)
    before_s = clock.now_s()
    driver.read()
    assert samples * 6 * 0.0011 < clock.now_s() - before_s < 1.0


def test_the_flag_is_lowered_when_it_was_seen(chip, clock):
    bus = i2c_bus({0x40: chip}, clock)
    bus.write_register(0x40, 0, (0x7123).to_bytes(2))
    clock.sleep(1.0)
    assert [bus.read_register(0x40, 0x0F, 2)[1] & 1 for _ in range(2)] == [1, 0]


def test_a_measurement_that_never_ends_is_an_error(chip, clock):
    driver = with_chip("ina3221", chip, clock)
    chip.stored = lambda *_: None
    with pytest.raises(NoAnswerError, match="does not end"):
        driver.read()


def test_an_ina226_there_is_told(chip, clock):
    chip.faults.wrong_part = True
    with pytest.raises(WrongPartError, match="die 0x2260"):
        with_chip("ina3221", chip, clock).open()


@pytest.mark.parametrize("supplies", [{}, {"a": Ina3221Supply(input=1), "b": Ina3221Supply(input=1)}])
def test_supplies_that_cannot_be_are_refused(supplies):
    with pytest.raises(ValueError, match="only once"):
        Ina3221Settings(supplies=supplies)

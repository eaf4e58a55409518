from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.as3935 import As3935Settings, decode_distance, wanted_registers
from drivers.base import NoAnswerError, WrongPartError
from drivers.simulated.as3935 import STRIKE_EVERY_S, SimulatedAs3935, passing
from tests.drivers.parts import with_chip
from tests.simulation.virtual_clock import VirtualClock


class Sky:
    strikes, code = 0, 0x3F


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def sky():
    return Sky()


@pytest.fixture
def chip(sky):
    return SimulatedAs3935(lambda: (sky.strikes, sky.code))


@pytest.fixture
def driver(chip, clock):
    made = with_chip("as3935", chip, clock)
    made.open()
    return made


@pytest.mark.parametrize(("code", "metres"), [(0x3F, None), (0x28, 40_000.0), (0x05, 5000.0), (0x01, 0.0)])
def test_the_distance_is_in_kilometres_nowhere_or_overhead(code, metres):
    assert decode_distance(code) == metres


@given(st.booleans(), st.integers(0, 7), st.integers(0, 10), st.integers(0, 11), st.integers(0, 15))
def test_every_setting_is_within_its_bits(indoor, noise_level, watchdog, spikes, tuning):
    settings = As3935Settings(indoor=indoor, noise_level=noise_level, watchdog=watchdog, spikes=spikes, tuning=tuning)
    assert all(value & ~bits == 0 for bits, value in wanted_registers(settings).values())


def test_the_settings_are_those_of_the_datasheet(chip, clock):
    with_chip("as3935", chip, clock, indoor=False, noise_level=5, watchdog=3, spikes=4, tuning=9).open()
    assert [chip.registers[register] for register in (0, 1, 2, 8)] == [0x1C, 0x53, 0xC4, 0x09]


def test_without_a_storm_there_is_no_distance(driver):
    assert driver.read() == {"strikes": 0.0, "disturbers": 0.0, "noise": False}


def test_a_strike_is_counted_once_and_has_its_distance(driver, sky):
    sky.strikes, sky.code = 1, 12
    assert driver.read() == {"strikes": 1.0, "distance": 12_000.0, "disturbers": 0.0, "noise": False}
    assert driver.read()["strikes"] == 1.0
    sky.strikes += 1
    assert driver.read()["strikes"] == 2.0


def test_what_was_no_lightning_and_what_is_too_loud_are_told(driver, chip):
    chip.event = 4
    assert driver.read()["disturbers"] == 1.0
    chip.event = 1
    readings = driver.read()
    assert (readings["noise"], readings["strikes"], readings["disturbers"]) == (True, 0.0, 1.0)
    assert driver.read()["noise"] is False


def test_strikes_go_on_being_counted_when_it_is_opened_again(driver, sky):
    sky.strikes, sky.code = 1, 20
    driver.read()
    driver.open()
    sky.strikes = 2
    assert driver.read()["strikes"] == 2.0


def test_a_part_that_is_set_up_is_not_set_up_again(chip, clock):
    with_chip("as3935", chip, clock).open()
    chip.registers[2] |= 0x20
    with_chip("as3935", chip, clock).open()
    assert chip.registers[2] & 0x20


def test_a_part_that_lost_its_supply_is_noticed_even_with_its_own_defaults(driver, chip):
    chip.reset()
    with pytest.raises(NoAnswerError, match="lost its supply"):
        driver.read()
    driver.open()
    assert driver.read()


def test_clocks_that_cannot_be_calibrated_are_told(chip, clock):
    chip.deaf = True
    with pytest.raises(NoAnswerError, match="calibrated"):
        with_chip("as3935", chip, clock).open()


def test_another_part_is_told(chip, clock):
    chip.faults.wrong_part = True
    with pytest.raises(WrongPartError, match="defaults 0xFF 0xFF"):
        with_chip("as3935", chip, clock).open()


def test_the_simulated_storm_comes_and_goes(clock):
    storm = passing(clock)
    assert storm() == (0, 0x3F)
    codes = []
    for strikes in range(1, 33):
        clock.sleep(STRIKE_EVERY_S)
        assert storm()[0] == strikes
        codes.append(storm()[1])
    assert min(codes) == 1
    assert max(codes) == 40

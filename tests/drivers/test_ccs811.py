from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import NoAnswerError, NotYetError, WrongPartError
from drivers.ccs811 import WARM_UP_S, decode_result, encode_climate
from drivers.simulated.ccs811 import SimulatedCcs811
from tests.drivers.parts import with_chip
from tests.drivers.wiring import i2c_bus
from tests.simulation.virtual_clock import VirtualClock


class Air:
    eco2, tvoc = 612e-6, 87e-9


VALUES = {"eco2": pytest.approx(612e-6), "tvoc": pytest.approx(87e-9)}


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def air():
    return Air()


@pytest.fixture
def chip(clock, air):
    return SimulatedCcs811(clock, lambda: air.eco2, lambda: air.tvoc)


@pytest.fixture
def driver(chip, clock):
    made = with_chip("ccs811", chip, clock)
    made.open()
    return made


def test_the_climate_of_the_datasheet_is_its_word():
    assert encode_climate(25.0, 50.0) == bytes.fromhex("6400 6400")
    assert encode_climate(23.5, 48.5) == bytes.fromhex("6100 6100")


@given(st.floats(-25, 85), st.floats(0, 100))
def test_every_climate_has_words(cel, relative):
    assert len(encode_climate(cel, relative)) == 4


def test_a_result_is_parts_per_million_and_per_billion():
    assert decode_result(bytes.fromhex("0264 0057")) == VALUES


def test_while_it_warms_up_it_says_so_and_then_reads(driver, clock):
    with pytest.raises(NotYetError, match="ccs811 at 0x5A: warming up, 1200 s to go"):
        driver.read()
    for _ in range(round(WARM_UP_S)):
        clock.sleep(0.99)
        with pytest.raises(NotYetError):
            driver.read()
    clock.sleep(13.0)
    assert driver.read() == VALUES


def test_a_part_that_a_gateway_before_has_started_is_warm(chip, clock):
    with_chip("ccs811", chip, clock).open()
    clock.sleep(2.0)
    again = with_chip("ccs811", chip, clock)
    again.open()
    assert again.read() == VALUES
    assert chip.climate == bytes.fromhex("6400 6400")


def test_opened_again_it_does_not_warm_up_anew(driver, clock):
    clock.sleep(600.0)
    driver.open()
    clock.sleep(601.0)
    assert driver.read() == VALUES


def test_between_two_measurements_the_last_one_is_given(driver, clock, air):
    clock.sleep(WARM_UP_S + 1)
    driver.read()
    air.eco2 = 1500e-6
    assert driver.read() == VALUES
    clock.sleep(1.0)
    assert driver.read()["eco2"] == pytest.approx(1500e-6)


def test_a_part_that_measures_no_more_is_an_error(driver, chip, clock):
    clock.sleep(WARM_UP_S + 1)
    driver.read()
    chip._next_s = float("inf")
    clock.sleep(11.0)
    with pytest.raises(NoAnswerError, match="no new measurement for 10 s"):
        driver.read()


def test_a_part_that_lost_its_supply_is_noticed_and_warms_up_anew(driver, chip, clock):
    clock.sleep(WARM_UP_S + 1)
    chip.reset()
    with pytest.raises(NoAnswerError, match="lost its supply"):
        driver.read()
    driver.open()
    clock.sleep(1.1)
    with pytest.raises(NotYetError, match="warming up"):
        driver.read()


def test_less_co2_than_in_any_air_is_not_believed(driver, air, clock):
    air.eco2 = 0.0
    clock.sleep(WARM_UP_S + 1)
    with pytest.raises(NotYetError, match="not ready"):
        driver.read()


def test_its_own_error_is_told(driver, chip):
    chip.error = 0x10
    with pytest.raises(NoAnswerError, match="error 0x10"):
        driver.read()


def test_a_part_without_a_program_is_told(chip, clock):
    chip.programmed = False
    with pytest.raises(NoAnswerError, match="no program"):
        with_chip("ccs811", chip, clock).open()


def test_another_part_is_told(chip, clock):
    chip.faults.wrong_part = True
    with pytest.raises(WrongPartError, match="0x71"):
        with_chip("ccs811", chip, clock).open()


def test_it_can_be_reset_with_the_right_word_only(chip, clock):
    with_chip("ccs811", chip, clock).open()
    bus = i2c_bus({0x5A: chip}, clock)
    bus.write(0x5A, bytes.fromhex("FF 11E5728B"))
    assert chip.running
    bus.write(0x5A, bytes.fromhex("FF 11E5728A"))
    assert not chip.running

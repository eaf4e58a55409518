from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import NoAnswerError, NotYetError, WrongPartError
from drivers.ens160 import decode_data, encode_climate
from drivers.simulated.ens160 import SimulatedEns160
from tests.drivers.parts import with_chip
from tests.simulation.virtual_clock import VirtualClock


class Air:
    tvoc, eco2 = 87e-9, 612e-6


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def air():
    return Air()


@pytest.fixture
def chip(clock, air):
    return SimulatedEns160(clock, lambda: air.tvoc, lambda: air.eco2)


@pytest.fixture
def driver(chip, clock):
    made = with_chip("ens160", chip, clock)
    made.open()
    return made


def test_the_climate_is_said_in_kelvin_and_percent():
    assert encode_climate(25.0, 50.0) == bytes.fromhex("8A4A 0064")


@given(st.floats(-40, 85), st.floats(0, 100))
def test_every_climate_has_words(cel, relative):
    assert len(encode_climate(cel, relative)) == 4


def test_data_are_parts_per_billion_and_per_million_low_byte_first():
    assert decode_data(bytes.fromhex("82 FA 5700 6402")) == {
        "aqi": 2.0,
        "tvoc": pytest.approx(87e-9),
        "eco2": pytest.approx(612e-6),
    }


def test_while_it_warms_up_it_says_so_and_then_reads(driver, clock):
    for _ in range(3):
        with pytest.raises(NotYetError, match="ens160 at 0x53: warming up"):
            driver.read()
        clock.sleep(59.0)
    clock.sleep(4.0)
    assert driver.read() == {"aqi": 2.0, "tvoc": pytest.approx(87e-9), "eco2": pytest.approx(612e-6)}


def test_a_new_part_runs_in_for_an_hour(clock, air):
    driver = with_chip("ens160", SimulatedEns160(clock, lambda: air.tvoc, lambda: air.eco2, new=True), clock)
    driver.open()
    clock.sleep(200.0)
    with pytest.raises(NotYetError, match="for an hour"):
        driver.read()
    clock.sleep(3500.0)
    assert driver.read()


def test_opened_again_a_part_that_measures_goes_on_and_does_not_warm_up_anew(driver, chip, clock):
    clock.sleep(200.0)
    driver.open()
    assert driver.read()
    assert chip.starts == 1


def test_a_part_that_lost_its_supply_is_noticed_and_warms_up_anew(driver, chip, clock):
    clock.sleep(200.0)
    chip.registers[0x10] = 0
    with pytest.raises(NoAnswerError, match="lost its supply"):
        driver.read()
    driver.open()
    with pytest.raises(NotYetError):
        driver.read()


@pytest.mark.parametrize("status", [0xC2, 0x8C])
def test_what_failed_or_is_invalid_is_no_value(driver, chip, clock, status):
    clock.sleep(200.0)
    refresh = chip.refresh

    def broken():
        refresh()
        chip.registers[0x20] = status

    chip.refresh = broken
    with pytest.raises(NoAnswerError, match=f"status 0x{status:02X}"):
        driver.read()


@pytest.mark.parametrize(("tvoc", "aqi"), [(0.0, 1), (66e-9, 2), (661e-9, 4), (5e-6, 5)])
def test_the_index_is_of_the_compounds(driver, clock, air, tvoc, aqi):
    air.tvoc = tvoc
    clock.sleep(200.0)
    assert driver.read()["aqi"] == aqi


def test_it_is_told_the_climate_of_its_settings(chip, clock):
    with_chip("ens160", chip, clock, temperature=0.0, humidity=100.0).open()
    assert chip.registers[0x13:0x17] == round(273.15 * 64).to_bytes(2, "little") + (51_200).to_bytes(2, "little")


def test_another_part_is_told(chip, clock):
    chip.faults.wrong_part = True
    with pytest.raises(WrongPartError, match="0x0161"):
        with_chip("ens160", chip, clock).open()

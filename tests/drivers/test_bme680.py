from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import NoAnswerError, WrongPartError
from drivers.bme680 import Bme680, Bme680Settings
from drivers.bme680_formulas import Variant, decode_calibration, gas_resistance, heater_code, temperature, wait_code
from drivers.simulated.bme680 import CLEAN_OHM, TYPICAL, VOC_HALF, AirSources, SimulatedBme680, encode_calibration
from tests.drivers.parts import with_chip
from tests.drivers.wiring import i2c_bus
from tests.simulation.virtual_clock import VirtualClock


class Air:
    temperature, pressure, humidity, voc = 21.4, 98_765.0, 43.0, 0.0

    def sources(self):
        return AirSources(lambda: self.temperature, lambda: self.pressure, lambda: self.humidity, lambda: self.voc)


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def air():
    return Air()


@pytest.fixture
def chip(clock, air):
    return SimulatedBme680(clock, air.sources())


def test_the_constants_come_from_where_the_datasheet_has_them():
    first, second, third = bytearray(23), bytearray(14), bytearray(5)
    first[0:2], first[2], first[0x8E - 0x8A], first[0x98 - 0x8A], first[0x99 - 0x8A] = b"\x01\x80", 0xFF, 7, 0xFD, 0xFE
    second[0:3] = b"\x3f\x21\x32"
    second[0xE9 - 0xE1], second[0xED - 0xE1] = 9, 0x80
    third[0], third[2], third[4] = 0xF6, 0x30, 0xE0
    found = decode_calibration(bytes(first), bytes(second), bytes(third))
    assert found.t == (9, -32767, -1)
    assert (found.p[0], found.p[5], found.p[6]) == (7, -2, -3)
    assert (found.h[0], found.h[1]) == (0x321, 0x3F2)
    assert found.g[0] == -128
    assert (found.heater_value, found.heater_range, found.range_error) == (-10, 3, -2)


def test_typical_constants_survive_their_bytes():
    assert decode_calibration(*encode_calibration(TYPICAL)) == TYPICAL


@pytest.mark.parametrize(
    ("milliseconds", "code"), [(1, 1), (63, 63), (64, 0x50), (100, 0x59), (150, 0x65), (1008, 0xBF), (4032, 0xFF)]
)
def test_how_long_it_is_heated_is_the_datasheets_code(milliseconds, code):
    assert wait_code(milliseconds / 1000) == code


@given(st.floats(200, 400), st.floats(200, 400), st.floats(-40, 85))
def test_a_hotter_plate_is_a_larger_code_and_cold_air_asks_for_more(one, other, around):
    low, high = sorted((one, other))
    assert 0 <= heater_code(low, around, TYPICAL) <= heater_code(high, around, TYPICAL) <= 255
    assert heater_code(low, around, TYPICAL) >= heater_code(low, around - 20, TYPICAL)


@pytest.mark.parametrize(
    ("variant", "gas_range", "raw", "ohm"),
    [
        (Variant.BME680, 0, 512, 8e6),
        (Variant.BME680, 7, 512, 63_004.0),
        (Variant.BME680, 15, 512, 244.1),
        (Variant.BME688, 0, 512, 64e6),
        (Variant.BME688, 5, 0, 3_200_000.0),
        (Variant.BME688, 15, 512, 1953.1),
    ],
)
def test_the_resistance_is_that_of_its_range(variant, gas_range, raw, ohm):
    assert gas_resistance(raw, gas_range, variant, TYPICAL) == pytest.approx(ohm, rel=1e-3)


@given(st.integers(0, 15), st.integers(0, 1022))
def test_a_larger_count_is_a_smaller_resistance(gas_range, raw):
    for variant in Variant:
        after = gas_resistance(raw + 1, gas_range, variant, TYPICAL)
        assert 0 < after < gas_resistance(raw, gas_range, variant, TYPICAL)


def test_temperature_rises_with_its_count():
    assert temperature(500_000, TYPICAL) == pytest.approx(26.44, abs=0.01)


@pytest.mark.parametrize("variant", list(Variant))
@pytest.mark.parametrize(("voc", "share"), [(0.0, 1.0), (VOC_HALF, 0.5), (9 * VOC_HALF, 0.1)])
def test_air_and_gas_are_read_from_both_variants(clock, air, variant, voc, share):
    air.voc = voc
    driver = with_chip("bme680", SimulatedBme680(clock, air.sources(), variant), clock)
    driver.open()
    readings = driver.read()
    assert readings["temperature"] == pytest.approx(21.4, abs=0.01)
    assert readings["pressure"] == pytest.approx(98_765.0, abs=1.0)
    assert readings["humidity"] == pytest.approx(43.0, abs=0.05)
    assert readings["gas"] == pytest.approx(share * CLEAN_OHM, rel=0.01)


@pytest.mark.parametrize("around", [-20.0, 21.4, 60.0])
def test_the_plate_is_as_hot_as_is_wanted_in_cold_and_in_warm_air(chip, clock, air, around):
    air.temperature = around
    driver = with_chip("bme680", chip, clock, heater_temperature=300.0, heater_s=0.1)
    driver.open()
    driver.read()
    driver.read()
    assert chip.heater_cel == pytest.approx(300.0, abs=4.0)
    assert chip.heater_s == pytest.approx(0.1, abs=0.004)


def test_of_a_plate_that_was_not_hot_no_resistance_is_told(chip, clock):
    driver = with_chip("bme680", chip, clock, heater_s=0.005)
    driver.open()
    assert set(driver.read()) == {"temperature", "pressure", "humidity"}


def test_without_gas_the_part_stays_cool_and_is_quick(chip, clock):
    driver = with_chip("bme680", chip, clock, gas=False)
    driver.open()
    before_s = clock.now_s()
    assert set(driver.read()) == {"temperature", "pressure", "humidity"}
    assert clock.now_s() - before_s < 0.05
    assert chip.registers[0x70] == 0x08
    assert [one.name for one in Bme680.channels(Bme680Settings(gas=False))] == ["temperature", "pressure", "humidity"]


def test_a_measurement_that_never_ends_is_an_error(chip, clock):
    driver = with_chip("bme680", chip, clock)
    driver.open()
    chip._measure = lambda *_codes: None
    with pytest.raises(NoAnswerError, match="does not end"):
        driver.read()


def test_what_was_not_measured_is_no_value(chip, clock):
    driver = with_chip("bme680", chip, clock)
    driver.open()
    chip._measure = lambda *_codes: chip.registers.__setitem__(0x1D, 0x80)
    with pytest.raises(NoAnswerError, match="nothing was measured"):
        driver.read()


def test_a_part_without_calibration_is_refused(chip, clock):
    chip.registers[0x8A:0xA1] = bytes(23)
    with pytest.raises(NoAnswerError, match="no calibration"):
        with_chip("bme680", chip, clock).open()


def test_a_blank_slope_is_an_error_and_no_division(chip, clock):
    driver = with_chip("bme680", chip, clock)
    chip.registers[0x8E:0x90] = bytes(2)
    driver.open()
    with pytest.raises(NoAnswerError, match="calibration is blank"):
        driver.read()


def test_a_bme280_there_is_named(chip, clock):
    chip.faults.wrong_part = True
    with pytest.raises(WrongPartError, match="found BME280, configured bme680"):
        with_chip("bme680", chip, clock).open()


def test_before_it_was_opened_it_reads_nothing(chip, clock):
    with pytest.raises(NoAnswerError, match="not opened"):
        with_chip("bme680", chip, clock).read()


def test_constants_cannot_be_overwritten(chip, clock):
    bus = i2c_bus({0x76: chip}, clock)
    bus.write_register(0x76, 0x8E, b"\x00\x00")
    assert bus.read_register(0x76, 0x8E, 2) != b"\x00\x00"

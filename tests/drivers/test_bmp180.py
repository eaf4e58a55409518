from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import NoAnswerError, WrongPartError
from drivers.bmp180 import Calibration, decode_calibration, fine_temperature, pressure, quotient, temperature
from drivers.simulated.bmp180 import TYPICAL, SimulatedBmp180
from tests.drivers.parts import with_chip
from tests.drivers.wiring import i2c_bus
from tests.simulation.virtual_clock import VirtualClock

s16, u16 = st.integers(-32768, 32767), st.integers(0, 65535)
constants = st.builds(Calibration, s16, s16, s16, u16, u16, u16, s16, s16, s16, s16, s16)


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def chip(clock):
    return SimulatedBmp180(clock, lambda: -6.2, lambda: 94_321.0)


def test_the_example_of_the_datasheet_comes_out_to_the_last_digit():
    fine = fine_temperature(27_898, TYPICAL)
    assert temperature(fine) == 15.0
    assert pressure(23_843, fine, 0, TYPICAL) == 69_964


def test_the_constants_have_their_signs(chip):
    data = bytes(chip.registers[0xAA:0xC0])
    assert decode_calibration(data) == TYPICAL
    assert data[:4] == bytes.fromhex("0198FFB8")


@pytest.mark.parametrize("word", [b"\x00\x00", b"\xff\xff"])
@pytest.mark.parametrize("place", range(11))
def test_a_blank_constant_is_no_calibration(chip, word, place):
    data = bytearray(chip.registers[0xAA:0xC0])
    data[2 * place : 2 * place + 2] = word
    with pytest.raises(NoAnswerError, match="no calibration"):
        decode_calibration(bytes(data))


@pytest.mark.parametrize(
    ("dividend", "divisor", "result"), [(7, 2, 3), (-7, 2, -3), (7, -2, -3), (-7, -2, 3), (0, 5, 0)]
)
def test_division_goes_towards_zero(dividend, divisor, result):
    assert quotient(dividend, divisor) == result


@given(constants, u16, st.integers(0, 3), st.data())
def test_any_constants_and_codes_give_a_number_or_are_told_not_to_go_together(these, raw_t, code, data):
    raw_p = data.draw(st.integers(0, (1 << 16 + code) - 1))
    try:
        fine = fine_temperature(raw_t, these)
        assert isinstance(pressure(raw_p, fine, code, these), int)
    except NoAnswerError:
        return


@given(st.integers(23_000, 33_000), st.integers(15_000, 45_000))
def test_temperature_and_pressure_rise_with_their_codes(raw_t, raw_p):
    assert fine_temperature(raw_t, TYPICAL) <= fine_temperature(raw_t + 1, TYPICAL)
    fine = fine_temperature(raw_t, TYPICAL)
    assert pressure(raw_p, fine, 0, TYPICAL) < pressure(raw_p + 10, fine, 0, TYPICAL)


@pytest.mark.parametrize(("oversampling", "milliseconds"), [(1, 9), (2, 12), (4, 18), (8, 30)])
def test_a_reading_takes_the_time_of_its_samples(chip, clock, oversampling, milliseconds):
    driver = with_chip("bmp180", chip, clock, oversampling=oversampling)
    driver.open()
    before_s = clock.now_s()
    assert driver.read() == {"temperature": pytest.approx(-6.2, abs=0.1), "pressure": pytest.approx(94_321, abs=20)}
    assert (clock.now_s() - before_s) * 1000 == pytest.approx(milliseconds)


def test_a_conversion_that_never_ends_is_given_up(chip, clock):
    driver = with_chip("bmp180", chip, clock)
    driver.open()
    chip._clock = VirtualClock()
    with pytest.raises(NoAnswerError, match="0x77: a conversion does not end"):
        driver.read()


def test_a_bmp280_at_the_address_is_told(chip, clock):
    chip.faults.wrong_part = True
    with pytest.raises(WrongPartError, match="identity 0x58"):
        with_chip("bmp180", chip, clock).open()


def test_a_part_without_calibration_is_not_opened(chip, clock):
    chip.registers[0xAA:0xC0] = bytes(22)
    with pytest.raises(NoAnswerError, match="0x77: no calibration"):
        with_chip("bmp180", chip, clock).open()


def test_nothing_but_the_control_register_can_be_written(chip, clock):
    bus = i2c_bus({0x77: chip}, clock)
    bus.write_register(0x77, 0xAA, b"\x00\x00")
    assert bus.read_register(0x77, 0xAA, 2) == b"\x01\x98"

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import NoAnswerError, WrongPartError
from drivers.bme280 import (
    Bme280,
    Bme280Settings,
    Bmp280,
    Calibration,
    decode_calibration,
    decode_data,
    fine_temperature,
    humidity,
    pressure,
)
from drivers.simulated.bme280 import TYPICAL, SimulatedBme280, encode_calibration
from tests.drivers.parts import Part, with_chip
from tests.drivers.wiring import i2c_bus
from tests.simulation.virtual_clock import VirtualClock

s16, u16 = st.integers(-32768, 32767), st.integers(0, 65535)
calibrations = st.builds(
    Calibration,
    st.tuples(u16, s16, s16),
    st.tuples(u16, *[s16] * 8),
    st.tuples(
        st.integers(0, 255),
        s16,
        st.integers(0, 255),
        st.integers(-2048, 2047),
        st.integers(-2048, 2047),
        st.integers(-128, 127),
    ),
)


class Air:
    def __init__(self) -> None:
        self.temperature, self.pressure, self.humidity = -7.5, 98_765.0, 43.2


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def chip(clock):
    air = Air()
    return SimulatedBme280(clock, lambda: air.temperature, lambda: air.pressure, lambda: air.humidity)


def test_the_example_of_the_datasheet_comes_out():
    fine = fine_temperature(519_888, TYPICAL)
    assert fine == pytest.approx(128_422, abs=1)
    assert fine / 5120 == pytest.approx(25.08, abs=0.005)
    assert pressure(415_148, fine, TYPICAL) == pytest.approx(100_653.27, abs=0.5)


@given(calibrations)
def test_constants_come_back_as_they_were_stored_with_their_signs(constants):
    assert decode_calibration(*encode_calibration(constants)) == constants


def test_the_third_constant_of_humidity_has_no_sign_and_those_beside_it_have():
    first, behind = bytes(25) + b"\x4b", bytes.fromhex("6a01 C8 FF 21 80 9E")
    assert decode_calibration(first, behind).h == (75, 362, 200, -15, -2046, -98)


@given(calibrations, st.binary(min_size=8, max_size=8))
def test_whatever_the_registers_hold_is_a_value_or_said_to_be_none(constants, data):
    try:
        values = decode_data(data, constants)
    except NoAnswerError:
        return
    assert 0.0 <= values["humidity"] <= 100.0


@pytest.mark.parametrize("data", ["800000 7EED00 8000", "655AC0 800000 6E00", "655AC0 7EED00 8000"])
def test_what_was_skipped_is_not_a_value(data):
    with pytest.raises(NoAnswerError, match="nothing was measured"):
        decode_data(bytes.fromhex(data), TYPICAL)


def test_a_blank_calibration_is_not_divided_by():
    with pytest.raises(NoAnswerError, match="blank"):
        pressure(415_148, 128_422.0, Calibration(TYPICAL.t, (0,) * 9))


@given(st.integers(0, 0xFFFE))
def test_humidity_rises_with_its_code(raw):
    fine = fine_temperature(519_888, TYPICAL)
    assert humidity(raw, fine, TYPICAL) <= humidity(raw + 1, fine, TYPICAL)


@pytest.mark.parametrize("oversampling", [1, 2, 4, 8, 16])
def test_a_measurement_takes_the_time_of_its_samples(chip, clock, oversampling):
    driver = Bme280(i2c_bus({0x76: chip}, clock), Bme280Settings(oversampling=oversampling))
    driver.open()
    before_s = clock.now_s()
    assert driver.read() == {
        "temperature": pytest.approx(-7.5, abs=0.01),
        "pressure": pytest.approx(98_765, abs=1),
        "humidity": pytest.approx(43.2, abs=0.02),
    }
    assert 6.9 * oversampling <= (clock.now_s() - before_s) * 1000 < 6.9 * oversampling + 5


def test_a_measurement_that_never_ends_is_given_up(chip, clock):
    driver = with_chip("bme280", chip, clock)
    driver.open()
    chip._clock = VirtualClock()
    with pytest.raises(NoAnswerError, match="busy for too long"):
        driver.read()


def test_a_bmp280_configured_as_bme280_is_told_with_what_it_lacks(clock):
    chip = SimulatedBme280(clock, lambda: 20.0, lambda: 1e5, None)
    with pytest.raises(WrongPartError, match="0x76: found BMP280, configured bme280: no humidity"):
        with_chip("bme280", chip, clock).open()


def test_a_bme280_may_be_configured_as_bmp280(chip, clock):
    driver = with_chip("bmp280", chip, clock)
    driver.open()
    assert list(driver.read()) == ["temperature", "pressure"]


@pytest.mark.parametrize(("identity", "word"), [(0x61, "BME680"), (0x55, "BMP180"), (0xFF, "identity 0xFF")])
@pytest.mark.parametrize("name", ["bme280", "bmp280"])
def test_other_parts_of_the_family_are_named(chip, clock, name, identity, word):
    chip.refresh = lambda: chip.registers.__setitem__(0xD0, identity)
    with pytest.raises(WrongPartError, match=f"found .*{word}.*, configured {name}$"):
        with_chip(name, chip, clock).open()


@pytest.mark.parametrize("byte", [0x00, 0xFF])
def test_a_part_without_calibration_is_not_opened(chip, clock, byte):
    chip.registers[0x88:0xA2] = bytes([byte]) * 26
    with pytest.raises(NoAnswerError, match="no calibration"):
        with_chip("bme280", chip, clock).open()


def test_a_part_that_is_just_reset_is_waited_for(chip, clock):
    chip.write(b"\xe0\xb6")
    driver = with_chip("bme280", chip, clock)
    driver.open()
    assert driver.read()["temperature"] == -7.5


def test_humidity_is_skipped_until_the_control_register_is_written_after_it(chip, clock):
    bus = i2c_bus({0x76: chip}, clock)
    bus.write_register(0x76, 0xF4, b"\x25")
    bus.write_register(0x76, 0xF2, b"\x01")
    clock.sleep(0.1)
    assert bus.read_register(0x76, 0xFD, 2) == b"\x80\x00"
    assert bus.read_register(0x76, 0xF4, 1) == b"\x24"


def test_an_output_register_cannot_be_written(chip, clock):
    bus = i2c_bus({0x76: chip}, clock)
    bus.write_register(0x76, 0xD0, b"\x11")
    assert bus.read_register(0x76, 0xD0, 1) == b"\x60"


def test_the_bmp280_has_no_humidity():
    assert [channel.name for channel in Bmp280.channels(Bme280Settings())] == ["temperature", "pressure"]
    assert set(Part("bmp280").read()) == {"temperature", "pressure"}

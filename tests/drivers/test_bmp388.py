from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import NoAnswerError, WrongPartError
from drivers.bmp388 import (
    CALIBRATION_FORMAT,
    Calibration,
    decode_calibration,
    decode_data,
    measurement_s,
    pressure,
    temperature,
)
from drivers.simulated.bmp388 import TYPICAL, SimulatedBmp388
from tests.drivers.parts import Part, with_chip
from tests.drivers.wiring import i2c_bus
from tests.simulation.virtual_clock import VirtualClock


class Air:
    temperature, pressure = 21.4, 98_765.0


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def air():
    return Air()


@pytest.fixture
def chip(clock, air):
    return SimulatedBmp388(clock, lambda: air.temperature, lambda: air.pressure)


def test_the_constants_are_unpacked_in_their_order_and_scaled_as_the_datasheet_says():
    words = (256, 1, -1, 16385, 16383, 1, -1, 1, 64, 256 - 384, 1, -1, 1, -1)
    found = decode_calibration(struct.pack(CALIBRATION_FORMAT, *words))
    assert found.t == (65536.0, 2.0**-30, -(2.0**-48))
    assert found.p == (
        *(2.0**-20, -(2.0**-29), 2.0**-32, -(2.0**-37), 8.0, 1.0, -0.5),
        *(2.0**-15, -(2.0**-48), 2.0**-48, -(2.0**-65)),
    )


def test_the_formulas_are_those_of_the_datasheet_term_by_term():
    assert temperature(1_000_100, Calibration((1e6, 0.2, 0.001), ())) == pytest.approx(20.0 + 10.0)
    for place, factor in enumerate((1, 2, 4, 8)):
        only = tuple(1.0 if number == place else 0.0 for number in range(11))
        assert pressure(3, 2.0, Calibration((), only)) == 3 * factor
        only = tuple(1.0 if number == place + 4 else 0.0 for number in range(11))
        assert pressure(3, 2.0, Calibration((), only)) == factor
    for place, value in ((8, 9.0), (9, 18.0), (10, 27.0)):
        only = tuple(1.0 if number == place else 0.0 for number in range(11))
        assert pressure(3, 2.0, Calibration((), only)) == value


@pytest.mark.parametrize("name", ["bmp388", "bmp390"])
@pytest.mark.parametrize("oversampling", [1, 2, 4, 8, 16, 32])
def test_every_oversampling_gives_the_truth_in_its_time(name, oversampling):
    part = Part(name)
    part.driver._oversampling = oversampling
    before_s = part.clock.now_s()
    readings = part.read()
    assert readings["pressure"] == pytest.approx(part.truth("pressure"), abs=6.0)
    assert measurement_s(oversampling) <= part.clock.now_s() - before_s < 0.08


@given(st.floats(-40, 85), st.floats(30_000, 125_000))
def test_over_the_whole_range_the_air_is_read_as_it_is(cel, pascal):
    clock = VirtualClock()
    driver = with_chip("bmp388", SimulatedBmp388(clock, lambda: cel, lambda: pascal), clock)
    driver.open()
    readings = driver.read()
    assert readings["temperature"] == pytest.approx(cel, abs=0.006)
    assert readings["pressure"] == pytest.approx(pascal, abs=1.0)


@pytest.mark.parametrize("data", ["000080 563412", "563412 000080"])
def test_what_was_not_measured_is_no_value(data):
    with pytest.raises(NoAnswerError, match="nothing was measured"):
        decode_data(bytes.fromhex(data), decode_calibration(struct.pack(CALIBRATION_FORMAT, *TYPICAL)))


def test_a_part_whose_measurement_never_ends_says_so(chip, clock):
    driver = with_chip("bmp388", chip, clock)
    driver.open()
    chip._measure = lambda _control: None
    with pytest.raises(NoAnswerError, match="does not end"):
        driver.read()


def test_a_part_without_calibration_is_refused(chip, clock):
    chip.registers[0x31:0x46] = bytes(21)
    with pytest.raises(NoAnswerError, match="no calibration"):
        with_chip("bmp388", chip, clock).open()


@pytest.mark.parametrize(
    ("name", "identity", "found"),
    [("bmp390", 0x50, "BMP388"), ("bmp388", 0x60, "BMP390"), ("bmp388", 0x58, "BMP280"), ("bmp388", 0xEE, "0xEE")],
)
def test_the_part_that_sits_there_instead_is_named(clock, air, name, identity, found):
    chip = SimulatedBmp388(clock, lambda: air.temperature, lambda: air.pressure, identity)
    with pytest.raises(WrongPartError, match=f"found .*{found}, configured {name}"):
        with_chip(name, chip, clock).open()


def test_data_are_new_until_they_are_read(chip, clock):
    bus = i2c_bus({0x77: chip}, clock)
    bus.write_register(0x77, 0x1B, b"\x13")
    assert bus.read_register(0x77, 3, 1) == b"\x10"
    clock.sleep(0.1)
    assert bus.read_register(0x77, 3, 1) == b"\x70"
    bus.read_register(0x77, 4, 6)
    assert bus.read_register(0x77, 3, 1) == b"\x10"
    bus.write_register(0x77, 0x7E, b"\xb6")
    assert bus.read_register(0x77, 4, 6) == bytes.fromhex("000080000080")

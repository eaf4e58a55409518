from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import adxl345, mpu6050
from drivers.adxl345 import Adxl345Settings
from drivers.base import NoAnswerError, WrongPartError
from drivers.mpu6050 import Mpu6050, Mpu6050Settings
from drivers.simulated.motion import SimulatedAdxl345, SimulatedMpu6050
from tests.drivers.parts import with_chip
from tests.drivers.wiring import Memory, i2c_bus
from tests.simulation.virtual_clock import VirtualClock

BOTH = pytest.mark.parametrize("name", ["adxl345", "mpu6050"])
SOURCES = {"x": lambda: -9.81, "y": lambda: 0.0, "z": lambda: 4.9, "temperature": lambda: -12.0}
G = 9.80665


@pytest.fixture
def clock():
    return VirtualClock()


def chip_of(name, clock, identity=0x68):
    return SimulatedAdxl345(clock, SOURCES) if name == "adxl345" else SimulatedMpu6050(SOURCES, identity)


@pytest.mark.parametrize(
    ("data", "axes"),
    [
        ("0001 00FF 0000", (G, -G, 0.0)),
        ("FFFF 0100 FF0F", (-G / 256, G / 256, 4095 / 256 * G)),
        ("00F0 0000 0000", (-16 * G, 0.0, 0.0)),
    ],
)
def test_full_resolution_is_256_counts_for_one_g(data, axes):
    found = adxl345.decode_axes(bytes.fromhex(data))
    assert tuple(found.values()) == tuple(pytest.approx(axis, abs=0.0006) for axis in axes)


@pytest.mark.parametrize(("code", "z"), [(0, G), (1, 2 * G), (2, 4 * G), (3, 8 * G)])
def test_a_count_is_worth_more_in_a_wider_range(code, z):
    values = mpu6050.decode(bytes.fromhex("0000 FFFF 4000 0000"), code, (340.0, 36.53))
    assert values["z"] == pytest.approx(z, abs=1e-4)
    assert values["y"] < 0
    assert values["temperature"] == 36.53


@given(st.binary(min_size=8, max_size=8), st.integers(0, 3))
def test_axes_of_any_bytes_are_within_the_codes(data, code):
    values = mpu6050.decode(data, code, (340.0, 36.53))
    assert all(abs(values[axis]) <= (2 << code) * G + 0.001 for axis in "xyz")
    assert all(abs(value) <= 128 * G + 0.001 for value in adxl345.decode_axes(data[:6]).values())


@BOTH
def test_all_axes_are_read_with_their_signs(name, clock):
    driver = with_chip(name, chip_of(name, clock), clock)
    driver.open()
    values = driver.read()
    assert [values[axis] for axis in "xyz"] == [pytest.approx(one, abs=0.02) for one in (-9.81, 0.0, 4.9)]


@pytest.mark.parametrize("identity", [0x68, 0x70, 0x71])
def test_each_relative_has_a_formula_of_its_own_for_the_temperature(clock, identity):
    driver = with_chip("mpu6050", chip_of("mpu6050", clock, identity), clock)
    driver.open()
    assert driver.read()["temperature"] == pytest.approx(-12.0, abs=0.01)


@pytest.mark.parametrize(("name", "register"), [("adxl345", 0x2D), ("mpu6050", 0x6B)])
def test_a_part_that_lost_its_power_is_not_read(name, register, clock):
    chip = chip_of(name, clock)
    driver = with_chip(name, chip, clock)
    driver.open()
    chip.registers[register] = 0x40 if name == "mpu6050" else 0
    with pytest.raises(NoAnswerError, match="lost its power"):
        driver.read()
    driver.open()
    assert driver.read()["z"] == pytest.approx(4.9, abs=0.02)


def test_before_there_is_anything_new_a_reading_waits_and_then_gives_up(clock):
    chip = chip_of("adxl345", clock)
    driver = with_chip("adxl345", chip, clock)
    driver.open()
    chip._ready_s = clock.now_s() + 0.012
    assert driver.read()
    chip._ready_s = float("inf")
    with pytest.raises(NoAnswerError, match="nothing new"):
        driver.read()


def test_a_knock_beyond_the_range_is_out_of_the_channels_range(clock):
    chip = SimulatedMpu6050(SOURCES | {"x": lambda: 500.0})
    driver = with_chip("mpu6050", chip, clock)
    driver.open()
    assert driver.read()["x"] > Mpu6050.channels(Mpu6050Settings())[0].high


@BOTH
def test_another_part_is_told(name):
    with pytest.raises(WrongPartError, match="another part answers"):
        with_chip(name, Memory()).open()


def test_the_identity_and_the_data_cannot_be_written(clock):
    for name, address, register in (("adxl345", 0x53, 0x00), ("mpu6050", 0x68, 0x75)):
        bus = i2c_bus({address: chip_of(name, clock)}, clock)
        before = bus.read_register(address, register, 1)
        bus.write_register(address, register, b"\x11")
        assert bus.read_register(address, register, 1) == before


def test_a_reset_puts_an_mpu6050_to_sleep(clock):
    chip = chip_of("mpu6050", clock)
    bus = i2c_bus({0x68: chip}, clock)
    bus.write_register(0x68, 0x1C, b"\x18")
    bus.write_register(0x68, 0x6B, b"\x80")
    assert bus.read_register(0x68, 0x6B, 1) == b"\x40"
    assert bus.read_register(0x68, 0x1C, 1) == b"\x00"


def test_an_address_that_the_part_cannot_have_is_refused():
    with pytest.raises(ValueError, match="0x1D and 0x53"):
        Adxl345Settings(address=0x20)

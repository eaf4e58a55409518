from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import ChecksumError, NoAnswerError, WrongPartError
from drivers.checksums import crc8
from drivers.htu21d import decode_word, to_humidity, to_temperature
from drivers.simulated.htu21d import SimulatedHtu21d
from tests.drivers.parts import with_chip
from tests.drivers.wiring import i2c_bus
from tests.simulation.virtual_clock import VirtualClock


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def chip(clock):
    return SimulatedHtu21d(clock, lambda: -8.25, lambda: 33.0)


@pytest.fixture
def driver(chip, clock):
    driver = with_chip("htu21d", chip, clock)
    driver.open()
    return driver


def test_the_examples_of_the_datasheet_come_out():
    assert to_temperature(decode_word(bytes.fromhex("683A7C"))) == 24.69
    assert to_humidity(decode_word(bytes.fromhex("4E856B"))) == 32.34


@given(st.binary(max_size=5))
def test_bytes_of_any_kind_are_a_word_or_a_checksum_error(data):
    try:
        word = decode_word(data)
    except ChecksumError:
        return
    assert word & 3 == 0
    assert crc8(data[:2], start=0) == data[2]


def test_a_bus_that_is_pulled_up_is_no_measurement():
    with pytest.raises(ChecksumError, match="ffffff"):
        decode_word(b"\xff\xff\xff")


@given(st.integers(0, 0xFFFF))
def test_humidity_stays_possible(raw):
    assert 0 <= to_humidity(raw) <= 100


def test_both_are_measured_one_after_the_other(driver, clock):
    before_s = clock.now_s()
    assert driver.read() == {"temperature": -8.25, "humidity": pytest.approx(33.0, abs=0.01)}
    assert 0.058 < clock.now_s() - before_s < 0.08


def test_a_slow_part_is_waited_for_and_a_silent_one_given_up(driver, chip, clock):
    class Slow(VirtualClock):
        def now_s(self):
            return clock.now_s() * 0.5

    chip._clock = Slow()
    assert driver.read()["temperature"] == -8.25
    chip._clock = VirtualClock()
    before_s = clock.now_s()
    with pytest.raises(NoAnswerError):
        driver.read()
    assert clock.now_s() - before_s < 0.3


def test_the_heater_that_somebody_left_on_is_off_after_the_opening(chip, driver, clock):
    bus = i2c_bus({0x40: chip}, clock)
    bus.write(0x40, b"\xe6\x06")
    driver.open()
    assert bus.read_register(0x40, 0xE7, 1) == b"\x02"


@pytest.mark.parametrize("user", [0x02, 0x3A, 0x42, 0x7A])
def test_every_make_is_taken_with_a_low_supply_too(chip, clock, user):
    chip.write = lambda data: setattr(chip, "_answer", bytes([user]) if data == b"\xe7" else b"")
    with_chip("htu21d", chip, clock).open()


@pytest.mark.parametrize("user", [0x00, 0xFF, 0x39, 0x06])
def test_a_power_monitor_or_whatever_else_is_told(chip, clock, user):
    chip.write = lambda data: setattr(chip, "_answer", bytes([user]) if data == b"\xe7" else b"")
    with pytest.raises(WrongPartError, match=f"user register 0x{user:02X}"):
        with_chip("htu21d", chip, clock).open()

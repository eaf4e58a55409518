from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.am2320 import decode
from drivers.base import ChecksumError, NoAnswerError, WrongPartError
from drivers.checksums import crc16_modbus
from drivers.simulated.am2320 import SimulatedAm2320
from tests.drivers.parts import with_chip
from tests.drivers.wiring import i2c_bus
from tests.simulation.virtual_clock import VirtualClock


class Air:
    temperature, humidity = 21.4, 43.2


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def air():
    return Air()


@pytest.fixture
def chip(clock, air):
    return SimulatedAm2320(clock, lambda: air.temperature, lambda: air.humidity)


@pytest.fixture
def driver(chip, clock):
    made = with_chip("am2320", chip, clock)
    made.open()
    return made


def frame(body):
    return bytes.fromhex(body) + crc16_modbus(bytes.fromhex(body)).to_bytes(2, "little")


@pytest.mark.parametrize(
    ("body", "temperature", "humidity"),
    [("0304 01F4 00FA", 25.0, 50.0), ("0304 0000 8065", -10.1, 0.0), ("0304 03E7 8000", 0.0, 99.9)],
)
def test_tenths_and_a_sign_of_its_own_become_values(body, temperature, humidity):
    assert decode(frame(body)) == {"temperature": temperature, "humidity": humidity}


def test_the_datasheets_answer_has_a_right_checksum():
    assert decode(bytes.fromhex("0304 01F4 00FA 31A5")) == {"temperature": 25.0, "humidity": 50.0}


@given(st.integers(0, 7), st.integers(1, 255))
def test_one_wrong_byte_is_never_believed(place, flipped):
    data = bytearray(frame("0304 01F4 00FA"))
    data[place] ^= flipped
    with pytest.raises(ChecksumError, match="am2320"):
        decode(bytes(data))


@given(st.floats(-40, 80), st.floats(0, 99.9))
def test_the_air_is_read_to_a_tenth(cel, relative):
    clock = VirtualClock()
    driver = with_chip("am2320", SimulatedAm2320(clock, lambda: cel, lambda: relative), clock)
    driver.open()
    assert driver.read() == {
        "temperature": pytest.approx(cel, abs=0.051),
        "humidity": pytest.approx(relative, abs=0.051),
    }


def test_the_first_call_only_wakes_it(chip, clock):
    bus = i2c_bus({0x5C: chip}, clock)
    with pytest.raises(NoAnswerError):
        bus.write(0x5C, b"\x03\x00\x04")
    clock.sleep(0.001)
    bus.write(0x5C, b"\x03\x00\x04")
    with pytest.raises(NoAnswerError):
        bus.read(0x5C, 8)
    clock.sleep(0.0016)
    assert bus.read(0x5C, 8)[:2] == b"\x03\x04"
    clock.sleep(0.1)
    with pytest.raises(NoAnswerError):
        bus.write(0x5C, b"\x03\x00\x04")


def test_asked_more_often_than_it_bears_the_last_values_are_given(driver, air, clock):
    assert driver.read()["temperature"] == 21.4
    air.temperature = 30.0
    clock.sleep(1.0)
    assert driver.read()["temperature"] == 21.4
    clock.sleep(1.1)
    assert driver.read()["temperature"] == 30.0


def test_opened_again_old_values_are_forgotten(driver, air):
    driver.read()
    air.temperature = 30.0
    driver.open()
    assert driver.read()["temperature"] == 30.0


def test_another_part_gives_the_same_wrong_answer_twice(chip, clock):
    chip.faults.wrong_part = True
    with pytest.raises(WrongPartError, match="am2320 at 0x5C: another part"):
        with_chip("am2320", chip, clock).open()


def test_an_answer_that_was_disturbed_once_does_not_keep_it_from_opening(clock, air):
    class Disturbed(SimulatedAm2320):
        answers = 0

        def read(self, count):
            self.answers += 1
            return bytes(8) if self.answers == 1 else super().read(count)

    with_chip("am2320", Disturbed(clock, lambda: air.temperature, lambda: air.humidity), clock).open()

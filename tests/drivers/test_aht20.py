from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.aht20 import check, decode_frame
from drivers.base import ChecksumError, NoAnswerError, WrongPartError
from drivers.checksums import crc8
from drivers.simulated.aht20 import SimulatedAht20, share
from tests.drivers.parts import with_chip
from tests.simulation.virtual_clock import VirtualClock

BOTH = pytest.mark.parametrize("name", ["aht20", "aht10"])


@pytest.fixture
def clock():
    return VirtualClock()


def chip_of(name, clock, temperature=-12.5, humidity=66.0) -> SimulatedAht20:
    return SimulatedAht20(clock, lambda: temperature, lambda: humidity, checksum=name == "aht20")


@pytest.mark.parametrize(
    ("frame", "values"),
    [("18 80000 80000", (50.0, 50.0)), ("18 5EB85 60000", (25.0, 37.0)), ("18 FFFFF 00000", (-50.0, 100.0))],
)
def test_twenty_bits_each_become_values_by_the_manuals_formula(frame, values):
    assert decode_frame(bytes.fromhex(frame.replace(" ", ""))) == values


@given(st.floats(-50, 149.9), st.floats(0.001, 100))
def test_what_is_encoded_is_decoded(temperature, humidity):
    frame = b"\x18" + (share(humidity / 100) << 20 | share((temperature + 50) / 200)).to_bytes(5)
    assert decode_frame(frame) == (pytest.approx(temperature, abs=0.01), pytest.approx(humidity, abs=0.01))


@given(st.binary(max_size=9))
def test_a_frame_is_believed_only_with_its_checksum(data):
    try:
        frame = check(data)
    except ChecksumError:
        return
    assert data == frame + bytes([crc8(frame)])


def test_no_humidity_at_all_is_a_fault_and_not_a_desert():
    with pytest.raises(NoAnswerError, match="humidity element"):
        decode_frame(bytes.fromhex("180000060000"))


@BOTH
def test_a_part_that_is_not_initialised_is_and_then_measures(name, clock):
    driver = with_chip(name, chip_of(name, clock), clock)
    driver.open()
    assert driver.read() == {"temperature": -12.5, "humidity": 66.0}


@BOTH
def test_a_part_that_lost_its_power_says_so_instead_of_a_value(name, clock):
    chip = chip_of(name, clock)
    driver = with_chip(name, chip, clock)
    driver.open()
    chip.write(b"\xba")
    clock.sleep(0.1)
    with pytest.raises(NoAnswerError, match="not initialised"):
        driver.read()
    driver.open()
    assert driver.read()["temperature"] == -12.5


@BOTH
def test_a_measurement_that_never_ends_is_given_up(name, clock):
    chip = chip_of(name, clock)
    driver = with_chip(name, chip, clock)
    driver.open()
    chip._clock = VirtualClock()
    before_s = clock.now_s()
    with pytest.raises(NoAnswerError, match="busy for too long"):
        driver.read()
    assert clock.now_s() - before_s < 0.2


def test_one_disturbed_frame_at_the_opening_is_measured_again(clock):
    chip = chip_of("aht20", clock)
    chip.faults.corrupt_every = 2
    driver = with_chip("aht20", chip, clock)
    for _ in range(3):
        driver.open()


def test_different_disturbed_frames_are_a_checksum_error(clock):
    chip = chip_of("aht20", clock)
    frames = iter([b"\x18", b"\x18\x80\x00\x06\x00\x00\x01", b"\x18\x80\x00\x06\x00\x00\x02"])
    chip.read = lambda _: next(frames)
    with pytest.raises(ChecksumError, match="aht20 at 0x38"):
        with_chip("aht20", chip, clock).open()


def test_an_expander_at_the_address_is_no_thermometer(clock):
    chip = chip_of("aht10", clock)
    chip.faults.wrong_part = True
    with pytest.raises(WrongPartError, match="another part answers"):
        with_chip("aht10", chip, clock).open()


def test_a_dead_humidity_element_fails_the_reading(clock):
    chip = chip_of("aht20", clock, humidity=0.0)
    driver = with_chip("aht20", chip, clock)
    driver.open()
    with pytest.raises(NoAnswerError, match="0x38: its humidity element"):
        driver.read()

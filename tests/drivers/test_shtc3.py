from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import ChecksumError, NoAnswerError, WrongPartError
from drivers.sensirion import encode_words
from drivers.shtc3 import decode_measurement
from drivers.simulated import shtc3
from drivers.simulated.shtc3 import SimulatedShtc3
from tests.drivers.parts import with_chip
from tests.simulation.virtual_clock import VirtualClock


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def chip(clock):
    return SimulatedShtc3(clock, lambda: -3.5, lambda: 71.0)


@pytest.fixture
def driver(chip, clock):
    driver = with_chip("shtc3", chip, clock)
    driver.open()
    return driver


@pytest.mark.parametrize(
    ("words", "values"),
    [((0x6666, 0x5EB8), (25.0, 37.0)), ((0x8000, 0x8000), (42.5, 50.0)), ((0, 0), (-45.0, 0.0))],
)
def test_words_become_values_by_the_datasheets_formula(words, values):
    assert decode_measurement(encode_words(*words)) == values


@given(st.binary(max_size=9))
def test_bytes_of_any_kind_are_a_measurement_or_a_checksum_error(data):
    try:
        temperature, humidity = decode_measurement(data)
    except ChecksumError:
        return
    assert -45 <= temperature <= 130
    assert 0 <= humidity <= 100


def test_it_sleeps_before_and_after_a_reading(chip, driver):
    assert chip.asleep
    assert driver.read() == {"temperature": -3.5, "humidity": 71.0}
    assert chip.asleep


def test_asleep_it_hears_nothing_but_the_waking_command(chip):
    for command in (b"\x78\x66", b"\xef\xc8", b"\xb0\x98"):
        with pytest.raises(shtc3.NackError):
            chip.write(command)
    chip.write(b"\x35\x17")


def test_a_disturbed_reading_is_an_error_and_no_value(chip, driver):
    chip.faults.corrupt_every = 1
    with pytest.raises(ChecksumError, match="shtc3"):
        driver.read()
    chip.faults.corrupt_every = 0
    assert driver.read()["humidity"] == 71.0


def test_an_identity_of_another_part_is_told(monkeypatch, chip, clock):
    monkeypatch.setattr(shtc3, "IDENTITY", 0x0848)
    with pytest.raises(WrongPartError, match="identity 0x0848"):
        with_chip("shtc3", chip, clock).open()


def test_a_measurement_that_never_ends_is_given_up(chip, driver):
    chip._clock = VirtualClock()
    with pytest.raises(NoAnswerError):
        driver.read()

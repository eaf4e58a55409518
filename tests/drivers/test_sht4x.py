from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import BusError, ChecksumError, NoAnswerError, WrongPartError
from drivers.sensirion import encode_words, to_word
from drivers.sht4x import MEASURE, Precision, Sht4x, Sht4xSettings, decode_measurement
from drivers.simulated.sht4x import SimulatedSht4x
from tests.drivers.wiring import i2c_bus
from tests.simulation.virtual_clock import VirtualClock


class Room:
    def __init__(self) -> None:
        self.temperature = 21.5
        self.humidity = 48.0


@pytest.fixture
def room():
    return Room()


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def chip(room, clock):
    return SimulatedSht4x(clock, lambda: room.temperature, lambda: room.humidity)


@pytest.fixture
def driver(chip, clock):
    driver = Sht4x(i2c_bus({0x44: chip}, clock), Sht4xSettings())
    driver.open()
    return driver


@pytest.mark.parametrize(
    ("data", "temperature", "humidity"),
    [
        ("6667A2 5EB93C", 25.0, 40.25),
        ("8000A2 8000A2", 42.5, 56.5),
        ("000081 000081", -45.0, 0.0),
        ("FFFFAC FFFFAC", 130.0, 100.0),
    ],
)
def test_words_become_temperature_and_humidity_by_the_datasheets_formula(data, temperature, humidity):
    assert decode_measurement(bytes.fromhex(data)) == (temperature, humidity)


@given(st.floats(-40, 125), st.floats(0, 100))
def test_what_the_chip_encodes_the_driver_decodes(temperature, humidity):
    data = encode_words(to_word(temperature, -45.0, 175.0), to_word(humidity, -6.0, 125.0))
    assert decode_measurement(data) == (pytest.approx(temperature, abs=0.01), pytest.approx(humidity, abs=0.01))


@pytest.mark.parametrize("precision", list(Precision))
def test_a_measurement_takes_the_time_of_its_precision(chip, clock, precision):
    driver = Sht4x(i2c_bus({0x44: chip}, clock), Sht4xSettings(precision=precision))
    before_s = clock.now_s()
    assert driver.read() == {"temperature": 21.5, "humidity": 48.0}
    assert {"high": 0.008, "medium": 0.004, "low": 0.001}[precision] < clock.now_s() - before_s < 0.01


def test_every_reading_is_a_fresh_one(driver, room):
    driver.read()
    room.temperature, room.humidity = -17.25, 99.0
    assert driver.read() == {"temperature": -17.25, "humidity": 99.0}


def test_the_address_is_a_setting(chip, clock):
    driver = Sht4x(i2c_bus({0x46: chip}, clock), Sht4xSettings(address=0x46))
    driver.open()
    assert driver.read()["temperature"] == 21.5


def test_an_absent_part_does_not_answer(driver, chip):
    chip.faults.absent = True
    for call in (driver.open, driver.read):
        with pytest.raises(NoAnswerError, match="0x44"):
            call()


def test_a_part_that_comes_back_is_read_without_being_opened_again(driver, chip):
    chip.faults.absent = True
    with pytest.raises(NoAnswerError):
        driver.read()
    chip.faults.absent = False
    assert driver.read()["temperature"] == 21.5


def test_a_slow_part_is_waited_for_a_little(chip, driver, clock):
    class Slow(VirtualClock):
        """The part's own time goes slower than ours."""

        def now_s(self):
            return clock.now_s() * 0.7

    chip._clock = Slow()
    assert driver.read()["temperature"] == 21.5


def test_a_part_that_never_ends_its_measurement_is_given_up(chip, driver, clock):
    chip._clock = VirtualClock()
    before_s = clock.now_s()
    with pytest.raises(NoAnswerError):
        driver.read()
    assert clock.now_s() - before_s < 0.1


def test_a_disturbed_answer_is_a_checksum_error_and_the_next_one_is_good(driver, chip):
    chip.faults.corrupt_every = 2
    outcomes = []
    for _ in range(6):
        try:
            outcomes.append(driver.read()["temperature"])
        except ChecksumError:
            outcomes.append(None)
    assert sorted(outcomes, key=str) == [21.5] * 3 + [None] * 3


def test_another_part_at_the_address_is_told_from_a_disturbance(driver, chip):
    chip.faults.wrong_part = True
    with pytest.raises(WrongPartError, match="another part answers"):
        driver.open()


def test_one_disturbed_serial_number_is_asked_for_again(driver, chip):
    chip.faults.corrupt_every = 2
    driver.open()
    driver.open()


def test_different_disturbed_serial_numbers_are_a_checksum_error(driver, chip):
    answers = iter([b"\x00\x00\x00\x00\x00\x01", b"\x00\x00\x00\x00\x00\x02"])
    chip._words = lambda *_: next(answers)
    with pytest.raises(ChecksumError):
        driver.open()


def test_a_hung_bus_is_an_error_of_the_bus_and_is_over_when_it_is_let_go(driver, chip):
    chip.faults.hung = True
    with pytest.raises(BusError, match="hangs"):
        driver.read()
    chip.faults.hung = False
    assert driver.read()["temperature"] == 21.5


def test_a_stuck_part_repeats_itself(driver, chip, room):
    driver.read()
    chip.faults.stuck = True
    room.temperature = 30.0
    assert driver.read()["temperature"] == 21.5


def test_every_precision_has_a_command_of_its_own():
    assert len(set(MEASURE.values())) == len(Precision)


def test_the_channels_are_in_senml_units():
    assert [(channel.name, channel.unit) for channel in Sht4x.channels(Sht4xSettings())] == [
        ("temperature", "Cel"),
        ("humidity", "%RH"),
    ]

from __future__ import annotations

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import scd4x, scd30
from drivers.base import ChecksumError, NoAnswerError, NotYetError
from drivers.sensirion import decode_words
from drivers.simulated.scd import SimulatedScd4x, SimulatedScd30
from tests.drivers.parts import with_chip
from tests.drivers.wiring import i2c_bus
from tests.simulation.virtual_clock import VirtualClock

BOTH = pytest.mark.parametrize("name", ["scd4x", "scd30"])
MODELS = {"scd4x": SimulatedScd4x, "scd30": SimulatedScd30}
VALUES = {"co2": pytest.approx(812e-6, abs=1e-6), "temperature": -3.25, "humidity": pytest.approx(61.0, abs=0.01)}
word = st.integers(0, 0xFFFF)


class Air:
    co2, temperature, humidity = 812e-6, -3.25, 61.0


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def air():
    return Air()


@pytest.fixture
def rig(name, clock, air):
    sources = {key: lambda key=key: getattr(air, key) for key in ("co2", "temperature", "humidity")}
    chip = MODELS[name](clock, sources)
    driver = with_chip(name, chip, clock)
    driver.open()
    return chip, driver


def test_the_example_of_the_scd4x_datasheet_comes_out():
    words = decode_words("scd4x", bytes.fromhex("01F433 6667A2 5EB93C"), 3)
    assert scd4x.decode_measurement(words) == {"co2": 500e-6, "temperature": 25.0, "humidity": 37.0}


def test_the_example_of_the_scd30_description_comes_out():
    data = bytes.fromhex("43DBCB 8C2E8F 41D970 E7FFF5 4243BF 3A1B74")
    values = scd30.decode_measurement(decode_words("scd30", data, 6))
    assert values == {"co2": pytest.approx(439.1e-6, abs=1e-7), "temperature": 27.24, "humidity": 48.81}


@given(st.tuples(*[word] * 6))
def test_six_words_of_any_kind_are_numbers_or_no_measurement(words):
    try:
        values = scd30.decode_measurement(words)
    except NoAnswerError:
        return
    assert all(math.isfinite(value) for value in values.values())
    assert values["co2"] >= 0


@given(st.tuples(word, word, word))
def test_three_words_of_any_kind_are_within_the_scales(words):
    values = scd4x.decode_measurement(words)
    assert 0 <= values["co2"] <= 0.065535
    assert -45 <= values["temperature"] <= 130
    assert 0 <= values["humidity"] <= 100


@pytest.mark.parametrize("bad", [math.nan, math.inf, -1.0, 0.0])
def test_what_is_no_concentration_is_no_measurement(bad):
    with pytest.raises(NoAnswerError, match="warmed up"):
        scd30.decode_measurement(struct.unpack(">6H", struct.pack(">3f", bad, 20.0, 50.0)))


@pytest.mark.parametrize(("kelvin", "offset"), [(0.0, 0), (4.0, 1498), (5.4, 2022)])
def test_an_offset_is_the_word_of_the_datasheet(kelvin, offset):
    assert scd4x.encode_offset(kelvin) == offset


@BOTH
def test_before_its_first_measurement_there_is_none(rig, clock):
    _, driver = rig
    with pytest.raises(NotYetError, match="no measurement yet"):
        driver.read()
    clock.sleep(5.0)
    assert driver.read() == VALUES


@BOTH
def test_between_two_measurements_the_last_one_is_given(rig, clock, air):
    _, driver = rig
    clock.sleep(5.1)
    driver.read()
    air.co2 = 1500e-6
    assert driver.read() == VALUES
    clock.sleep(5.0)
    assert driver.read()["co2"] == pytest.approx(1500e-6)


@BOTH
def test_a_part_that_measures_no_more_is_told_from_one_that_has_nothing_new(rig, clock):
    chip, driver = rig
    clock.sleep(5.1)
    driver.read()
    chip.stop()
    clock.sleep(3.0)
    assert driver.read() == VALUES
    clock.sleep(8.0)
    with pytest.raises(NoAnswerError, match="no new measurement for"):
        driver.read()
    driver.open()
    clock.sleep(5.1)
    assert driver.read() == VALUES


@BOTH
def test_what_was_measured_before_a_new_opening_is_forgotten(rig, clock):
    _, driver = rig
    clock.sleep(5.1)
    driver.read()
    driver.open()
    with pytest.raises(NotYetError, match="yet"):
        driver.read()


@BOTH
def test_a_disturbed_measurement_is_an_error_and_the_next_is_good(rig, clock):
    chip, driver = rig
    clock.sleep(5.1)
    chip.faults.corrupt_every = 1
    with pytest.raises(ChecksumError):
        driver.read()
    chip.faults.corrupt_every = 0
    clock.sleep(5.0)
    assert driver.read() == VALUES


@BOTH
def test_a_concentration_of_nothing_is_not_believed(rig, clock, air):
    _, driver = rig
    air.co2 = 0.0
    clock.sleep(5.1)
    with pytest.raises(NoAnswerError, match="warmed up"):
        driver.read()


@pytest.mark.parametrize("name", ["scd4x"])
def test_while_it_measures_it_takes_no_settings_and_gives_nothing_twice(rig, clock):
    chip, _ = rig
    bus = i2c_bus({0x62: chip}, clock)
    for command in ("2427 0000 81", "3682", "EC05"):
        with pytest.raises(NoAnswerError):
            bus.write(0x62, bytes.fromhex(command))


@pytest.mark.parametrize(
    ("name", "settings", "set_up"),
    [
        ("scd4x", {"altitude": 1200.0, "self_calibration": False}, {0x241D: 1498, 0x2427: 1200, 0x2416: 0}),
        (
            "scd30",
            {"altitude": 800.0, "interval_s": 10.0, "temperature_offset": 1.5},
            {0x4600: 10, 0x5403: 150, 0x5102: 800, 0x5306: 1, 0x0010: 0},
        ),
    ],
)
def test_the_settings_arrive(name, settings, set_up, clock):
    chip = MODELS[name](clock, {})
    with_chip(name, chip, clock, **settings).open()
    assert chip.set_up == set_up

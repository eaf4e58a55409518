from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import ChecksumError, NoAnswerError
from drivers.sensirion import encode_words, to_word
from drivers.sht3x import MEASURE, Precision, Sht3xSettings, decode_measurement
from tests.drivers.parts import Part, with_chip
from tests.simulation.virtual_clock import VirtualClock


@pytest.mark.parametrize(
    ("data", "temperature", "humidity"),
    [
        ("6667A2 5EB93C", 25.0, 37.0),
        ("8000A2 8000A2", 42.5, 50.0),
        ("000081 000081", -45.0, 0.0),
        ("FFFFAC FFFFAC", 130.0, 100.0),
    ],
)
def test_words_become_temperature_and_humidity_by_the_datasheets_formula(data, temperature, humidity):
    assert decode_measurement(bytes.fromhex(data)) == (temperature, humidity)


@given(st.floats(-40, 125), st.floats(0, 100))
def test_what_is_encoded_is_decoded(temperature, humidity):
    data = encode_words(to_word(temperature, -45.0, 175.0), to_word(humidity, 0.0, 100.0))
    assert decode_measurement(data) == (pytest.approx(temperature, abs=0.01), pytest.approx(humidity, abs=0.01))


@given(st.binary(max_size=9))
def test_bytes_of_any_kind_are_a_measurement_or_a_checksum_error(data):
    try:
        temperature, humidity = decode_measurement(data)
    except ChecksumError:
        return
    assert -45 <= temperature <= 130
    assert 0 <= humidity <= 100


@pytest.mark.parametrize(("precision", "at_most_s"), [("high", 0.0165), ("medium", 0.0075), ("low", 0.0055)])
def test_a_measurement_takes_the_time_of_its_precision(precision, at_most_s):
    part = Part("sht3x", Sht3xSettings(precision=Precision(precision)))
    before_s = part.clock.now_s()
    part.read()
    assert 0.002 < part.clock.now_s() - before_s < at_most_s
    assert len(set(MEASURE.values())) == len(Precision)


def test_an_answer_is_not_given_while_it_measures_and_only_once():
    part = Part("sht3x")
    part.bus.write(0x44, b"\x24\x00")
    with pytest.raises(NoAnswerError):
        part.bus.read(0x44, 6)
    part.clock.sleep(0.02)
    assert decode_measurement(part.bus.read(0x44, 6))
    with pytest.raises(NoAnswerError):
        part.bus.read(0x44, 6)


@pytest.mark.parametrize("command", ["2C06", "0000", "24", "2400BEEF92", "2400BEEF00"])
def test_what_the_part_does_not_know_is_not_acknowledged(command):
    with pytest.raises(NoAnswerError):
        Part("sht3x").bus.write(0x44, bytes.fromhex(command))


def test_the_status_shows_a_reset_until_it_is_cleared():
    part = Part("sht3x")
    for command, status in (("30A2", 0x8010), ("3041", 0)):
        part.bus.write(0x44, bytes.fromhex(command))
        part.clock.sleep(0.002)
        part.bus.write(0x44, b"\xf3\x2d")
        assert part.bus.read(0x44, 3) == encode_words(status)


def test_a_measurement_that_never_ends_is_given_up():
    part = Part("sht3x")
    stopped = VirtualClock()
    chip = part.bus._opener.args[0][0x44]
    chip._clock = stopped
    driver = with_chip("sht3x", chip, part.clock)
    before_s = part.clock.now_s()
    with pytest.raises(NoAnswerError):
        driver.read()
    assert part.clock.now_s() - before_s < 0.1

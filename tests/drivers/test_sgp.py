from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import ChecksumError, NoAnswerError, NotYetError, WrongPartError
from drivers.sensirion import encode_words
from drivers.sgp30 import decode_measurement
from drivers.sgp40 import encode_climate
from drivers.simulated.i2c import NackError
from drivers.simulated.sgp import SimulatedSgp30, SimulatedSgp40
from tests.drivers.parts import with_chip
from tests.simulation.virtual_clock import VirtualClock


class Air:
    eco2, tvoc = 612e-6, 87e-9


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def air():
    return Air()


@pytest.fixture
def thirty(clock, air):
    return SimulatedSgp30(clock, lambda: air.eco2, lambda: air.tvoc)


@pytest.fixture
def forty(clock, air):
    return SimulatedSgp40(clock, lambda: air.tvoc)


@pytest.mark.parametrize(
    ("words", "eco2", "tvoc"), [((400, 0), 400e-6, 0.0), ((612, 87), 612e-6, 87e-9), ((60_000, 60_000), 0.06, 60e-6)]
)
def test_words_are_parts_per_million_and_per_billion(words, eco2, tvoc):
    assert decode_measurement(words) == {"eco2": pytest.approx(eco2), "tvoc": pytest.approx(tvoc)}


def test_the_climate_is_sent_as_the_words_of_the_datasheet():
    assert encode_words(*encode_climate(50.0, 25.0)) == bytes.fromhex("8000A2 666693")


@given(st.floats(0, 100), st.floats(-45, 130))
def test_every_climate_has_words(humidity, temperature):
    assert all(0 <= word <= 0xFFFF for word in encode_climate(humidity, temperature))


def test_while_it_warms_up_nothing_is_said(thirty, clock):
    driver = with_chip("sgp30", thirty, clock)
    driver.open()
    for _ in range(3):
        with pytest.raises(NotYetError, match="0x58: warming up"):
            driver.read()
        clock.sleep(4.0)
    clock.sleep(4.0)
    assert driver.read() == {"eco2": pytest.approx(612e-6), "tvoc": pytest.approx(87e-9)}


def test_opened_again_it_warms_up_again(thirty, clock):
    driver = with_chip("sgp30", thirty, clock)
    driver.open()
    clock.sleep(20.0)
    driver.read()
    driver.open()
    with pytest.raises(NotYetError, match="15 s to go"):
        driver.read()


def test_another_gas_sensor_of_the_maker_is_told(thirty, clock):
    obey = thirty.obey
    thirty.obey = lambda command, words: ((0x1020,), 0.0) if command == 0x202F else obey(command, words)
    with pytest.raises(WrongPartError, match="feature set 0x1020"):
        with_chip("sgp30", thirty, clock).open()


def test_the_signal_falls_while_compounds_rise(forty, clock, air):
    driver = with_chip("sgp40", forty, clock)
    driver.open()
    clean = driver.read()["raw"]
    air.tvoc = 5e-6
    assert driver.read()["raw"] < clean - 1000


def test_a_part_that_finds_itself_broken_is_not_opened(forty, clock):
    forty.broken = True
    with pytest.raises(NoAnswerError, match=r"0x59: its self-test failed \(0x4B00"):
        with_chip("sgp40", forty, clock).open()


def test_a_climate_with_a_wrong_checksum_is_not_taken(forty):
    with pytest.raises(NackError):
        forty.write(bytes.fromhex("260F 8000A2 666694"))


@pytest.mark.parametrize("name", ["sgp30", "sgp40"])
def test_a_disturbed_answer_is_no_value(name, thirty, forty, clock):
    chip = thirty if name == "sgp30" else forty
    driver = with_chip(name, chip, clock)
    driver.open()
    clock.sleep(20.0)
    chip.faults.corrupt_every = 1
    with pytest.raises(ChecksumError, match=name):
        driver.read()

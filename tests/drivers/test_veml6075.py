from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import NoAnswerError, WrongPartError
from drivers.simulated.veml6075 import SimulatedVeml6075
from drivers.veml6075 import uv_index
from tests.drivers.parts import with_chip
from tests.drivers.wiring import i2c_bus
from tests.simulation.virtual_clock import VirtualClock


class Sun:
    index = 6.5


@pytest.fixture
def clock():
    return VirtualClock()


@pytest.fixture
def sun():
    return Sun()


@pytest.fixture
def chip(clock, sun):
    return SimulatedVeml6075(clock, lambda: sun.index)


@pytest.mark.parametrize(
    ("counts", "index"),
    [
        ((0, 0, 0, 0), 0.0),
        ((1000, 0, 0, 0), 0.7305),
        ((0, 1000, 0, 0), 1.2955),
        ((1222, 1295, 100, 0), (1000 * 0.001461 + 1000 * 0.002591) / 2),
        ((1133, 1174, 0, 100), (1000 * 0.001461 + 1000 * 0.002591) / 2),
        ((0, 0, 500, 500), 0.0),
    ],
)
def test_what_the_other_light_makes_is_taken_off(counts, index):
    assert uv_index(*counts) == pytest.approx(index)


@given(st.tuples(*[st.integers(0, 65_535)] * 4))
def test_no_light_is_less_than_none(counts):
    assert uv_index(*counts) >= 0.0


@given(st.floats(0, 16))
def test_the_index_of_the_light_is_read(index):
    clock = VirtualClock()
    driver = with_chip("veml6075", SimulatedVeml6075(clock, lambda: index), clock)
    driver.open()
    assert driver.read()["uv_index"] == pytest.approx(index, abs=0.01)


def test_between_readings_it_is_off(chip, clock):
    with_chip("veml6075", chip, clock).read()
    assert chip.config == 0x01


def test_light_that_blinds_it_is_no_value(chip, clock, sun):
    sun.index = 80.0
    with pytest.raises(NoAnswerError, match="blinded"):
        with_chip("veml6075", chip, clock).read()


def test_a_veml7700_there_is_told(chip, clock):
    chip.faults.wrong_part = True
    with pytest.raises(WrongPartError, match="veml6075 at 0x10: another part"):
        with_chip("veml6075", chip, clock).open()


def test_switched_off_it_measures_nothing(chip, clock):
    bus = i2c_bus({0x10: chip}, clock)
    bus.write_register(0x10, 0, b"\x17\x00")
    clock.sleep(1.0)
    assert bus.read_register(0x10, 7, 2) == b"\x00\x00"

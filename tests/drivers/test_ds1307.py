from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import BusError, NoAnswerError, WrongPartError
from drivers.ds1307 import LOOK_BYTES, fits, is_time_or_halt
from drivers.simulated.ds1307 import SimulatedDs1307
from drivers.simulated.ds3231 import SimulatedDs3231
from drivers.simulated.hardware import SimulatedDevice
from drivers.simulated.motion import SimulatedMpu6050
from tests.drivers.parts import with_chip
from tests.drivers.wiring import Memory, i2c_bus
from tests.simulation.greenhouse import Site
from tests.simulation.virtual_clock import VirtualClock

SET = bytes.fromhex("15 59 23 07 31 12 26")


@pytest.fixture
def chip():
    return SimulatedDs1307()


@pytest.mark.parametrize(
    ("data", "possible"),
    [
        ("59 59 23 07 31 12 99", True),
        ("D9 59 23 07 31 12 99", True),
        ("80 00 00 01 01 01 00", True),
        ("00 00 72 01 01 01 00", True),
        ("00 00 72 01 01 81 00", False),
        ("60 00 00 01 01 01 00", False),
        ("E0 00 00 01 01 01 00", False),
        ("80 00 00 00 01 01 00", False),
        ("00 00 00 00 00 00 00", False),
        ("FF FF FF FF FF FF FF", False),
    ],
)
def test_a_time_has_a_bit_for_the_halt_and_none_for_the_century(data, possible):
    assert is_time_or_halt(bytes.fromhex(data)) is possible


@given(st.binary(min_size=LOOK_BYTES, max_size=LOOK_BYTES))
def test_any_bytes_fit_or_not(data):
    assert fits(data) in {True, False}


@given(st.binary(min_size=56, max_size=56), st.booleans())
def test_whatever_its_memory_holds_it_is_the_part(memory, halted):
    chip = SimulatedDs1307(memory)
    chip.registers[0:7] = bytes([SET[0] | 0x80 * halted]) + SET[1:]
    driver = with_chip("ds1307", chip)
    driver.open()
    assert driver.read() == {"stopped": halted}


def test_a_clock_that_was_never_set_stands_still_and_one_that_was_set_does_not(chip):
    driver = with_chip("ds1307", chip)
    driver.open()
    assert driver.read() == {"stopped": True}
    i2c_bus({0x68: chip}, VirtualClock()).write_register(0x68, 0, SET)
    assert driver.read() == {"stopped": False}


def test_asking_changes_nothing_in_the_part(chip):
    before = bytes(chip.registers)
    driver = with_chip("ds1307", chip)
    driver.open()
    driver.read()
    assert bytes(chip.registers) == before


@pytest.mark.parametrize("time", [bytes.fromhex("00 00 00 01 01 01 00"), SET])
def test_a_ds3231_is_told_by_its_time_that_comes_again(time):
    clock = VirtualClock()
    other = SimulatedDs3231(clock, lambda: 0.0)
    i2c_bus({0x68: other}, clock).write_register(0x68, 0, time)
    with_chip("ds3231", other, clock).open()
    with pytest.raises(WrongPartError, match=f"ds1307 at 0x68: another part answers .time {time.hex()}"):
        with_chip("ds1307", other, clock).open()


def test_other_parts_at_its_address_are_told(chip):
    chip.faults.wrong_part = True
    sources = dict.fromkeys(("x", "y", "z", "temperature"), lambda: 0.0)
    for other in (SimulatedMpu6050(sources), Memory(), chip):
        with pytest.raises(WrongPartError, match="another part answers"):
            with_chip("ds1307", other).open()


@pytest.mark.parametrize("bit", [0x04, 0x08, 0x20, 0x40])
def test_a_bit_that_its_control_register_does_not_have_is_of_another_part(chip, bit):
    chip.registers[7] |= bit
    with pytest.raises(WrongPartError, match="control 0x"):
        with_chip("ds1307", chip).open()


def test_what_is_no_time_is_no_value(chip):
    driver = with_chip("ds1307", chip)
    driver.open()
    chip.faults.wrong_part = True
    with pytest.raises(NoAnswerError, match=r"ds1307 at 0x68: what comes is no time \(ffffffffffffff\)"):
        driver.read()


def test_absent_or_hung_it_fails_and_is_there_again_afterwards(chip):
    driver = with_chip("ds1307", chip)
    for fault, error in (("absent", NoAnswerError), ("hung", BusError)):
        setattr(chip.faults, fault, True)
        for call in (driver.open, driver.read):
            with pytest.raises(error, match="0x68"):
                call()
        setattr(chip.faults, fault, False)
        driver.open()
        assert driver.read() == {"stopped": True}


def test_a_site_on_a_desk_has_one_that_was_never_set():
    kind = type(with_chip("ds1307", SimulatedDs1307()))
    site = Site({"i2c": [SimulatedDevice("time", "ds1307", kind.settings_type())]})
    assert site.read() == {"time/stopped": True}

"""The driver against a part that behaves: examples of the datasheet, the ends of its range, every error it promises."""

from __future__ import annotations

import pytest
from edgetwin_tc74 import CONFIGURATION, SimulatedTc74, Tc74, Tc74Settings, decode_temperature

from drivers.base import NoAnswerError, NotYetError, WrongPartError
from drivers.bus.i2c import I2CBus
from drivers.simulated.i2c import SimulatedSMBus


def wired(chip):
    """A driver of that chip."""
    return Tc74(I2CBus(lambda: SimulatedSMBus({0x4D: chip})), Tc74Settings())


@pytest.mark.parametrize(
    ("byte", "celsius"), [(0x7F, 127), (0x19, 25), (0x00, 0), (0xFF, -1), (0xE7, -25), (0xBF, -65)]
)
def test_a_temperature_is_the_byte_of_the_datasheet(byte, celsius):
    assert decode_temperature(bytes([byte])) == celsius


@pytest.mark.parametrize("celsius", [-40.0, -1.0, 0.0, 21.0, 125.0])
def test_a_temperature_comes_through_the_bus(celsius):
    driver = wired(SimulatedTc74(lambda: celsius))
    driver.open()
    assert driver.read() == {"temperature": celsius}


def test_a_part_that_sleeps_has_nothing_yet():
    chip = SimulatedTc74(lambda: 20.0)
    driver = wired(chip)
    driver.open()
    chip.registers[CONFIGURATION] = 0x80
    with pytest.raises(NotYetError, match="tc74 at 0x4D: no conversion yet"):
        driver.read()


def test_another_part_is_told_from_it():
    chip = SimulatedTc74(lambda: 20.0)
    chip.faults.wrong_part = True
    with pytest.raises(WrongPartError, match="another part answers"):
        wired(chip).open()


def test_nobody_at_the_address_is_told():
    chip = SimulatedTc74(lambda: 20.0)
    chip.faults.absent = True
    with pytest.raises(NoAnswerError):
        wired(chip).open()

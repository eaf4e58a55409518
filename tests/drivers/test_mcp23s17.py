from __future__ import annotations

import dataclasses

import pytest

from drivers import registry
from drivers.base import BusError, NoAnswerError
from drivers.bus.spi import SpiBus
from drivers.expander import ExpanderPin
from drivers.mcp23s17 import Mcp23s08, Mcp23s17, Mcp23s17Settings
from drivers.simulated.expanders import SelectedExpander, SimulatedRegisterExpander, Wiring
from drivers.simulated.hardware import SimulatedDevice, SimulatedHardware
from tests.drivers.parts import QUIET
from tests.drivers.wiring import spi_bus
from tests.simulation.virtual_clock import VirtualClock

PINS = {f"o{pin}": ExpanderPin(pin=pin, output=True) for pin in range(16)}


class Heard(SelectedExpander):
    """Keeps what it was told."""

    def __init__(self) -> None:
        super().__init__(SimulatedRegisterExpander(Mcp23s17, Wiring(), latch=0, pulled_up=0xFFFF))
        self.heard: list[bytes] = []

    def transfer(self, sent):
        self.heard.append(sent)
        return super().transfer(sent)


@pytest.fixture
def chip():
    return Heard()


@pytest.fixture
def driver(chip):
    return Mcp23s17(spi_bus(chip), Mcp23s17Settings(pins=PINS))


def test_a_transfer_begins_as_in_the_datasheet(chip, driver):
    driver.open()
    assert {sent[0] for sent in chip.heard} == {0x40, 0x41}
    assert chip.heard[0] == bytes.fromhex("41 0A 0000")
    chip.heard.clear()
    driver.write("o9", True)

    assert bytes.fromhex("40 14 0002") in chip.heard


@pytest.mark.parametrize(("fault", "message"), [("absent", "stays high"), ("shorted", "keeps 0x0000 for 0x5AA5")])
def test_a_line_without_a_part_is_told_even_where_every_output_is_low(chip, driver, fault, message):
    setattr(chip.faults, fault, True)
    with pytest.raises(NoAnswerError, match=rf"mcp23s17 at /dev/spidev0\.0: no answer, .*{message}"):
        driver.open()
    assert chip.expander.changes == []


def test_a_part_that_is_pulled_out_is_told_when_it_is_read_or_driven(chip, driver):
    driver.open()
    chip.faults.absent = True
    with pytest.raises(NoAnswerError, match=r"spidev0\.0.*lost its supply"):
        driver.read()
    with pytest.raises(NoAnswerError):
        driver.write("o1", True)
    chip.faults.absent = False
    driver.open()
    assert driver.write("o1", True) is True


def test_a_bus_that_hangs_is_an_error_of_the_bus(chip, driver):
    driver.open()
    chip.faults.hung = True
    with pytest.raises(BusError):
        driver.read()


def test_a_simulated_part_does_not_hear_what_is_for_another_address(chip):
    assert chip.transfer(bytes.fromhex("42 14 FF")) == b"\xff\xff\xff"
    assert chip.transfer(bytes.fromhex("43 0A 00")) == b"\xff\xff\xff"
    assert chip.transfer(b"\x41\x0a") == b"\xff\xff"
    assert chip.transfer(bytes.fromhex("41 0A 00")) == b"\xff\xff\x00"


@pytest.mark.parametrize("kind", [Mcp23s08, Mcp23s17])
def test_on_a_simulated_bus_it_sees_the_door_and_switches_the_heater(kind):
    pins = {"door": ExpanderPin(pin=1, active_low=True), "heat": ExpanderPin(pin=2, output=True)}
    settings = registry.get(kind.name).settings_type(pins=pins, chip_select=1)
    world = dataclasses.replace(QUIET, couple={"io/door": "door.closed", "io/heat": "heater.on"})
    clock = VirtualClock()
    hardware = SimulatedHardware(world, clock, {"bus": [SimulatedDevice("io", kind.name, settings)]})
    driver = kind(SpiBus(hardware.backend("bus"), clock=clock), settings)
    driver.open()
    assert driver.read() == {"door": hardware.world.state("door.closed"), "heat": False}
    assert driver.write("heat", True) is True
    assert hardware.world.state("heater.on") is True

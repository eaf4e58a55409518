"""What holds for every part on SPI, whatever it does: a value within its range, or a declared error with its place."""

from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import registry
from drivers.base import BusError, BusKind, DriverError, NoAnswerError, ValueKind
from drivers.bus.spi import SpiBus
from drivers.expander import ExpanderPin
from drivers.simulated.hardware import SimulatedDevice, SimulatedHardware
from drivers.simulated.spi import SimulatedSpiDev, SpiChip
from tests.drivers.parts import QUIET
from tests.simulation.virtual_clock import VirtualClock

SPI_PARTS = tuple(name for name in registry.names() if registry.get(name).bus_kind is BusKind.SPI)
PINS = {"in": ExpanderPin(pin=0), "out": ExpanderPin(pin=7, output=True)}
LONGEST_CALL_S = 0.5
"""Well below a bus's timeout in the configuration."""

every_part = pytest.mark.parametrize("name", SPI_PARTS)


def settings_of(name: str):
    kind = registry.get(name).settings_type
    return kind(chip_select=1, pins=PINS) if name.startswith("mcp23") else kind(chip_select=1)


class Part:
    """One part with its driver, opened, on a simulated bus."""

    def __init__(self, name: str) -> None:
        self.clock = VirtualClock()
        settings = settings_of(name)
        hardware = SimulatedHardware(QUIET, self.clock, {"bus": [SimulatedDevice("part", name, settings)]})
        self.faults = hardware.faults("part")
        self.driver = registry.get(name)(SpiBus(hardware.backend("bus"), clock=self.clock), settings)
        self.channels = registry.get(name).channels(settings)
        self.driver.open()


class Babble(SpiChip):
    """Answers with what it is given, in turn, whatever it is asked."""

    modes = frozenset(range(4))

    def __init__(self, answers: list[bytes]) -> None:
        super().__init__()
        self.answers = answers
        self.asked = 0

    def transfer(self, sent: bytes) -> bytes:
        self.asked += 1
        data = self.answers[self.asked % len(self.answers)]
        return (data * len(sent))[: len(sent)]


def test_there_is_something_to_look_at():
    assert {"mcp3008", "max31855", "max31865", "mcp23s17"} <= set(SPI_PARTS)


@every_part
def test_it_gives_every_channel_a_value_of_its_range(name):
    part = Part(name)
    readings = part.driver.read()
    assert list(readings) == [channel.name for channel in part.channels]
    for channel in part.channels:
        if channel.unit:
            assert channel.low <= readings[channel.name] <= channel.high
        else:
            assert isinstance(readings[channel.name], str if channel.kind is ValueKind.TEXT else bool)


@every_part
def test_no_call_takes_long(name):
    part = Part(name)
    for call in (part.driver.read, part.driver.open, part.driver.read):
        before_s = part.clock.now_s()
        call()
        assert part.clock.now_s() - before_s < LONGEST_CALL_S


@every_part
def test_absent_it_does_not_answer_and_comes_back(name):
    part = Part(name)
    part.faults.absent = True
    for call in (part.driver.read, part.driver.open):
        with pytest.raises(NoAnswerError, match=rf"{name} at /dev/spidev0\.1: "):
            call()
    part.faults.absent = False
    part.driver.open()
    assert part.driver.read()


@every_part
def test_a_bus_that_hangs_is_named_and_works_again(name):
    part = Part(name)
    part.faults.hung = True
    for call in (part.driver.read, part.driver.open):
        with pytest.raises(BusError, match=r"/dev/spidev0\.1: the transfer failed"):
            call()
    part.faults.hung = False
    part.driver.close()
    part.driver.open()
    assert part.driver.read()


@every_part
@given(answers=st.lists(st.binary(min_size=1, max_size=12), min_size=1, max_size=6))
def test_whatever_comes_is_a_value_or_a_declared_error(name, answers):
    driver = registry.get(name)(
        SpiBus(lambda: SimulatedSpiDev({1: Babble(answers)}), clock=VirtualClock()), settings_of(name)
    )
    for call in (driver.open, driver.read, lambda: driver.write("out", True), driver.read):
        with contextlib.suppress(DriverError):
            found = call()
            assert not isinstance(found, dict) or all(
                isinstance(value, str) or math.isfinite(value) for value in found.values()
            )
    driver.close()

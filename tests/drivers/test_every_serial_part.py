"""What holds for every part on a serial line, whatever comes over it: the values of the part, or a declared error."""

from __future__ import annotations

import contextlib
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers import registry
from drivers.base import (
    BusError,
    BusKind,
    ChecksumError,
    DriverError,
    NoAnswerError,
    NotYetError,
    ValueKind,
    WrongPartError,
)
from drivers.bus.serial_port import SerialBus
from drivers.simulated.hardware import SimulatedDevice, SimulatedHardware
from drivers.simulated.serial_line import SerialPart, SimulatedPort
from tests.drivers.parts import QUIET
from tests.drivers.wiring import serial_bus
from tests.simulation.virtual_clock import VirtualClock

SERIAL_PARTS = tuple(name for name in registry.names() if registry.get(name).bus_kind is BusKind.SERIAL)
UNCHECKED = {"serial_text"}
"""Whose messages carry no checksum."""
SILENT = {"rdm6300"}
"""That speak only when there is something to tell: their silence is a reading too."""
LONGEST_CALL_S = 1.7
"""Below a bus's timeout of 2 s in the configuration."""
OVERDUE_S = 200.0
"""After this every part has been silent for too long."""

every_part = pytest.mark.parametrize("name", SERIAL_PARTS)
every_checked_part = pytest.mark.parametrize("name", [name for name in SERIAL_PARTS if name not in UNCHECKED])


class Part:
    """One part with its driver, opened, on a simulated line."""

    def __init__(self, name: str) -> None:
        self.clock = VirtualClock()
        kind = registry.get(name)
        device = SimulatedDevice("part", name, kind.settings_type())
        hardware = SimulatedHardware(QUIET, self.clock, {"line": [device]})
        self.faults = hardware.faults("part")
        self.driver = kind(SerialBus(hardware.backend("line"), clock=self.clock), device.settings)
        self.channels = {channel.name: channel for channel in device.channels()}
        self.driver.open()
        self.driver.read()

    def failure(self) -> DriverError:
        """What reading ends with, once what was heard before counts no more."""
        for _ in range(100):
            self.clock.sleep(OVERDUE_S / 100)
            try:
                self.driver.read()
            except DriverError as error:
                return error
        raise AssertionError("it went on reading")

    def works_again(self) -> bool:
        self.driver.open()
        self.clock.sleep(3.0)
        return bool(self.driver.read())


class Babble(SerialPart):
    """Sends what it is given, again and again, whatever it is sent."""

    def __init__(self, clock: VirtualClock, data: bytes) -> None:
        super().__init__()
        self._clock, self._data, self._sent_s = clock, data, 0.0

    def receive(self, data: bytes) -> None:
        pass

    def send(self) -> bytes:
        due = int((self._clock.now_s() - self._sent_s) * 10)
        self._sent_s += due / 10
        return self._data * min(due, 50)

    def next_s(self) -> float:
        return self._sent_s + 0.1 + 1e-9


@every_part
def test_every_value_is_within_the_range_of_its_channel(name):
    part = Part(name)
    for _ in range(5):
        part.clock.sleep(3.0)
        readings = part.driver.read()
        assert readings.keys() == part.channels.keys()
        for channel, value in readings.items():
            if part.channels[channel].kind is ValueKind.NUMBER:
                assert math.isfinite(value)
                assert part.channels[channel].low <= value <= part.channels[channel].high


@pytest.mark.parametrize("name", [name for name in SERIAL_PARTS if name not in SILENT])
def test_silence_gives_no_answer_and_the_error_names_the_place(name):
    part = Part(name)
    part.faults.absent = True
    error = part.failure()
    assert isinstance(error, NoAnswerError)
    assert not isinstance(error, NotYetError)
    assert "/dev/serial0" in str(error)
    part.faults.absent = False
    assert part.works_again()


@every_part
def test_an_adapter_that_is_pulled_out_is_an_error_of_the_bus(name):
    part = Part(name)
    part.faults.hung = True
    assert isinstance(part.failure(), BusError)
    with pytest.raises(BusError, match="/dev/serial0"):
        part.driver.open()
    part.faults.hung = False
    assert part.works_again()


@every_checked_part
def test_garbage_is_a_checksum_error(name):
    part = Part(name)
    part.faults.corrupt_every = 1
    assert isinstance(part.failure(), ChecksumError)
    part.faults.corrupt_every = 0
    assert part.works_again()


@every_checked_part
@pytest.mark.parametrize("cut", [1, 4, 7])
def test_half_a_message_is_a_checksum_error(name, cut):
    part = Part(name)
    part.faults.cut = cut
    assert isinstance(part.failure(), ChecksumError)
    part.faults.cut = 0
    assert part.works_again()


@every_part
@pytest.mark.parametrize("noise", [b"\x00", b"\xff\xfe", b"$", b"/", b"!\r\n", b"\xaa\xc0", b"\x42\x4d\x00"])
def test_noise_between_messages_costs_nothing(name, noise):
    part = Part(name)
    part.faults.noise = b"" if name in UNCHECKED else noise
    for _ in range(3):
        part.clock.sleep(3.0)
        assert part.driver.read().keys() == part.channels.keys()


@every_checked_part
@settings(max_examples=40, deadline=None)
@given(data=st.binary(max_size=40) | st.text("$GPRMA,*/!0123456789ABCDEF\r\n", max_size=60).map(str.encode))
def test_whatever_comes_the_error_is_declared_and_no_call_is_long(name, data):
    clock = VirtualClock()
    kind = registry.get(name)
    driver = kind(serial_bus(Babble(clock, data), clock, timeout_s=2.0), kind.settings_type())
    for call in (driver.open, driver.read, driver.read):
        before_s = clock.now_s()
        with contextlib.suppress(NoAnswerError, ChecksumError, WrongPartError):
            assert not call() or name in SILENT
        assert clock.now_s() - before_s <= LONGEST_CALL_S


def test_there_is_something_to_hold_to_it():
    assert {"dsmr", "mhz19", "nmea", "pms5003", "pn532", "sds011", "serial_text"} <= set(SERIAL_PARTS)
    assert SimulatedPort(Babble(VirtualClock(), b"x"), VirtualClock()).in_waiting == 0

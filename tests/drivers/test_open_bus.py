from __future__ import annotations

import threading

import pytest

from drivers.base import BusKind, SystemClock
from drivers.bus import open_bus
from drivers.bus.gpio import GpioBus
from drivers.bus.i2c import I2CBus
from drivers.bus.modbus_line import ModbusBus
from drivers.bus.onewire import OneWireBus
from drivers.bus.serial_port import SerialBus
from drivers.bus.spi import SpiBus
from drivers.bus.sysfs import SysfsBus
from drivers.simulated.gpio import SimulatedPinFactory
from drivers.simulated.i2c import SimulatedSMBus
from tests.drivers.wiring import Memory
from tests.simulation.virtual_clock import VirtualClock


@pytest.mark.parametrize(
    ("kind", "bus", "device"),
    [
        ("i2c", I2CBus, "/dev/i2c-1"),
        ("serial", SerialBus, "/dev/serial0"),
        ("gpio", GpioBus, ""),
        ("modbus", ModbusBus, "/dev/serial0"),
        ("sysfs", SysfsBus, "/"),
        ("spi", SpiBus, "/dev/spidev0"),
        ("onewire", OneWireBus, "/sys/bus/w1/devices"),
    ],
)
def test_every_kind_has_its_bus_on_the_boards_usual_device(kind, bus, device):
    opened = open_bus(kind)
    assert type(opened) is bus
    assert opened.device == device
    assert isinstance(opened.clock, SystemClock)
    opened.close()


@pytest.mark.parametrize("kind", list(BusKind))
def test_device_and_clock_are_those_that_were_given(kind):
    clock = VirtualClock()
    opened = open_bus(kind, device="/dev/nowhere-3", clock=clock)
    assert opened.device == "/dev/nowhere-3"
    assert opened.clock is clock


def test_a_backend_stands_for_the_library():
    bus = open_bus(BusKind.I2C, backend=lambda: SimulatedSMBus({0x10: Memory()}))
    assert bus.read_register(0x10, 3, 2) == b"\x03\x04"
    factory = SimulatedPinFactory({}, threading.RLock())
    pins = open_bus("gpio", backend=lambda: factory)
    assert pins.output(4, initial=True).read() is True


def test_the_limit_of_a_call_reaches_the_drivers():
    assert open_bus("serial", timeout_s=0.7).timeout_s == 0.7


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="can"):
        open_bus("can")

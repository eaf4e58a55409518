"""Buses and drivers as the gateway wires them, with simulated chips at the far end and a clock that costs nothing."""

from __future__ import annotations

import errno
import os

from drivers.bus.gpio import GpioBus
from drivers.bus.i2c import I2CBus
from drivers.bus.serial_port import SerialBus
from drivers.bus.spi import SpiBus
from drivers.simulated.i2c import Chip, SimulatedSMBus
from drivers.simulated.serial_line import SerialPart, SimulatedPort
from drivers.simulated.spi import SimulatedSpiDev, SpiChip
from tests.simulation.virtual_clock import VirtualClock


def os_error(number: int) -> OSError:
    return OSError(number, os.strerror(number))


ABSENT, HUNG, BUSY = (os_error(number) for number in (errno.EREMOTEIO, errno.ETIMEDOUT, errno.EBUSY))


def i2c_bus(chips: dict[int, Chip], clock: VirtualClock) -> I2CBus:
    return I2CBus(lambda: SimulatedSMBus(chips), clock=clock)


def spi_bus(chip: SpiChip, clock: VirtualClock | None = None) -> SpiBus:
    """A controller with that chip at its chip select 0."""
    return SpiBus(lambda: SimulatedSpiDev({0: chip}), clock=clock or VirtualClock())


def serial_bus(part: SerialPart, clock: VirtualClock, timeout_s: float = 4.0) -> SerialBus:
    return SerialBus(lambda: SimulatedPort(part, clock), timeout_s=timeout_s, clock=clock)


def gpio_bus(factory, clock: VirtualClock | None = None) -> GpioBus:
    return GpioBus(lambda: factory, clock=clock or VirtualClock())


class Memory(Chip):
    """A chip of 256 registers behind a pointer that walks, as most register files do."""

    def __init__(self) -> None:
        super().__init__()
        self.registers = bytearray(range(256))
        self.pointer = 0
        self.transfers: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.transfers.append(data)
        self.pointer = data[0]
        self.registers[self.pointer : self.pointer + len(data) - 1] = data[1:]
        del self.registers[256:]

    def read(self, count: int) -> bytes:
        return bytes((self.registers * 4)[self.pointer : self.pointer + count])

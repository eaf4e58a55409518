"""The shared wires, one file per kind. `open_bus` is the only place that chooses between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drivers.base import BusKind, Clock
from drivers.bus import gpio, i2c, onewire, serial_port, spi, sysfs
from drivers.bus.gpio import GpioBus
from drivers.bus.i2c import I2CBus
from drivers.bus.modbus_line import ModbusBus
from drivers.bus.onewire import OneWireBus
from drivers.bus.serial_port import SerialBus
from drivers.bus.spi import SpiBus
from drivers.bus.sysfs import SysfsBus

Bus = I2CBus | SerialBus | GpioBus | OneWireBus | ModbusBus | SysfsBus | SpiBus

Backend = Callable[[], Any]
"""Gives a freshly opened library object: like `smbus2.SMBus`, like `serial.Serial`, a gpiozero pin factory,
files (`drivers.bus.files`), or like `spidev.SpiDev` before its `open`."""


def open_bus(  # noqa: PLR0911 - one line for each kind
    kind: BusKind | str,
    *,
    device: str = "",
    baud: int = 9600,
    parity: str = "none",
    timeout_s: float = serial_port.DEFAULT_TIMEOUT_S,
    clock: Clock | None = None,
    backend: Backend | None = None,
) -> Bus:
    """The bus of that kind. Nothing is opened before a driver's first call, so this cannot fail on missing hardware.

    Args:
        kind: one of `drivers.base.BusKind`.
        device: the path of the device file, or for gpio the number of the chip, for onewire the
            folder of the parts, for spi the controller; the board's usual one where empty.
        baud: bits per second of a serial or modbus line.
        parity: of such a line: `none`, `even` or `odd`.
        timeout_s: the longest one call on a serial line waits, in seconds.
        clock: what drivers wait by; the machine's own by default.
        backend: what opens the library object instead of the hardware's own library.

    Raises:
        ValueError: there is no such kind.
    """
    match BusKind(kind):
        case BusKind.I2C:
            return I2CBus(backend, device=device or i2c.DEFAULT_DEVICE, clock=clock)
        case BusKind.SERIAL:
            path = device or serial_port.DEFAULT_DEVICE
            return SerialBus(backend, device=path, baud=baud, parity=parity, timeout_s=timeout_s, clock=clock)
        case BusKind.GPIO:
            return gpio.GpioBus(backend, device=device, clock=clock)
        case BusKind.ONEWIRE:
            return OneWireBus(backend, device=device or onewire.DEFAULT_DEVICE, clock=clock)
        case BusKind.MODBUS:
            path = device or serial_port.DEFAULT_DEVICE
            return ModbusBus(backend, device=path, baud=baud, parity=parity, timeout_s=timeout_s, clock=clock)
        case BusKind.SPI:
            return SpiBus(backend, device=device or spi.DEFAULT_DEVICE, clock=clock)
        case BusKind.SYSFS:
            return SysfsBus(backend, device=device or sysfs.DEFAULT_DEVICE, clock=clock)

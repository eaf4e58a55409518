"""Any chip that the kernel watches the machine or a wire with (hwmon): temperatures, voltages, currents, fans.

A Pi's processor is `{chip: cpu_thermal, inputs: {temperature: temp1}}`, an INA219 with its dtoverlay
`{chip: ina219, inputs: {bus: in1, current: curr1, power: power1}}`.

Source: Linux, Documentation/hwmon/sysfs-interface.rst.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from drivers.base import BusKind, Channel, Driver, NoAnswerError, Readings
from drivers.bus.sysfs import SysfsBus
from drivers.kernel_chips import DECIMALS, Kind, channels_of, find_chip, kind_of, number

FOLDER = "sys/class/hwmon"

KINDS = {
    "temp": Kind("Cel", 1e-3, -55.0, 200.0, 0.001),
    "humidity": Kind("%RH", 1e-3, 0.0, 100.0, 0.001),
    "in": Kind("V", 1e-3, -1000.0, 1000.0, 0.001),
    "curr": Kind("A", 1e-3, -1000.0, 1000.0, 0.001),
    "power": Kind("W", 1e-6, -1e6, 1e6, 1e-6),
    "energy": Kind("J", 1e-6, 0.0, 1e12, 1e-6),
    "fan": Kind("1/s", 1 / 60, 0.0, 2000.0, 1 / 60),
}
"""By the beginning of an attribute; the kernel's own units are thousandths, millionths, and turns in a minute."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HwmonSettings:
    """One chip below /sys/class/hwmon."""

    chip: str = "cpu_thermal"
    """What the file `name` of the chip says."""
    at: str = ""
    """A part of the chip's path, such as `1-0040`, where there are several of that name."""
    inputs: dict[str, str] = field(default_factory=lambda: {"temperature": "temp1"})
    """Channel name -> attribute, such as `temp1`, `in0`, `curr1`, `power1`, `humidity1`, `fan1`."""

    def __post_init__(self) -> None:
        for attribute in self.inputs.values():
            kind_of(attribute, KINDS)


class Hwmon(Driver):
    """One chip of the kernel's."""

    name: ClassVar[str] = "hwmon"
    title: ClassVar[str] = "Linux hwmon: any chip that the kernel watches"
    bus_kind: ClassVar[BusKind] = BusKind.SYSFS
    settings_type: ClassVar[type] = HwmonSettings

    def __init__(self, bus: SysfsBus, settings: HwmonSettings) -> None:
        self._bus = bus
        self._settings = settings
        self._path = ""

    @classmethod
    def channels(cls, settings: HwmonSettings) -> tuple[Channel, ...]:
        """One channel for each of the `inputs`."""
        return channels_of(settings.inputs, KINDS)

    def open(self) -> None:
        """Find the chip by its name, and read it once.

        Raises:
            WrongPartError: there are several of that name.
            NoAnswerError: there is none, it has no such input, or it does not answer.
            ChecksumError: a file has no number.
            BusError: the files may not be read.
        """
        self._path = find_chip(self._bus, FOLDER, self._settings.chip, self._settings.at)
        self.read()

    def read(self) -> Readings:
        """Read every input.

        Raises:
            NoAnswerError: the chip is gone, does not answer, or reports a fault of its sensor.
            ChecksumError: a file has no number.
            BusError: the files may not be read.
        """
        return {name: self._value(attribute) for name, attribute in self._settings.inputs.items()}

    def _value(self, attribute: str) -> float:
        path = f"{self._path}/{attribute}"
        if f"{attribute}_fault" in self._bus.names(self._path) and number(self._bus, f"{path}_fault"):
            raise NoAnswerError(f"/{path}: the chip reports a fault of its sensor (open or shorted)")
        return round(number(self._bus, f"{path}_input") * kind_of(attribute, KINDS).scale, DECIMALS)

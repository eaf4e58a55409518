"""The machine itself: processor temperature, load, memory, time since its start, and a Pi's supply.

What the machine does not have is left out of the readings.

Source: Linux, proc(5) (loadavg, meminfo, uptime), Documentation/ABI/testing/sysfs-class-thermal, and the driver
raspberrypi-hwmon (in0_lcrit_alarm: the supply was too low since the last look).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import BusKind, Channel, ChecksumError, Driver, Limits, NoAnswerError, Readings, Value, ValueKind
from drivers.bus.sysfs import SysfsBus
from drivers.hwmon import FOLDER as HWMON
from drivers.kernel_chips import find_chip, number

SUPPLY = "rpi_volt"
KIB = 1024

CHANNELS = (
    Channel(name="cpu_temperature", unit="Cel", low=-40.0, high=125.0, resolution=0.001, about="of the processor"),
    Channel(name="load", unit="count", low=0.0, high=10_000.0, resolution=0.01, about="work waiting, mean of a minute"),
    Channel(name="memory_available", unit="B", low=0.0, high=2.0**50, resolution=KIB, about="that programs can have"),
    Channel(name="uptime", unit="s", low=0.0, high=1e10, resolution=0.01, about="since the machine's start"),
    Channel(name="under_voltage", kind=ValueKind.BOOLEAN, about="a Pi's supply was too low since the last reading"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class HostSettings:
    """The machine that the gateway runs on."""

    zone: Annotated[int, Limits(0, 99)] = 0
    """Number of the thermal zone that is the processor's."""


def parse_first(text: str, what: str) -> float:
    """The first number of a text such as that of /proc/loadavg.

    Raises:
        ChecksumError: there is none.
    """
    match = re.match(r"\s*([0-9]+(?:\.[0-9]+)?)(?:\s|$)", text, re.ASCII)
    if match is None:
        raise ChecksumError(f"{what}: {text[:40]!r} begins with no number")
    return float(match[1])


def parse_available(text: str) -> float:
    """The memory in bytes that programs can still have, from the text of /proc/meminfo.

    Raises:
        ChecksumError: it does not say.
    """
    match = re.search(r"^MemAvailable:\s+([0-9]+) kB$", text, re.MULTILINE | re.ASCII)
    if match is None:
        raise ChecksumError("/proc/meminfo: no MemAvailable")
    return float(match[1]) * KIB


class Host(Driver):
    """The machine itself."""

    name: ClassVar[str] = "host"
    title: ClassVar[str] = "The machine itself"
    bus_kind: ClassVar[BusKind] = BusKind.SYSFS
    settings_type: ClassVar[type] = HostSettings

    def __init__(self, bus: SysfsBus, settings: HostSettings) -> None:
        self._bus = bus
        self._zone = f"sys/class/thermal/thermal_zone{settings.zone}/temp"
        self._supply = ""

    @classmethod
    def channels(cls, settings: HostSettings) -> tuple[Channel, ...]:
        """The same for every machine; one that has no supply to watch never gives `under_voltage`."""
        del settings
        return CHANNELS

    def open(self) -> None:
        """Find out what the machine has.

        Raises:
            NoAnswerError: it has no /proc.
            BusError: the files may not be read.
        """
        self._bus.read("proc/loadavg")
        try:
            self._supply = find_chip(self._bus, HWMON, SUPPLY, "")
        except NoAnswerError:
            self._supply = ""

    def read(self) -> Readings:
        """Read everything that there is.

        Raises:
            ChecksumError: a file is not what it should be.
            NoAnswerError: /proc is gone.
            BusError: the files may not be read.
        """
        values: dict[str, Value] = {
            "load": parse_first(self._bus.read("proc/loadavg"), "/proc/loadavg"),
            "memory_available": parse_available(self._bus.read("proc/meminfo")),
            "uptime": parse_first(self._bus.read("proc/uptime"), "/proc/uptime"),
        }
        extra: dict[str, Callable[[], Value]] = {
            "cpu_temperature": lambda: round(number(self._bus, self._zone) / 1000, 3),
            "under_voltage": lambda: number(self._bus, f"{self._supply}/in0_lcrit_alarm") != 0,
        }
        for name, get in extra.items():
            if name != "under_voltage" or self._supply:
                try:
                    values[name] = get()
                except NoAnswerError:
                    continue  # Not every machine has it, and none needs it.
        return values

"""Any sensor that the kernel has an IIO driver for, such as a DHT22 (`dtoverlay=dht11,gpiopin=4`).

A DHT11 or DHT22 fails often, because its bits are timed by a busy processor: so a value may stand for a while. The
kernel's module answers the same value for two seconds.

Source: Linux, Documentation/ABI/testing/sysfs-bus-iio; drivers/iio/humidity/dht11.c.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from drivers.base import BusKind, Channel, Driver, Limits, NoAnswerError, Readings
from drivers.bus.sysfs import SysfsBus
from drivers.kernel_chips import DECIMALS, Kind, channels_of, find_chip, kind_of, number

FOLDER = "sys/bus/iio/devices"

KINDS = {
    "temp": Kind("Cel", 1e-3, -100.0, 1800.0, 0.001),
    "humidityrelative": Kind("%RH", 1e-3, 0.0, 100.0, 0.001),
    "pressure": Kind("Pa", 1e3, 0.0, 1e7, 0.1),
    "illuminance": Kind("lx", 1.0, 0.0, 200_000.0, 0.001),
    "voltage": Kind("V", 1e-3, -1000.0, 1000.0, 1e-6),
    "current": Kind("A", 1e-3, -1000.0, 1000.0, 1e-6),
    "resistance": Kind("Ohm", 1.0, 0.0, 1e9, 0.001),
    "distance": Kind("m", 1.0, 0.0, 1000.0, 0.001),
    "concentration_co2": Kind("/", 1e-2, 0.0, 1.0, 1e-6),
    "accel_x": Kind("m/s2", 1.0, -2000.0, 2000.0, 0.001),
    "accel_y": Kind("m/s2", 1.0, -2000.0, 2000.0, 0.001),
    "accel_z": Kind("m/s2", 1.0, -2000.0, 2000.0, 0.001),
}
"""By the attribute's middle; the kernel's own units are thousandths of Cel, %RH, V and A, and kPa."""


def _dht() -> dict[str, str]:
    return {"temperature": "temp", "humidity": "humidityrelative"}


@dataclass(frozen=True, kw_only=True, slots=True)
class IioSettings:
    """One sensor below /sys/bus/iio/devices."""

    chip: str = "dht11"
    """What the file `name` of the sensor says; the overlay for DHT11 and DHT22 calls both `dht11`."""
    at: str = ""
    """A part of the sensor's path, such as `1-0076`, where there are several of that name."""
    inputs: dict[str, str] = field(default_factory=_dht)
    """Channel name -> attribute without `in_`, such as `temp`, `humidityrelative`, `pressure`, `voltage0`."""
    keep_s: Annotated[float, Limits(0.0, 60.0, "s")] = 10.0
    """For how long the last values stand when the sensor does not answer."""

    def __post_init__(self) -> None:
        for attribute in self.inputs.values():
            kind_of(attribute, KINDS)


class Iio(Driver):
    """One sensor of the kernel's."""

    name: ClassVar[str] = "iio"
    title: ClassVar[str] = "Linux IIO: DHT11, DHT22, any sensor with a kernel driver"
    bus_kind: ClassVar[BusKind] = BusKind.SYSFS
    settings_type: ClassVar[type] = IioSettings

    def __init__(self, bus: SysfsBus, settings: IioSettings) -> None:
        self._bus = bus
        self._settings = settings
        self._path = ""
        self._last: Readings = {}
        self._last_s = float("-inf")

    @classmethod
    def channels(cls, settings: IioSettings) -> tuple[Channel, ...]:
        """One channel for each of the `inputs`."""
        return channels_of(settings.inputs, KINDS)

    def open(self) -> None:
        """Find the sensor by its name, and see that it has the inputs.

        Raises:
            WrongPartError: there are several of that name.
            NoAnswerError: there is none, or it has no such input.
            BusError: the files may not be read.
        """
        self._last_s = float("-inf")
        self._path = find_chip(self._bus, FOLDER, self._settings.chip, self._settings.at)
        files = self._bus.names(self._path)
        for attribute in self._settings.inputs.values():
            if not {f"in_{attribute}_input", f"in_{attribute}_raw"} & set(files):
                inputs = ", ".join(name for name in files if name.startswith("in_"))
                raise NoAnswerError(f"/{self._path}: no input {attribute!r}; it has {inputs}")

    def read(self) -> Readings:
        """Read every input; the last values stand for `keep_s` while it does not answer.

        Raises:
            NoAnswerError: it does not answer for longer than that.
            ChecksumError: a file has no number.
            BusError: the files may not be read.
        """
        try:
            values = {name: self._value(attribute) for name, attribute in self._settings.inputs.items()}
        except NoAnswerError:
            if self._bus.clock.now_s() - self._last_s <= self._settings.keep_s:
                return self._last
            raise
        self._last, self._last_s = values, self._bus.clock.now_s()
        return values

    def _value(self, attribute: str) -> float:
        files = self._bus.names(self._path)
        if f"in_{attribute}_input" in files:
            found = number(self._bus, f"{self._path}/in_{attribute}_input")
        else:
            found = number(self._bus, f"{self._path}/in_{attribute}_raw")
            found = (found + self._own(files, attribute, "offset", 0.0)) * self._own(files, attribute, "scale", 1.0)
        return round(found * kind_of(attribute, KINDS).scale, DECIMALS)

    def _own(self, files: Sequence[str], attribute: str, what: str, default: float) -> float:
        """The channel's own scale or offset, else the one of all channels of its kind, else `default`."""
        for name in (f"in_{attribute}_{what}", f"in_{attribute.rstrip('0123456789')}_{what}"):
            if name in files:
                return number(self._bus, f"{self._path}/{name}")
        return default

"""One part of a site, opened by whoever looks at it, without the daemon; and the same part as the daemon sees it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from drivers import registry
from drivers.base import Clock as BusClock
from drivers.base import DriverError, NotYetError, Value, ValueKind
from drivers.bus.mux import split_bus
from gateway.clock import Clock
from gateway.core.settings import DeviceSettings, Site
from gateway.devices.site import wires_of
from gateway.devices.stamp import Stamp
from gateway.errors import EdgetwinError


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One reading as it is shown."""

    value: Value
    unit: str
    quality: str
    age_s: float = 0.0


class NothingYetError(EdgetwinError):
    """There is no reading now, and soon there may be one."""


class OpenedPart:
    """A part that is opened when it is first read. Nothing is written to its channels.

    Args:
        site: which the device is of.
        device: the one.
        clock: what its readings are dated by.
        bus_clock: what its driver waits by.

    Raises:
        EdgetwinError: to open it would drive an output.
    """

    def __init__(self, site: Site, device: DeviceSettings, clock: Clock, bus_clock: BusClock) -> None:
        simulated = any(bus.simulated for bus in site.buses if bus.name == split_bus(device.bus)[0])
        self.source = "simulated here" if simulated else "read here, no gateway is running"
        if device.safe and not simulated:
            outputs = ", ".join(device.safe)
            hint = "start the gateway, and ask again: it knows what they are driven to"
            raise EdgetwinError(f"{device.name} is not opened, since that may drive its outputs ({outputs})", hint=hint)
        driver: Any = registry.get(device.driver)
        self._channels = {one.name: one for one in driver.channels(device.settings)}
        self._stamp = Stamp(device, tuple(self._channels.values()), clock)
        self._every_s = device.every_s
        self._driver = driver(wires_of(site, bus_clock)[device.bus], device.settings)
        self._open = False

    def read(self) -> Mapping[str, Shown]:
        """A reading of every channel.

        Raises:
            NothingYetError: the part is well and has no measurement yet.
            EdgetwinError: it cannot be read.
        """
        try:
            if not self._open:
                self._driver.open()
                self._open = True
            values = self._stamp.checked(self._driver.read())
        except NotYetError as error:
            raise NothingYetError(str(error)) from error
        except DriverError as error:
            self.close()
            raise EdgetwinError(str(error)) from error
        taken = self._stamp.readings(values, self._every_s)
        return {name: self._shown(name, one.value, one.quality.value) for name, one in zip(values, taken, strict=True)}

    def close(self) -> None:
        """Let go of it; the next reading opens it again."""
        self._open = False
        self._driver.close()

    def _shown(self, name: str, value: Value, quality: str) -> Shown:
        channel = self._channels[name]
        unit = channel.unit or ("/" if channel.kind is ValueKind.NUMBER else "")
        return Shown(value=value, unit=unit, quality=quality)


class AskedPart:
    """A part of the running gateway.

    Args:
        device: its name.
        ask: gives the gateway's status document.
    """

    source = "from the running gateway"

    def __init__(self, device: str, ask: Callable[[], Mapping[str, Any]]) -> None:
        self._device = device
        self._ask = ask

    def read(self) -> Mapping[str, Shown]:
        """The last reading of every channel.

        Raises:
            NothingYetError: there is none.
            EdgetwinError: there is no such device, or nobody answers.
        """
        try:
            document = self._ask()
        except OSError as error:
            raise EdgetwinError(f"no answer from the gateway: {error.strerror or error}") from error
        if self._device not in document["devices"]:
            raise EdgetwinError(f"no device {self._device!r}; there are {', '.join(document['devices']) or 'none'}")
        found = {
            name.partition("/")[2]: Shown(
                value=one["value"], unit=one["unit"], quality=one["quality"], age_s=one["age_s"]
            )
            for name, one in document["series"].items()
            if name.startswith(f"{self._device}/") and "value" in one
        }
        one = document["devices"][self._device]
        if one["state"] == "down":
            raise EdgetwinError(f"{self._device} is down: {one['reason']}")
        if not found:
            raise NothingYetError(f"{self._device}: {one['reason'] or 'no reading yet'}")
        return found

    def close(self) -> None:
        """Nothing is open."""

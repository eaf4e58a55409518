"""A configuration half understood: what could be made of it, mistaken parts left out, so that checks can go on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from drivers.base import Channel, Driver
from gateway.config.nodes import Node, find, nearest
from gateway.config.problems import Path, Report
from gateway.config.values import BAD
from gateway.core.settings import BusSettings, RuleSettings, ThermostatSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceDraft:
    """One device. Attributes that are mistaken are `BAD`; what is not given is absent."""

    name: str
    driver: type[Driver] | None
    common: Mapping[str, Any]
    """The attributes of `DeviceSettings`, except `name`, `settings` and `safe`."""
    options: Mapping[str, Any]
    """The attributes of the driver's own settings."""
    settings: Any
    """The object of the driver's settings type, or `BAD`."""
    channels: Mapping[str, Channel] | None
    """The driver's channels by name; None where they cannot be known."""
    safe: Mapping[str, Any] | None
    """Channel to safe value or `BAD`, without those that are not given; None where the mapping is mistaken."""

    @property
    def path(self) -> Path:
        """Where it stands in the file."""
        return ("devices", self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One file. A bus, thermostat or rule that is mistaken is `BAD`, so that its name is known all the same."""

    root: Node
    report: Report
    values: Mapping[str, Any]
    """The attributes of `Site` that have no part of their own here: gateway, link, store, log."""
    buses: Mapping[str, Any] | None
    devices: Mapping[str, DeviceDraft]
    thermostats: Mapping[str, Any]
    rules: Mapping[str, Any]
    """Values in them are as they are written, until the channels are known that take them."""
    world: Any
    """The simulated surroundings, None where the file has none, or `BAD`."""

    def problem(self, path: Path, message: str, hint: str = "") -> None:
        """Report a problem with what stands at `path`."""
        self.report.add(nearest(self.root, path), path, message, hint)

    def given(self, path: Path) -> bool:
        """Whether the file has something at `path`."""
        return find(self.root, path) is not None

    def good_buses(self) -> Iterator[BusSettings]:
        """The buses without a mistake."""
        return (bus for bus in (self.buses or {}).values() if bus is not BAD)

    def good_thermostats(self) -> Iterator[ThermostatSettings]:
        """The thermostats without a mistake."""
        return (thermostat for thermostat in self.thermostats.values() if thermostat is not BAD)

    def good_rules(self) -> Iterator[RuleSettings]:
        """The rules without a mistake of their own."""
        return (rule for rule in self.rules.values() if rule is not BAD)

    def channel(self, series: str) -> Channel | None:
        """The channel of a series, None where its device or the device's channels are not known."""
        device, _, name = series.partition("/")
        known = self.devices[device].channels if device in self.devices else None
        return known.get(name) if known else None

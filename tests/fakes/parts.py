"""A part that does what a test says: fails where it is told to, remembers what it was asked."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import ClassVar

from drivers.base import BadValueError, BusKind, Channel, Driver, ValueKind
from gateway.core.settings import DeviceSettings
from gateway.devices.bus_thread import BusThread
from gateway.devices.device import Device


@dataclass(frozen=True, kw_only=True)
class PartSettings:
    channels: tuple = (Channel(name="temperature", unit="Cel", low=-40.0, high=125.0),)


SWITCH = PartSettings(channels=(Channel(name="on", kind=ValueKind.BOOLEAN, writable=True),))


class FakePart(Driver):
    name: ClassVar[str] = "fake"
    title: ClassVar[str] = "a part of a test"
    bus_kind: ClassVar[BusKind] = BusKind.GPIO
    settings_type: ClassVar[type] = PartSettings

    def __init__(self, settings=None, **values):
        self.values = values or {"temperature": 20.0}
        self.settings = settings or PartSettings()
        self.asked = []
        self.errors = {}
        """What each verb (`open`, `read`, `write`, `close`, `watch`) raises from now on."""
        self.before = {}
        """What is called, on the bus's thread, before a verb does its work."""
        self.listener = None

    @classmethod
    def channels(cls, settings):
        return settings.channels

    def _ask(self, verb, *words):
        self.asked.append(" ".join(map(str, (verb, *words))))
        if verb in self.before:
            self.before[verb]()
        if verb in self.errors:
            raise self.errors[verb]

    def open(self):
        self._ask("open")

    def read(self):
        self._ask("read")
        return dict(self.values) if isinstance(self.values, dict) else self.values

    def write(self, channel, value):
        self._ask("write", channel, value)
        if channel == "on" and not isinstance(value, bool):
            raise BadValueError(f"{value!r} is no value of 'on'")
        self.values[channel] = value
        return value

    def watch(self, listener):
        self._ask("watch")
        self.listener = listener
        return True

    def close(self):
        self._ask("close")


@contextlib.contextmanager
def bus_thread(name="bus", timeout_s=5.0):
    """A bus with a thread of its own, until the end of the test."""
    thread = BusThread(name, timeout_s)
    try:
        yield thread
    finally:
        thread.close()


def device_of(part, bus, clock, name="room", **settings):
    """A device on `bus`; a switch has the safe value off."""
    writable = [one.name for one in part.settings.channels if one.writable]
    safe = settings.pop("safe", dict.fromkeys(writable, False))
    options = DeviceSettings(name=name, driver="fake", bus=bus.name, settings=part.settings, safe=safe, **settings)
    return Device(options, part, bus, clock)

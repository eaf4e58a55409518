"""A pin in memory that knows when it changed, driven by the gateway through a driver or by a script of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from bench.mqtt import new_client
from drivers.base import BusKind, Channel, Driver, Readings, Value, ValueKind
from gateway.clock import Clock
from gateway.core.settings import ChannelSettings, DeviceSettings
from gateway.core.settings_safety import LinkLossSettings, SafetySettings
from gateway.devices.bus_thread import BusThread
from gateway.devices.device import Device
from gateway.devices.site import Hardware

PIN_S = 20.0
"""Longest wait for a change; all take milliseconds, or the grace."""
LOOK_S = 1.0
"""How often the script looks whether its link is up."""
CHANNEL = "on"


class Pin:
    """One level, and when it was set. Set from any thread, waited for in the loop."""

    def __init__(self) -> None:
        self.value = False
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self._changed_ns = 0

    def set(self, value: bool) -> None:
        """Drive it."""
        now_ns = time.monotonic_ns()
        self._loop.call_soon_threadsafe(self._set, value, now_ns)

    def _set(self, value: bool, now_ns: int) -> None:
        if value is not self.value:
            self.value, self._changed_ns = value, now_ns
            self._changed.set()

    async def until(self, *, value: bool) -> int:
        """Nanoseconds of the monotonic clock at which it became so.

        Raises:
            TimeoutError: it does not.
        """
        async with asyncio.timeout(PIN_S):
            while self.value is not value:
                self._changed.clear()
                await self._changed.wait()
        return self._changed_ns


@dataclass(frozen=True, kw_only=True)
class PinSettings:
    """Nothing can be set."""


class PinDriver(Driver):
    """A pin as a part."""

    name: ClassVar[str] = "pin"
    title: ClassVar[str] = "A pin in memory"
    bus_kind: ClassVar[BusKind] = BusKind.GPIO
    settings_type: ClassVar[type] = PinSettings

    def __init__(self, bus: Any, settings: PinSettings) -> None:
        self._pin: Pin = bus
        self._value: Value = False
        del settings

    @classmethod
    def channels(cls, settings: PinSettings) -> tuple[Channel, ...]:
        """The one channel."""
        del settings
        return (Channel(name=CHANNEL, kind=ValueKind.BOOLEAN, writable=True),)

    def open(self) -> None:
        """There is nothing to find."""

    def read(self) -> Readings:
        """What it was driven to."""
        return {CHANNEL: self._value}

    def write(self, channel: str, value: Value) -> Value:
        """Drive it."""
        del channel
        self._value = value
        self._pin.set(value is True)
        return value


@contextlib.contextmanager
def hardware(name: str, pin: Pin, grace_s: float, clock: Clock) -> Iterator[Hardware]:
    """One device with a pin that is safe when the link has been lost for `grace_s`."""
    safety = SafetySettings(on_link_loss=LinkLossSettings(after_s=grace_s))
    settings = DeviceSettings(
        name=name,
        driver=PinDriver.name,
        bus="pins",
        channels={CHANNEL: ChannelSettings(safety=safety)},
        safe={CHANNEL: False},
        settings=PinSettings(),
    )
    thread = BusThread("pins", 2.0)
    try:
        device = Device(settings, PinDriver(pin, PinSettings()), thread, clock)
        yield Hardware({"pins": thread}, {name: device})
    finally:
        thread.close()


@contextlib.contextmanager
def script(host: str, port: int, topic: str, pin: Pin, grace_s: float) -> Iterator[None]:
    """The baseline: sets the pin on a message, and now and then looks how long its link has been lost."""
    lost_s: list[float] = []
    ended, subscribed = threading.Event(), threading.Event()
    client = new_client()
    client.on_subscribe = lambda *_arguments: subscribed.set()
    client.on_message = lambda _client, _data, message: pin.set(bool(json.loads(message.payload)["value"]))
    client.on_disconnect = lambda *_arguments: lost_s.append(time.monotonic())

    def look() -> None:
        while not ended.wait(LOOK_S):
            if lost_s and time.monotonic() - lost_s[0] >= grace_s:
                pin.set(False)

    client.connect(host, port)
    client.loop_start()
    client.subscribe(topic, qos=1)
    subscribed.wait(PIN_S)
    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield
    finally:
        ended.set()
        looking.join()
        client.disconnect()
        client.loop_stop()

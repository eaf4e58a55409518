"""The sampler: asks the parts of one bus for readings on common ticks, and hands on what is news.

Ticks are multiples of a device's interval since boot, so that all devices of one interval are read in one wake-up. A
device that took too long is read again at its next tick, not at once: missed ticks are never made up for.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Sequence

from drivers.base import Listener
from gateway.clock import NS_PER_S, Clock
from gateway.core.alarm import Alarm
from gateway.core.news import News
from gateway.core.reading import Lane, Reading, Value
from gateway.core.settings import ChannelSettings, Mode
from gateway.devices.board import Board
from gateway.devices.device import Device, DeviceState
from gateway.store.outbox import Outbox

GRACE_S = 5.0
"""On top of what a tick may take when every part of the bus is silent."""


class Sampler:
    """Reads the devices of one bus."""

    def __init__(self, devices: Sequence[Device], outbox: Outbox, board: Board, clock: Clock) -> None:
        self._devices = {device.name: device for device in devices}
        self._outbox = outbox
        self._board = board
        self._clock = clock
        self._news: dict[str, News] = {}
        self._alarms: dict[str, Alarm] = {}
        self._due_ns = dict.fromkeys(self._devices, 0)
        self._ticked_ns = clock.boottime_ns()

    async def run(self) -> None:
        """Read for ever."""
        loop = asyncio.get_running_loop()
        for device in self._devices.values():
            device.listener = _posted(loop, functools.partial(self._on_change, device))
        pause_s = 0.0
        while pause_s >= 0:
            await asyncio.sleep(pause_s)
            pause_s = await self.tick()

    async def tick(self) -> float:
        """Read what is due; returns the seconds until something is due again."""
        now = self._ticked_ns = self._clock.boottime_ns()
        for name, due_ns in sorted(self._due_ns.items(), key=lambda item: item[1]):
            if due_ns > now:
                break
            device = self._devices[name]
            self._take(device, await device.read() or [])
            self._due_ns[name] = next_tick_ns(self._clock.boottime_ns(), device.settings.every_s)
            if device.state is DeviceState.DOWN:  # However seldom it is read, it is not left down until then.
                self._due_ns[name] = min(self._due_ns[name], device.retry_ns)
        return max(0.0, (min(self._due_ns.values()) - self._clock.boottime_ns()) / NS_PER_S)

    def _crosses(self, reading: Reading, settings: ChannelSettings) -> bool:
        if settings.alarm is None:
            return False
        alarm = self._alarms.get(reading.series)
        if alarm is None:
            alarm = self._alarms[reading.series] = Alarm(settings.alarm)
        return alarm.crosses(reading)

    @property
    def progresses(self) -> bool:
        """Whether the last tick is no older than its longest interval and two time-outs of every device."""
        longest_s = max(device.settings.every_s for device in self._devices.values())
        allowed_s = longest_s + GRACE_S + 2 * sum(device.bus.timeout_s for device in self._devices.values())
        return self._clock.boottime_ns() - self._ticked_ns < allowed_s * NS_PER_S

    def _on_change(self, device: Device, channel: str, value: Value) -> None:
        """A part told a change by itself, between two ticks."""
        self._take(device, device.stamp({channel: value}))

    def _take(self, device: Device, readings: Sequence[Reading]) -> None:
        news: dict[tuple[Lane, bool], list[tuple[Reading, str]]] = {}
        for reading in readings:
            channel = reading.series.partition("/")[2]
            unit = device.unit(channel)
            way = self._way(reading, device.channel_settings(channel))
            if way is None:
                self._outbox.suppress(reading.series, unit)
            else:
                news.setdefault(way, []).append((reading, unit))
        for (lane, urgent), taken in news.items():
            self._outbox.append_all(taken, lane, urgent=urgent)
        for reading in readings:
            self._board.post(reading)

    def _way(self, reading: Reading, settings: ChannelSettings) -> tuple[Lane, bool] | None:
        """The lane of a reading and whether it is urgent; None where it is no news."""
        news = self._news.setdefault(reading.series, News(settings))
        if self._crosses(reading, settings):
            raised = self._alarms[reading.series].raised
            self._outbox.note("alarm", series=reading.series, value=reading.value, raised=raised)
            news.sent(reading)
            return Lane.CRITICAL, True
        if news.is_news(reading):
            return settings.lane, settings.mode is Mode.REALTIME or settings.lane <= Lane.HIGH
        return None


def next_tick_ns(now_ns: int, every_s: float) -> int:
    """The first multiple of an interval after now."""
    every_ns = round(every_s * NS_PER_S)
    return (now_ns // every_ns + 1) * every_ns


def _posted(loop: asyncio.AbstractEventLoop, listener: Listener) -> Listener:
    """`listener`, called in the loop's thread whatever thread tells."""

    def post(channel: str, value: Value) -> None:
        with contextlib.suppress(RuntimeError):  # The loop has ended before the part was told to be silent.
            loop.call_soon_threadsafe(listener, channel, value)

    return post

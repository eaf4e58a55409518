"""The sampler: asks the parts of one bus for readings on common ticks, and hands on what is news.

Ticks are multiples of a device's interval since boot, so that all devices of one interval are read in one wake-up. A
device that took too long is read again at its next tick, not at once: missed ticks are never made up for.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Callable, Collection, Sequence

from drivers.base import Listener
from gateway.clock import NS_PER_S, Clock
from gateway.core.aggregate import Item
from gateway.core.channel_checks import ChannelKind, wrong_settings
from gateway.core.gate import Outcome
from gateway.core.reading import Lane, Reading, Value
from gateway.core.settings import ChannelSettings, Mode
from gateway.devices.board import Board
from gateway.devices.channel import Watched
from gateway.devices.device import Device, DeviceState
from gateway.devices.doubts import Doubts
from gateway.store.outbox import Outbox

GRACE_S = 5.0
"""On top of what a tick may take when every part of the bus is silent."""


class Sampler:
    """Reads the devices of one bus."""

    def __init__(
        self,
        devices: Sequence[Device],
        outbox: Outbox,
        board: Board,
        clock: Clock,
        stretch: Callable[[], float] | None = None,
    ) -> None:
        self._devices = {device.name: device for device in devices}
        self._outbox = outbox
        self._board = board
        self._doubts = Doubts(outbox)
        self._clock = clock
        self._watched: dict[str, Watched] = {}
        self.stretch: Callable[[], float] = stretch or (lambda: 0.0)
        """How far the limits of the channels are stretched for the budget: 0 as configured, 1 as far as they go."""
        self.slower: Callable[[Lane], float] = lambda _lane: 1.0
        """By how much the intervals of a lane are longer while the processor cannot keep up."""
        self.needed: Collection[str] = ()
        """Devices that something here depends on: they are read in time whatever their lane."""
        self._due_ns = dict.fromkeys(self._devices, 0)
        self._ticked_ns = clock.boottime_ns()
        self._hurried = asyncio.Event()

    async def run(self) -> None:
        """Read for ever."""
        loop = asyncio.get_running_loop()
        for device in self._devices.values():
            device.listener = _posted(loop, functools.partial(self._on_change, device))
        pause_s = 0.0
        while pause_s >= 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._hurried.wait()
            self._hurried.clear()
            pause_s = await self.tick()

    def hurry(self, name: str) -> None:
        """A device has another interval, and the tick that it waits for may be a day away: read it now."""
        self._due_ns[name] = 0
        self._hurried.set()

    async def tick(self) -> float:
        """Read what is due; returns the seconds until something is due again."""
        now = self._ticked_ns = self._clock.boottime_ns()
        due = [name for name, due_ns in self._due_ns.items() if due_ns <= now]
        lanes = {name: self._devices[name].lane for name in due}
        for name in sorted(due, key=lambda name: (lanes[name], self._due_ns[name])):
            device = self._devices[name]
            readings = await device.read()
            if readings is None:
                self._let_go(device)
            else:
                self._take(device, readings)
            self._due_ns[name] = next_tick_ns(self._clock.boottime_ns(), self._every_s(device))
            if device.state is DeviceState.DOWN:  # However seldom it is read, it is not left down until then.
                self._due_ns[name] = min(self._due_ns[name], device.retry_ns)
        return max(0.0, (min(self._due_ns.values()) - self._clock.boottime_ns()) / NS_PER_S)

    def _every_s(self, device: Device) -> float:
        slower = 1.0 if device.name in self.needed else self.slower(device.lane)
        return device.settings.every_s * slower

    @property
    def progresses(self) -> bool:
        """Whether the last tick is no older than its longest interval and two time-outs of every device."""
        longest_s = max(self._every_s(device) for device in self._devices.values())
        allowed_s = longest_s + GRACE_S + 2 * sum(device.bus.timeout_s for device in self._devices.values())
        return self._clock.boottime_ns() - self._ticked_ns < allowed_s * NS_PER_S

    def _on_change(self, device: Device, channel: str, value: Value) -> None:
        """A part told a change by itself, between two ticks."""
        self._take(device, device.stamp({channel: value}))

    def _take(self, device: Device, readings: Sequence[Reading]) -> None:
        news: dict[tuple[Lane, bool], list[tuple[Reading, str]]] = {}
        for reading in readings:
            watched = self._watched.get(reading.series) or self._watch(device, reading.series)
            if watched.alarm is not None and watched.alarm.crosses(reading):
                self._outbox.note("alarm", series=reading.series, value=reading.value, raised=watched.alarm.raised)
                self._outbox.overtake(reading.series)
                self._outbox.decide(reading, watched.unit, Lane.CRITICAL, watched.admit(reading), urgent=True)
                continue
            gate = watched.gate
            if gate is None:
                news.setdefault(watched.way, []).append((reading, watched.unit))
                continue
            outcome = watched.admit(reading) if watched.raised else gate.take(reading, watched.limits(self.stretch()))
            lane, urgent = watched.way
            self._outbox.decide(reading, watched.unit, lane, outcome, urgent=urgent or watched.raised)
        for (lane, urgent), taken in news.items():
            self._outbox.append_all(taken, lane, urgent=urgent)
        for reading in readings:
            self._board.post(reading)
            self._doubts.take(reading)

    def _watch(self, device: Device, series: str, settings: ChannelSettings | None = None) -> Watched:
        channel = device.channels[series.partition("/")[2]]
        settings = settings or device.channel_settings(channel.name)
        watched = Watched(series, channel, device.unit(channel.name), settings, device.settings.every_s)
        self._watched[series] = watched
        return watched

    def _let_go(self, device: Device) -> None:
        """What is held of a device that gives no readings is sent when its time has come."""
        for name in device.channels:
            watched = self._watched.get(device.series(name))
            if watched is not None and watched.gate is not None and watched.gate.held:
                open_before = watched.gate.open
                late = watched.gate.overdue(self._clock.boottime_ns(), watched.limits(self.stretch()))
                if late:
                    self._decide_late(watched, late, open_before - watched.gate.open)

    def _decide_late(self, watched: Watched, late: tuple[Item, ...], closed: int) -> None:
        now = Reading(watched.series, 0.0, self._clock.boottime_ns(), self._clock.wall_ns())
        held, is_open = ((), 0) if watched.gate is None else (watched.gate.held, watched.gate.open)
        outcome = Outcome(late, held, (), closed, is_open)
        self._outbox.decide(now, watched.unit, watched.way[0], outcome, urgent=watched.way[1])

    def change(self, series: str, settings: ChannelSettings) -> None:
        """Watch a channel by other settings from now on; what is held by the old ones is sent.

        Raises:
            KeyError: it is no channel of this bus.
            ValueError: they do not fit the channel; nothing has changed.
        """
        name, _, channel = series.partition("/")
        device = self._devices[name]
        one = device.channels[channel]
        wrong = next(wrong_settings(ChannelKind(one.kind.value, one.low, one.high), settings), None)
        if wrong is not None:
            place, message, hint = wrong
            raise ValueError(f"{'.'.join((series, *place))}: {message}; {hint}")
        before = self._watched.get(series)
        after = self._watch(device, series, settings)
        if before is None:
            return
        after.carry_on(before)
        if before.gate is not None and before.gate.held:
            self._decide_late(after, before.gate.held, before.gate.open)

    @property
    def elastic(self) -> bool:
        """Whether some channel may be stretched for the budget."""
        watched = (
            self._watched.get(device.series(name)) or self._watch(device, device.series(name))
            for device in self._devices.values()
            for name in device.channels
        )
        return any(one.elastic for one in watched)

    def is_windowed(self, series: str) -> bool:
        """Whether nothing but aggregates of windows is sent of a channel."""
        watched = self._watched.get(series)
        return watched is not None and watched.plan.mode is Mode.PERIODIC

    @property
    def modes(self) -> dict[str, tuple[str, str]]:
        """Of every channel that was read: the mode that it is in, and why."""
        return {series: (one.plan.mode.value, one.plan.why) for series, one in self._watched.items()}


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

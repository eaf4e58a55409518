"""An actuator, a guardian and a real device with a pin that remembers, for tests of safety. Crashes and restarts."""

from __future__ import annotations

import asyncio
import contextlib

from drivers.base import DriverError
from gateway.core.command import Source, Target, execution_of
from gateway.core.override import Now
from gateway.core.reading import ClockState, Quality, Reading
from gateway.core.safety import rules_of
from gateway.core.wire import CommandRequest
from gateway.devices.actuator import Actuator
from gateway.devices.guardian import Guardian
from gateway.devices.outputs import Outputs
from gateway.store.admission import Admission, Terms
from gateway.store.inbox import Inbox
from gateway.store.outputs import load_outputs


class Pin:
    """An output as the hardware has it: it keeps its value when the process is gone."""

    def __init__(self, safe, seen):
        self.safe, self.value, self._seen = safe, safe, seen
        self.raises = None

    def write(self, channel, value):
        if self.raises is not None:
            raise self.raises
        self.value = value
        self._seen(channel, value)
        return value


class Guarded:
    """One run of the daemon, as far as outputs go; `restart` makes the next one."""

    def __init__(self, plant, settings):
        self.plant = plant
        self.settings = settings
        self.writes = []
        """Every value that reached a pin: (boottime in seconds, channel, value)."""
        self.pins = {channel: Pin(safe, self._seen) for channel, (safe, _) in settings.items()}
        self.ended = []
        self.up = True
        self.wishes = 0
        self.step = _step
        """Awaited before and after a pin is written: where a crash may come."""

    def _seen(self, channel, value):
        self.writes.append((self.plant.clock.boottime / 1e9, channel, value))

    def now(self):
        clock = self.plant.clock
        known = clock.state() is ClockState.SYNCHRONISED
        return Now(clock.boot_id, clock.boottime_ns(), clock.wall_ns() / 1e9 if known else None)

    async def start(self):
        """What a start does: every output gets its safe value before anybody may ask."""
        plant = self.plant
        plant.inbox = await Inbox.open(plant.database)
        targets = Terms({one: Target(one, "boolean", writable=True) for one in self.settings})
        plant.admission = Admission(plant.inbox, plant.events, targets, plant.clock, plant.trusted)
        kept = await load_outputs(plant.database)
        self.outputs = Outputs(rules_of(self.settings), kept, plant.board, self.now)
        writers = dict.fromkeys(self.settings, self.write)
        self.actuator = Actuator(plant.inbox, plant.events, writers, plant.clock, plant.trusted, self.outputs)
        self.actuator.finished = self.ended.append
        self.guardian = Guardian(self.outputs, writers, plant.database, plant.events, plant.clock)
        self.guardian.link_lost_ns = lambda: None if self.up else plant.clock.boottime_ns()
        self.guardian.wish = self._wish
        for channel, pin in self.pins.items():
            with contextlib.suppress(DriverError):
                await self.write(channel, pin.safe)

    async def _wish(self, channel, value):
        self.wishes += 1
        execution = self.plant.admission.local(f"boot-{self.wishes}", channel, value, Source.CONTROL)
        await self.plant.admission.submit(execution)

    async def write(self, channel, value):
        await self.step()
        try:
            result = self.pins[channel].write(channel, value)
        except DriverError:
            self.outputs.doubted(channel)
            raise
        await self.step()
        self.outputs.driven(channel, result)
        return result

    async def order(self, identifier, channel, value, lasts_s=600.0, **options):
        now_s = self.plant.now_s
        request = CommandRequest(channel=channel, value=value, issued=now_s, expires=now_s + lasts_s, **options)
        return await self.plant.admission.submit(execution_of(identifier, request, Source.TWIN, now_s))

    def read(self, series, value, quality=Quality.GOOD):
        clock = self.plant.clock
        self.plant.board.post(Reading(series, value, clock.boottime_ns(), clock.wall_ns(), quality))

    async def work(self):
        """Do everything that can be done now."""
        for _ in range(40):
            for channel, found in self.guardian.look():
                await self.guardian._force(channel, found)
            await self.guardian._settle()
            execution = self.plant.inbox.take() or self.actuator._due()
            if execution is None and not self.guardian.look():
                break
            if execution is not None:
                await self.actuator.perform(execution)

    async def passes(self, seconds):
        self.plant.clock.advance(seconds)
        await self.work()

    @property
    def outcomes(self):
        return [(one.id, one.status.value, one.reason_code.value) for one in self.ended]

    def values(self, channel):
        return [value for _, one, value in self.writes if one == channel]


async def _step():
    await asyncio.sleep(0)

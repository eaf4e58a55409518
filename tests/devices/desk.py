"""An actuator and the channels that it drives, played by a test."""

from __future__ import annotations

import asyncio

from gateway.core.command import Source, execution_of
from gateway.core.wire import CommandRequest
from gateway.devices.actuator import Actuator


class Desk:
    """An actuator and the channels that it drives."""

    def __init__(self, plant):
        self.plant = plant
        self.driven = []
        self.raises = None
        self.before = None
        self.finished = []
        self.actuator = self.new()

    def new(self, inbox=None):
        """An actuator as a new start makes it."""
        plant = self.plant
        inbox = inbox or plant.inbox
        writers = dict.fromkeys(("heater/on", "fan/on", "pump/on", "climate/setpoint"), self._write)
        actuator = Actuator(inbox, plant.events, writers, plant.clock, plant.trusted)
        actuator.finished = self.finished.append
        return actuator

    async def _write(self, channel, value):
        if self.before is not None:
            await self.before()
        if self.raises is not None:
            raise self.raises
        self.driven.append((channel, value))
        return value

    async def order(self, identifier, channel="heater/on", value=True, lasts_s=60.0, **options):
        now_s = self.plant.now_s
        request = CommandRequest(channel=channel, value=value, issued=now_s, expires=now_s + lasts_s, **options)
        return await self.plant.admission.submit(execution_of(identifier, request, Source.TWIN, now_s))

    async def work(self):
        """Run until nothing is left to do."""
        running = asyncio.create_task(self.actuator.run())
        await self.quiet()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    async def quiet(self):
        for _ in range(60):
            await self.plant.database.read("SELECT 1")
            await asyncio.sleep(0)

    @property
    def outcomes(self):
        return [(one.id, one.status.value, one.reason_code.value) for one in self.finished]

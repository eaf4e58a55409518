"""Rules and a heater between an inbox and a board, with a clock that stands still."""

from __future__ import annotations

from gateway.core.command import ReasonCode
from gateway.core.reading import Quality, Reading
from gateway.core.settings import Site
from gateway.core.settings_rules import ConditionSettings, RuleSettings
from gateway.core.wire import CommandStatus
from gateway.devices.rules import Rules
from tests.fakes.timekeeping import timekeeper

COLD = RuleSettings(
    name="cold",
    when=ConditionSettings(channel="room/temperature", below=5.0, clear=7.0),
    then={"heater/on": True},
    otherwise={"heater/on": False},
    priority=3,
)


class House:
    """Rules, and a heater that does what it is told unless it is broken."""

    def __init__(self, plant, *rules, held=None):
        self.plant, self.broken = plant, False
        site = Site(gateway="gw", rules=rules or (COLD,))
        self.rules = Rules(
            site, held or {}, plant.board, plant.admission, plant.events, plant.database, timekeeper(plant.clock)
        )
        self.refused = None
        """What safety says of everything."""
        self.rules.refusal = lambda _channel, _value: self.refused
        self.rules.book.begin(self.rules._now())

    def post(self, series, value, quality=Quality.GOOD):
        clock = self.plant.clock
        self.plant.board.post(Reading(series, value, clock.boottime_ns(), clock.wall_ns(), quality))

    async def decide(self):
        """Everything that is asked for now: (channel, value, priority); the heater does it."""
        self.rules.look()
        await self.rules.decide()
        found = []
        while (execution := self.plant.inbox.take()) is not None:
            found.append((execution.channel, execution.value, execution.priority))
            now_s = self.plant.now_s
            if self.refused is not None:
                done = execution.rejected(*self.refused, now_s)
            elif self.broken:
                done = execution.failed(CommandStatus.FAILED, ReasonCode.DEVICE_ERROR, "no answer", now_s)
            else:
                done = execution.finished(CommandStatus.SUCCEEDED, now_s, result=execution.value)
            await self.plant.inbox.update(done)
            self.rules.finished(done)
        return found

    async def stays(self, temperature, seconds):
        """The room is read every ten seconds for so long; everything that is asked for meanwhile."""
        found = []
        for _ in range(seconds // 10):
            self.plant.clock.advance(10.0)
            found += await self.room_is(temperature)
        return found

    async def room_is(self, temperature):
        self.post("room/temperature", temperature)
        return await self.decide()

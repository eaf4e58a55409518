"""A house in which channels are set by hand: the store and the way to the actuators, no parts and no link."""

from __future__ import annotations

import contextlib
import json

from drivers.base import DriverError
from gateway.app.hand import Sight, hand
from gateway.app.records import Records
from gateway.clock import NS_PER_S
from gateway.core.command import Target
from gateway.core.conflict import ConflictPolicy, Outcome, Side, Write
from gateway.core.hybrid_clock import Stamp
from gateway.core.override import Now
from gateway.core.settings import Site
from gateway.devices.actuator import Actuator
from gateway.store.admission import Admission, Terms
from gateway.store.database import open_database
from gateway.store.events import EventLog
from gateway.store.inbox import Inbox
from gateway.store.shadows import load_kept
from tests.fakes.clock import FakeClock
from tests.fakes.timekeeping import timekeeper

TARGETS = {
    "heater/on": Target("heater/on", "boolean", writable=True),
    "climate/setpoint": Target("climate/setpoint", "number", 5.0, 30.0, writable=True),
    "room/temperature": Target("room/temperature", "number"),
}
P = ConflictPolicy


@contextlib.asynccontextmanager
async def open_house(folder, clock=None, policy=P.PHYSICAL_PRIORITY):
    clock = clock or FakeClock()
    async with open_database(folder, stamp="x") as database:
        kept = await load_kept(database, "gw")
        yield House(
            database, await Inbox.open(database), await EventLog.open(database, timekeeper(clock)), kept, clock, policy
        )


class House:
    """Everything but parts and a link: channels that take what they are given, unless a test breaks them."""

    def __init__(self, database, inbox, events, kept, clock, policy):
        self.database, self.inbox, self.clock = database, inbox, clock
        self.is_now = {"heater/on": False, "climate/setpoint": 18.0}
        self.broken = set()
        self.admission = Admission(inbox, events, Terms(TARGETS), clock, self.wall_s)
        writers = dict.fromkeys(self.is_now, self.write)
        self.actuator = Actuator(inbox, events, writers, clock, self.wall_s)
        records = Records(self.admission, events, database)
        sight = Sight(dict.fromkeys(self.is_now, policy), self.now, self.is_now.get)
        self.hand = hand(Site(gateway="gw"), kept, TARGETS, records, sight)
        self.overrides, self.agreement = self.hand.overrides, self.hand.agreement
        self.actuator.finished, self.actuator.refusal = self.overrides.finished, self.hand.guard.refusal
        self.told = {}
        self.overrides.changed = self.told.__setitem__
        self.overrides.tell_all()

    def wall_s(self):
        return self.clock.wall_ns() / NS_PER_S

    def now(self):
        return Now(self.clock.boot_id, self.clock.boottime_ns(), self.wall_s())

    async def write(self, channel, value):
        if channel in self.broken:
            raise DriverError("broken")
        self.is_now[channel] = value
        return value

    async def act(self):
        """Do all that waits; what came of each."""
        done = []
        while (execution := self.inbox.take()) is not None:
            done.append(await self.actuator.perform(execution))
        return done

    async def hold(self, channel, value, lasts_s=1800.0):
        decided, _ = await self.overrides.hold(channel, value, "pi", lasts_s)
        await self.act()
        return decided

    async def ask(self, channel, value, source):
        execution = self.admission.local(f"id-{self.clock.boottime_ns()}-{value}", channel, value, source)
        return await self.admission.submit(execution)

    async def events_of(self, kind):
        rows = await self.database.read("SELECT data FROM event WHERE kind = ? ORDER BY id", (kind,))
        return [json.loads(data) for (data,) in rows]

    async def agree(self, channel, value):
        twin, outcome = Write(value, Stamp(1, 0, "twin")), Outcome(value, Side.TWIN, [])
        await self.database.write(*self.agreement.statements(channel, twin, outcome))
        self.agreement.settle(channel, twin, outcome)

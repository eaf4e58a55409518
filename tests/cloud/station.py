"""A downlink with everything behind it: real disk, real admission, real shadows; broker and parts are the test's."""

from __future__ import annotations

import asyncio
import contextlib
import json
from types import SimpleNamespace

import msgspec

from gateway.cloud.commands import Commands
from gateway.cloud.downlink import Downlink, Told
from gateway.cloud.shadows import Shadows
from gateway.core import wire
from gateway.core.command import Target
from gateway.core.offset import trusted_now_s
from gateway.core.reading import ClockState
from gateway.core.settings import Acknowledge
from gateway.core.wire import Birth, BirthChannel, BirthDevice
from gateway.errors import StoreError
from gateway.store.admission import Admission, Terms
from gateway.store.events import EventLog
from gateway.store.inbox import Inbox
from tests.cloud.rig import open_rig
from tests.fakes.session import FakeSession

PREFIX, GATEWAY = "edgetwin", "gw"
BASE = f"{PREFIX}/things/{GATEWAY}"
TARGETS = {
    "heater/on": Target("heater/on", "boolean", writable=True),
    "climate/setpoint": Target("climate/setpoint", "number", 5.0, 30.0, writable=True),
    "room/temperature": Target("room/temperature", "number", -40.0, 125.0),
}
DEVICES = {
    "heater": BirthDevice(driver="digital_output", channels={"on": BirthChannel(kind="boolean", writable=True)}),
    "room": BirthDevice(driver="sht4x", channels={"temperature": BirthChannel(unit="Cel", low=-40.0, high=125.0)}),
}
ROUNDS = 40


@contextlib.asynccontextmanager
async def open_station(folder, **link):
    async with open_rig(folder, **link) as rig:
        inbox, events = await Inbox.open(rig.database), await EventLog.open(rig.database, rig.timekeeper)
        station = Station(rig, inbox, events)
        try:
            yield station
        finally:
            await station.end()


class Station:
    def __init__(self, rig, inbox, events):
        self.rig, self.clock, self.inbox, self.events = rig, rig.clock, inbox, events
        self.epoch = rig.outbox.ledger.epoch
        self.admission = Admission(inbox, events, Terms(TARGETS), self.clock, self.trusted)
        self.shadows = Shadows(
            rig.link.shadows_under, GATEWAY, {"heater": ["on"], "climate": ["setpoint"], "room": []}, self.clock
        )
        self.shadows.wish = self._wish
        commands = Commands(rig.link.shadows_under, GATEWAY, self.admission, inbox, rig.timekeeper)
        by_broker = rig.link.acknowledge is Acknowledge.BROKER
        told = Told(self.epoch.partition("-")[0], inbox, events, by_broker)
        self.downlink = Downlink(PREFIX, self.birth, rig.uplink, self.shadows, commands, told)
        self.wishes = []
        self.disk_fails = False
        self.session = self.task = None

    def trusted(self):
        synchronised = self.clock.state() is ClockState.SYNCHRONISED
        return trusted_now_s(self.clock.wall_ns() / 1e9, synchronised, None)

    def birth(self):
        return Birth(
            gateway=GATEWAY, epoch=self.epoch, software="test", protocol=1, started=self.now_s, devices=DEVICES
        )

    async def _wish(self, device, wish, _version):
        if self.disk_fails:
            raise StoreError("disk full")
        self.wishes.append((device, wish.channel, wish.value))

    @property
    def now_s(self):
        return self.clock.wall_ns() / 1e9

    async def connect(self, **options):
        await self.end()
        self.session = FakeSession(**options)
        self.task = asyncio.create_task(self.downlink.serve(self.session))
        await self.settle()

    async def end(self):
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)

    async def settle(self):
        await self.rig.settle(ROUNDS)

    async def hear(self, topic, payload, *, retain=False):
        """A message arrives and is dealt with; what is no bytes is sent as JSON."""
        self.session.deliver(
            topic, payload if isinstance(payload, bytes) else json.dumps(payload).encode(), retain=retain
        )
        await self.settle()

    async def order(self, identifier, payload=None, *, retain=False, **changes):
        """A command arrives, a good one where nothing else is said."""
        if payload is None:
            payload = {
                "channel": "heater/on",
                "value": True,
                "issued": self.now_s,
                "expires": self.now_s + 60,
            } | changes
        await self.hear(wire.command_topic(PREFIX, GATEWAY, identifier, "request/json"), payload, retain=retain)

    async def confirm(self, identifier):
        await self.hear(wire.command_topic(PREFIX, GATEWAY, identifier, "response/accepted/json"), b"{}")

    async def acknowledge_events(self, last, *, store=None):
        ranges = [(store or self.epoch.partition("-")[0], "events", 1, last)]
        await self.hear(
            f"{BASE}/ack", msgspec.json.encode({"ranges": ranges, "received": self.now_s, "sent": self.now_s})
        )

    async def remind(self):
        """Let the teller look again, as it does from time to time."""
        self.inbox.untold_changed.set()
        await self.settle()

    def said(self, topic):
        """What was published on a topic, as JSON, oldest first."""
        return [json.loads(payload) for payload in self.session.on(topic)]

    def responses(self, identifier):
        """What was said of a command, as (status, reason code)."""
        said = self.said(wire.command_topic(PREFIX, GATEWAY, identifier, "response/json"))
        return [(one["status"], one.get("statusReason", {}).get("reasonCode", "")) for one in said]

    async def act(self):
        """The actuator's part: take what waits, and let it succeed."""
        done = []
        while (execution := self.inbox.take()) is not None:
            finished = execution.finished(wire.CommandStatus.SUCCEEDED, self.now_s, result=execution.value)
            await self.inbox.update(finished)
            done.append(SimpleNamespace(id=finished.id, channel=finished.channel, value=finished.value))
        await self.settle()
        return done

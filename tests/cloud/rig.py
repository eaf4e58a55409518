"""An uplink with a real outbox on a real disk, a clock that stands still, and a twin that a test plays."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from gateway.cloud.uplink import Uplink
from gateway.core.reading import Lane, Reading
from gateway.core.senml import decode_pack
from gateway.core.settings import LinkSettings, StoreSettings
from gateway.core.wire import Ack
from gateway.store.database import open_database
from gateway.store.recovery import open_outbox
from tests.fakes.clock import FakeClock
from tests.fakes.session import FakeSession
from tests.fakes.timekeeping import timekeeper

GATEWAY, TOPIC = "gw", "telemetry"
ROUNDS = 12
"""So often a task may go to the database and come back before it is quiet."""


@contextlib.asynccontextmanager
async def open_rig(folder: Path, **link):
    clock = FakeClock()
    store = StoreSettings(directory=str(folder), runtime_directory=str(folder / "run"))
    async with (
        open_database(folder, stamp="x") as database,
        open_outbox(database, GATEWAY, clock, store, "0123456789abcdef") as opened,
    ):
        rig = Rig(opened, database, clock, LinkSettings(**link))
        try:
            yield rig
        finally:
            await rig.end()


class Rig:
    def __init__(self, opened, database, clock, link):
        self.outbox, self.committer = opened.outbox, opened.committer
        self.database, self.clock, self.link = database, clock, link
        self.timekeeper = timekeeper(clock)
        self.uplink = Uplink(self.outbox, TOPIC, self.timekeeper, link)
        self.session = None
        self.task = None
        self._number = 0

    async def connect(self, code=0, **options):
        """A new session; the one before it is lost."""
        await self.end()
        self.session = FakeSession(code, **options)
        self.task = asyncio.create_task(self.uplink.run(self.session))
        await self.settle()

    async def end(self):
        if self.task is not None:
            self.session.lose()
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)

    async def settle(self, rounds=ROUNDS):
        """Let every task go as far as it can without time passing."""
        for _ in range(rounds):
            await self.database.read("SELECT 1")
            for _ in range(5):
                await asyncio.sleep(0)

    async def read(self, *numbers, series="room/temperature", lane=Lane.NORMAL, urgent=True):
        """Take readings in; without numbers the next one."""
        if not numbers:
            self._number += 1
            numbers = (self._number,)
        for number in numbers:
            reading = Reading(series, float(number), self.clock.boottime_ns(), self.clock.wall_ns())
            self.outbox.append(reading, "Cel", lane, urgent=urgent)
        await self.settle()

    async def pass_time(self, seconds):
        self.clock.advance(seconds)
        self.outbox.news.set()
        await self.settle()

    async def commit(self):
        await self.committer.commit()
        await self.settle()

    async def acknowledge(self, *segments, late_s=0.0, rejected=()):
        """The twin holds some segments, `late_s` after they came."""
        now_s = self.clock.wall_ns() / 1e9
        ranges = [(one.epoch, one.lane.label, one.first, one.last) for one in segments]
        gone = [(one.epoch, one.lane.label, one.first, one.last, "unknown") for one in rejected]
        self.uplink.on_ack(Ack(ranges, now_s - late_s, now_s, rejected=gone))
        await self.settle()

    @property
    def batches(self):
        """Every batch that was sent on this session, as the segments in it."""
        return [decode_pack(payload, GATEWAY) for payload in self.session.on(TOPIC)]

    @property
    def values(self):
        """The readings that were sent on this session, batch by batch."""
        return [[record.value for segment in batch for record in segment.records] for batch in self.batches]

"""An outbox, an inbox and all that lies between them and the parts, on a real disk, with a clock that stands still."""

from __future__ import annotations

import contextlib

from gateway.core.command import Target
from gateway.core.offset import trusted_now_s
from gateway.core.reading import ClockState
from gateway.core.settings import StoreSettings
from gateway.devices.board import Board
from gateway.store.admission import Admission, Terms
from gateway.store.database import open_database
from gateway.store.events import EventLog
from gateway.store.inbox import Inbox
from gateway.store.recovery import open_outbox
from tests.fakes.timekeeping import timekeeper

TARGETS = {
    "heater/on": Target("heater/on", "boolean", writable=True),
    "fan/on": Target("fan/on", "boolean", writable=True),
    "pump/on": Target("pump/on", "boolean", writable=True),
    "climate/setpoint": Target("climate/setpoint", "number", 5.0, 30.0, writable=True),
}


@contextlib.asynccontextmanager
async def open_plant(folder, clock):
    store = StoreSettings(directory=str(folder), runtime_directory=str(folder / "run"))
    async with (
        open_database(folder, stamp="x") as database,
        open_outbox(database, "gw", clock, store, "0123456789abcdef") as opened,
    ):
        yield Plant(
            database, opened.outbox, await Inbox.open(database), await EventLog.open(database, timekeeper(clock)), clock
        )


class Plant:
    def __init__(self, database, outbox, inbox, events, clock):
        self.database, self.outbox, self.inbox, self.events, self.clock = database, outbox, inbox, events, clock
        self.board = Board()
        self.admission = Admission(inbox, events, Terms(TARGETS), clock, self.trusted)

    def trusted(self):
        return trusted_now_s(self.now_s, self.clock.state() is ClockState.SYNCHRONISED, None)

    @property
    def now_s(self):
        return self.clock.wall_ns() / 1e9

    @property
    def lanes(self):
        """How many readings of each lane are in memory."""
        counts = {}
        ledger = self.outbox.ledger
        held = [(lane, len(one.indexes)) for lane, one in ledger.open.items()]
        for lane, count in [*held, *((key.lane, one.count) for key, one in ledger.volatile.items())]:
            counts[lane] = counts.get(lane, 0) + count
        return counts

    def tally(self, series):
        """(taken, suppressed, waiting) of a series."""
        one = self.outbox.ledger.tally_of(series)
        assert one.balanced
        return one.taken, one.suppressed, one.waiting

    async def commands(self):
        """Every command on the disk: (id, status, reason code, started)."""
        rows = await self.database.read("SELECT id, status, reason_code, started FROM command ORDER BY rowid")
        return [(identifier, status, code, bool(started)) for identifier, status, code, started in rows]

"""An outbox on real files, for tests of one thing at a time."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from gateway.core.ledger_events import Key
from gateway.core.reading import Lane, Reading, Value
from gateway.core.segment import Outgoing, Segment, encode_pack
from gateway.core.senml import Record, decode_pack
from gateway.core.settings import StoreSettings
from gateway.store.committer import Committer
from gateway.store.database import Database, open_database
from gateway.store.head import Head
from gateway.store.outbox import Outbox
from gateway.store.recovery import Opened, open_outbox
from tests.fakes.clock import FakeClock

STORE_ID = "0123456789abcdef"


class Shelf:
    """An open outbox and everything around it that a test may want to touch."""

    def __init__(self, opened: Opened, database: Database, clock: FakeClock) -> None:
        self.outbox: Outbox = opened.outbox
        self.committer: Committer = opened.committer
        self.opened = opened
        self.database = database
        self.clock = clock

    def read(self, value: Value = 1.0, series: str = "a/x", unit: str = "Cel", lane: Lane = Lane.NORMAL) -> None:
        """Take one reading in."""
        self.outbox.append(Reading(series, value, self.clock.boottime_ns(), self.clock.wall_ns()), unit, lane)

    def acknowledge(self, segments: list[Segment]) -> list[Key]:
        """The twin has these."""
        return self.outbox.acknowledge([(one.epoch, one.lane.label, one.first, one.last) for one in segments])

    def head(self) -> Head:
        """Its head file, which a test may break."""
        return self.outbox._head

    async def rows(self) -> list[tuple[int, ...]]:
        """(lane, first, last) of every segment on the disk."""
        return await self.database.read("SELECT lane, first, last FROM segment ORDER BY id")

    def abandon(self) -> None:
        """Leave without closing in order, as a killed process does."""
        self.outbox.release_held = lambda: None  # type: ignore[method-assign]
        self.committer.close = _nothing  # type: ignore[method-assign]
        self.head().discard = lambda: None  # type: ignore[method-assign]


@contextlib.asynccontextmanager
async def shelf_in(
    folder: Path, clock: FakeClock, gateway: str = "gw", store_id: str = STORE_ID, **settings: float
) -> AsyncIterator[Shelf]:
    """Open the outbox in `folder`."""
    chosen = StoreSettings(directory=str(folder), runtime_directory=str(folder / "run"), **settings)
    async with (
        open_database(folder, stamp="now") as database,
        open_outbox(database, gateway, clock, chosen, store_id) as opened,
    ):
        yield Shelf(opened, database, clock)


def records(segments: list[Segment], gateway: str = "gw") -> list[Record]:
    """What the twin makes of them."""
    pack = encode_pack([Outgoing(one, one.base.wall_ns, one.base.clock, backfill=False) for one in segments])
    return [record for received in decode_pack(pack, gateway) for record in received.records] if segments else []


def values(segments: list[Segment], gateway: str = "gw") -> list[Value]:
    """Only their values."""
    return [record.value for record in records(segments, gateway)]


async def _nothing() -> None:
    pass

"""The event log: append-only, chained (`core/chain.py`), and told to the twin in order."""

from __future__ import annotations

from typing import Any

import msgspec
import structlog

from gateway.clock import NS_PER_S
from gateway.core.command import Execution
from gateway.core.operation import SET
from gateway.core.reading import ClockState
from gateway.core.segment import Base
from gateway.core.wire import Event
from gateway.store.database import Database, Statement
from gateway.store.segments import SET_META
from gateway.timekeeper import Timekeeper

EVENTS_MAX = 4000
"""Months of an ordinary site's events, at most half a megabyte; older ones are dropped."""
TELL_MAX = 50
"""Events in one message."""


INSERT = (
    "INSERT INTO event (id, boot_id, boottime_ns, time_s, clock, kind, data, digest) "
    "SELECT n, ?1, ?2, ?3, ?4, ?5, ?6, event_digest(previous, n, ?1, ?2, ?3, ?4, ?5, ?6) "
    "FROM (SELECT coalesce(max(id), 0) + 1 AS n, "
    "(SELECT digest FROM event ORDER BY id DESC LIMIT 1) AS previous FROM event)"
)
"""Numbered and chained when it is written, so that the order of both is that of the transactions, without holes."""
ANCHOR = (
    "INSERT INTO meta (key, value) SELECT 'events_anchor', id || ':' || hex(digest) FROM event "
    "WHERE id = (SELECT max(id) FROM event) - ? AND digest IS NOT NULL "
    "ON CONFLICT (key) DO UPDATE SET value = excluded.value"
)
"""Keeps the digest of the newest entry that is dropped next, so that the rest can still be verified."""
DROP = "DELETE FROM event WHERE id <= (SELECT max(id) FROM event) - ?"

log = structlog.get_logger("store")


class EventLog:
    """The open log."""

    def __init__(self, database: Database, timekeeper: Timekeeper, last: int, told: int) -> None:
        self._database = database
        self._timekeeper = timekeeper
        self._told = told
        self._offered = told
        self._last = last
        """The newest event, as far as is known: some that were made may never have been written."""

    @classmethod
    async def open(cls, database: Database, timekeeper: Timekeeper) -> EventLog:
        """The log in `database`.

        Raises:
            StoreError: it cannot be read.
        """
        last = (await database.read("SELECT coalesce(max(id), 0) FROM event"))[0][0]
        told = await database.read("SELECT value FROM meta WHERE key = 'events_told'")
        return cls(database, timekeeper, last, int(told[0][0]) if told else 0)

    def statements(self, kind: str, **data: Any) -> tuple[Statement, ...]:
        """What writes one event; put into the transaction of what the event tells of."""
        self._last += 1
        base = self._timekeeper.base()
        clock = (base.boot_id, base.boottime_ns, base.wall_ns / NS_PER_S, base.clock.value)
        row = (*clock, kind, msgspec.json.encode(data).decode())
        drop = [(EVENTS_MAX,)]
        return ((INSERT, [row]), (ANCHOR, drop), (DROP, drop), (SET_META, [("events_told", self._told)]))

    def decision(self, execution: Execution) -> tuple[Statement, ...]:
        """The event of a command that was decided: who asked for what, and the answer."""
        return self.statements("command", **told(execution))

    def outcome(self, execution: Execution) -> tuple[Statement, ...]:
        """The event of a command that has ended."""
        return self.statements(
            "outcome", id=execution.id, channel=execution.channel, status=execution.status, code=execution.reason_code,
            reason=execution.reason, result=execution.result,
        )  # fmt: skip

    async def record(self, kind: str, **data: Any) -> None:
        """Write one event in a transaction of its own.

        Raises:
            StoreError: the disk did not take it.
        """
        await self._database.write(*self.statements(kind, **data))

    async def untold(self) -> list[Event]:
        """The oldest events that the twin has not acknowledged.

        Raises:
            StoreError: they cannot be read.
        """
        rows = await self._database.read(
            "SELECT id, kind, data, boot_id, boottime_ns, time_s, clock FROM event WHERE id > ? ORDER BY id LIMIT ?",
            (self._told, TELL_MAX),
        )
        newest = rows[-1][0] if rows else self._told
        self._offered = max(self._offered, newest)
        if len(rows) < TELL_MAX:
            self._last = newest
        return [self._event(*row) for row in rows]

    def _event(
        self, number: int, kind: str, data: str, boot_id: str, boottime_ns: int, time_s: float, clock: str
    ) -> Event:
        """The event of a row, at the time that is known for it now."""
        state = ClockState.UNSYNCHRONISED if clock == ClockState.UNSYNCHRONISED else ClockState.SYNCHRONISED
        dated = self._timekeeper.date(Base(boot_id, boottime_ns, round(time_s * NS_PER_S), state))
        time = round(dated.wall_ns / NS_PER_S, 6)
        return Event(id=number, time=time, clock=dated.clock, kind=kind, data=_data(number, data))

    @property
    def has_untold(self) -> bool:
        """Whether the twin may lack something."""
        return self._told < self._last

    def told(self, last: int) -> None:
        """The twin has everything up to `last`; what it was never told it cannot have.

        Kept with the next event: a crash before it only repeats some.
        """
        self._told = max(self._told, min(last, self._offered))


def told(execution: Execution) -> dict[str, Any]:
    """What log and event log say of a decision; of an operation its parameters instead of a value."""
    what: dict[str, Any] = {"value": execution.value}
    if execution.operation != SET:
        what = {"operation": execution.operation, "parameters": execution.parameters}
    signer = {"signer": execution.signer} if execution.signer else {}
    return {
        "id": execution.id, "channel": execution.channel, **what, "source": execution.source.value, **signer,
        "status": execution.status.value, "code": execution.reason_code.value,
    }  # fmt: skip


def _data(number: int, text: str) -> dict[str, object]:
    try:
        return msgspec.json.decode(text, type=dict[str, object])
    except msgspec.DecodeError as error:  # It is told without them, so that those behind it are told too.
        log.error("event cannot be read", id=number, reason=str(error))
        return {}

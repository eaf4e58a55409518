"""The event log: append-only, and told to the twin in order."""

from __future__ import annotations

from typing import Any

import msgspec

from gateway.clock import NS_PER_S, Clock
from gateway.core.wire import Event
from gateway.store.database import Database, Statement
from gateway.store.segments import SET_META

EVENTS_MAX = 4000
"""Months of an ordinary site's events, at most half a megabyte; older ones are dropped."""
TELL_MAX = 50
"""Events in one message."""


class EventLog:
    """The open log."""

    def __init__(self, database: Database, clock: Clock, last_id: int, told: int) -> None:
        self._database = database
        self._clock = clock
        self._last_id = last_id
        self._told = told

    @classmethod
    async def open(cls, database: Database, clock: Clock) -> EventLog:
        """The log in `database`.

        Raises:
            StoreError: it cannot be read.
        """
        last = (await database.read("SELECT coalesce(max(id), 0) FROM event"))[0][0]
        told = await database.read("SELECT value FROM meta WHERE key = 'events_told'")
        return cls(database, clock, last, int(told[0][0]) if told else 0)

    def statements(self, kind: str, **data: Any) -> tuple[Statement, ...]:
        """What writes one event; put into the transaction of what the event tells of."""
        self._last_id += 1
        row = (self._last_id, self._clock.wall_ns() / NS_PER_S, kind, msgspec.json.encode(data).decode())
        return (
            ("INSERT INTO event (id, time_s, kind, data) VALUES (?, ?, ?, ?)", [row]),
            ("DELETE FROM event WHERE id <= ?", [(self._last_id - EVENTS_MAX,)]),
            (SET_META, [("events_told", self._told)]),
        )

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
            "SELECT id, time_s, kind, data FROM event WHERE id > ? ORDER BY id LIMIT ?", (self._told, TELL_MAX)
        )
        return [
            Event(id=number, time=time, kind=kind, data=msgspec.json.decode(data)) for number, time, kind, data in rows
        ]

    @property
    def has_untold(self) -> bool:
        """Whether the twin lacks something."""
        return self._told < self._last_id

    def told(self, last: int) -> None:
        """The twin has everything up to `last`. Kept with the next event: a crash before it only repeats some."""
        self._told = max(self._told, min(last, self._last_id))

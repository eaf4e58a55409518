"""The inbox: commands that wait to act, and the outcomes that the twin has to know.

Nobody acts on a command that is not committed here, and no outcome is forgotten before the twin has confirmed it.
"""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Iterable
from typing import Any

import msgspec
import structlog

from gateway.core.command import Execution, ReasonCode, Source
from gateway.core.reading import Value
from gateway.core.wire import CommandStatus
from gateway.store.database import Database, Statement

WAITING_MAX = 256
"""Commands that wait at one time; a site's actuators are a few, so more is a fault or an attack."""
KEEP_S = 86_400.0 * 8
"""How long a finished id is remembered: longer than any command lives, so that a replay always meets its outcome."""
KEEP_ROWS = 20_000
"""Beyond so many, about 4 MB, what can never act is forgotten early, told or not: it was rejected, or has expired."""

COLUMNS = (
    "id, channel, value, priority, issued_s, expires_s, source, status, reason_code, reason, result, started, changed_s"
)
INSERT = (
    f"INSERT INTO command ({COLUMNS}, told) "  # noqa: S608 - a constant of ours
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
UPDATE = (
    "UPDATE command SET status = ?, reason_code = ?, reason = ?, result = ?, started = ?, changed_s = ? WHERE id = ?"
)
FORGET = (
    "DELETE FROM command WHERE status <> 'IN_PROGRESS' AND (told = 1 AND changed_s < ? "
    "OR rowid <= (SELECT max(rowid) FROM command) - ? AND (status = 'REJECTED' OR expires_s <= ?))"
)

log = structlog.get_logger("commands")


class Inbox:
    """The open inbox."""

    def __init__(self, database: Database, waiting: list[Execution]) -> None:
        self._database = database
        self._waiting = [(execution.urgency, execution) for execution in waiting]
        heapq.heapify(self._waiting)
        self._admitting = asyncio.Lock()
        self.arrived = asyncio.Event()
        """Set when a command waits."""
        if waiting:
            self.arrived.set()
        self.untold_changed = asyncio.Event()
        """Set when there is an outcome to tell."""

    @classmethod
    async def open(cls, database: Database) -> Inbox:
        """The inbox in `database`, with what an earlier run left unfinished.

        Raises:
            StoreError: it cannot be read.
        """
        rows = await database.read(f"SELECT {COLUMNS} FROM command WHERE status = 'IN_PROGRESS'")  # noqa: S608 - ours
        return cls(database, _executions(rows))

    async def find(self, identifier: str) -> Execution | None:
        """What is known of an id.

        Raises:
            StoreError: it cannot be read.
        """
        rows = await self._database.read(f"SELECT {COLUMNS} FROM command WHERE id = ?", (identifier,))  # noqa: S608 - ours
        return next(iter(_executions(rows)), None)

    @property
    def full(self) -> bool:
        """Whether no more commands are taken."""
        return len(self._waiting) >= WAITING_MAX

    async def admit(self, execution: Execution, *events: Statement) -> bool:
        """Commit a decision: an admitted command then waits, a rejected one is only an outcome to tell.

        False where the id is known already: then nothing is stored and nothing new waits, so that it acts once.

        Raises:
            StoreError: nothing was stored, so nothing may be told or done.
        """
        # Finished even when the caller is cancelled: what is committed has to wait, or it would never act.
        return await asyncio.shield(self._admit(execution, events))

    async def _admit(self, execution: Execution, events: tuple[Statement, ...]) -> bool:
        async with self._admitting:
            if await self._database.read("SELECT 1 FROM command WHERE id = ?", (execution.id,)):
                return False
            forget = [(FORGET, [(execution.changed_s - KEEP_S, KEEP_ROWS, execution.changed_s)])]
            if execution.reason_code is ReasonCode.CLOCK_UNKNOWN:
                forget = []  # Nothing is old by a clock that nobody trusts.
            await self._database.write((INSERT, [_row(execution)]), *forget, *events)
            if not execution.final:
                self.put_back(execution)
            self.untold_changed.set()
            return True

    @property
    def waits(self) -> bool:
        """Whether a command waits to be taken."""
        return bool(self._waiting)

    def take(self) -> Execution | None:
        """The most urgent command that waits, if there is one."""
        if not self._waiting:
            self.arrived.clear()
            return None
        return heapq.heappop(self._waiting)[1]

    def put_back(self, execution: Execution) -> None:
        """It was taken and could not be dealt with; it waits again."""
        heapq.heappush(self._waiting, (execution.urgency, execution))
        self.arrived.set()

    async def update(self, execution: Execution, *statements: Statement) -> None:
        """Commit what became of a command, in one transaction with `statements`.

        Raises:
            StoreError: nothing was stored.
        """
        change = (
            execution.status.value,
            execution.reason_code.value,
            execution.reason,
            msgspec.json.encode(execution.result).decode(),
            int(execution.started),
            execution.changed_s,
            execution.id,
        )
        await self._database.write((UPDATE, [change]), *statements)
        if execution.final:
            self.untold_changed.set()

    async def untold(self, limit: int = WAITING_MAX) -> list[Execution]:
        """Outcomes that the twin has not confirmed, oldest first. Only commands of the twin itself have to be told.

        Raises:
            StoreError: they cannot be read.
        """
        rows = await self._database.read(
            f"SELECT {COLUMNS} FROM command WHERE told = 0 AND status <> 'IN_PROGRESS' "  # noqa: S608 - ours
            "ORDER BY changed_s LIMIT ?",
            (limit,),
        )
        return _executions(rows)

    async def told(self, identifier: str) -> None:
        """The twin has confirmed the outcome of an id.

        Raises:
            StoreError: that could not be stored; the outcome will be told again.
        """
        await self._database.write(
            ("UPDATE command SET told = 1 WHERE id = ? AND status <> 'IN_PROGRESS'", [(identifier,)])
        )


def _row(execution: Execution) -> tuple[Any, ...]:
    return (
        execution.id,
        execution.channel,
        msgspec.json.encode(execution.value).decode(),
        execution.priority,
        execution.issued_s,
        execution.expires_s,
        execution.source.value,
        execution.status.value,
        execution.reason_code.value,
        execution.reason,
        msgspec.json.encode(execution.result).decode(),
        int(execution.started),
        execution.changed_s,
        int(execution.source is not Source.TWIN),  # What nobody outside asked for has nobody to be told.
    )


def _executions(rows: Iterable[tuple[Any, ...]]) -> list[Execution]:
    """What the rows say; one that is damaged does not act and is not told, and does not keep others from it."""
    found = []
    for row in rows:
        try:
            found.append(_execution(row))
        except (ValueError, TypeError) as error:
            log.error("command cannot be read", id=str(row[0])[:80], reason=str(error))
    return found


def _execution(row: tuple[Any, ...]) -> Execution:
    (
        identifier,
        channel,
        value,
        priority,
        issued_s,
        expires_s,
        source,
        status,
        code,
        reason,
        result,
        started,
        changed_s,
    ) = row
    return Execution(
        id=identifier,
        channel=channel,
        value=_value(value),
        priority=priority,
        issued_s=issued_s,
        expires_s=expires_s,
        source=Source(source),
        status=CommandStatus(status),
        reason_code=ReasonCode(code),
        reason=reason,
        result=_value(result) if result and result != "null" else None,
        started=bool(started),
        changed_s=changed_s,
    )


def _value(text: str) -> Value:
    value: Value = msgspec.json.decode(text, type=Value)
    return value

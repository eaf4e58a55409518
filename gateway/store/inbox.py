"""The inbox: commands that wait to act, and the outcomes that the twin has to know.

Nobody acts on a command that is not committed here, and no outcome is forgotten before the twin has confirmed it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from msgspec import structs

from gateway.core.command import Execution, ReasonCode, Source
from gateway.core.queue import is_set, next_of, superseded_by
from gateway.finishing import finished
from gateway.store.command_rows import COLUMNS, NEWEST, change, executions, insertion
from gateway.store.database import Database, Statement
from gateway.store.undated import Undated

WAITING_MAX = 256
"""Commands that wait at one time; a site's actuators are a few, so more is a fault or an attack."""
KEEP_S = 86_400.0 * 8
"""How long a finished id is remembered: longer than any command lives, so that a replay always meets its outcome."""
KEEP_ROWS = 20_000
"""Beyond so many, about 4 MB, what can never act is forgotten early, told or not: it was rejected, or has expired."""

FORGET = (
    "DELETE FROM command WHERE status <> 'IN_PROGRESS' AND (told = 1 AND changed_s < ? "
    "OR rowid <= (SELECT max(rowid) FROM command) - ? AND (status = 'REJECTED' OR expires_s <= ?))"
)


class Inbox:
    """The open inbox."""

    def __init__(self, database: Database, waiting: list[Execution], newest: dict[str, float] | None = None) -> None:
        self._database = database
        self._waiting = {execution.id: execution for execution in waiting}
        self._newest = newest or {}
        """When the newest order of the twin to set a channel was issued."""
        self._admitting = asyncio.Lock()
        self.busy: dict[str, int] = {}
        """Devices with an operation under way, and its priority: their other commands wait for its end."""
        self.cancelled: set[str] = set()
        """Commands that have begun and are to be stopped."""
        self.arrived, self.operation_arrived = asyncio.Event(), asyncio.Event()
        """Set when a command to set a channel, or an operation, may be there to be taken."""
        if waiting:
            self._wake()
        self.untold_changed = asyncio.Event()
        """Set when there is an outcome to tell."""
        self.outcome: Callable[[Execution], Sequence[Statement]] = lambda _execution: ()
        """Asked for the event of a command that ends here, for its transaction."""
        self.withdrawn: Callable[[Execution], None] = lambda _execution: None
        """Called with a command that has ended here."""
        self.undated = Undated()
        """What waits for a clock; it holds no other up."""

    def _wake(self) -> None:
        self.arrived.set()
        self.operation_arrived.set()

    @classmethod
    async def open(cls, database: Database) -> Inbox:
        """The inbox in `database`, with what an earlier run left unfinished.

        Raises:
            StoreError: it cannot be read.
        """
        rows = await database.read(f"SELECT {COLUMNS} FROM command WHERE status = 'IN_PROGRESS'")  # noqa: S608 - ours
        return cls(database, executions(rows), dict(await database.read(NEWEST)))

    async def find(self, identifier: str) -> Execution | None:
        """What is known of an id.

        Raises:
            StoreError: it cannot be read.
        """
        rows = await self._database.read(f"SELECT {COLUMNS} FROM command WHERE id = ?", (identifier,))  # noqa: S608 - ours
        return next(iter(executions(rows)), None)

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
        return await finished(self._admit(execution, events))

    async def _admit(self, execution: Execution, events: tuple[Statement, ...]) -> bool:
        async with self._admitting:
            if await self._database.read("SELECT 1 FROM command WHERE id = ?", (execution.id,)):
                return False
            forget = [(FORGET, [(execution.changed_s - KEEP_S, KEEP_ROWS, execution.changed_s)])]
            if execution.reason_code is ReasonCode.CLOCK_UNKNOWN:
                forget = []  # Nothing is old by a clock that nobody trusts.
            # From here on nobody else takes them.
            ended = superseded_by(execution, self._waiting.values(), execution.changed_s)
            before = [self._waiting.pop(one.id) for one in ended]
            try:
                endings = [statement for one in ended for statement in (change(one), *self.outcome(one))]
                await self._database.write(insertion(execution), *forget, *events, *endings)
            except BaseException:
                self._waiting |= {one.id: one for one in before}
                raise
            if not execution.final:
                self._note(execution)
                self.put_back(execution)
            self._have_ended(ended)
            return True

    def _have_ended(self, ended: Sequence[Execution]) -> None:
        for one in ended:
            self.withdrawn(one)
        self.untold_changed.set()

    def _note(self, execution: Execution) -> None:
        if execution.source is Source.TWIN and is_set(execution):
            self._newest[execution.channel] = max(execution.issued_s, self._newest.get(execution.channel, 0.0))

    def overtaken(self, execution: Execution) -> bool:
        """Whether a newer order of the twin for the same channel was admitted before this one came."""
        newest_s = self._newest.get(execution.channel)
        twins = execution.source is Source.TWIN and is_set(execution)
        return twins and newest_s is not None and execution.issued_s < newest_s

    async def version_used(self, device: str, version: int) -> bool:
        """Whether an admitted command has counted on this version of the device's shadow before.

        Raises:
            StoreError: it cannot be read.
        """
        sql = "SELECT 1 FROM command WHERE if_version >= ? AND status <> 'REJECTED' AND (channel = ? OR channel LIKE ?)"
        return bool(await self._database.read(sql, (version, device, f"{device}/%")))

    async def withdraw(self, identifier: str, by: Execution, *events: Statement) -> bool:
        """Commit the cancellation of a command that has not ended, with `by`, that cancels it, as done.

        One that has not begun never will. Of one that has begun the outcome follows; a crash does not begin it again.
        False where it has ended or is not known; then nothing is stored.

        Raises:
            StoreError: nothing was stored.
        """
        return await finished(self._withdraw(identifier, by, events))

    async def _withdraw(self, identifier: str, by: Execution, events: tuple[Statement, ...]) -> bool:
        async with self._admitting:
            waits = back = self._waiting.pop(identifier, None)
            try:
                known = await self.find(by.id) is not None
                other = waits or await self.find(identifier)  # Last, so that it is not over before this goes on.
                if known or other is None or other.final:
                    return False
                code, reason = ReasonCode.CANCELLED, f"cancelled by {by.id}"
                begun = waits is None or waits.started
                ended = other.rejected(code, reason, by.changed_s)
                if begun:
                    self.cancelled.add(identifier)  # Before it is written: from here on nobody begins it.
                    ended = structs.replace(other, started=True, reason_code=code, reason=reason)
                await self._database.write(
                    insertion(by), *events, change(ended), *(() if begun else self.outcome(ended))
                )
                back = ended if begun and waits is not None else None
            except BaseException:
                self.cancelled.discard(identifier)
                raise
            finally:
                if back is not None:
                    self.put_back(back)
            self._wake()
            self._have_ended([ended] if ended.final else [])
            return True

    @property
    def waits(self) -> bool:
        """Whether a command waits to be taken."""
        return any(map(self.undated.ready, self._waiting.values()))

    def take(self) -> Execution | None:
        """The most urgent command to set a channel that waits, if there is one whose turn it is."""
        return self._take(is_set, self.arrived)

    def take_operation(self) -> Execution | None:
        """The most urgent operation that waits, if there is one whose turn it is."""
        return self._take(lambda one: not is_set(one), self.operation_arrived)

    def _take(self, wanted: Callable[[Execution], bool], arrived: asyncio.Event) -> Execution | None:
        found = next_of(filter(self.undated.ready, self._waiting.values()), self.busy, wanted)
        if found is None:
            arrived.clear()
        return None if found is None else self._waiting.pop(found.id)

    def pressing(self) -> set[str]:
        """Busy devices for which something more urgent waits than what they are busy with."""
        more_urgent = (one for one in self._waiting.values() if one.priority < self.busy.get(one.device, 0))
        return {one.device for one in more_urgent if self.undated.ready(one)}

    def release(self, device: str) -> None:
        """The operation of a device is over."""
        self.busy.pop(device, None)
        self._wake()

    def put_back(self, execution: Execution) -> None:
        """It was taken and could not be dealt with; it waits again."""
        self._waiting[execution.id] = execution
        self._wake()

    async def update(self, execution: Execution, *statements: Statement) -> None:
        """Commit what became of a command, in one transaction with `statements`.

        Raises:
            StoreError: nothing was stored.
        """
        await self._database.write(change(execution), *statements)
        if execution.final:
            self.cancelled.discard(execution.id)
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
        return executions(rows)

    async def told(self, identifier: str) -> None:
        """The twin has confirmed the outcome of an id.

        Raises:
            StoreError: that could not be stored; the outcome will be told again.
        """
        await self._database.write(
            ("UPDATE command SET told = 1 WHERE id = ? AND status <> 'IN_PROGRESS'", [(identifier,)])
        )

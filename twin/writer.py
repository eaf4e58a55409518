"""The one who changes the twin: gathers what arrives while a commit runs, and commits it with the next.

Nothing is answered or acknowledged before what it rests on is on the disk. Asks go before the messages that wait: there
are few, and somebody sits behind each.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, NamedTuple

from gateway.core.senml import Pack
from twin.changes import Changes, Outgoing
from twin.complaints import Complaints
from twin.dictionaries import always
from twin.handlers import handle
from twin.load import load
from twin.messages import Incoming, RefusedError
from twin.model import Model
from twin.retention import Retention
from twin.store import Store, StoreError

WAITING_MAX = 500
"""Messages that wait for a commit: seconds of work, and at 100 kB each 50 MB. Whoever sends more has to wait."""

GROUP_READINGS_MAX = 20_000
"""Readings of one transaction: a fifth of a second of work, so that an acknowledgement does not wait much longer."""

RETRY_S = 1.0
"""Wait after a commit that failed: a full disk does not get emptier by being asked a thousand times."""

Wish = Callable[[Model, Changes], Callable[[], object]]
"""Something that the socket asks for: changes the model, and returns what makes the answer once that is written."""


class _Ask(NamedTuple):
    wish: Wish
    answer: asyncio.Future[object]


class Writer:
    """Owns the model and the writing side of the store."""

    def __init__(
        self,
        store: Store,
        prefixes: Sequence[str],
        complaints: Complaints,
        *,
        now_s: Callable[[], float],
        send: Callable[[list[Outgoing]], None],
        retry_s: float = RETRY_S,
        retention: Retention | None = None,
    ) -> None:
        self._store = store
        self._prefixes = prefixes
        self._complaints = complaints
        self._now_s = now_s
        self._send = send
        self._retry_s = retry_s
        self._retention = retention
        self._messages: asyncio.Queue[Incoming | None] = asyncio.Queue(WAITING_MAX)
        self._asks: list[_Ask] = []
        self._open: set[asyncio.Future[object]] = set()
        self._stopped = False
        self.accepts: Callable[[str], list[str]] = always
        """What can be read, by the topic on which that is said."""

    async def put(self, message: Incoming) -> None:
        """Hand over a message; waits while too many wait already."""
        await self._messages.put(message)

    async def ask(self, wish: Wish) -> object:
        """Do `wish` in its turn and return its answer when what it changed is on the disk.

        Raises:
            RefusedError: it is not granted; nothing was changed.
            StoreError: the disk did not take it.
        """
        if self._stopped:
            raise StoreError("the twin has stopped")
        answer: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        self._open.add(answer)
        self._asks.append(_Ask(wish, answer))
        if self._messages.empty():
            self._messages.put_nowait(None)
        try:
            return await answer
        finally:
            self._open.discard(answer)

    async def run(self) -> None:
        """Work until cancelled; the group that is being written then is written to its end.

        Raises:
            StoreError: the database no longer answers.
        """
        try:
            await self._work()
        finally:
            self._stopped = True
            for answer in self._open:
                if not answer.done():
                    answer.set_exception(StoreError("the twin has stopped"))

    async def _work(self) -> None:
        model = await load(self._store)
        while True:
            group = await self._gather()
            changes = Changes()
            answers = [self._apply(item, model, changes) for item in group]
            if self._retention is not None:
                self._retention.step(model, changes, self._now_s())
            try:
                await _to_its_end(self._store.write(changes))
            except StoreError as error:
                # The model has run ahead of the disk. Whoever sent this has no answer and will send it again.
                self._complaints.add("store_failed", error=error)
                _refuse(group, error)
                await asyncio.sleep(self._retry_s)
                model = await load(self._store)
                continue
            self._send(changes.settle(self._now_s(), self.accepts))
            for complaint in changes.complaints:
                self._complaints.add(complaint.kind, **complaint.details)
            for answer in answers:
                if answer is not None:
                    answer()

    async def _gather(self) -> list[Incoming | _Ask]:
        first = await self._messages.get()
        group: list[Incoming | _Ask] = [*self._asks]
        self._asks = []
        if first is not None:
            group.append(first)
        readings = _weight(first)
        while readings < GROUP_READINGS_MAX and not self._messages.empty():
            message = self._messages.get_nowait()
            if message is not None:
                group.append(message)
                readings += _weight(message)
        return group

    def _apply(self, item: Incoming | _Ask, model: Model, changes: Changes) -> Callable[[], None] | None:
        try:
            if isinstance(item, Incoming):
                handle(model, item, changes, self._prefixes)
                return None
            make = item.wish(model, changes)
        except RefusedError as refused:
            if isinstance(item, Incoming):
                self._complaints.add(f"{item.address.kind}_refused", gateway=item.address.gateway, error=refused)
            else:
                _refuse([item], refused)
            return None
        return lambda: _answer(item.answer, make)


async def _to_its_end(writing: Coroutine[Any, Any, None]) -> None:
    """Wait for `writing` even while being cancelled: half a transaction helps nobody."""
    task = asyncio.ensure_future(writing)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _weight(message: Incoming | None) -> int:
    """How many readings a message brings."""
    if message is None or not isinstance(message.body, Pack):
        return 1
    return sum(len(segment.records) for segment in message.body.segments)


def _answer(future: asyncio.Future[object], make: Callable[[], object]) -> None:
    if not future.done():
        future.set_result(make())


def _refuse(group: Sequence[Incoming | _Ask], error: Exception) -> None:
    for item in group:
        if isinstance(item, _Ask) and not item.answer.done():
            item.answer.set_exception(error)

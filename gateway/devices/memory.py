"""What parts have to know after a restart, such as the total of a counter: handed to them at the start, kept for them.

It is written every few minutes where it has changed, after every operation, and at the stop. A power cut so costs a
counter what it counted in the last minutes; were every pulse written, a card would not last long.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Mapping

import structlog

from drivers.base import Value
from drivers.remembering import Remembering
from gateway.core.command import Execution
from gateway.errors import StoreError
from gateway.finishing import finished
from gateway.store.database import Database
from gateway.store.held import hold

KEEP_EVERY_S = 300.0
"""One page of the card each, a hundred thousand times in a year, where something always counts."""

log = structlog.get_logger("devices")


class Memory:
    """The memory of all parts of a site that need one.

    Args:
        parts: device -> its driver.
        held: what is kept of earlier runs, by series; None where the store cannot be read now, and so not written.
        database: where it is kept.
    """

    def __init__(self, parts: Mapping[str, Remembering], held: Mapping[str, Value] | None, database: Database) -> None:
        self._parts = parts
        self._database = database
        self._readable = held is not None
        self._kept = dict(held or {})
        self._soon = asyncio.Event()
        for name, part in parts.items():
            part.resume(None if held is None else dict(_of(name, held)))
        if held is None and parts:
            log.warning("totals not known", devices=[*parts], reason="the store cannot be read")

    def finished(self, execution: Execution) -> None:
        """An operation has ended, which may have set what a part remembers: what was told to be so is kept at once."""
        if execution.device in self._parts:
            self._soon.set()

    async def run(self) -> None:
        """Keep it, for ever."""
        while self._parts and self._readable:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(KEEP_EVERY_S):
                    await self._soon.wait()
            self._soon.clear()
            try:
                await finished(self.keep())
            except StoreError as error:  # The next time will do.
                log.error("totals not kept", reason=str(error), hint=error.hint)

    async def keep(self) -> None:
        """Write what has changed.

        Raises:
            StoreError: the disk does not take it.
        """
        changed = dict(self._changed()) if self._readable else {}
        if changed:
            await self._database.write(*(hold(series, value) for series, value in changed.items()))
            self._kept.update(changed)

    def _changed(self) -> Iterator[tuple[str, Value]]:
        for name, part in self._parts.items():
            for channel, value in part.memory().items():
                series = f"{name}/{channel}"
                if self._kept.get(series) != value:
                    yield series, value


def _of(name: str, held: Mapping[str, Value]) -> Iterator[tuple[str, Value]]:
    """What is kept of a device, by channel."""
    for series, value in held.items():
        device, _, channel = series.partition("/")
        if device == name:
            yield channel, value

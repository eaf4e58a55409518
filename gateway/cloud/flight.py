"""The batches that are on their way: how many there may be, which are overdue, which segments are under suspicion."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import msgspec

from gateway.core.ledger_events import Key

WINDOW_FIRST = 2
"""Batches in flight on a new connection; one more with every acknowledgement, one after a silence."""
TRIES_MAX = 3
"""So often a segment fails before it is kept apart: once in company, twice alone."""
SILENCE_DOUBLINGS_MAX = 4
"""A silent twin is tried again after at most 16 times `ack_timeout`."""


class Batch(msgspec.Struct):
    """Segments that were sent together."""

    keys: list[Key]
    sent_ns: int
    puback: asyncio.Future[int]
    again: bool
    """Some of it was sent before; then an acknowledgement does not say which time it is about."""


class Flight:
    """What was sent on this connection and is not acknowledged."""

    def __init__(self, window_max: int) -> None:
        self._window_max = window_max
        self._window = 1
        self._tries: dict[Key, int] = {}
        self.batches: list[Batch] = []
        self.sent_before: set[Key] = set()
        """Segments that were sent at least once, on this connection or an earlier one."""
        self.silences = 0
        """How often in a row everything went unanswered."""

    def begin(self) -> None:
        """A new connection: nothing is on its way."""
        self.batches.clear()
        self.silences = 0
        self._window = min(WINDOW_FIRST, self._window_max)

    @property
    def full(self) -> bool:
        """Whether no more may be sent now."""
        return len(self.batches) >= self._window

    def add(self, batch: Batch) -> None:
        """A batch was sent."""
        self.batches.append(batch)
        self.sent_before.update(batch.keys)

    def batch_of(self, keys: Iterable[Key]) -> Batch | None:
        """The batch that all of `keys` were sent in, or None where they are of several or of none."""
        batches = {id(batch): batch for key in keys for batch in self.batches if key in batch.keys}
        return next(iter(batches.values())) if len(batches) == 1 else None

    def land(self, keys: Iterable[Key]) -> None:
        """Some segments are no longer on their way, and need never be again."""
        gone = set(keys)
        self.sent_before -= gone
        for key in gone:
            self._tries.pop(key, None)
        for batch in self.batches:
            batch.keys = [key for key in batch.keys if key not in gone]
        self.batches = [batch for batch in self.batches if batch.keys]

    def answered(self) -> None:
        """The other side acknowledges: trust it with more."""
        self.silences = 0
        self._window = min(self._window + 1, self._window_max)

    def silent(self) -> list[Key]:
        """Nothing was answered for too long: nothing is on its way any more. Returns what was."""
        keys = [key for batch in self.batches for key in batch.keys]
        self.batches.clear()
        self.silences += 1
        self._window = 1
        return keys

    def suspect(self, batch: Batch) -> Key | None:
        """A batch failed for what is in it. Returns the segment that has now failed often enough alone, if it has."""
        self.batches.remove(batch)
        for key in batch.keys:
            self._tries[key] = self._tries.get(key, 0) + 1
        alone = len(batch.keys) == 1 and self._tries[batch.keys[0]] >= TRIES_MAX
        return batch.keys[0] if alone else None

    def suspects(self, keys: Iterable[Key]) -> bool:
        """Whether one of them was in a batch that failed."""
        return any(key in self._tries for key in keys)

    def patience(self) -> float:
        """By how much the time for an answer is stretched: doubled with every silence, within a limit."""
        return float(1 << min(self.silences, SILENCE_DOUBLINGS_MAX))

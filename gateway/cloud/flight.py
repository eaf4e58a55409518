"""The batches that are on their way: how many there may be, which are overdue, which segments are under suspicion."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import msgspec

from gateway.clock import NS_PER_S
from gateway.core.ledger_events import Key
from gateway.core.pace import Pace, Trip

TRIES_MAX = 3
"""So often a segment fails before it is kept apart: once in company, twice alone."""
SILENCE_DOUBLINGS_MAX = 4
"""A silent twin is tried again after at most 16 times the time-out."""


class Batch(msgspec.Struct):
    """Segments that were sent together."""

    keys: list[Key]
    sent_ns: int
    puback: asyncio.Future[int]
    again: bool
    """Some of it was sent before; then an acknowledgement does not say which time it is about."""
    bytes: int = 0
    """The bodies of its segments, as `link.batch_bytes` counts them."""
    ahead_bytes: int = 0
    flight: int = 1
    full: bool = False
    """See `Trip`: what was on its way when it left."""


class Flight:
    """What was sent on this connection and is not acknowledged."""

    def __init__(self, pace: Pace, timeout_limit_s: float) -> None:
        self._pace = pace
        self._timeout_limit_s = timeout_limit_s
        self._doublings = 0
        self._heard_ns = 0
        self._landed_sent_ns = 0
        self._tries: dict[Key, int] = {}
        self.batches: list[Batch] = []
        self.sent_before: set[Key] = set()
        """Segments that were sent at least once, on this connection or an earlier one."""
        self.silences = 0
        """How often in a row everything went unanswered."""

    def begin(self) -> None:
        """A new connection: nothing is on its way."""
        self.batches.clear()
        self.silences = self._doublings = self._heard_ns = self._landed_sent_ns = 0
        self._pace.begin()

    @property
    def full(self) -> bool:
        """Whether no more may be sent now."""
        return self._pace.full(len(self.batches), sum(batch.bytes for batch in self.batches))

    def add(self, batch: Batch) -> None:
        """A batch was sent."""
        batch.ahead_bytes = sum(one.bytes for one in self.batches)
        self.batches.append(batch)
        batch.flight, batch.full = len(self.batches), self.full
        self.sent_before.update(batch.keys)

    def batch_of(self, keys: Iterable[Key]) -> Batch | None:
        """The batch that all of `keys` were sent in, or None where they are of several or of none."""
        batches = self._batches_of(keys)
        return batches[0] if len(batches) == 1 else None

    def _batches_of(self, keys: Iterable[Key]) -> list[Batch]:
        """The batches that `keys` were sent in, oldest first."""
        wanted = set(keys)
        return [batch for batch in self.batches if not wanted.isdisjoint(batch.keys)]

    def land(self, keys: Iterable[Key]) -> None:
        """Some segments are no longer on their way, and need never be again."""
        gone = set(keys)
        self.sent_before -= gone
        for key in gone:
            self._tries.pop(key, None)
        for batch in self.batches:
            batch.keys = [key for key in batch.keys if key not in gone]
        self.batches = [batch for batch in self.batches if batch.keys]

    def answered(self, keys: Iterable[Key], now_ns: int) -> None:
        """The other side acknowledged some segments, which are still on their way as far as we knew."""
        self.silences, self._heard_ns = 0, now_ns
        batches = self._batches_of(keys)
        if not batches:
            return
        newest = batches[-1]
        self._landed_sent_ns = max(self._landed_sent_ns, newest.sent_ns)
        if newest.again:
            return
        self._doublings = 0  # RFC 6298 section 5.7: not for what was sent twice.
        trip_s, sent_s = (now_ns - newest.sent_ns) / NS_PER_S, newest.sent_ns / NS_PER_S
        trip = Trip(trip_s, sent_s, newest.bytes, newest.ahead_bytes, newest.flight, newest.full)
        self._pace.acknowledged(trip)

    def heard(self) -> None:
        """The other side said something, if not of what is on its way: that is waited for no longer than usual."""
        self._doublings = 0

    def silent(self) -> list[Key]:
        """Nothing was answered for too long: nothing is on its way any more. Returns what was."""
        keys = [key for batch in self.batches for key in batch.keys]
        self.batches.clear()
        self.silences += 1
        self._doublings = min(self._doublings + 1, SILENCE_DOUBLINGS_MAX)
        self._pace.silent()
        return keys

    def timeout_s(self) -> float:
        """How long an acknowledgement may take now: by the round trips, doubled with every silence within a limit."""
        return self._pace.trips.timeout_s(self._timeout_limit_s) * (1 << self._doublings)

    def overdue_in_s(self, now_ns: int) -> float | None:
        """Seconds until the oldest batch is overdue, 0 or less where it is; None where nothing is on its way.

        While answers to older batches come in, the time of the next runs from the last of them (RFC 6298 section 5.3);
        what was sent after it and has arrived proves that it is lost, and then it runs from its own sending.
        """
        if not self.batches:
            return None
        since_ns = self.batches[0].sent_ns
        if not self.overtaken:
            since_ns = max(since_ns, self._heard_ns)
        return self.timeout_s() - (now_ns - since_ns) / NS_PER_S

    @property
    def overtaken(self) -> bool:
        """Whether something arrived that was sent after the oldest batch."""
        return bool(self.batches) and self._landed_sent_ns > self.batches[0].sent_ns

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

"""Which readings are sent next: critical ones, then live ones by lane, and what waits on the disk with its share."""

from __future__ import annotations

import asyncio

import structlog

from gateway.clock import NS_PER_S, Clock
from gateway.cloud.meter import Meter
from gateway.core.ledger_events import Key
from gateway.core.reading import Lane
from gateway.core.segment import Segment
from gateway.core.settings import LinkSettings
from gateway.core.shares import Shares
from gateway.errors import StoreError
from gateway.store.outbox import Outbox

READING_BYTES_MIN = 8
"""No reading is shorter in a segment: on a slow link no more is read from the disk than goes into one batch."""
HANGS_S = 2.0
"""Live readings do not wait longer for those on the disk."""
READ_AGAIN_S = 5.0
"""A disk that does not give what it has is asked again this often; it is named once."""

log = structlog.get_logger("uplink")


class Picker:
    """Takes the next batch out of the outbox."""

    def __init__(self, outbox: Outbox, clock: Clock, settings: LinkSettings, meter: Meter | None = None) -> None:
        self._outbox = outbox
        self._clock = clock
        self._settings = settings
        self._meter = meter or Meter(None, "", settings.keepalive_s, clock)
        self.fits = self._meter.fits
        """Whether the budget has room for what was picked last, as it was packed."""
        self._shares = Shares()
        self._from_disk: bool | None = None
        """Whether what was picked last is from the disk; None where it is not counted: a critical reading goes first
        whatever its share, and where nothing is on the disk there is none."""
        self._read_again_ns = 0

    async def pick(self, batch_bytes: int) -> list[Segment]:
        """What to send now, no less than fills `batch_bytes`; nothing where nothing is due.

        What is taken is the outbox's until it is acknowledged.
        """
        readings_max = min(self._settings.batch, 1 + batch_bytes // READING_BYTES_MIN)
        due_in_s = self.live_due_in_s()
        live, stored = due_in_s is not None and due_in_s <= 0, self._outbox.has_stored
        lowest, may_go = self._meter.lowest_live(), self._meter.stored_may_go()
        self._from_disk, self._meter.from_disk = None, False
        if self._outbox.critical_in_memory:  # Without asking the disk, which fails or hangs.
            return self._outbox.take_live(readings_max, lowest)
        critical = stored and self._critical_waits()
        stored = stored and may_go
        if critical or (stored and self._shares.stored_next(live=live, stored=stored)):
            segments = await self._take_stored(readings_max)
            if critical and (live or not may_go):
                segments = self._critical_of(segments)
            if segments:
                self._from_disk = None if critical else True
                self._meter.from_disk = not critical
                return segments
        if not live:
            return []
        self._from_disk = False if stored else None
        return self._outbox.take_live(readings_max, lowest)

    def sent(self, size_bytes: int) -> None:
        """What was picked last went out as so many bytes."""
        if self._from_disk is not None:
            self._shares.sent(size_bytes, stored=self._from_disk)

    def live_due_in_s(self) -> float | None:
        """Seconds until the readings in memory have waited long enough for company; None where there are none."""
        since_ns = self._outbox.live_since_ns(self._meter.lowest_live())
        if since_ns is None:
            return None
        waited_s = (self._clock.boottime_ns() - since_ns) / NS_PER_S
        return 0.0 if self._outbox.urgent else max(0.0, self._settings.linger_s - waited_s)

    def _critical_waits(self) -> bool:
        """Whether there is a critical reading to send; those are taken from the disk only."""
        return self._outbox.stored[Lane.CRITICAL] > sum(key.lane is Lane.CRITICAL for key in self._outbox.taken)

    def _critical_of(self, segments: list[Segment]) -> list[Segment]:
        """The critical ones; the others go back, for their turn is counted."""
        others = [Key(*segment.key) for segment in segments if segment.lane is not Lane.CRITICAL]
        if others:
            self._outbox.release(others)
        return [segment for segment in segments if segment.lane is Lane.CRITICAL]

    async def _take_stored(self, readings_max: int) -> list[Segment]:
        """What is next on the disk. A disk that cannot be read keeps back only what is on it, not the live readings."""
        now = self._clock.boottime_ns()
        if now < self._read_again_ns:
            return []
        try:
            async with asyncio.timeout(HANGS_S):
                stored = await self._outbox.take_stored(readings_max)
        except (StoreError, TimeoutError) as error:
            if not self._read_again_ns:
                log.error("cannot read the store", reason=str(error) or f"no answer for {HANGS_S:g} s",
                          retry_s=READ_AGAIN_S)  # fmt: skip
            self._read_again_ns = now + round(READ_AGAIN_S * NS_PER_S)
            return []
        self._read_again_ns = 0
        return stored

"""Which readings are sent next: critical ones, then live ones by lane, and what waits on the disk with its share."""

from __future__ import annotations

import structlog

from gateway.clock import NS_PER_S, Clock
from gateway.core.reading import Lane
from gateway.core.segment import Segment
from gateway.core.settings import LinkSettings
from gateway.errors import StoreError
from gateway.store.outbox import Outbox

STORED_SHARE = 4
"""While live readings keep coming, every fourth batch is one from the disk, so that neither starves."""
READ_AGAIN_S = 5.0
"""A disk that does not give what it has is asked again this often; it is named once."""

log = structlog.get_logger("uplink")


class Picker:
    """Takes the next batch out of the outbox."""

    def __init__(self, outbox: Outbox, clock: Clock, settings: LinkSettings) -> None:
        self._outbox = outbox
        self._clock = clock
        self._settings = settings
        self._turn = 0
        self._read_again_ns = 0

    async def pick(self) -> list[Segment]:
        """What to send now; nothing where nothing is due. What is taken is the outbox's until it is acknowledged."""
        self._turn += 1
        due_in_s = self.live_due_in_s()
        live = due_in_s is not None and due_in_s <= 0
        if self._outbox.has_stored and (self._critical_waits() or not (live and self._turn % STORED_SHARE)):
            stored = await self._take_stored()
            if stored:
                return stored
        return self._outbox.take_live(self._settings.batch) if live else []

    def live_due_in_s(self) -> float | None:
        """Seconds until the readings in memory have waited long enough for company; None where there are none."""
        since_ns = self._outbox.live_since_ns()
        if since_ns is None:
            return None
        waited_s = (self._clock.boottime_ns() - since_ns) / NS_PER_S
        return 0.0 if self._outbox.urgent else max(0.0, self._settings.linger_s - waited_s)

    def _critical_waits(self) -> bool:
        """Whether there is a critical reading to send; those are taken from the disk only."""
        return self._outbox.stored[Lane.CRITICAL] > sum(key.lane is Lane.CRITICAL for key in self._outbox.taken)

    async def _take_stored(self) -> list[Segment]:
        """What is next on the disk. A disk that cannot be read keeps back only what is on it, not the live readings."""
        now = self._clock.boottime_ns()
        if now < self._read_again_ns:
            return []
        try:
            stored = await self._outbox.take_stored(self._settings.batch)
        except StoreError as error:
            if not self._read_again_ns:
                log.error("cannot read the store", reason=str(error), hint=error.hint, retry_s=READ_AGAIN_S)
            self._read_again_ns = now + round(READ_AGAIN_S * NS_PER_S)
            return []
        self._read_again_ns = 0
        return stored

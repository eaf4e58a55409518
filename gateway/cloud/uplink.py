"""The uplink: from the outbox to the twin, a few batches at a time.

Live readings go first, in the order of their lanes; what waits on the disk gets every `STORED_SHARE`-th batch while
there is live data, and the whole link while there is none. A batch stays with the outbox until the twin acknowledges
it; a connection that is lost, a broker that refuses and a twin that is silent all end alike: it is sent again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import msgspec
import structlog

from gateway.clock import NS_PER_S, Clock
from gateway.cloud.session import PUBACK_FAILURE_FROM, PUBACK_NO_SUBSCRIBERS, Session
from gateway.core.ledger_events import Key
from gateway.core.offset import OffsetEstimate
from gateway.core.reading import Lane
from gateway.core.segment import Outgoing, Segment, encode_pack
from gateway.core.settings import Acknowledge, LinkSettings
from gateway.core.time_repair import Now, base_time, best_now
from gateway.core.wire import Ack
from gateway.errors import LinkError
from gateway.store.outbox import Outbox

STORED_SHARE = 4
"""While live readings keep coming, every fourth batch is one from the disk, so that neither starves."""
LATE_S = 1.0
"""A reading that waited for so much longer than it had to is sent after its time, and is marked so."""
SILENCE_DOUBLINGS_MAX = 4
"""A silent twin is tried again after at most 16 times `ack_timeout`."""

log = structlog.get_logger("uplink")


class Batch(msgspec.Struct):
    """Segments that were sent together."""

    keys: list[Key]
    sent_ns: int
    sent_wall_s: float
    puback: asyncio.Future[int]


class Uplink:
    """Sends batches on a session and learns from the acknowledgements."""

    def __init__(self, outbox: Outbox, topic: str, clock: Clock, settings: LinkSettings) -> None:
        self._outbox = outbox
        self._topic = topic
        self._clock = clock
        self._settings = settings
        self._flying: list[Batch] = []
        self._sent_before: set[Key] = set()
        self._turn = 0
        self._silences = 0
        self._wait_until_ns = 0
        self.offset = OffsetEstimate()
        self.refused = ""
        """Why the broker does not take batches; empty while it does."""
        self.acknowledged_ns = 0
        """The boottime of the last acknowledgement."""
        self.progress: Callable[[], None] = lambda: None
        """Called after every acknowledgement."""

    async def run(self, session: Session) -> None:
        """Send on `session` until it is lost.

        Raises:
            LinkError: the broker stopped acknowledging.
        """
        self._forget_flight()
        while True:
            self._outbox.news.clear()
            self._check_flight()
            batch = await self._next_batch()
            if batch:
                self._send(session, batch)
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pause_s()):
                    await self._outbox.news.wait()

    def _forget_flight(self) -> None:
        self._flying.clear()
        self._silences = 0
        self._wait_until_ns = 0
        self._outbox.release()

    async def _next_batch(self) -> list[Segment]:
        window = self._settings.window if self._silences == 0 else 1
        if len(self._flying) >= window or self._clock.boottime_ns() < self._wait_until_ns:
            return []
        self._turn += 1
        live = self._live_due()
        if self._outbox.has_stored and not (live and self._turn % STORED_SHARE):
            stored = await self._outbox.take_stored(self._settings.batch)
            if stored:
                return stored
        return self._outbox.take_live(self._settings.batch) if live else []

    def _live_due(self) -> bool:
        since = self._outbox.live_since_ns()
        if since is None:
            return False
        waited_s = (self._clock.boottime_ns() - since) / NS_PER_S
        return self._outbox.urgent or waited_s >= self._settings.linger_s

    def _pause_s(self) -> float:
        """How long nothing can be due unless there is news."""
        now = self._clock.boottime_ns()
        pauses = [self._ack_timeout_s()]
        if now < self._wait_until_ns:
            pauses.append((self._wait_until_ns - now) / NS_PER_S)
        elif len(self._flying) < self._settings.window:
            since = self._outbox.live_since_ns()
            if since is not None:
                pauses.append(self._settings.linger_s - (now - since) / NS_PER_S)
        pauses += [self._ack_timeout_s() - (now - batch.sent_ns) / NS_PER_S for batch in self._flying]
        return max(0.001, min(pauses))

    def _ack_timeout_s(self) -> float:
        return self._settings.ack_timeout_s * float(1 << min(self._silences, SILENCE_DOUBLINGS_MAX))

    def _send(self, session: Session, segments: list[Segment]) -> None:
        keys = [Key(*segment.key) for segment in segments]
        wall_ns = self._clock.wall_ns()
        now = Now(self._clock.boot_id, self._clock.boottime_ns(), wall_ns, self._clock.state())
        best = best_now(now, self.offset.best())
        payload = encode_pack([self._outgoing(segment, best) for segment in segments])
        puback = session.publish(self._topic, payload)
        batch = Batch(keys, now.boottime_ns, wall_ns / NS_PER_S, puback)
        self._flying.append(batch)
        self._sent_before.update(keys)
        puback.add_done_callback(lambda _: self._on_puback(batch))

    def _outgoing(self, segment: Segment, now: Now) -> Outgoing:
        key = Key(*segment.key)
        wall_ns, clock = base_time(segment.base, now)
        from_disk = key not in self._outbox.ledger.volatile and key.lane is not Lane.CRITICAL
        waited_s = (now.boottime_ns - segment.base.boottime_ns) / NS_PER_S
        late = waited_s > self._settings.linger_s + LATE_S
        return Outgoing(segment, wall_ns, clock, backfill=late or from_disk or key in self._sent_before)

    def _on_puback(self, batch: Batch) -> None:
        if batch not in self._flying or batch.puback.cancelled() or batch.puback.exception() is not None:
            return
        code = batch.puback.result()
        if code >= PUBACK_FAILURE_FROM:
            self._on_refusal(batch, code)
        elif self._settings.acknowledge is Acknowledge.BROKER and code != PUBACK_NO_SUBSCRIBERS:
            taken = self._outbox.taken
            self._free([(key.epoch, key.lane.label, key.first, taken[key].last) for key in batch.keys if key in taken])
        self._outbox.news.set()

    def _on_refusal(self, batch: Batch, code: int) -> None:
        """The broker does not take it: wait as long as for a refused login, and try again."""
        self._flying.remove(batch)
        self._outbox.release(batch.keys)
        self._wait_until_ns = self._clock.boottime_ns() + round(self._settings.backoff_cap_s * NS_PER_S)
        reason = f"the broker refused a batch with code 0x{code:02X}"
        if reason != self.refused:
            log.error("batch refused", topic=self._topic, code=f"0x{code:02X}", retry_s=self._settings.backoff_cap_s)
        self.refused = reason

    def on_ack(self, ack: Ack) -> None:
        """The twin holds some ranges."""
        flying = {key: batch for batch in self._flying for key in batch.keys}
        freed = self._free(ack.ranges)
        answered = {id(flying[key]): flying[key] for key in freed if key in flying}
        if len(answered) == 1:  # Of several batches it is not known which one was received when.
            sent_s = next(iter(answered.values())).sent_wall_s
            self.offset.add(sent_s, ack.received, ack.sent, self._clock.wall_ns() / NS_PER_S)

    def _free(self, ranges: list[tuple[str, str, int, int]]) -> list[Key]:
        freed = self._outbox.acknowledge(ranges)
        if not freed:
            return freed
        gone = set(freed)
        self._sent_before -= gone
        for batch in self._flying:
            batch.keys = [key for key in batch.keys if key not in gone]
        self._flying = [batch for batch in self._flying if batch.keys]
        self._silences = 0
        self.refused = ""
        self.acknowledged_ns = self._clock.boottime_ns()
        self.progress()
        self._outbox.news.set()
        return freed

    def _check_flight(self) -> None:
        """Give back what was not acknowledged in time; a broker that does not even do that is not connected.

        Raises:
            LinkError: as said.
        """
        now = self._clock.boottime_ns()
        if not self._flying or (now - self._flying[0].sent_ns) / NS_PER_S < self._ack_timeout_s():
            return
        if not self._flying[0].puback.done():
            raise LinkError(f"the broker did not acknowledge for {self._ack_timeout_s():.0f} s")
        if self._silences == 0:
            log.warning("twin silent", batches=len(self._flying), waited_s=self._ack_timeout_s())
        for batch in self._flying:
            self._outbox.release(batch.keys)
        self._flying.clear()
        self._silences += 1

    @property
    def silent(self) -> bool:
        """Whether the broker acknowledges and the twin does not."""
        return self._silences > 0

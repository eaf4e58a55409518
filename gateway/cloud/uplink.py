"""The uplink: from the outbox to the twin, a few batches at a time.

A batch stays with the outbox until the twin acknowledges it; a connection that is lost, a broker that refuses and a
twin that is silent all end alike: it is sent again. Only what fails for its content is, after some tries, kept apart.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import structlog

from gateway.clock import NS_PER_S
from gateway.cloud.encoding import PackEncoder
from gateway.cloud.flight import Batch, Flight
from gateway.cloud.meter import Meter
from gateway.cloud.packer import Late, Limits, Packer
from gateway.cloud.picking import Picker
from gateway.cloud.session import PUBACK_FAILURE_FROM, PUBACK_NO_SUBSCRIBERS, Session
from gateway.core.ledger_events import Key
from gateway.core.pace import Pace
from gateway.core.refusals import Cause, refusal_of, told_in
from gateway.core.segment import Segment
from gateway.core.settings import Acknowledge, LinkSettings
from gateway.core.time_repair import Now
from gateway.core.wire import Ack
from gateway.errors import LinkError
from gateway.store.outbox import Outbox
from gateway.timekeeper import Timekeeper

REASONS_MAX = 32
"""Reasons for which segments are kept apart that are told apart in the log; each is logged once a connection."""
TOO_LARGE = "larger than the broker takes"

log = structlog.get_logger("uplink")

Range = tuple[str, str, int, int]


class Uplink:
    """Sends batches on a session and learns from the acknowledgements."""

    def __init__(
        self, outbox: Outbox, topic: str, timekeeper: Timekeeper, settings: LinkSettings, meter: Meter | None = None
    ) -> None:
        self._outbox = outbox
        self._topic = topic
        self._clock = clock = timekeeper.clock
        self._timekeeper = timekeeper
        self._settings = settings
        self.pace = Pace(settings.window, settings.batch_bytes)
        """How much may be on its way."""
        self._flight = Flight(self.pace, settings.ack_timeout_s)
        self.encoder = PackEncoder(settings.encoding, use_dictionary=settings.dictionary, use_zlib=settings.compress)
        self._packer = Packer(self.encoder, settings, timekeeper.boots)
        self._picker = Picker(outbox, clock, settings, meter)
        self._wait_until_ns = 0
        self.refused = ""
        """Why the broker does not take batches; empty while it does."""
        self._hint = ""
        self._reasons: set[str] = set()
        self.acknowledged_ns = 0
        """The boottime of the last acknowledgement."""
        self.progress: Callable[[], None] = lambda: None
        """Called after every acknowledgement."""
        self.arrived: Callable[[Segment, bool], None] = lambda _segment, _live: None
        """Called with the newest segment of every acknowledgement, and whether it was sent once only."""

    async def run(self, session: Session) -> None:
        """Send on `session` until it is lost.

        Raises:
            LinkError: the broker stopped acknowledging.
        """
        self._flight.begin()
        self._outbox.segment_bytes = self.pace.segment_bytes
        self.encoder.forget()
        self._wait_until_ns = 0
        self._reasons.clear()
        self._outbox.release()
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

    async def _next_batch(self) -> list[Segment]:
        if self._flight.full or self._clock.boottime_ns() < self._wait_until_ns:
            return []
        return await self._picker.pick(self.pace.batch_bytes)

    def _pause_s(self) -> float:
        """How long nothing can be due unless there is news."""
        now = self._clock.boottime_ns()
        pauses = [self._flight.timeout_s()]
        if now < self._wait_until_ns:
            pauses.append((self._wait_until_ns - now) / NS_PER_S)
        elif not self._flight.full:
            due_in_s = self._picker.live_due_in_s()
            if due_in_s is not None:
                pauses.append(due_in_s)
        overdue_in_s = self._flight.overdue_in_s(now)
        if overdue_in_s is not None:
            pauses.append(overdue_in_s)
        return max(0.001, min(pauses))

    def _send(self, session: Session, segments: list[Segment]) -> None:
        now = self._timekeeper.best()
        self._timekeeper.boots.learn(now)
        keys, payload = self._pack(segments, now, session.packet_bytes_max)
        if keys:
            again = not self._flight.sent_before.isdisjoint(keys)
            size = sum(len(segment.body) for segment in segments[: len(keys)])
            batch = Batch(keys, now.boottime_ns, session.publish(self._topic, payload), again, size)
            self._picker.sent(len(payload))
            self._flight.add(batch)
            batch.puback.add_done_callback(lambda _: self._on_puback(batch))

    def _pack(self, segments: list[Segment], now: Now, packet_bytes: int | None) -> tuple[list[Key], bytes]:
        """As many of `segments` as go in one message, and its bytes; the others can be taken again.

        A segment that was in a batch that failed goes alone.
        """
        flight, keys = self._flight, [Key(*segment.key) for segment in segments]
        suspect = flight.suspects(keys)
        limits = Limits(1 if suspect else len(keys), self.pace.batch_bytes, packet_bytes, suspect, self._picker.fits)
        late = Late(flight.sent_before, self._outbox.overtaken)
        kept, payload = self._packer.pack(segments, now, limits, late, self._outbox.ledger.volatile)
        held_back = 0 if payload else 1  # What is in no message is given back, but for what is too large for all.
        if keys[kept + held_back :]:
            self._outbox.release(keys[kept + held_back :])
        if not payload:
            self._reject(keys[0], TOO_LARGE)
        return keys[:kept], payload

    def _on_puback(self, batch: Batch) -> None:
        if batch not in self._flight.batches or batch.puback.cancelled() or batch.puback.exception() is not None:
            return
        code = batch.puback.result()
        if code == PUBACK_NO_SUBSCRIBERS and not self._settings.needs_subscriber:
            code = 0  # Rules of the cloud take it, and are no subscribers.
        if refusal_of(code).content:
            self._suspect(batch, told_in(code))
        elif code >= PUBACK_FAILURE_FROM:
            self._on_refusal(batch, code)
        elif self._settings.acknowledge is Acknowledge.BROKER and code != PUBACK_NO_SUBSCRIBERS:
            taken = self._outbox.taken
            self._free([(key.epoch, key.lane.label, key.first, taken[key].last) for key in batch.keys if key in taken])
        self._outbox.news.set()

    def _on_refusal(self, batch: Batch, code: int) -> None:
        """The broker does not take it: wait as long as for a refused login, and try again."""
        self._flight.batches.remove(batch)
        self._outbox.release(batch.keys)
        self._wait_until_ns = self._clock.boottime_ns() + round(self._settings.backoff_cap_s * NS_PER_S)
        reason, hint = f"a batch was refused: {told_in(code)}", refusal_of(code).hint
        if reason != self.refused:
            log.error(
                "batch refused", topic=self._topic, reason=reason, hint=hint, retry_s=self._settings.backoff_cap_s
            )
        self.refused, self._hint = reason, hint

    def _suspect(self, batch: Batch, reason: str) -> None:
        """Something in a batch is not wanted: send its segments alone, and keep apart what fails then too."""
        poison = self._flight.suspect(batch)
        if poison is not None:
            self._reject(poison, reason)
        if batch.keys:
            self._outbox.release(batch.keys)

    def on_ack(self, ack: Ack) -> None:
        """The twin holds some ranges, and can never take others."""
        self.encoder.learn(ack.accepts)
        if self.silent:  # It is back, perhaps from a restart, and has said hello.
            self._flight.heard()
            self._outbox.news.set()
        for epoch, lane, first, last, reason in ack.rejected:
            for key in self._outbox.taken_in(epoch, lane, first, last):
                self._reject(key, reason)
        keys = [key for one in ack.ranges for key in self._outbox.taken_in(*one)]
        answered = self._flight.batch_of(keys)
        once = answered is not None and not answered.again
        newest = self._outbox.taken[keys[-1]] if keys else None
        if not self._free(ack.ranges):
            return
        if newest is not None:
            self.arrived(newest, once)
        if answered is not None and once:
            now_s = self._clock.boottime_ns() / NS_PER_S
            self._timekeeper.offset.add(answered.sent_ns / NS_PER_S, ack.received, ack.sent, now_s)

    def _reject(self, key: Key, reason: str) -> None:
        """Keep a segment apart; the rest of its batch goes on."""
        self._outbox.reject(key, reason)
        self._flight.land([key])
        self._outbox.news.set()  # There is room for another batch.
        if reason not in self._reasons and len(self._reasons) < REASONS_MAX:  # Each is in the event log in any case.
            self._reasons.add(reason)
            log.error("segment kept apart", epoch=key.epoch, lane=key.lane.label, first=key.first, reason=reason[:200])

    def _free(self, ranges: list[Range]) -> list[Key]:
        freed = self._outbox.acknowledge(ranges)
        if freed:
            self.acknowledged_ns = self._clock.boottime_ns()
            self._flight.answered(freed, self.acknowledged_ns)
            self._outbox.segment_bytes = self.pace.segment_bytes
            self._flight.land(freed)
            self.refused = ""
            self.progress()
            self._outbox.news.set()
        return freed

    def _check_flight(self) -> None:
        """Give back what was not acknowledged in time; a broker that does not even do that is not connected.

        Raises:
            LinkError: as said.
        """
        overdue_in_s = self._flight.overdue_in_s(self._clock.boottime_ns())
        if overdue_in_s is None or overdue_in_s > 0:
            return
        oldest, waited_s = self._flight.batches[0], self._flight.timeout_s()
        if not oldest.puback.done():
            raise LinkError(f"the broker did not acknowledge for {waited_s:.0f} s")
        if self._flight.overtaken:
            self._suspect(oldest, "never acknowledged")
            return
        if not self.silent:
            log.warning("twin silent", batches=len(self._flight.batches), waited_s=waited_s)
        self.encoder.forget()
        self._outbox.release(self._flight.silent())

    @property
    def silent(self) -> bool:
        """Whether the broker acknowledges and the twin does not."""
        return self._flight.silences > 0

    @property
    def trouble(self) -> tuple[str, str]:
        """Why nothing arrives although the link is up, and what can be done about it; both empty where it does."""
        if self.refused:
            return self.refused, self._hint
        return (told_in(Cause.SILENT), refusal_of(Cause.SILENT).hint) if self.silent else ("", "")

"""The daemon as it is, but for parts and wire: readings come from a counter, the twin is in the same process."""

from __future__ import annotations

import asyncio
import functools
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

import gateway.app.run as app
from demo.waiting import until
from gateway.app import stores
from gateway.app.rooms import Rooms
from gateway.cli.logs import configure
from gateway.clock import SystemClock
from gateway.cloud import picking
from gateway.cloud.downlink import first_error
from gateway.core.command import Execution
from gateway.core.reading import ClockState, Reading, Value
from gateway.core.settings import LogSettings
from gateway.devices import actuator
from gateway.errors import StoreError
from gateway.store import committer, database, limits
from tests.faults.cloud import Cloud
from tests.faults.notes import Notes
from tests.faults.plan import GATEWAY, PERFECT, SETPOINT, Plan, kind_of, site_of, value_of
from tests.faults.report import Report
from tests.faults.uses import Uses, uses

FRESH_READINGS = 5
FRESH_AGAIN_S = 1.0
LOOK_EVERY_S = 0.005
MOMENT_NS = 300_000
"""A small part of what a time may be off by in the twin."""
EXIT_STORE = 1
"""As `edgetwin run` ends when the store cannot be used."""


class BootClock(SystemClock):
    """The machine's clock, in a boot of the test's choice, and known to be right: times have to arrive as they were."""

    def __init__(self, boot: str) -> None:
        super().__init__()
        self._boot_id = boot

    def state(self) -> ClockState:
        return ClockState.SYNCHRONISED


def main(plan: Plan) -> int:
    """Run `plan` in this process; returns the exit status."""
    if plan.stalled:
        os.kill(os.getpid(), signal.SIGSTOP)
    Path(plan.memory).mkdir(parents=True, exist_ok=True)
    plan.twin.mkdir(exist_ok=True)
    committer.RETRY_S = actuator.RETRY_S = picking.READ_AGAIN_S = stores.STORE_AGAIN_S = plan.retry_s
    if not plan.grown:
        database.GROWTH_BYTES = 1
    if plan.memory_bytes is not None:
        limits.MEMORY_BYTES_MAX = plan.memory_bytes
    configure(LogSettings())
    notes = Notes(plan.notes)
    notes.note("run", plan.number, time.clock_gettime_ns(time.CLOCK_BOOTTIME))
    try:
        asyncio.run(_Run(plan, notes).live())
    except ExceptionGroup as errors:
        error = first_error(errors)
        if not isinstance(error, StoreError):
            raise
        sys.stderr.write(f"store: {error}\n")
        return EXIT_STORE
    return 0


class _Run:
    progresses = True

    def __init__(self, plan: Plan, notes: Notes) -> None:
        self._plan = plan
        self._notes = notes
        self._chance = random.Random(plan.seed)
        self._cloud = Cloud(plan, notes, self._chance)
        self._clock = BootClock(plan.boot)
        self._number = plan.first - 1
        self._stop = asyncio.Event()
        self._left = plan.readings
        self._rooms: Rooms

    async def live(self) -> None:
        wire_up = app.wire_up

        def wired(*arguments: Any, **options: Any) -> Rooms:
            self._rooms = rooms = wire_up(*arguments, **options)
            rooms.connection._open = self._cloud.opener
            self._cloud.disk_fails = lambda: rooms.outbox.disk_failing
            self._listen(rooms)
            return rooms._replace(samplers=[self])

        app.wire_up = wired
        async with self._cloud.open(self._plan.twin):
            await app.run(site_of(self._plan), self._stop, self._clock)

    async def run(self) -> None:
        """What a sampler does, in its place: it begins and ends with the others, and goes on behind a stand-in."""
        await self._feed(self._rooms)
        if self._plan.finish:
            await self._finish(self._rooms)
        self._cloud.close()
        self._stop.set()

    def _listen(self, rooms: Rooms) -> None:
        """Note commits and effects when they have happened."""
        commit, write, finished = rooms.committer.commit, rooms.actuator._writers[SETPOINT], rooms.actuator.finished

        async def noted_commit() -> None:
            number = self._number
            await commit()
            self._notes.note("durable", number)

        async def noted_write(channel: str, value: Value) -> Value:
            order = f"c{int(value)}"
            self._cloud.expect_command(order, "acts before it is stored")
            self._notes.note("effect", order, time.time())
            return await write(channel, value)

        def noted_outcome(execution: Execution) -> None:
            self._notes.note("outcome", execution.id, execution.status.value)
            finished(execution)

        rooms.committer.commit = noted_commit
        rooms.actuator._writers[SETPOINT] = noted_write
        rooms.actuator.finished = noted_outcome

    async def _feed(self, rooms: Rooms) -> None:
        plan = self._plan
        while self._left is None or self._left > 0:
            for _ in range(plan.burst if self._left is None else min(plan.burst, self._left)):
                self._take(rooms)
                if plan.commands_every and self._number % plan.commands_every == 0 and not self._cloud.offline:
                    await self._cloud.order()
            self._left = None if self._left is None else self._left - plan.burst
            await asyncio.sleep(plan.every_s)

    def _take(self, rooms: Rooms) -> None:
        self._number += 1
        number, outbox = self._number, rooms.outbox
        kind = kind_of(number)
        reading = Reading(kind.series, value_of(number), *_now_ns(self._clock))
        self._notes.note("taking", number)
        outbox.append(reading, kind.unit, kind.lane, urgent=number % 2 == 0)
        self._notes.note("taken", number, reading.wall_ns, reading.boottime_ns)
        if number % 7 == 0:
            outbox.suppress(kind.series, kind.unit)

    async def _finish(self, rooms: Rooms) -> None:
        """Deliver everything, with good luck from here on, and say how it went."""
        self._cloud.luck, self._cloud.offline = PERFECT, False
        if self._cloud.session is not None:  # A command that the disk did not take is given again by a new connection.
            self._cloud.session.lose()
        until_s = time.monotonic() + self._plan.patience_s
        fresh_s = await self._fresh(until_s)
        before = uses()

        async def settled() -> Uses | None:
            after = uses()
            return after if await self._settled(rooms) and after.tasks.total() <= before.tasks.total() else None

        after = await until(settled, until_s - time.monotonic(), LOOK_EVERY_S) or uses()
        if fresh_s is not None:
            self._notes.note("fresh", round(fresh_s, 4))
        self._plan.report.write_bytes(msgspec.json.encode(await self._report(rooms, before, after)))

    async def _report(self, rooms: Rooms, before: Uses, after: Uses) -> Report:
        ledger = rooms.outbox.ledger
        answer = await self._cloud.desk.answer(b'{"ask":"status"}')
        known = answer["gateways"].get(GATEWAY)
        return Report(
            tallies={
                series.name: {field: getattr(tally, field) for field in tally.__struct_fields__}
                for series, tally in zip(ledger.series, ledger.tallies, strict=True)
            },
            waiting=ledger.total().waiting,
            duplicates=known["readings"]["duplicates"] if known else 0,
            rss_grown_bytes=after.rss_bytes - before.rss_bytes,
            files_more=after.files - before.files,
            tasks_more=sorted((after.tasks - before.tasks).elements())
            if after.tasks.total() > before.tasks.total()
            else [],
            failure=rooms.committer.failure,
            complaints=self._cloud.complaints.counts,
            small=self._cloud.small,
        )

    async def _fresh(self, until_s: float) -> float | None:
        """Take some readings until the twin holds some that were taken together, and say how long that took."""
        began_s = time.monotonic()
        while time.monotonic() < until_s:
            # The first may give way to others, where memory was full.
            numbers = range(self._number + 1, self._number + 1 + FRESH_READINGS)
            for _ in numbers:
                self._take(self._rooms)
            if await until(functools.partial(self._holds, numbers), FRESH_AGAIN_S, LOOK_EVERY_S):
                return time.monotonic() - began_s
        return None

    async def _holds(self, numbers: range) -> bool | None:
        return self._cloud.held.issuperset(numbers) or None

    async def _settled(self, rooms: Rooms) -> bool:
        if rooms.outbox.ledger.total().waiting or self._cloud.late:
            return False
        unanswered = "SELECT 1 FROM executions WHERE finished IS NULL AND expires > ?"
        return not await self._cloud.desk._store.read(unanswered, time.time())


def _now_ns(clock: BootClock) -> tuple[int, int]:
    """Boottime and wall clock of one moment: who is interrupted between the two looks again."""
    while True:
        before_ns, wall_ns = clock.boottime_ns(), clock.wall_ns()
        if clock.boottime_ns() - before_ns < MOMENT_NS:
            return before_ns, wall_ns


if __name__ == "__main__":
    sys.exit(main(msgspec.json.decode(sys.argv[1], type=Plan)))

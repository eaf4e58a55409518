"""The actuator: does what the inbox holds, the most urgent first, and records what came of it.

A command is marked as started, on the disk, before its channel is told; its outcome is committed before anybody hears
of it. What has begun is finished even when the daemon is being stopped, and the stop waits for it: no channel may be
driven any more once it has its safe value.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping

import msgspec
import structlog

from drivers.base import DriverError
from gateway.clock import NS_PER_S, Clock
from gateway.core.command import Execution, ReasonCode, Source, after_restart
from gateway.core.reading import Value
from gateway.core.wire import CommandStatus
from gateway.errors import StoreError
from gateway.store.events import EventLog
from gateway.store.inbox import Inbox

Write = Callable[[str, Value], Awaitable[Value]]
"""Gives a channel (`device/channel`) a value and returns what it now is."""

RETRY_S = 5.0
"""Wait when the disk does not take what has to be recorded, and between two looks for a clock that can be trusted."""

log = structlog.get_logger("actuator")


class Actuator:
    """The one place where channels are driven on command."""

    def __init__(
        self,
        inbox: Inbox,
        events: EventLog,
        writers: Mapping[str, Write],
        clock: Clock,
        trusted: Callable[[], float | None],
    ) -> None:
        self._inbox = inbox
        self._events = events
        self._writers = writers
        self._clock = clock
        self._trusted = trusted
        self._undated: list[Execution] = []
        """Admitted by an earlier run, while now no clock says whether they are still in time."""
        self._unrecorded: dict[str, Execution] = {}
        """Outcomes that the disk did not take, by id."""
        self.refusal: Callable[[Execution], tuple[ReasonCode, str] | None] = _allow
        """Asked once more before a channel is driven: somebody may have set it by hand while the command waited."""
        self.finished: Callable[[Execution], None] = _ignore
        """Called with every execution that has ended."""

    async def run(self) -> None:
        """Act for ever."""
        while True:
            execution = self._inbox.take()
            if execution is None:
                await self._wait()
            elif not execution.final and self._now_s(execution) is None:
                self._undated.append(execution)
            else:
                await self._do(execution)

    async def _wait(self) -> None:
        """Until something arrives; what has no date is looked at again from time to time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(RETRY_S if self._undated else None):
                await self._inbox.arrived.wait()
        while self._undated:
            self._inbox.put_back(self._undated.pop())

    async def _do(self, execution: Execution) -> None:
        doing = asyncio.ensure_future(self.perform(execution))
        try:
            await asyncio.shield(doing)
        except asyncio.CancelledError:
            await asyncio.wait({doing})  # Its end is near: the bus has a time-out, and so has the disk.
            if not doing.cancelled() and (failure := doing.exception()) is not None:
                log.error("command not recorded", id=execution.id, reason=str(failure))
            raise
        except StoreError as error:
            log.error("command not recorded", id=execution.id, reason=str(error), hint=error.hint)
            await asyncio.sleep(RETRY_S)
            self._inbox.put_back(self._unrecorded.pop(execution.id, execution))

    async def perform(self, execution: Execution) -> Execution:
        """Do one command, if it is still in time, and record the outcome; of one that has ended only the latter.

        Raises:
            StoreError: it could not be recorded that it was about to be done, so it was not done; or, after the fact,
                what came of it: then only that is left to be done.
        """
        current = execution if execution.final else after_restart(execution, self._now_s(execution))
        refusal = None if current.final else self.refusal(current)
        if refusal is not None:
            current = current.rejected(*refusal, self._wall_s())
        if not current.final:
            current = msgspec.structs.replace(current, started=True, changed_s=self._wall_s())
            await self._inbox.update(current)
            current = await self._drive(current)
        event = self._events.statements(
            "outcome", id=current.id, channel=current.channel, status=current.status, code=current.reason_code,
            reason=current.reason, result=current.result,
        )  # fmt: skip
        try:
            await self._inbox.update(current, *event)
        except StoreError:
            self._unrecorded[current.id] = current
            raise
        log.info("command done", id=current.id, channel=current.channel, status=current.status.value,
                 code=current.reason_code.value, result=current.result)  # fmt: skip
        self.finished(current)
        return current

    async def _drive(self, execution: Execution) -> Execution:
        writer = self._writers.get(execution.channel)
        if writer is None:
            reason = f"there is no channel {execution.channel!r} any more"
            return execution.failed(CommandStatus.FAILED, ReasonCode.UNKNOWN_CHANNEL, reason, self._wall_s())
        try:
            result = await writer(execution.channel, execution.value)
        except DriverError as error:
            return execution.failed(CommandStatus.FAILED, ReasonCode.DEVICE_ERROR, str(error), self._wall_s())
        return execution.finished(CommandStatus.SUCCEEDED, self._wall_s(), result=result)

    def _now_s(self, execution: Execution) -> float | None:
        return self._trusted() if execution.source is Source.TWIN else self._wall_s()

    def _wall_s(self) -> float:
        return self._clock.wall_ns() / NS_PER_S


def _allow(_execution: Execution) -> None:
    """Where nobody sets anything by hand."""


def _ignore(_execution: Execution) -> None:
    """What nobody listens to."""

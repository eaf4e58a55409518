"""The actuator: does what the inbox holds, the most urgent first, and records what came of it.

A command is marked as started, on the disk, before its channel is told; its outcome is committed before anybody hears
of it. What has begun is finished even when the daemon is being stopped, and the stop waits for it: no channel may be
driven any more once it has its safe value.

What safety forbids is refused, and what only comes too early is held here and asked again when it may act.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping

import msgspec
import structlog

from drivers.base import DriverError
from gateway.clock import NS_PER_S, Clock
from gateway.core.admit import before_acting, overdue_s
from gateway.core.command import Execution, Moment, ReasonCode
from gateway.core.reading import Value
from gateway.core.safety import Verb, Verdict
from gateway.core.safety_judge import ALLOWED
from gateway.core.wire import CommandStatus
from gateway.core.withheld import differs, heard, overdue, refused
from gateway.core.wording import shown
from gateway.devices.held import HeldCommands
from gateway.devices.outputs import Outputs
from gateway.errors import StoreError
from gateway.store.events import EventLog
from gateway.store.inbox import Inbox
from gateway.timekeeper import moment_of

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
        outputs: Outputs | None = None,
    ) -> None:
        self._inbox = inbox
        self._events = events
        self._writers = writers
        self._clock = clock
        self._trusted = trusted
        self._outputs = outputs
        self.held = HeldCommands()
        inbox.undated.moment = self._moment
        self._unrecorded: dict[str, Execution] = {}
        """Outcomes that the disk did not take, by id."""
        self.busy = False
        """Whether a command is being done."""
        self.refusal: Callable[[Execution], tuple[ReasonCode, str] | None] = _allow
        """Asked once more before a channel is driven: somebody may have set it by hand while the command waited."""
        self.finished: Callable[[Execution], None] = _ignore
        """Called with every execution that has ended."""

    async def run(self) -> None:
        """Act for ever."""
        while True:
            execution = self._inbox.take() or self._due()
            if execution is None:
                await self._wait()
            else:
                await self._do(execution)

    def _due(self) -> Execution | None:
        """A command that was held and may be asked again. New ones go first: one of them may take its place."""
        held = self.held.due(self._clock.boottime_ns(), self._inbox.cancelled)
        if held is None or self._inbox.undated.ready(held.execution) or held.execution.id in self._inbox.cancelled:
            return None if held is None else held.execution
        self.held.take(held.execution.channel)
        self._inbox.put_back(held.execution)
        return None

    async def _wait(self) -> None:
        """Until something arrives or is due; what has no date is looked at again from time to time."""
        waits = [self.held.wait_s(self._clock.boottime_ns()), RETRY_S if self._inbox.undated.waiting else None]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min((one for one in waits if one is not None), default=None)):
                await self._inbox.arrived.wait()

    async def _do(self, execution: Execution) -> None:
        doing, self.busy = asyncio.ensure_future(self.perform(execution)), True
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
        finally:
            self.busy = False

    async def perform(self, execution: Execution) -> Execution:
        """Do one command, if it is still in time and safe, and record the outcome; of one that has ended only that.

        One that comes too early is returned unfinished, and kept.

        Raises:
            StoreError: it could not be recorded that it was about to be done, so it was not done; or, after the fact,
                what came of it: then only that is left to be done.
        """
        earlier = self.held.by_channel.get(execution.channel)
        if earlier is not None and earlier.execution.id == execution.id:
            self.held.take(execution.channel)
            execution = overdue(execution, earlier.verdict, self._late_s(execution), self._wall_s())
        current, verdict = self._judged(execution)
        if not current.final:
            await self._supersede(current)
            current, verdict = await self._act(current, verdict)
        if not current.final:
            self.held.keep(current, verdict, self._clock.boottime_ns())
            log.info("command held", id=current.id, channel=current.channel, code=verdict.code.value,
                     wait_s=round(verdict.wait_s, 1))  # fmt: skip
            return current
        return await self._end(current)

    def _judged(self, execution: Execution) -> tuple[Execution, Verdict]:
        """The command and what safety says of it; refused where anybody says so, or where it would wait too long."""
        current = self._inbox.undated.settled(execution)
        current = current if current.final else before_acting(current, self._moment())
        refusal = None if current.final else self.refusal(current)
        if not current.final and current.id in self._inbox.cancelled:
            return refused(current, ReasonCode.CANCELLED, "cancelled while it was held", self._wall_s()), ALLOWED
        if current.final or refusal is not None:
            return (current if refusal is None else current.rejected(*refusal, self._wall_s())), ALLOWED
        verdict = ALLOWED if self._outputs is None else self._outputs.judge(current.channel, current.value)
        return heard(current, verdict, -(self._late_s(current) or 0.0), self._wall_s()), verdict

    async def _supersede(self, later: Execution) -> None:
        """A command that is held gives way to a later one for its channel."""
        held = self.held.take(later.channel)
        if held is None:
            return
        try:
            reason = f"{later.id} came after it"
            await self._end(refused(held.execution, ReasonCode.SUPERSEDED, reason, self._wall_s()))
        except StoreError as error:
            log.error("command not recorded", id=held.execution.id, reason=str(error), hint=error.hint)
            self._inbox.put_back(self._unrecorded.pop(held.execution.id))

    async def _act(self, execution: Execution, verdict: Verdict) -> tuple[Execution, Verdict]:
        """Do it, or the step of it that may be done now; unfinished where it has to wait.

        Raises:
            StoreError: it could not be recorded beforehand, so nothing was done.
        """
        if verdict.verb is Verb.HOLD and verdict.step is None:
            return execution, verdict
        current = msgspec.structs.replace(execution, started=True, changed_s=self._wall_s())
        attempt = () if self._outputs is None else self._outputs.attempt(current.channel)
        await self._inbox.update(current, *attempt)
        # While that was written something may have happened that forbids it: from here on nothing comes between.
        current, verdict = self._judged(current)
        if current.final or (verdict.verb is Verb.HOLD and verdict.step is None):
            return current, verdict
        value = current.value if verdict.step is None else verdict.step
        return await self._drive(current, value), verdict

    async def _drive(self, execution: Execution, value: Value) -> Execution:
        """Give the channel `value`; what the command asks for, or a step on the way to it, after which it goes on."""
        writer = self._writers.get(execution.channel)
        if writer is None:
            reason = f"there is no channel {execution.channel!r} any more"
            return execution.failed(CommandStatus.FAILED, ReasonCode.UNKNOWN_CHANNEL, reason, self._wall_s())
        try:
            result = await writer(execution.channel, value)
        except DriverError as error:
            return execution.failed(CommandStatus.FAILED, ReasonCode.DEVICE_ERROR, str(error), self._wall_s())
        if differs(value, result):
            log.error("mismatch", channel=execution.channel, wanted=value, found=result)
            reason = f"{execution.channel} was driven to {shown(value)}, and is {shown(result)}"
            return execution.failed(CommandStatus.FAILED, ReasonCode.MISMATCH, reason, self._wall_s())
        if value != execution.value:
            return execution
        if self._outputs is not None:
            self._outputs.wanted(execution.channel, value)
        return execution.finished(CommandStatus.SUCCEEDED, self._wall_s(), result=result)

    async def _end(self, current: Execution) -> Execution:
        """Record what came of it.

        Raises:
            StoreError: the disk did not take it; only that is left to be done.
        """
        event = self._events.outcome(current)
        if current.reason_code is ReasonCode.MISMATCH:
            event = (*self._events.statements("mismatch", channel=current.channel, reason=current.reason), *event)
        outputs, channel = self._outputs, current.channel
        state = None if outputs is None else outputs.states.get(channel)
        kept = () if outputs is None else outputs.statements(channel)
        try:
            await self._inbox.update(current, *event, *kept)
        except StoreError:
            self._unrecorded[current.id] = current
            raise
        if outputs is not None:
            outputs.kept(channel, state)
        log.info("command done", id=current.id, channel=current.channel, status=current.status.value,
                 code=current.reason_code.value, result=current.result)  # fmt: skip
        self.finished(current)
        return current

    def _late_s(self, execution: Execution) -> float | None:
        return overdue_s(execution, self._moment())

    def _moment(self) -> Moment:
        return moment_of(self._clock, self._trusted)

    def _wall_s(self) -> float:
        return self._clock.wall_ns() / NS_PER_S


def _allow(_execution: Execution) -> None:
    """Where nobody sets anything by hand."""


def _ignore(_execution: Execution) -> None:
    """What nobody listens to."""

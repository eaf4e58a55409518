"""The operator: does the operations of devices, one at a time on each, while the actuator goes on setting channels.

As with every command it is on the disk that one is about to begin before it does, and what came of it before anybody
hears. A long one tells how far it is, and can be stopped on its way: by a cancellation, by something more urgent for
its device, by its time limit, and by the end of the daemon.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

import msgspec
import structlog

from drivers.base import DriverError, Step
from gateway.clock import Clock
from gateway.core.admit import before_acting
from gateway.core.command import Execution, Moment, ReasonCode
from gateway.core.operation import SET
from gateway.core.reading import Value
from gateway.core.safety_judge import ALLOWED
from gateway.core.wire import CommandStatus
from gateway.devices.device import Device
from gateway.devices.operating import operate
from gateway.devices.outputs import Outputs
from gateway.devices.under_way import StoppedError, UnderWay
from gateway.errors import StoreError
from gateway.finishing import finished
from gateway.store.events import EventLog
from gateway.store.inbox import Inbox
from gateway.timekeeper import moment_of

Write = Callable[[str, Value], Awaitable[Value]]
"""Gives a channel (`device/channel`) a value and returns what it now is."""
Check = Callable[[Execution], tuple[ReasonCode, str] | None]
"""Why a channel must not be set now, or None."""

RETRY_S = 5.0
"""Wait when the disk does not take what has to be recorded, and between two looks for a clock that can be trusted."""

log = structlog.get_logger("operator")


class Machines(NamedTuple):
    """What operations are done with."""

    devices: Mapping[str, Device]
    writers: Mapping[str, Write]
    outputs: Outputs | None = None
    """What safety says of a channel before it is set."""


class Operator:
    """Does operations."""

    def __init__(
        self,
        inbox: Inbox,
        events: EventLog,
        machines: Machines,
        clock: Clock,
        trusted: Callable[[], float | None],
    ) -> None:
        self._inbox = inbox
        self._events = events
        self._devices, self._writers, self._outputs = machines
        self._clock = clock
        self._trusted = trusted
        self._running: dict[str, UnderWay] = {}
        """By device."""
        self._later: list[tuple[float, Execution]] = []
        """What the disk did not take, and when, by the loop's time, that is tried again."""
        inbox.undated.moment = self._moment
        self.refusal: Check = lambda _execution: None
        """Asked before a step of an operation sets a channel, as for a command that does."""
        self.progressed: Callable[[Execution, float], None] = lambda _execution, _percent: None
        """Called with an execution and how many percent of it are done."""
        self.finished: Callable[[Execution], None] = lambda _execution: None
        """Called with every execution that has ended."""

    async def run(self) -> None:
        """Act for ever."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._look_at_running()
                execution = self._inbox.take_operation()
                if execution is None:
                    await self._wait()
                else:
                    self._inbox.busy[execution.device] = execution.priority
                    group.create_task(self._perform(execution), name=f"operation-{execution.id}")

    async def _wait(self) -> None:
        """Until something arrives; what has no date, or could not be recorded, is looked at again from time to time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(RETRY_S if self._inbox.undated.waiting or self._later else None):
                await self._inbox.operation_arrived.wait()
        while self._later and self._later[0][0] <= asyncio.get_running_loop().time():
            self._inbox.put_back(self._later.pop(0)[1])

    def _look_at_running(self) -> None:
        """Wake what has to be stopped."""
        pressed = self._inbox.pressing()
        for device, running in self._running.items():
            if device in pressed or running.execution.id in self._inbox.cancelled:
                running.stop.set()

    def driving(self, channel: str) -> tuple[Execution, float] | None:
        """The operation under way that has set a channel, and when it did; None where there is none."""
        running = self._running.get(channel.partition("/")[0])
        return (
            None
            if running is None or channel not in running.channels
            else (running.execution, running.channels[channel])
        )

    async def _perform(self, execution: Execution) -> None:
        """Do one and record what came of it, also when the daemon is being stopped."""
        try:
            current = self._inbox.undated.settled(execution)
            current = current if current.final else before_acting(current, self._moment())
            if not current.final:
                current = await self._begin(current)
            try:
                current = current if current.final else await self._operate(current)
            except asyncio.CancelledError:
                reason = "the gateway was stopped in the middle of it"
                await finished(self._end(self._failed(current, ReasonCode.INTERRUPTED, reason)))
                raise
            await finished(self._end(current))
        except StoreError as error:
            log.error("operation not recorded", id=execution.id, reason=str(error), hint=error.hint)
            self._try_later(execution)  # It has not begun.
        finally:
            self._running.pop(execution.device, None)
            self._inbox.release(execution.device)

    async def _begin(self, execution: Execution) -> Execution:
        """It, marked as started on the disk; ended where it was cancelled before it could begin.

        Raises:
            StoreError: it could not be marked, and must not begin.
        """
        device = self._devices.get(execution.device)
        known = {one.name for one in device.operations} if device is not None else ()
        if execution.operation not in known:
            reason = f"{execution.device!r} has no operation {execution.operation!r} any more"
            return self._failed(execution, ReasonCode.UNKNOWN_OPERATION, reason)
        started = msgspec.structs.replace(execution, started=True, changed_s=self._wall_s)
        if execution.id not in self._inbox.cancelled:
            await self._inbox.update(started)
        if execution.id in self._inbox.cancelled:
            return self._failed(started, ReasonCode.CANCELLED, "cancelled before it had begun")
        return started

    async def _operate(self, execution: Execution) -> Execution:
        device = self._devices[execution.device]
        limit_s = next(one.time_limit_s for one in device.operations if one.name == execution.operation)
        running = self._running[execution.device] = UnderWay(execution, self._inbox, limit_s)
        try:
            result = await operate(
                device, execution.operation, execution.parameters, lambda step: self._step(running, step)
            )
        except StoppedError as stop:
            return execution.failed(stop.status, stop.code, stop.reason, self._wall_s)
        except DriverError as error:
            return self._failed(execution, ReasonCode.DEVICE_ERROR, str(error))
        return execution.finished(CommandStatus.SUCCEEDED, self._wall_s, result=result)

    async def _step(self, running: UnderWay, step: Step) -> None:
        """What an operation asks for on its way.

        Raises:
            StoppedError: it ends here.
            DriverError: a channel was not set.
        """
        execution = running.execution
        running.check()
        if step.write is not None:
            channel, value = f"{execution.device}/{step.write[0]}", step.write[1]
            await self._drive(msgspec.structs.replace(execution, operation=SET, channel=channel, value=value))
            running.channels[channel] = self._wall_s
        await running.wait(step.wait_s)
        if step.percent is not None:
            self.progressed(execution, step.percent)

    async def _drive(self, setting: Execution) -> None:
        """Set a channel, if a command might do it; there is no time to hold it."""
        channel, value = setting.channel, setting.value
        refusal = self.refusal(setting)
        verdict = ALLOWED if self._outputs is None else self._outputs.judge(channel, value)
        if refusal is None and (verdict.verb is not ALLOWED.verb or verdict.step is not None):
            refusal = verdict.code, verdict.reason
        if refusal is not None:
            raise StoppedError(CommandStatus.FAILED, *refusal)
        await self._writers[channel](channel, value)
        if self._outputs is not None:
            self._outputs.wanted(channel, value)

    async def _end(self, current: Execution) -> None:
        """Record what came of it; where the disk does not take it, that is left to be done."""
        try:
            await self._inbox.update(current, *self._events.outcome(current))
        except StoreError as error:
            log.error("operation not recorded", id=current.id, reason=str(error), hint=error.hint)
            self._try_later(current)
            return
        log.info("operation done", id=current.id, device=current.device, operation=current.operation,
                 status=current.status.value, code=current.reason_code.value)  # fmt: skip
        self.finished(current)

    def _try_later(self, execution: Execution) -> None:
        self._later.append((asyncio.get_running_loop().time() + RETRY_S, execution))

    def _failed(self, execution: Execution, code: ReasonCode, reason: str) -> Execution:
        return execution.failed(CommandStatus.FAILED, code, reason, self._wall_s)

    def _moment(self) -> Moment:
        return moment_of(self._clock, self._trusted)

    @property
    def _wall_s(self) -> float:
        return self._moment().wall_s

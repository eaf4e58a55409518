"""An operation under way: until when it may be, and what stops it before."""

from __future__ import annotations

import asyncio
import contextlib

from gateway.core.command import Execution, ReasonCode
from gateway.core.wire import CommandStatus
from gateway.store.inbox import Inbox


class StoppedError(Exception):
    """An operation is stopped on its way."""

    def __init__(self, status: CommandStatus, code: ReasonCode, reason: str) -> None:
        super().__init__(reason)
        self.status, self.code, self.reason = status, code, reason


class UnderWay:
    """One operation that has begun."""

    def __init__(self, execution: Execution, inbox: Inbox, limit_s: float) -> None:
        self.execution = execution
        self.stop = asyncio.Event()
        """Set when it may have to be stopped."""
        self.channels: dict[str, float] = {}
        """What it has set so far, and when, by our wall clock."""
        self._inbox = inbox
        self._until = asyncio.get_running_loop().time() + limit_s

    async def wait(self, seconds: float) -> None:
        """Wait, unless it is stopped.

        Raises:
            StoppedError: it ends here.
        """
        loop = asyncio.get_running_loop()
        self.check()
        ends = min(self._until, loop.time() + seconds)
        while loop.time() < ends:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(ends):
                    await self.stop.wait()
            self.check()

    def check(self) -> None:
        """See whether it may go on.

        Raises:
            StoppedError: it ends here.
        """
        if self.execution.id in self._inbox.cancelled:
            raise StoppedError(CommandStatus.FAILED, ReasonCode.CANCELLED, "cancelled while it was under way")
        if self.execution.device in self._inbox.pressing():
            reason = "something more urgent came for the same device"
            raise StoppedError(CommandStatus.FAILED, ReasonCode.SUPERSEDED, reason)
        if asyncio.get_running_loop().time() >= self._until:
            raise StoppedError(CommandStatus.TIMED_OUT, ReasonCode.TIME_LIMIT, "it took longer than its time limit")
        self.stop.clear()

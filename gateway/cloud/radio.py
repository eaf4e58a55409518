"""The radio of a gateway that connects by schedule: ends each session when all is said, and rests until the next."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, NamedTuple

import structlog

from gateway.clock import NS_PER_S, Clock
from gateway.core.radio import Act, Plan, State, decide, due_s, gives_not_up
from gateway.errors import AsleepError, LinkError

LOOK_EVERY_S = 0.25
"""How often a session is asked whether all is said: what that is late costs less than the linger."""
CLOCK_EVERY_S = 60.0
"""The longest rest without a look at the clocks: one may be set meanwhile, and some timers stand still in suspend."""

log = structlog.get_logger("link")


class Left(NamedTuple):
    """What the radio asks of the others."""

    urgent: Callable[[], bool]
    """Whether a critical reading waits."""
    unsaid: Callable[[int], Awaitable[str]]
    """What is still to be said of what was due when a session began, by boottime; empty where nothing is."""
    heard: Callable[[], int]
    """How many words have come from the twin."""
    linger_s: Callable[[], float]


class Radio:
    """Open and closed by a plan. What sends and receives on a session knows nothing of it."""

    def __init__(self, plan: Plan, clock: Clock, trusted_s: Callable[[], float | None], left: Left) -> None:
        self._plan = plan
        self._clock = clock
        self._trusted_s = trusted_s
        self._left = left
        self._wake = asyncio.Event()
        self._asked = False
        self._resting: tuple[float | None] | None = None
        """While it rests: when the next attempt may be made after one that failed."""
        self._started_s = self._began_s = self._now_s()
        self._closed_s = self._now_s()
        self.planned = False
        """Whether the last session ended by plan."""

    def wake(self) -> None:
        """Something must not wait for the schedule."""
        self._asked = True
        self._wake.set()

    def look(self) -> None:
        """Something may be urgent."""
        self._wake.set()

    async def serve(self, session: Coroutine[Any, Any, None]) -> None:
        """Let a session go on until it fails, or until all is said.

        Raises:
            AsleepError: all is said, or the session has lasted as long as one may.
            LinkError: as the session raises it.
        """
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_without_end(session), name="served")
                group.create_task(self._end(), name="radio")
        except ExceptionGroup as errors:
            error = errors.exceptions[0]
            self.planned = isinstance(error, AsleepError)
            self._closed_s = self._now_s()
            raise error from errors

    async def _end(self) -> None:
        began_ns, left = self._clock.boottime_ns(), self._left
        began_s, quiet_s, heard = began_ns / NS_PER_S, None, left.heard()
        while True:
            self._asked = False  # What is asked from here on is in what is said next, or keeps the session.
            unsaid, now_s = await left.unsaid(began_ns), self._now_s()
            if unsaid:
                quiet_s = None
            elif quiet_s is None or heard != left.heard():
                quiet_s = now_s
            heard = left.heard()
            urgent = self._asked or left.urgent()
            state = State(connected=True, began_s=began_s, urgent=urgent, quiet_since_s=quiet_s)
            if decide(state, now_s, left.linger_s()).act is Act.CLOSE:
                if unsaid:
                    log.warning("session ended before all was said", lasted_s=round(now_s - began_s), unsaid=unsaid)
                raise AsleepError("asleep by schedule")
            await asyncio.sleep(LOOK_EVERY_S)

    async def rest(self, backoff_s: float) -> None:
        """Wait for the next session, `backoff_s` at least after an attempt that failed."""
        retry_s = None if self.planned else self._now_s() + backoff_s
        if not (self.planned or gives_not_up(self._state(retry_s))):
            self._closed_s = self._now_s()
        self._resting = (retry_s,)
        try:
            while (wait_s := self.next_in_s or 0.0) > 0:
                self._wake.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(min(wait_s, CLOCK_EVERY_S)):
                        await self._wake.wait()
        finally:
            self._resting = None
        if not gives_not_up(self._state(retry_s)):
            self._began_s = self._now_s()
        self._asked = self.planned = False

    def _state(self, retry_s: float | None) -> State:
        urgent = self._asked or self._left.urgent()
        return State(False, self._began_s, urgent, self._due_s(), retry_s)

    def _due_s(self) -> float:
        return due_s(self._plan, self._started_s, self._closed_s, self._now_s(), self._trusted_s())

    @property
    def next_in_s(self) -> float | None:
        """Seconds until the next attempt as things stand; None while there is none to wait for."""
        if self._resting is None:
            return None
        return max(0.0, decide(self._state(*self._resting), self._now_s()).at_s - self._now_s())

    def _now_s(self) -> float:
        return self._clock.boottime_ns() / NS_PER_S


async def _without_end(session: Coroutine[Any, Any, None]) -> None:
    await session
    raise LinkError("the session ended")

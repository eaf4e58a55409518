"""The guardian: drives outputs to what safety demands, without anybody asking for it.

It looks several times a second and whenever an input of a condition was read. A bus that hangs keeps only its own
outputs waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping

import structlog

from drivers.base import DriverError
from gateway.clock import NS_PER_S, Clock
from gateway.core.reading import Value
from gateway.core.safety import Demand, Verb
from gateway.core.safety_state import is_on
from gateway.core.shadow import equal
from gateway.core.withheld import differs
from gateway.core.wording import shown
from gateway.devices.actuator import Write
from gateway.devices.outputs import Outputs
from gateway.errors import StoreError
from gateway.store.database import Database
from gateway.store.events import EventLog

TICK_S = 0.25
"""How often it looks at what only time brings about: what is demanded is done at most so much later."""
PAUSE_S_MIN = 0.001
"""Between two looks, whatever is due: a wait that is rounded down would else turn without end."""
AGAIN_S, AGAIN_S_MAX = 1.0, 8.0
"""Between two attempts at an output that does not take its value; it doubles up to the second."""

LATE_S = 5.0
"""A guardian that has not looked for so long does not work, and the watchdog may have the daemon."""

Wish = Callable[[str, Value], Awaitable[object]]
"""Asks for a channel to have a value, as everybody does."""

log = structlog.get_logger("safety")


class Guardian:
    """Does what is due."""

    def __init__(
        self,
        outputs: Outputs,
        writers: Mapping[str, Write],
        database: Database,
        events: EventLog,
        clock: Clock,
    ) -> None:
        self._outputs = outputs
        self._writers = writers
        self._database = database
        self._events = events
        self._clock = clock
        self._wake = asyncio.Event()
        self._busy: set[str] = set()
        self._settling = False
        self._looked_ns = clock.boottime_ns()
        self._again_ns: dict[str, int] = {}
        self._wait_s: dict[str, float] = {}
        self._told: dict[str, str] = {}
        """The demand that the event log knows of, by channel."""
        self._made: dict[str, tuple[Value, Value]] = {}
        """What was demanded last, and what the part made of it: parts round."""
        self.link_lost_ns: Callable[[], int | None] = _always
        """Since when the link is not up; None while it is."""
        self.wish: Wish = _nobody
        outputs.changed = self._wake.set

    async def run(self) -> None:
        """Guard for ever; without an output that has conditions there is nothing to do."""
        async with asyncio.TaskGroup() as group:
            while True:
                self._wake.clear()
                for channel, found in self.look():
                    self._busy.add(channel)
                    group.create_task(self._force(channel, found), name=f"force-{channel}")
                if not self._settling:  # Nothing that has to be driven waits for the disk.
                    self._settling = True
                    group.create_task(self._settle(), name="keep-outputs")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._pause_s() if self._outputs.rules else None):
                        await self._wake.wait()

    def _pause_s(self) -> float:
        """Until it looks again: a tick, or less where a lost link is forgiven for less."""
        left_s = self._outputs.left_s()
        return TICK_S if left_s is None else min(TICK_S, max(left_s, PAUSE_S_MIN))

    @property
    def progresses(self) -> bool:
        """Whether it still looks; without an output that has conditions there is nothing to look at."""
        late_s = (self._clock.boottime_ns() - self._looked_ns) / NS_PER_S
        return not self._outputs.rules or late_s < LATE_S

    def look(self) -> list[tuple[str, Demand]]:
        """The outputs that have to be driven now, each with what is demanded of it."""
        self._outputs.link(self.link_lost_ns())
        due, now = [], self._clock.boottime_ns()
        self._looked_ns = now
        for channel in self._outputs.states:
            found = self._outputs.demand(channel)
            if found is None:
                self._told.pop(channel, None)
                self._forget(channel, now)
                continue
            is_so = channel not in self._outputs.strayed and self._is(channel, found.value)
            if not is_so and channel not in self._busy and now >= self._again_ns.get(channel, 0):
                due.append((channel, found))
        return due

    def _is(self, channel: str, wanted: Value) -> bool:
        """Whether an output is known to have that value, or what its part makes of it."""
        state = self._outputs.states[channel]
        if not state.known or state.value is None:
            return False
        return equal(state.value, wanted) or self._made.get(channel) == (wanted, state.value)

    def _forget(self, channel: str, now_ns: int) -> None:
        """It has been right for a while; a new fault begins at the shortest wait."""
        if now_ns >= self._again_ns.get(channel, 0) + round(AGAIN_S_MAX * NS_PER_S):
            self._wait_s.pop(channel, None)

    def demanded(self, channel: str) -> Demand | None:
        """What safety demands of a channel now; None where nothing, or where it has no conditions."""
        return self._outputs.demand(channel) if channel in self._outputs.rules else None

    async def _force(self, channel: str, found: Demand) -> None:
        """Drive an output to what is demanded, and tell of it; what fails is tried again."""
        try:
            await self.force(channel, found)
        except DriverError as error:
            log.error("safe value not set", channel=channel, value=found.value, code=found.code, reason=str(error))
            self._again(channel)
        except StoreError as error:  # It has its value; what is not kept is kept later.
            log.error("forced value not recorded", channel=channel, reason=str(error))
        finally:
            self._busy.discard(channel)

    def _again(self, channel: str) -> None:
        """What does not stay where it is put is tried again after a while, and slower each time."""
        wait_s = min(AGAIN_S_MAX, self._wait_s.get(channel, AGAIN_S))
        self._wait_s[channel] = wait_s * 2
        self._again_ns[channel] = self._clock.boottime_ns() + round(wait_s * NS_PER_S)

    async def force(self, channel: str, found: Demand) -> None:
        """Drive an output to what is demanded, and record it in the event log.

        Raises:
            DriverError: it did not take it.
            StoreError: it has it, and that could not be recorded.
        """
        strayed = channel in self._outputs.strayed
        before = self._outputs.states[channel]
        result = await self._writers[channel](channel, found.value)
        if differs(found.value, result) or is_on(found.value) is not is_on(result):
            self._outputs.doubted(channel)
            await self._events.record("mismatch", channel=channel, wanted=found.value, found=result)
            raise DriverError(f"{channel} was driven to {shown(found.value)} and is {shown(result)}")
        self._made[channel] = (found.value, result)
        # What a part had rounded before is not forced: nothing has changed by it.
        silent = found.early or (before.known and before.value == result and not strayed)
        if not silent:
            log.warning("forced", channel=channel, value=found.value, code=found.code.value, reason=found.reason)
        state = self._outputs.states[channel]
        statements = self._outputs.statements(channel)
        if not silent and self._told.get(channel) != found.code:
            data = {"channel": channel, "value": found.value, "code": found.code, "reason": found.reason}
            statements = (*self._events.statements("forced", **data), *statements)
        if strayed:
            statements = (*self._events.statements("mismatch", channel=channel, reason=found.reason), *statements)
            self._again(channel)
        await self._database.write(*statements)
        if not silent:
            self._told[channel] = found.code
        self._outputs.kept(channel, state)

    async def _settle(self) -> None:
        """Keep what has changed, and ask again for what was so before the start."""
        self._settling = True
        try:
            await self.keep()
            for channel, value in tuple(self._outputs.restoring.items()):
                await self._restore(channel, value)
        except StoreError as error:
            log.error("safety not recorded", reason=str(error), hint=error.hint)
        finally:
            self._settling = False

    async def keep(self) -> None:
        """Put on the disk what has changed there without a command: a start, a stop, a failure.

        Raises:
            StoreError: the disk did not take it.
        """
        for channel in sorted(self._outputs.unkept):
            state = self._outputs.states[channel]
            await self._database.write(*self._outputs.statements(channel))
            self._outputs.kept(channel, state)

    async def _restore(self, channel: str, value: Value) -> None:
        state = self._outputs.states[channel]
        if state.known and state.value is not None and equal(state.value, value):
            self._outputs.restoring.pop(channel)
        elif self._outputs.judge(channel, value).verb is Verb.ALLOW:
            self._outputs.restoring.pop(channel)
            await self.wish(channel, value)


def _always() -> int:
    """Where there is no link."""
    return 0


async def _nobody(_channel: str, _value: Value) -> None:
    """Where nobody takes wishes."""

"""Operations, cancellations, lost clocks, crashes at every step and restarts, in any order: what must not be done twice
is not, what was cancelled in time is not done at all, and each that was admitted ends once."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from gateway.core.reading import ClockState
from gateway.devices import operator
from gateway.store.inbox import Inbox
from tests.devices.hall import Hall
from tests.devices.plant import open_plant
from tests.fakes.clock import START_NS, FakeClock
from tests.fakes.parts import bus_thread

ROUNDS = 12
STEPS_MAX = 6
"""One operation takes about so many writes and flushes; a crash may come before each."""


class CrashError(BaseException):
    """The process is gone."""


class OperatorMachine(RuleBasedStateMachine):
    @initialize()
    def begins(self):
        self.patience_s, operator.RETRY_S = operator.RETRY_S, 0.001
        self.folder, self.runner, self.clock = Path(tempfile.mkdtemp()), asyncio.Runner(), FakeClock()
        self.stack = contextlib.AsyncExitStack()
        self.bus = self.stack.enter_context(bus_thread())
        self.plant = self.runner.run(self.stack.enter_async_context(open_plant(self.folder, self.clock)))
        self.write, self.plant.database.write = self.plant.database.write, self.written
        self.crash_in, self.number, self.admitted, self.passed_s = None, 0, {}, 0.0
        self.hall = Hall(self.plant, self.bus)
        self.runner.run(self.hall.run())

    async def written(self, *statements):
        self.step()
        await self.write(*statements)
        self.step()

    def step(self):
        if self.crash_in is None:
            return
        self.crash_in -= 1
        if self.crash_in < 0:  # And nothing is written any more.
            raise CrashError

    async def quiet(self):
        for _ in range(ROUNDS):
            await self.plant.database.read("SELECT 1")
            await self.bus.call(int)
            await asyncio.sleep(0.0001)

    def does(self, work):
        async def done():
            with contextlib.suppress(CrashError):
                await work
            await self.quiet()
            if self.crash_in is not None and self.crash_in < 0:
                await self.starts()

        self.runner.run(done())

    async def starts(self):
        """What was there is gone, with nothing more on the disk; then comes the next run."""
        self.crash_in = -1
        self.hall.task.cancel()
        with contextlib.suppress(asyncio.CancelledError, CrashError, BaseExceptionGroup):
            await self.hall.task
        self.crash_in = None
        self.hall.start(await Inbox.open(self.plant.database))
        await self.hall.run()
        await self.quiet()

    @rule(operation=st.sampled_from(["Home", "Level", "Cycle"]), priority=st.sampled_from([0, 5]))
    def an_order_comes(self, operation, priority):
        async def order():
            self.number += 1
            identifier = f"o{self.number}"
            decided = await self.hall.order(identifier, operation, priority=priority)
            if not decided.final:
                self.admitted[identifier] = operation

        self.does(order())

    @rule(operation=st.sampled_from(["Home", "Level", "Cycle"]), steps=st.integers(0, STEPS_MAX))
    def a_crash_comes_in_the_middle_of_one(self, operation, steps):
        self.crash_in = steps
        self.an_order_comes(operation, priority=5)

    @rule(back=st.integers(0, 2))
    def one_is_cancelled(self, back):
        self.number += 1
        self.does(self.hall.cancel(f"o{self.number - 1 - back}", by=f"o{self.number}"))

    @rule(seconds=st.sampled_from([1.0, 61.0, 500.0]))
    def time_passes(self, seconds):
        self.clock.advance(seconds)
        self.passed_s += seconds
        self.does(self.quiet())

    @rule()
    def the_clock_is_lost(self):
        self.clock.clock_state = ClockState.UNSYNCHRONISED
        self.clock.wall -= 3600 * 10**9
        self.does(self.quiet())

    @rule()
    def the_clock_is_right_again(self):
        self.clock.clock_state = ClockState.SYNCHRONISED
        self.clock.wall = START_NS + round(self.passed_s * 1e9)
        self.does(self.quiet())

    @rule(steps=st.integers(0, STEPS_MAX))
    def a_crash_will_come(self, steps):
        self.crash_in = steps

    @rule(reboots=st.booleans())
    def it_is_killed_and_started_again(self, reboots):
        if reboots:
            self.clock.reboot()
        self.runner.run(self.starts())

    def teardown(self):
        try:
            self.crash_in = None
            self.passed_s += 500.0
            self.clock.advance(500.0)
            self.clock.clock_state, self.clock.wall = ClockState.SYNCHRONISED, START_NS + round(self.passed_s * 1e9)
            self.runner.run(self.starts())
            self.runner.run(self.settles())
            self.runner.run(self.hall.stop())
            self.runner.run(self.ends())
        finally:
            self.runner.run(self.stack.aclose())
            self.runner.close()
            shutil.rmtree(self.folder)
            operator.RETRY_S = self.patience_s

    async def settles(self):
        """By now everything is over or late: let all of it be told."""
        for _ in range(ROUNDS * ROUNDS):
            if not await self.plant.database.read("SELECT 1 FROM command WHERE status = 'IN_PROGRESS'"):
                break
            await self.quiet()

    async def ends(self):
        told = await self.plant.database.read("SELECT json_extract(data, '$.id') FROM event WHERE kind = 'outcome'")
        outcomes = Counter(identifier for (identifier,) in told)
        assert max(outcomes.values(), default=1) == 1, "an outcome was recorded twice"
        assert set(self.admitted) <= set(outcomes), "one was never told"
        rows = await self.plant.database.read("SELECT operation, status, reason_code FROM command")
        ended = Counter(rows)
        assert not [one for one in ended if one[1] == "IN_PROGRESS"]
        acts = self.hall.part.asked.count("operate Home")
        done = ended["Home", "SUCCEEDED", ""]
        perhaps = ended["Home", "FAILED", "INTERRUPTED"] + ended["Home", "FAILED", "CANCELLED"]
        assert done <= acts <= done + perhaps, "it was done twice, or not at all"
        assert self.hall.part.asked.count("operate Level") >= ended["Level", "SUCCEEDED", ""]


OperatorMachine.TestCase.settings = settings(
    max_examples=20,
    stateful_step_count=15,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
test_each_operation_ends_once_whatever_happens = OperatorMachine.TestCase

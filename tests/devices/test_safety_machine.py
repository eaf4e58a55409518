"""Commands, wishes, readings, losses, jumping clocks, broken parts, crashes at every step and restarts, in any order:
no forbidden state ever reaches a pin, no command acts after it has ended, and each one that was admitted ends once."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from drivers.base import NoAnswerError
from gateway.core.command import Source
from gateway.core.reading import ClockState, Quality
from tests.devices.guarded import Guarded
from tests.devices.plant import open_plant
from tests.devices.safety_model import LEVEL, PUMP, SETTINGS, VALVE_A, VALVE_B, Truth
from tests.fakes.clock import START_NS, FakeClock

CHANNELS = st.sampled_from(sorted(SETTINGS))
SECONDS = st.sampled_from([0.1, 1.0, 10.0, 31.0, 61.0])
MOSTLY = st.sampled_from([True, True, True, False])
VALVES = (VALVE_A, VALVE_B)
STEPS_MAX = 12
"""A command and what is due beside it take about so many steps; a crash may come before each."""


class CrashError(BaseException):
    """The process is gone."""


class SafetyMachine(RuleBasedStateMachine):
    @initialize()
    def begins(self):
        self.folder = Path(tempfile.mkdtemp())
        self.runner = asyncio.Runner()
        self.truth, self.clock = Truth(), FakeClock()
        self.stack = contextlib.AsyncExitStack()
        self.plant = self.runner.run(self.stack.enter_async_context(open_plant(self.folder, self.clock)))
        self.site = Guarded(self.plant, SETTINGS)
        self.write = self.plant.database.write
        self.site.step = self.step
        self.plant.database.write = self.written
        for pin in self.site.pins.values():
            pin._seen = self.seen
        self.admitted, self.number, self.crash_in, self.ended = set(), 0, None, set()
        self.does(self.starts())

    # --- steps, at each of which it may all be over ---

    async def step(self):
        if self.crash_in is not None:
            self.crash_in -= 1
            if self.crash_in < 0:
                self.crash_in = None
                raise CrashError
        await asyncio.sleep(0)

    async def written(self, *statements):
        await self.step()
        await self.write(*statements)
        await self.step()

    def seen(self, channel, value):
        self.truth.written(channel, value)

    async def starts(self):
        self.truth.started = False
        self.truth.lost_s = self.truth.now_s
        self.plant.board.latest.clear()
        self.truth.level = None
        self.plant.board._listeners.clear()
        await self.site.start()
        self.truth.started = True
        drive = self.site.actuator._drive

        async def driven(execution, value):
            assert execution.id not in self.ended, "it acted after it had ended"
            return await drive(execution, value)

        self.site.actuator._drive = driven
        self.site.actuator.finished = self.has_ended

    def has_ended(self, execution):
        assert execution.id not in self.ended
        self.ended.add(execution.id)

    def does(self, work):
        """Let something happen; after a crash comes a start, in which there may be a crash."""
        try:
            self.runner.run(work)
        except CrashError:
            self.does(self.starts())

    async def work(self):
        self.site.up = self.site.up and self.truth.started
        await self.site.work()
        self.truth.lost_s = None if self.site.up else self.truth.lost_s
        self.truth.settled()

    def pass_time(self, seconds):
        self.clock.advance(seconds)
        self.truth.now_s += seconds

    # --- what may happen ---

    @rule(channel=CHANNELS, value=st.booleans(), lasts_s=st.sampled_from([3.0, 45.0, 600.0]), urgent=st.booleans())
    def an_order_comes(self, channel, value, lasts_s, urgent):
        async def order():
            self.number += 1
            identifier = f"c{self.number}"
            decided = await self.site.order(identifier, channel, value, lasts_s, priority=0 if urgent else 5)
            if not decided.final:
                self.admitted.add(identifier)
            await self.work()

        self.does(order())

    @rule(channel=CHANNELS, value=st.booleans(), source=st.sampled_from([Source.CONTROL, Source.HAND, Source.SHADOW]))
    def somebody_here_wishes(self, channel, value, source):
        async def wish():
            self.number += 1
            await self.plant.admission.submit(self.plant.admission.local(f"c{self.number}", channel, value, source))
            await self.work()

        self.does(wish())

    @rule(level=st.sampled_from([10.0, 89.0, 90.0, 99.0]), good=MOSTLY)
    def the_level_is_read(self, level, good):
        self.site.read(LEVEL, level, Quality.GOOD if good else Quality.BAD)
        self.truth.level = (level, self.truth.now_s) if good else None
        self.does(self.work())

    @rule(seconds=SECONDS, watched=MOSTLY)
    def time_passes(self, seconds, watched):
        for _ in range(4):
            self.pass_time(seconds / 4)
            if watched:
                self.site.read(LEVEL, 10.0)
                self.truth.level = (10.0, self.truth.now_s)
            self.does(self.work())

    @rule(rest_s=st.sampled_from([16.0, 31.0, 61.0]), run_s=st.sampled_from([2.0, 6.0, 31.0, 50.0]))
    def the_pump_runs_for_a_while(self, rest_s, run_s):
        self.the_link_changes(up=True)
        self.time_passes(rest_s, watched=True)
        self.an_order_comes(PUMP, value=True, lasts_s=600.0, urgent=True)
        self.time_passes(run_s, watched=True)
        self.an_order_comes(PUMP, value=False, lasts_s=600.0, urgent=True)

    @precondition(lambda self: self.crash_in is None)
    @rule(run_s=st.sampled_from([6.0, 50.0]), down_s=st.sampled_from([0.1, 10.0]), wait_s=st.sampled_from([1.0, 10.0]))
    def the_pump_is_wanted_again_after_a_power_cut(self, run_s, down_s, wait_s):
        self.the_pump_runs_for_a_while(61.0, run_s)
        self.it_is_killed_and_started_again(down_s, made_safe=True, reboots=True)
        self.the_link_changes(up=True)
        self.time_passes(wait_s, watched=True)
        self.somebody_here_wishes(PUMP, value=True, source=Source.HAND)
        self.time_passes(wait_s, watched=True)

    @precondition(lambda self: self.crash_in is None)
    @rule(one=st.sampled_from(VALVES))
    def a_valve_is_open_and_out_of_reach_after_a_kill(self, one):
        other = next(valve for valve in VALVES if valve != one)
        self.somebody_here_wishes(other, value=False, source=Source.HAND)
        self.somebody_here_wishes(one, value=True, source=Source.HAND)
        self.a_part_fails_or_is_repaired(one, fails=True)
        self.it_is_killed_and_started_again(1.0, made_safe=False, reboots=False)
        self.somebody_here_wishes(other, value=True, source=Source.HAND)
        self.time_passes(1.0, watched=True)

    @rule(up=st.booleans())
    def the_link_changes(self, up):
        if self.site.up and not up:
            self.truth.lost_s = self.truth.now_s
        self.site.up = up
        self.does(self.work())

    @rule(offset_s=st.sampled_from([-1e8, -3600.0, 3600.0, 1e8]))
    def the_wall_clock_is_lost(self, offset_s):
        self.clock.clock_state = ClockState.UNSYNCHRONISED
        self.clock.wall += round(offset_s * 1e9)
        self.does(self.work())

    @rule()
    def the_wall_clock_is_right_again(self):
        self.clock.clock_state = ClockState.SYNCHRONISED
        self.clock.wall = START_NS + round(self.truth.now_s * 1e9)
        self.does(self.work())

    @rule(channel=CHANNELS, fails=st.booleans())
    def a_part_fails_or_is_repaired(self, channel, fails):
        self.site.pins[channel].raises = NoAnswerError("gone") if fails and channel != PUMP else None
        if not fails and not self.site.outputs.states[channel].known:
            self.does(self.site.write(channel, False))  # What its device does when it is back.

    @rule(steps=st.integers(0, STEPS_MAX))
    def a_crash_will_come(self, steps):
        self.crash_in = steps

    @precondition(lambda self: self.crash_in is None)
    @rule(seconds=SECONDS, made_safe=st.booleans(), reboots=st.booleans())
    def it_is_killed_and_started_again(self, seconds, made_safe, reboots):
        if made_safe or reboots:  # By the process after its end, or because there is no power.
            for channel in SETTINGS:
                self.truth.set(channel, value=False)
        self.pass_time(seconds)
        if reboots:
            self.clock.reboot()
            self.truth.now_s += self.clock.boottime / 1e9  # What the new boot has counted has passed.
            self.clock.clock_state = ClockState.UNSYNCHRONISED
            self.clock.wall = 0
        self.does(self.starts())

    def teardown(self):
        try:
            self.crash_in = None
            for pin in self.site.pins.values():
                pin.raises = None
            self.the_wall_clock_is_right_again()
            self.does(self.starts())
            self.pass_time(700.0)
            self.does(self.work())
            self.runner.run(self.ends())
        finally:
            self.runner.run(self.stack.aclose())
            self.runner.close()
            shutil.rmtree(self.folder)

    async def ends(self):
        told = await self.plant.database.read("SELECT json_extract(data, '$.id') FROM event WHERE kind = 'outcome'")
        outcomes = [identifier for (identifier,) in told]
        assert len(outcomes) == len(set(outcomes)), "an outcome was recorded twice"
        rows = await self.plant.database.read("SELECT id FROM command WHERE status = 'IN_PROGRESS'")
        assert rows == []
        assert self.admitted <= set(outcomes)


SafetyMachine.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=20,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)
test_safety_holds_whatever_happens = SafetyMachine.TestCase

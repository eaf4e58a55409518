"""Whatever a person, the twin, the link and the power do in turn: in the end the channel is what the twin wants."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.command import ReasonCode
from tests.app.held import P, open_house
from tests.app.test_arbiter import SET, Court
from tests.fakes.clock import FakeClock

VALUES = st.sampled_from([19.0, 22.0, 25.0])
STEPS = st.one_of(
    st.tuples(st.just("hand"), VALUES),
    st.tuples(st.just("desire"), VALUES),
    st.tuples(st.sampled_from(["tell", "act", "release", "crash"]), st.none()),
    st.tuples(st.just("wait"), st.sampled_from([1, 60, 3000])),
)
FOR_S = 600.0


class Play:
    """A site that is opened anew after every crash; what was not done by then waits in the inbox."""

    def __init__(self, folder, policy):
        self.folder, self.policy, self.clock = folder, policy, FakeClock()
        self.stack = contextlib.AsyncExitStack()
        self.desired = None
        self.is_now = {"heater/on": False, SET: 18.0}

    async def open(self):
        self.house = await self.stack.enter_async_context(open_house(self.folder, self.clock, self.policy))
        self.house.is_now.update(self.is_now)
        self.court = Court(self.house)

    async def crash(self):
        self.is_now = dict(self.house.is_now)
        await self.stack.aclose()
        await self.open()

    async def play(self, step, value):
        overrides = self.house.overrides
        if step == "hand":
            await overrides.hold(SET, value, "pi", FOR_S)
        elif step == "desire":
            self.desired = (value, self.house.wall_s())
        elif step == "tell":
            if self.desired is not None and self.desired[0] != self.house.is_now[SET]:
                await self.court.want(*self.desired)
        elif step == "act":
            await self.house.act()
        elif step == "release":
            if SET in overrides.active:
                await overrides.end(SET, "released", "pi")
        elif step == "crash":
            await self.crash()
        else:
            self.clock.advance(value)
            await overrides.check()


async def play_all(policy, steps):
    with tempfile.TemporaryDirectory() as folder:
        play = Play(Path(folder), policy)
        await play.open()
        try:
            for step, value in steps:
                await play.play(step, value)
            for step, value in (("act", None), ("wait", 100_000), ("act", None), ("tell", None), ("act", None)):
                await play.play(step, value)
            kept = await play.court.kept()
            assert kept.overrides == {}
            if play.desired is not None:
                assert play.house.is_now[SET] == play.desired[0]
                assert SET not in play.court.errors or play.court.errors[SET][0] is ReasonCode.NONE
            events = await play.house.events_of("conflict")
            assert len(events) == kept.tally.conflicts
            assert all(event["site"] != event["twin"] for event in events)
        finally:
            await play.stack.aclose()


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(P), st.lists(STEPS, max_size=14))
def test_in_the_end_the_channel_is_what_the_twin_wants_and_every_conflict_is_in_the_log(policy, steps):
    asyncio.run(play_all(policy, steps))

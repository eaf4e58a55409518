"""The daemon's clocks in simulated time: wrong at boot, set in both directions, drifting, never known."""

from __future__ import annotations

import asyncio
import contextlib
from typing import NamedTuple

import pytest

from gateway.app.clocks import keep_time
from gateway.core.reading import ClockState
from gateway.core.time_repair import FLOOR_NS, Boot, Boots
from gateway.store.boots import load_boots
from gateway.store.database import open_database
from gateway.store.events import EventLog
from gateway.timekeeper import Timekeeper
from tests.fakes.clock import START_NS, FakeClock

S = 1_000_000_000
IN_2020_NS = 1_577_900_000 * S


class Time(NamedTuple):
    clock: FakeClock
    keeper: Timekeeper
    events: EventLog
    database: object

    async def look(self, seconds=1.0):
        """Let time pass and the loop look once."""
        self.clock.advance(seconds)
        for _ in range(6):
            await self.database.read("SELECT 1")
            await asyncio.sleep(0)

    async def told(self):
        return [(one.kind, one.data, one.time, one.clock) for one in await self.events.untold()]


@contextlib.asynccontextmanager
async def boot(folder, monkeypatch, clock):
    """The loop, which looks whenever it is let; pauses are not waited for."""

    async def at_once(_seconds):
        await real(0)

    real = asyncio.sleep
    monkeypatch.setattr("gateway.app.clocks.asyncio.sleep", at_once)
    async with open_database(folder, stamp="x") as database:
        keeper = Timekeeper(clock, Boots(await load_boots(database), clock.boot_id))
        keeper.look()
        events = await EventLog.open(database, keeper)
        task = asyncio.create_task(keep_time(keeper, database, events))
        try:
            yield Time(clock, keeper, events, database)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
def clock():
    clock = FakeClock()
    clock.clock_state, clock.wall = ClockState.UNSYNCHRONISED, IN_2020_NS
    return clock


def set_right(clock):
    clock.wall = START_NS + clock.boottime
    clock.clock_state = ClockState.SYNCHRONISED


async def test_events_from_before_the_clock_was_known_are_told_at_their_true_time(tmp_path, monkeypatch, clock):
    async with boot(tmp_path, monkeypatch, clock) as time:
        await time.events.record("start")
        began_ns = clock.boottime
        assert (await time.told())[0] == ("start", {}, FLOOR_NS / S, ClockState.UNSYNCHRONISED)
        clock.advance(100)
        set_right(clock)
        await time.look()
        told = await time.told()
    assert told[0] == ("start", {}, (START_NS + began_ns) / S, ClockState.SYNCHRONISED)
    assert [kind for kind, *_ in told] == ["start", "clock_step", "clock_synchronised"]


@pytest.mark.parametrize("hours", [-3, 5])
async def test_a_clock_that_is_set_is_an_event_with_the_seconds(tmp_path, monkeypatch, hours):
    clock = FakeClock()
    async with boot(tmp_path, monkeypatch, clock) as time:
        await time.look()
        clock.wall += hours * 3600 * S
        await time.look()
        await time.look()
        assert [(kind, data) for kind, data, *_ in await time.told()] == [("clock_step", {"seconds": hours * 3600.0})]


async def test_a_clock_that_drifts_by_200_ppm_is_no_event(tmp_path, monkeypatch):
    clock = FakeClock()
    async with boot(tmp_path, monkeypatch, clock) as time:
        for _ in range(200):
            await time.look(60)
            clock.wall += round(60 * S * 200e-6)
        assert await time.told() == []


async def test_a_boot_that_knew_repairs_what_it_left_to_the_next(tmp_path, monkeypatch, clock):
    async with boot(tmp_path, monkeypatch, clock) as time:
        left = time.keeper.base()
        clock.advance(50)
        set_right(clock)
        await time.look()
    clock.reboot()
    clock.clock_state, clock.wall = ClockState.UNSYNCHRONISED, IN_2020_NS
    async with boot(tmp_path, monkeypatch, clock) as time:
        assert time.keeper.date(left) == (START_NS + left.boottime_ns, ClockState.SYNCHRONISED, None, None)


async def test_a_boot_that_never_knew_is_bounded_by_the_next_one_that_does(tmp_path, monkeypatch, clock):
    async with boot(tmp_path, monkeypatch, clock) as time:
        left = time.keeper.base()
        await time.look(50)
    clock.reboot()
    async with boot(tmp_path, monkeypatch, clock) as time:
        assert time.keeper.date(left)[2:] == (FLOOR_NS, None)
        set_right(clock)
        began_ns = clock.wall - clock.boottime
        await time.look()
        dated = time.keeper.date(left)
    assert dated.clock is ClockState.UNSYNCHRONISED
    assert dated.latest_ns == began_ns - 50 * S
    assert dated.earliest_ns <= dated.wall_ns <= dated.latest_ns


async def test_how_far_a_boot_came_is_kept_at_its_end(tmp_path, monkeypatch):
    clock = FakeClock()
    async with boot(tmp_path, monkeypatch, clock) as time:
        await time.look(500)
    async with open_database(tmp_path, stamp="x") as database:
        assert await load_boots(database) == [Boot("boot-1", START_NS - S, clock.boottime)]


async def test_a_disk_that_takes_nothing_ends_nothing(tmp_path, monkeypatch, clock):
    async with boot(tmp_path, monkeypatch, clock) as time:
        await time.look()
        await time.database.write(("DROP TABLE boot", [()]))
        set_right(clock)
        await time.look()
        assert time.keeper.best().clock is ClockState.SYNCHRONISED
        clock.wall += 100 * S
        await time.look()
        assert time.keeper.boots.present.began_ns == clock.wall - clock.boottime

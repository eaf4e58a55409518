"""The last hour and day over a restart: kept at the end and beside what is written anyway, never by itself."""

from __future__ import annotations

import asyncio

import pytest

from gateway.app.levels import KEEP_EVERY_S
from gateway.app.watch import _look, watch_levels
from gateway.core.service_level import GROWTH
from gateway.store.database import open_database
from gateway.store.events import EventLog
from gateway.store.levels import begun_again, load_levels
from tests.app.test_levels import LOST, Place, Steps, watched
from tests.fakes.timekeeping import timekeeper


@pytest.fixture
def place():
    place = Place()
    segment = place.segment("room")
    place.levels.look()
    place.clock.advance(0.2)
    place.levels.arrived(segment, True)
    place.clock.advance(59.8)
    place.levels.look()
    return place


async def ended(database, place, *broken):
    """A run that is stopped, after something was done to its store."""
    events = await EventLog.open(database, timekeeper(place.clock))
    await database.write(*((sql, [()]) for sql in broken))
    task = asyncio.create_task(watch_levels(watched(Steps(), place), database, events))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_restart_knows_the_hour_and_the_day_before_and_that_nothing_ran_meanwhile(tmp_path, place):
    async with open_database(tmp_path, stamp="x") as database:
        await ended(database, place)
        history = await load_levels(database)
    place.clock.advance(20)
    again = Place()
    again.clock.advance(place.clock.boottime_ns() / 1e9 - again.clock.boottime_ns() / 1e9)
    again.levels.resume(history)
    assert again.room.latency_p99_s == pytest.approx(0.2, rel=GROWTH - 1)
    assert again.room.availability == pytest.approx(0.75)


async def test_while_it_runs_it_is_kept_beside_something_else_and_not_often(tmp_path, place):
    async with open_database(tmp_path, stamp="x") as database:
        events = await EventLog.open(database, timekeeper(place.clock))
        await _look(watched(Steps((LOST, ["room"])), place), 0.0, database, events)
        assert await load_levels(database) is None
        place.clock.advance(KEEP_EVERY_S)
        await _look(watched(Steps(), place), 0.0, database, events)
        assert await load_levels(database) is None, "nothing else was written"
        await _look(watched(Steps((LOST, ["room"])), place), 0.0, database, events)
        history = await load_levels(database)
        assert (history.ended, set(history.devices)) == (False, {"room", "tank"})
        assert not place.levels.history_due


async def test_a_run_that_begins_takes_back_that_the_one_before_was_the_end(tmp_path, place):
    async with open_database(tmp_path, stamp="x") as database:
        assert begun_again(await load_levels(database)) == []
        await ended(database, place)
        kept = await load_levels(database)
        await database.write(*begun_again(kept))
        crashed = await load_levels(database)
    assert (kept.ended, crashed.ended, crashed.devices) == (True, False, kept.devices)


@pytest.mark.parametrize("value", ["{", "[]", b"\x00", 7, '{"boot_id": 3}'])
async def test_what_is_damaged_is_passed_over(tmp_path, value):
    async with open_database(tmp_path, stamp="x") as database:
        await database.write(("INSERT INTO meta VALUES (?, ?)", [("levels", value)]))
        assert await load_levels(database) is None


async def test_a_disk_that_takes_nothing_does_not_keep_the_daemon_from_ending(tmp_path, place):
    async with open_database(tmp_path, stamp="x") as database:
        await ended(database, place, "DROP TABLE meta")

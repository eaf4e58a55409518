"""The event log: in order, without holes, told until the twin has it, bounded."""

from __future__ import annotations

import asyncio

import pytest

from gateway.errors import StoreError
from gateway.store import events as module
from gateway.store.database import open_database
from gateway.store.events import EventLog
from tests.fakes.clock import START_NS
from tests.fakes.timekeeping import timekeeper


@pytest.fixture
async def database(tmp_path):
    async with open_database(tmp_path, stamp="now") as opened:
        yield opened


@pytest.fixture
async def log(database):
    return await EventLog.open(database, timekeeper())


async def told(log):
    """What it tells, as (id, kind)."""
    return [(event.id, event.kind) for event in await log.untold()]


async def test_an_event_is_told_as_it_was_recorded(log):
    assert not log.has_untold
    await log.record("sync_state", device="room", state="in_sync")
    (event,) = await log.untold()
    assert (event.id, event.time, event.kind) == (1, START_NS / 1e9, "sync_state")
    assert event.data == {"device": "room", "state": "in_sync"}
    assert log.has_untold


async def test_events_are_told_in_order_until_the_twin_has_them(log):
    for kind in "abc":
        await log.record(kind)
    assert await told(log) == await told(log) == [(1, "a"), (2, "b"), (3, "c")]
    log.told(2)
    assert await told(log) == [(3, "c")]
    log.told(1)
    assert await told(log) == [(3, "c")]
    log.told(3)
    assert (await told(log), log.has_untold) == ([], False)


async def test_an_acknowledgement_of_what_was_never_told_counts_for_nothing(log):
    for kind in "ab":
        await log.record(kind)
    log.told(1_000)
    assert await told(log) == [(1, "a"), (2, "b")]
    await log.record("c")
    log.told(1_000)
    assert await told(log) == [(3, "c")]


async def test_a_message_holds_only_so_many(log, monkeypatch):
    monkeypatch.setattr(module, "TELL_MAX", 2)
    for kind in "abc":
        await log.record(kind)
    assert await told(log) == [(1, "a"), (2, "b")]
    log.told(2)
    assert log.has_untold
    assert await told(log) == [(3, "c")]


async def test_numbers_follow_the_order_in_which_events_were_written_not_made(log, database):
    """One that is written after another was told would otherwise never be told itself."""
    late = log.statements("late")
    await log.record("early")
    assert await told(log) == [(1, "early")]
    log.told(1)
    await database.write(*late)
    assert await told(log) == [(2, "late")]


async def test_an_event_that_could_not_be_written_leaves_no_hole(log, database):
    with pytest.raises(StoreError):
        await database.write(*log.statements("lost"), ("INSERT INTO nothing VALUES (1)", [()]))
    await log.record("kept")
    assert await told(log) == [(1, "kept")]
    log.told(1)
    assert not log.has_untold


async def test_many_at_once_are_all_there(log):
    await asyncio.gather(*(log.record("one", number=number) for number in range(30)))
    events = await log.untold()
    assert [event.id for event in events] == list(range(1, 31))
    assert [event.data["number"] for event in events] == list(range(30))


async def test_it_goes_on_after_a_restart_where_it_was(log, database):
    await log.record("a")
    await log.untold()
    log.told(1)
    await log.record("b")
    again = await EventLog.open(database, timekeeper())
    assert again.has_untold
    await again.record("c")
    assert await told(again) == [(2, "b"), (3, "c")]


async def test_what_was_told_just_before_a_crash_is_told_again_and_nothing_is_left_out(log, database):
    for kind in "ab":
        await log.record(kind)
    await log.untold()
    log.told(2)
    assert await told(await EventLog.open(database, timekeeper())) == [(1, "a"), (2, "b")]


async def test_only_the_newest_are_kept(log, database, monkeypatch):
    monkeypatch.setattr(module, "EVENTS_MAX", 3)
    for kind in "abcde":
        await log.record(kind)
    assert await told(log) == [(3, "c"), (4, "d"), (5, "e")]
    assert await database.read("SELECT count(*) FROM event") == [(3,)]


async def test_a_damaged_event_does_not_stand_in_the_way_of_others(log, database):
    for kind in "abc":
        await log.record(kind, more=1)
    await database.write(("UPDATE event SET data = '{\"a' WHERE id = 2", [()]))
    assert [(event.id, event.data) for event in await log.untold()] == [(1, {"more": 1}), (2, {}), (3, {"more": 1})]

"""The inbox: a command acts once, the most urgent first, and its outcome is told until the twin has confirmed it."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from gateway.core.admit import LIFETIME_S_MAX
from gateway.core.command import Execution, ReasonCode, Source
from gateway.core.wire import CommandStatus
from gateway.errors import StoreError
from gateway.store import inbox as module
from gateway.store.database import open_database
from gateway.store.held import hold, load_held
from gateway.store.inbox import KEEP_S, Inbox
from tests.store.old_schema import store_of_schema

NOW_S = 1_795_417_200.0


def order(identifier="one", **parts):
    facts = {
        "channel": f"climate/{identifier}",
        "value": 21.5,
        "priority": 5,
        "issued_s": NOW_S,
        "expires_s": NOW_S + 60,
    }
    return Execution(id=identifier, source=Source.TWIN, changed_s=NOW_S, **(facts | parts))


def refused(identifier="one", code=ReasonCode.OUT_OF_RANGE):
    return order(identifier).rejected(code, "too hot", NOW_S)


@pytest.fixture
async def database(tmp_path):
    async with open_database(tmp_path, stamp="now") as opened:
        yield opened


@pytest.fixture
async def inbox(database):
    return await Inbox.open(database)


def taken(inbox):
    found = []
    while (one := inbox.take()) is not None:
        found.append(one.id)
    return found


async def test_an_admitted_command_waits_and_is_on_the_disk(inbox, database):
    assert await inbox.admit(order())
    assert inbox.arrived.is_set()
    assert (await Inbox.open(database)).take() == order() == await inbox.find("one")
    assert inbox.take() == order()
    assert (inbox.take(), inbox.arrived.is_set()) == (None, False)


async def test_a_refused_command_does_not_wait_but_is_told(inbox):
    await inbox.admit(refused())
    assert inbox.take() is None
    assert await inbox.untold() == [refused()]
    assert inbox.untold_changed.is_set()


async def test_one_id_acts_once(inbox):
    assert await inbox.admit(order())
    assert not await inbox.admit(order(value=99.0))
    assert not await inbox.admit(refused())
    assert (taken(inbox), await inbox.find("one")) == (["one"], order())


async def test_one_id_acts_once_also_when_it_arrives_several_times_at_once(inbox, database):
    """A broker delivers again what was not confirmed, while the first is still being committed."""
    assert sorted(await asyncio.gather(*(inbox.admit(order()) for _ in range(5)))) == [False] * 4 + [True]
    assert taken(inbox) == ["one"]
    assert await database.read("SELECT count(*) FROM command") == [(1,)]


async def test_a_duplicate_brings_no_event_either(inbox, database):
    event = ("INSERT INTO held (channel, value) VALUES (?, ?)", [("an/event", "1.0")])
    await inbox.admit(order())
    await inbox.admit(order(), event)
    assert await load_held(database) == {}


async def test_what_is_committed_waits_even_if_the_link_is_lost_meanwhile(inbox):
    """Or it would stand there as in progress, its duplicates be refused, and nothing ever be done."""
    admitting = asyncio.create_task(inbox.admit(order()))
    await asyncio.sleep(0)
    admitting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await admitting
    await inbox.admit(order("two"))
    assert taken(inbox) == ["one", "two"]


async def test_what_could_not_be_committed_does_not_wait(inbox):
    with pytest.raises(StoreError):
        await inbox.admit(order(), ("INSERT INTO nothing VALUES (1)", [()]))
    assert (inbox.take(), await inbox.find("one")) == (None, None)
    assert await inbox.admit(order())


async def test_the_most_urgent_acts_first_then_the_one_that_was_issued_first(inbox, database):
    orders = [("late", 5, 3), ("early", 5, 1), ("urgent", 0, 9), ("idle", 9, 0), ("b", 5, 2), ("a", 5, 2)]
    for identifier, priority, issued in orders:
        channel = f"panel/{identifier}"
        await inbox.admit(order(identifier, channel=channel, priority=priority, issued_s=NOW_S + issued))
    expected = ["urgent", "early", "a", "b", "late", "idle"]
    assert taken(await Inbox.open(database)) == expected
    assert taken(inbox) == expected


async def test_what_could_not_be_dealt_with_waits_again(inbox):
    await inbox.admit(order())
    execution = inbox.take()
    inbox.take()
    inbox.put_back(execution)
    assert inbox.arrived.is_set()
    assert inbox.take() == execution


async def test_a_start_finds_what_is_unfinished_and_how_far_it_had_come(inbox, database):
    for identifier in ("one", "two"):
        await inbox.admit(order(identifier))
    started = msgspec.structs.replace(order("one"), started=True)
    await inbox.update(started)
    await inbox.update(order("two").finished(CommandStatus.SUCCEEDED, NOW_S + 1, result=21.5))
    again = await Inbox.open(database)
    assert (again.arrived.is_set(), again.take(), again.take()) == (True, started, None)


@pytest.mark.parametrize("result", [21.5, True, False, "on", "null", "", None])
async def test_an_outcome_is_told_until_it_is_confirmed(inbox, database, result):
    done = order().finished(CommandStatus.SUCCEEDED, NOW_S + 1, result=result)
    await inbox.admit(order())
    assert await inbox.untold() == []
    inbox.untold_changed.clear()
    await inbox.update(done)
    assert inbox.untold_changed.is_set()
    for each in (inbox, await Inbox.open(database)):
        assert await each.untold() == [done]
    await inbox.told("one")
    assert (await inbox.untold(), await inbox.find("one")) == ([], done)


async def test_a_confirmation_of_what_is_not_finished_confirms_nothing(inbox):
    await inbox.admit(order())
    await inbox.told("one")
    await inbox.update(order().finished(CommandStatus.SUCCEEDED, NOW_S))
    assert len(await inbox.untold()) == 1


async def test_the_oldest_outcomes_are_told_first(inbox):
    for number in (2, 1, 3):
        await inbox.admit(order(f"n{number}").rejected(ReasonCode.EXPIRED, "late", NOW_S + number))
    assert [one.id for one in await inbox.untold()] == ["n1", "n2", "n3"]
    assert [one.id for one in await inbox.untold(limit=2)] == ["n1", "n2"]


@pytest.mark.parametrize("source", [Source.SHADOW, Source.CONTROL])
async def test_what_the_twin_did_not_ask_for_is_not_told(inbox, source):
    local = msgspec.structs.replace(order(), source=source)
    await inbox.admit(local)
    await inbox.update(local.finished(CommandStatus.SUCCEEDED, NOW_S))
    assert await inbox.untold() == []


async def test_the_inbox_says_when_it_is_full(inbox, monkeypatch):
    monkeypatch.setattr(module, "WAITING_MAX", 2)
    for number in range(2):
        assert not inbox.full
        await inbox.admit(order(f"n{number}"))
    assert inbox.full
    inbox.take()
    assert not inbox.full


async def finish(inbox, identifier, changed_s, *, expires_s=NOW_S + 60, tell=True):
    await inbox.admit(order(identifier, expires_s=expires_s))
    await inbox.update(order(identifier, expires_s=expires_s).finished(CommandStatus.SUCCEEDED, changed_s))
    if tell:
        await inbox.told(identifier)


async def ids(database):
    return {row[0] for row in await database.read("SELECT id FROM command")}


async def test_a_finished_id_is_remembered_for_longer_than_it_can_be_replayed(inbox, database):
    assert KEEP_S > LIFETIME_S_MAX
    await finish(inbox, "told", NOW_S)
    await finish(inbox, "untold", NOW_S, tell=False)
    await inbox.admit(msgspec.structs.replace(order("later"), changed_s=NOW_S + KEEP_S))
    assert await ids(database) == {"told", "untold", "later"}
    await inbox.admit(msgspec.structs.replace(order("latest"), changed_s=NOW_S + KEEP_S + 1))
    assert await ids(database) == {"untold", "later", "latest"}


async def test_a_clock_that_nobody_trusts_makes_nothing_old(inbox, database):
    await finish(inbox, "told", NOW_S)
    wrong = order("wrong").rejected(ReasonCode.CLOCK_UNKNOWN, "no clock", NOW_S + 10 * KEEP_S)
    await inbox.admit(wrong)
    assert await ids(database) == {"told", "wrong"}


async def test_a_flood_does_not_fill_the_disk_nor_make_room_for_a_replay(inbox, database, monkeypatch):
    monkeypatch.setattr(module, "KEEP_ROWS", 10)
    await finish(inbox, "good for days", NOW_S, expires_s=NOW_S + 1_000)
    await finish(inbox, "over and untold", NOW_S, expires_s=NOW_S, tell=False)
    await inbox.admit(order("waiting"))
    for number in range(50):
        await inbox.admit(refused(f"bad{number}"))
    left = await ids(database)
    assert {"good for days", "waiting"} < left
    assert "over and untold" not in left
    assert len(left) <= 13


async def test_a_damaged_row_neither_acts_nor_is_told_nor_stands_in_the_way(inbox, database):
    for identifier in ("one", "two", "three"):
        await inbox.admit(order(identifier))
    await inbox.update(order("three").finished(CommandStatus.SUCCEEDED, NOW_S))
    await database.write(("UPDATE command SET value = 'not JSON', source = 'nobody' WHERE id <> 'two'", [()]))
    again = await Inbox.open(database)
    assert (taken(again), await again.untold(), await again.find("one")) == (["two"], [], None)
    assert not await again.admit(order("one"))


async def test_held_values_come_back_and_a_damaged_one_is_left_out(database):
    for channel, value in {"a/x": 18.5, "b/on": True, "c/text": "warm", "d/broken": 1.0}.items():
        await database.write(hold(channel, value))
    await database.write(hold("a/x", 19.0), ("UPDATE held SET value = '{' WHERE channel = 'd/broken'", [()]))
    assert await load_held(database) == {"a/x": 19.0, "b/on": True, "c/text": "warm"}


async def test_commands_of_an_older_edgetwin_are_read_as_they_were(tmp_path):
    row = ("old", "heater/on", "true", 5, NOW_S, NOW_S + 60, "twin", "IN_PROGRESS", NOW_S)
    columns = "id, channel, value, priority, issued_s, expires_s, source, status, changed_s"
    with store_of_schema(tmp_path, 3) as old:
        old.execute(f"INSERT INTO command ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    async with open_database(tmp_path, stamp="now") as opened:
        found = (await Inbox.open(opened)).take()
    assert found == order("old", channel="heater/on", value=True)

"""The event log on the disk: chained as it is written, verified from outside, also where the oldest are dropped."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3

import pytest

from gateway.errors import StoreError
from gateway.store import events as module
from gateway.store.database import FILE_NAME, open_database
from gateway.store.events import EventLog
from gateway.store.log_file import read_log, verify_log
from tests.fakes.timekeeping import timekeeper
from tests.store.old_schema import store_of_schema


async def write(folder, *kinds):
    async with open_database(folder, stamp="now") as database:
        log = await EventLog.open(database, timekeeper())
        for kind in kinds:
            await log.record(kind, text="ü", number=1.5)


def change(folder, sql):
    with contextlib.closing(sqlite3.connect(folder / FILE_NAME)) as raw:
        raw.execute(sql)
        raw.commit()


async def test_a_log_that_nobody_touched_is_whole(tmp_path):
    await write(tmp_path, *"abc")
    await write(tmp_path, *"de")
    verdict = verify_log(tmp_path)
    assert (verdict.entries, verdict.head.id, verdict.problems) == (5, 5, [])
    assert [entry.kind for entry in read_log(tmp_path)] == list("abcde")


async def test_an_empty_log_is_whole(tmp_path):
    await write(tmp_path)
    assert verify_log(tmp_path).problems == []
    assert read_log(tmp_path) == []


async def test_events_of_one_transaction_and_of_many_at_once_are_chained_in_order(tmp_path):
    async with open_database(tmp_path, stamp="now") as database:
        log = await EventLog.open(database, timekeeper())
        late = log.statements("late")
        await asyncio.gather(*(log.record(f"k{number}") for number in range(20)))
        await database.write(*log.statements("a"), *log.statements("b"), *late)
    assert (verify_log(tmp_path).entries, verify_log(tmp_path).problems) == (23, [])


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE event SET data = '{}' WHERE id = 2",
        "UPDATE event SET time_s = time_s + 1 WHERE id = 2",
        "UPDATE event SET kind = 'x' WHERE id = 2",
        "UPDATE event SET digest = NULL WHERE id = 2",
        "DELETE FROM event WHERE id = 2",
        "DELETE FROM event WHERE id = 1",
        "DELETE FROM event WHERE id < 3",
    ],
)
async def test_an_entry_that_was_altered_or_taken_out_shows(tmp_path, sql):
    await write(tmp_path, *"abcd")
    change(tmp_path, sql)
    assert verify_log(tmp_path).problems
    await write(tmp_path, "e")  # What is written later does not hide it.
    assert verify_log(tmp_path).problems


async def test_the_end_that_the_twin_has_and_the_log_has_not_shows(tmp_path):
    async with open_database(tmp_path, stamp="now") as database:
        log = await EventLog.open(database, timekeeper())
        for kind in "abc":
            await log.record(kind)
        await log.untold()
        log.told(3)
        await log.record("d")
    change(tmp_path, "DELETE FROM event WHERE id > 1")
    assert verify_log(tmp_path).problems == ["entries 2 to 3: missing, the twin has them"]


async def test_a_head_that_was_seen_earlier_proves_that_nothing_was_forged_since(tmp_path):
    await write(tmp_path, *"ab")
    head = verify_log(tmp_path).head
    seen = f"{head.id}:{head.digest.hex()}"
    await write(tmp_path, *"cd")
    assert verify_log(tmp_path, seen).problems == []
    assert verify_log(tmp_path, f"2:{'00' * 32}").problems == ["entry 2: not the one that was seen earlier"]
    assert verify_log(tmp_path, f"9:{'00' * 32}").problems == ["entry 9: not the one that was seen earlier"]
    assert verify_log(tmp_path, "nothing").problems == ["'nothing' is not ID:DIGEST"]
    # Somebody who can write the file forges the whole of it; the head that somebody else kept tells.
    for entry in (tmp_path).iterdir():
        entry.unlink()
    await write(tmp_path, *"axcd")
    assert verify_log(tmp_path).problems == []
    assert verify_log(tmp_path, seen).problems == ["entry 2: not the one that was seen earlier"]


async def test_dropping_the_oldest_keeps_their_digest_and_breaks_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "EVENTS_MAX", 5)
    await write(tmp_path, *"abcdefghij")
    verdict = verify_log(tmp_path, "3:" + "00" * 32)
    assert (verdict.entries, verdict.head.id, verdict.problems) == (5, 10, [])
    change(tmp_path, "DELETE FROM event WHERE id = 6")  # One more than was dropped.
    assert verify_log(tmp_path).problems


async def test_a_log_of_an_older_edgetwin_goes_on_and_is_chained_from_then_on(tmp_path, monkeypatch):
    with store_of_schema(tmp_path, 3) as old:
        for number in range(1, 4):
            old.execute("INSERT INTO event (id, time_s, kind, data) VALUES (?, 1.0, 'old', '{}')", (number,))
    await write(tmp_path, *"ab")
    assert (verify_log(tmp_path).entries, verify_log(tmp_path).problems) == (5, [])
    monkeypatch.setattr(module, "EVENTS_MAX", 4)
    await write(tmp_path, "c")
    assert verify_log(tmp_path).problems == []
    monkeypatch.setattr(module, "EVENTS_MAX", 2)
    await write(tmp_path, "d")
    assert (verify_log(tmp_path).entries, verify_log(tmp_path).problems) == (2, [])
    change(tmp_path, "UPDATE event SET kind = 'x' WHERE kind = 'd'")
    assert len(verify_log(tmp_path).problems) == 1


async def test_an_empty_store_of_an_older_edgetwin_begins_at_the_first_entry(tmp_path):
    with store_of_schema(tmp_path, 3):
        pass
    await write(tmp_path, *"ab")
    assert (verify_log(tmp_path).entries, verify_log(tmp_path).problems) == (2, [])


async def test_entries_are_picked_by_kind_number_and_count(tmp_path):
    await write(tmp_path, *"abab")
    assert [entry.id for entry in read_log(tmp_path, kind="b")] == [2, 4]
    assert [entry.id for entry in read_log(tmp_path, after=2)] == [3, 4]
    assert [entry.id for entry in read_log(tmp_path, last=1)] == [4]


def test_where_there_is_no_store_it_is_said(tmp_path):
    for look in (read_log, verify_log):
        with pytest.raises(StoreError, match=FILE_NAME):
            look(tmp_path)
    assert list(tmp_path.iterdir()) == []


async def test_an_anchor_that_is_damaged_is_said(tmp_path):
    await write(tmp_path, "a")
    change(tmp_path, "INSERT INTO meta (key, value) VALUES ('events_anchor', 'x')")
    with pytest.raises(StoreError, match="anchor"):
        verify_log(tmp_path)

"""The door to SQLite: what is written together, what is seen, what becomes of writers that fail or are cancelled."""

from __future__ import annotations

import asyncio
import gc
import threading

import pytest

from gateway.errors import StoreError
from gateway.store.database import FILE_NAME, GROWTH_BYTES, Database, open_database

MAKE = ("CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL)", [()])
ADD = "INSERT INTO note (id, text) VALUES (?, ?)"


def note(number, text="x"):
    return ADD, [(number, text)]


async def notes(database: Database) -> list[int]:
    return [row[0] for row in await database.read("SELECT id FROM note ORDER BY rowid")]


@pytest.fixture
async def database(tmp_path):
    async with open_database(tmp_path, stamp="now") as opened:
        await opened.write(MAKE)
        yield opened


async def transactions(database: Database) -> list[str]:
    """The transactions that begin from now on, in a list that grows."""
    seen: list[str] = []
    await database._connection.set_trace_callback(lambda sql: seen.append(sql) if sql.startswith("BEGIN") else None)
    return seen


async def test_writers_that_wait_together_share_a_transaction(database):
    begun = await transactions(database)
    await asyncio.gather(*(database.write(note(number)) for number in range(20)))
    assert await notes(database) == list(range(20))
    assert len(begun) <= 2


async def test_statements_of_one_write_keep_their_order(database):
    await database.write(note(1, "first"), ("UPDATE note SET text = ? WHERE id = ?", [("second", 1)]), note(2))
    assert await database.read("SELECT text FROM note ORDER BY id") == [("second",), ("x",)]


@pytest.mark.parametrize(
    "bad",
    [
        ("INSERT INTO nothing VALUES (?)", [(1,)]),
        ("INSERT INTO note (id, text) VALUES (?, ?)", [(2, None)]),
        ("INSERT INTO note (id, text) VALUES (?, ?)", [(2**70, "an integer beyond 64 bits")]),
        ("INSERT INTO note (id, text) VALUES (?, ?)", [(2, "half a pair \ud800")]),
        ("INSERT INTO note (id, text) VALUES (?, ?)", [(2, object())]),
        ("not even SQL", [()]),
    ],
)
async def test_a_write_that_fails_leaves_nothing_and_spoils_nothing_for_others(database, bad):
    results = await asyncio.gather(
        database.write(note(10)),
        database.write(note(11), bad, note(12)),
        database.write(note(13)),
        return_exceptions=True,
    )
    assert [type(result) for result in results] == [type(None), StoreError, type(None)]
    assert await notes(database) == [10, 13]
    await database.write(note(14))
    assert await notes(database) == [10, 13, 14]


async def test_a_read_that_fails_is_a_store_error_too(database):
    with pytest.raises(StoreError, match="cannot read from the store"):
        await database.read("SELECT * FROM nothing")


async def test_nobody_reads_what_is_not_committed(database):
    """A transaction that is going to fail must not be seen from inside, while it still looks good."""
    inside, go_on = threading.Event(), threading.Event()
    await database._connection.create_function("pause", 0, lambda: (inside.set(), go_on.wait(10)) and "x")
    pausing = ("INSERT INTO note (id, text) SELECT ?, pause()", [(2,)])
    writing = asyncio.create_task(database.write(note(1), pausing, ("INSERT INTO nothing VALUES (?)", [(1,)])))
    await asyncio.to_thread(inside.wait, 10)
    reading = asyncio.create_task(notes(database))
    await asyncio.sleep(0)
    go_on.set()
    assert await reading == []
    with pytest.raises(StoreError):
        await writing


async def test_a_cancelled_writer_is_written_all_the_same(database):
    writing = asyncio.create_task(database.write(note(1)))
    await asyncio.sleep(0)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await database.write(note(2))
    assert await notes(database) == [1, 2]


async def test_a_cancelled_writer_that_fails_disturbs_nobody(database):
    forgotten = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: forgotten.append(context["message"]))
    writing = asyncio.create_task(database.write(("not even SQL", [()])))
    await asyncio.sleep(0)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await database.write(note(2))
    assert await notes(database) == [2]
    del writing
    gc.collect()
    assert forgotten == []


@pytest.mark.parametrize("writers", [1, 3])
async def test_what_was_asked_for_before_the_end_is_written_before_the_end(tmp_path, writers):
    async with open_database(tmp_path, stamp="now") as database:
        await database.write(MAKE)
        writing = [asyncio.create_task(database.write(note(number))) for number in range(writers)]
        await asyncio.sleep(0)
        for one in writing:
            one.cancel()
    async with open_database(tmp_path, stamp="now") as database:
        assert await notes(database) == list(range(writers))
    await asyncio.gather(*writing, return_exceptions=True)


async def test_after_the_end_nothing_is_written_and_it_is_said(tmp_path):
    async with open_database(tmp_path, stamp="now") as database:
        await database.write(MAKE)
    with pytest.raises(StoreError):
        await database.write(note(1))
    with pytest.raises(StoreError):
        await notes(database)


async def test_a_full_database_says_so_and_takes_more_when_there_is_room(database):
    pages = (await database.read("PRAGMA page_count"))[0][0]
    await database.read(f"PRAGMA max_page_count={pages}")
    with pytest.raises(StoreError, match="full") as caught:
        await database.write((ADD, [(number, "x" * 900) for number in range(2_000)]))
    assert "disk full" in caught.value.hint
    assert await notes(database) == []
    await database.read(f"PRAGMA max_page_count={2 * pages + 4_000}")
    await database.write((ADD, [(number, "x" * 900) for number in range(2_000)]))
    assert len(await notes(database)) == 2_000


async def test_settings_that_the_promises_rest_on_are_in_force(database, tmp_path):
    for pragma, value in {"journal_mode": "wal", "synchronous": 2, "page_size": 1024, "auto_vacuum": 2}.items():
        assert await database.read(f"PRAGMA {pragma}") == [(value,)]
    assert (tmp_path / FILE_NAME).stat().st_size + (tmp_path / f"{FILE_NAME}-wal").stat().st_size >= 2 * GROWTH_BYTES


async def test_a_damaged_text_does_not_hide_the_rows_beside_it(database):
    await database.write(note(1, "good"), ("INSERT INTO note VALUES (2, CAST(x'ff41' AS TEXT))", [()]), note(3, "good"))
    assert await database.read("SELECT text FROM note ORDER BY id") == [("good",), ("\ufffdA",), ("good",)]

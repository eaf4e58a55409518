"""A bit that flips in the definition of a table: SQLite notices nothing, and the store must neither use it nor loop."""

from __future__ import annotations

import sqlite3

import pytest

from gateway.store.database import FILE_NAME, SCHEMA_VERSION, open_database
from gateway.store.shape import DEFINITIONS, differs

HARM = {
    "a column of another name": (b"id           TEXT PRIMARY KEY", b"ie           TEXT PRIMARY KEY"),
    "a lane of another number": (b"SELECT id, 3 AS lane", b"SELECT id, 1 AS lane"),
    "a table of no name": (b"CREATE TABLE event (", b"CREATE TABLE e\xccent ("),
    "what SQLite cannot quote": (b"CREATE TABLE event (", b"CREATE TABLE event \xcc"),
    "a limit that is none": (b"value BLOB NOT NULL", b"value BLOB NOT_NULL"),
}
NO_HARM = {
    "a comment": (b"-- of all the rest", b"-- of all the best"),
    "a capital": (b"SELECT id, 3 AS lane", b"SELECT iD, 3 AS lane"),
}


async def flipped(folder, before, after):
    """Make a database with a value in it, and damage it."""
    async with open_database(folder, stamp="then") as database:
        await database.write(("INSERT INTO held (channel, value) VALUES ('a/b', '1')", [()]))
    path = folder / FILE_NAME
    data = path.read_bytes()
    assert before in data
    path.write_bytes(data.replace(before, after))  # Everywhere: old pages keep copies.


async def rows(folder):
    async with open_database(folder, stamp="now") as database:
        await database.read("SELECT id FROM command")
        return (await database.read("SELECT count(*) FROM held"))[0][0], database.aside


@pytest.mark.parametrize("how", HARM)
async def test_a_database_whose_definitions_are_damaged_is_set_aside_at_once(tmp_path, how):
    await flipped(tmp_path, *HARM[how])
    found, aside = await rows(tmp_path)
    assert aside == tmp_path / f"{FILE_NAME}.now.bad"
    assert found in {0, 1}, "with what could be salvaged"
    assert await rows(tmp_path) == (found, None)


@pytest.mark.parametrize("how", NO_HARM)
async def test_damage_that_changes_no_meaning_costs_nothing(tmp_path, how):
    await flipped(tmp_path, *NO_HARM[how])
    assert await rows(tmp_path) == (1, None)


async def test_a_table_that_somebody_added_is_no_damage(tmp_path):
    async with open_database(tmp_path, stamp="then") as database:
        await database.write(("CREATE TABLE mine (a)", [()]))
    assert await rows(tmp_path) == (0, None)


async def test_what_is_missing_is_named(tmp_path):
    async with open_database(tmp_path, stamp="then"):
        pass
    connection = sqlite3.connect(tmp_path / FILE_NAME)
    found = connection.execute(DEFINITIONS).fetchall()
    connection.close()
    assert differs(found, SCHEMA_VERSION) == ""
    assert differs([one for one in found if one[1] != "command"], SCHEMA_VERSION) == "command"
    assert differs([], 0) == ""

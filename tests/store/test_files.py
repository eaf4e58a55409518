"""What is found at the start: a file in use, a damaged one, one that is no database, one of the future."""

from __future__ import annotations

import shutil
import sqlite3

import pytest

from gateway.errors import StoreBusyError, StoreError
from gateway.store import database as module
from gateway.store.database import FILE_NAME, SCHEMA_VERSION, open_database
from gateway.store.files import set_aside

HOLD = "INSERT INTO held (channel, value) VALUES (?, ?) ON CONFLICT (channel) DO UPDATE SET value = excluded.value"


async def count(folder):
    """Open, write one row more, and say how many there are."""
    async with open_database(folder, stamp="now") as database:
        rows = (await database.read("SELECT count(*) FROM held"))[0][0]
        await database.write((HOLD, [(f"a/{rows}", "1.0")]))
        return rows + 1, database.aside


@pytest.fixture
def small(monkeypatch):
    """Files without room in advance, so that a flipped bit hits something."""
    monkeypatch.setattr(module, "GROWTH_BYTES", 1)


async def test_what_was_written_is_there_the_next_time(tmp_path):
    assert await count(tmp_path) == (1, None)
    assert await count(tmp_path) == (2, None)


async def test_a_second_process_is_refused(tmp_path):
    async with open_database(tmp_path, stamp="now"):
        with pytest.raises(StoreBusyError, match="another edgetwin"):
            await count(tmp_path)
    assert await count(tmp_path) == (1, None)


async def test_a_file_that_is_no_database_is_set_aside_and_a_new_one_made(tmp_path):
    (tmp_path / FILE_NAME).write_bytes(b"not a database" * 1_000)
    assert await count(tmp_path) == (1, tmp_path / f"{FILE_NAME}.now.bad")
    assert (tmp_path / f"{FILE_NAME}.now.bad").read_bytes() == b"not a database" * 1_000
    assert await count(tmp_path) == (2, None)


async def test_a_second_one_does_not_replace_the_first(tmp_path):
    """A clock that is wrong at boot gives the same stamp again."""
    for text in (b"one " * 1_000, b"two " * 1_000, b"three " * 1_000):
        (tmp_path / FILE_NAME).write_bytes(text)
        await count(tmp_path)
    kept = {path.read_bytes()[:3] for path in tmp_path.glob("*.bad")}
    assert kept == {b"one", b"two", b"thr"}


def test_the_wal_goes_with_its_file_and_is_found_by_it(tmp_path):
    path = tmp_path / FILE_NAME
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).write_text(f"the {suffix}")
    aside = set_aside(path, "now", sqlite3.DatabaseError("malformed"))
    assert {one.name: one.read_text() for one in tmp_path.iterdir()} == {
        aside.name: "the ",
        f"{aside.name}-wal": "the -wal",
        f"{aside.name}-shm": "the -shm",
    }


def test_a_file_that_cannot_be_set_aside_is_named(tmp_path):
    (tmp_path / f"{FILE_NAME}.now.bad-wal").mkdir()
    for suffix in ("", "-wal"):
        (tmp_path / f"{FILE_NAME}{suffix}").write_text("damaged")
    with pytest.raises(StoreError, match=r"cannot set .* aside"):
        set_aside(tmp_path / FILE_NAME, "now", sqlite3.DatabaseError("malformed"))


async def test_an_empty_file_is_made_a_database(tmp_path):
    (tmp_path / FILE_NAME).touch()
    assert await count(tmp_path) == (1, None)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("steps", [1, 2, 3])
async def test_a_process_that_died_while_it_made_the_file_leaves_one_that_is_finished(tmp_path, steps):
    growing = ("CREATE TABLE growth (b)", "INSERT INTO growth VALUES (zeroblob(1))", "DROP TABLE growth")
    with sqlite3.connect(tmp_path / FILE_NAME) as half:
        for sql in growing[:steps]:
            half.execute(sql)
    half.close()
    assert await count(tmp_path) == (1, None)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    "byte", [*range(16, 32), *range(40, 63), *range(64, 72), *range(96, 120), *range(1_024, 9_000, 331)]
)
async def test_a_flipped_byte_is_survived_wherever_it_is(tmp_path, byte):
    await count(tmp_path)
    data = bytearray((tmp_path / FILE_NAME).read_bytes())
    byte %= len(data)
    data[byte] ^= 0xFF
    (tmp_path / FILE_NAME).write_bytes(data)
    rows, aside = await count(tmp_path)
    assert rows == 2 if aside is None else rows in {1, 2}, "with what could be salvaged"
    if aside is not None:
        assert aside.read_bytes()[100:] == bytes(data[100:])  # Before that are the counters of SQLite's header.


async def test_a_file_beside_which_nothing_can_be_opened_to_write_is_left_where_it_is(tmp_path):
    """A full or failing disk gives the WAL to read only; the database is as good as ever, and holds what waits."""
    await count(tmp_path)
    error = sqlite3.OperationalError("attempt to write a readonly database")
    error.sqlite_errorcode = sqlite3.SQLITE_READONLY
    with pytest.raises(StoreError, match="cannot open"):
        set_aside(tmp_path / FILE_NAME, "now", error)
    assert await count(tmp_path) == (2, None)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
async def test_a_file_that_is_cut_off_is_set_aside(tmp_path, share):
    await count(tmp_path)
    whole = (tmp_path / FILE_NAME).read_bytes()
    (tmp_path / FILE_NAME).write_bytes(whole[: int(len(whole) * share)])
    rows, aside = await count(tmp_path)
    assert rows in {1, 2}, "with what could be salvaged"
    assert aside is not None


async def test_the_file_of_a_newer_edgetwin_is_set_aside_and_what_is_known_of_it_comes_over(tmp_path):
    """Whoever goes back to an old version wants a gateway that runs; what the new one kept is not forgotten."""
    await count(tmp_path)
    with sqlite3.connect(tmp_path / FILE_NAME) as newer:
        newer.execute("CREATE TABLE novelty (a)")
        newer.execute("ALTER TABLE held ADD COLUMN novelty TEXT")
        newer.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    newer.close()
    before = (tmp_path / FILE_NAME).read_bytes()
    rows, aside = await count(tmp_path)
    assert rows == 2
    assert aside.read_bytes() == before


async def test_a_directory_that_cannot_be_used_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot use the store's directory"):
        await count(tmp_path / "file")


async def test_a_place_that_cannot_be_a_file_is_named_and_left_alone(tmp_path):
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(StoreError, match=r"cannot open .*edgetwin\.db"):
        await count(tmp_path)
    assert (tmp_path / FILE_NAME).is_dir()
    shutil.rmtree(tmp_path / FILE_NAME)
    assert await count(tmp_path) == (1, None)

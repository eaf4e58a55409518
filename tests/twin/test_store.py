"""What is written is there, all or nothing, for one twin at a time."""

from __future__ import annotations

import sqlite3
from importlib import resources

import pytest

from gateway.core.intervals import IntervalSet
from gateway.core.reading import Quality
from tests.twin.builders import NOW_S, reading
from twin.changes import NUMBERINGS, READINGS, RECEIVED, SHED, Changes
from twin.latency import Histogram
from twin.load import load, to_value
from twin.model import Gateway, Latest, Numbering
from twin.store import FILE_NAME, ORDER, RUNGS, SCHEMA_VERSION, StoreBusyError, StoreError, open_store, statements


@pytest.fixture
async def store(tmp_path):
    async with open_store(tmp_path) as opened:
        yield opened


async def write(store, *, numbering, records, gateway=None):
    """Write a gateway, its numbering and `records`, which are held from now on."""
    changes = Changes()
    changes.touch(gateway or Gateway(1, "g", "edgetwin"))
    changes.put(NUMBERINGS, numbering.id, 1, "3f2a9c1b7d10e644-2", "normal", 0)
    series = {"room/temperature": Latest(9, "Cel", NOW_S, 1.0, Quality.GOOD, "")}
    changes.put_latest(Gateway(1, "g", "edgetwin"), "room/temperature", series["room/temperature"])
    changes.put_readings(numbering, series, records)
    for record in records:
        numbering.held.add(record.seq, record.seq)
        changes.hold(numbering, record.seq)
    await store.write(changes)


@pytest.mark.parametrize("count", [1, 7, 8, 9, 64, 71, 512, 1000])
async def test_any_number_of_readings_is_written_in_few_statements(store, count):
    numbering = Numbering(2, IntervalSet())
    records = [reading(seq) for seq in range(1, count + 1)]
    await write(store, numbering=numbering, records=records)
    rows = await store.read("SELECT time, seq, value, quality, reason FROM readings ORDER BY seq")
    assert rows == [(record.time_s, record.seq, record.value, None, None) for record in records]
    assert await store.read("SELECT * FROM received") == [(2, 1, count)]


def test_a_thousand_rows_take_a_handful_of_steps():
    changes = Changes()
    changes.put_readings(
        Numbering(2, IntervalSet()),
        {"room/temperature": Latest(9, "Cel", NOW_S, 1.0, Quality.GOOD, "")},
        [reading(seq) for seq in range(1000)],
    )
    steps = [(sql.count("("), len(rows)) for sql, rows in statements(changes)]
    assert sum(rows for _, rows in steps) <= 2 + 8 + 8 + 7
    assert len(steps) <= len(RUNGS)


@pytest.mark.parametrize("value", [21.0, -0.5, True, False, "", "on", "1", "ä\u0000"])
async def test_values_come_back_with_their_type(store, value):
    await write(store, numbering=Numbering(2, IntervalSet()), records=[reading(1, value=value)])
    ((stored,),) = await store.read("SELECT value FROM readings")
    assert (to_value(stored), type(to_value(stored))) == (value, type(value))


async def test_quality_and_reason_are_kept(store):
    bad = reading(1, quality=Quality.BAD, reason="range")
    await write(store, numbering=Numbering(2, IntervalSet()), records=[bad])
    assert await store.read("SELECT quality, reason FROM readings") == [("bad", "range")]


async def test_ranges_that_meet_become_one(store):
    numbering = Numbering(2, IntervalSet())
    for numbers in ([1, 2], [7], [4, 9], [3, 5, 6], [8]):
        await write(store, numbering=numbering, records=[reading(seq) for seq in numbers])
        assert await store.read("SELECT first, last FROM received ORDER BY first") == numbering.held.ranges()
    assert numbering.held.ranges() == [(1, 9)]


async def test_a_row_that_is_there_is_replaced(store):
    numbering = Numbering(2, IntervalSet())
    await write(store, numbering=numbering, records=[reading(1)])
    later = Gateway(1, "g", "$aws", online=True, epoch="e", last_heard_s=NOW_S, duplicates=3, out_of_order=4)
    await write(store, numbering=numbering, records=[reading(2)], gateway=later)
    assert await store.read("SELECT id, prefix, online, epoch, last_heard, duplicates, out_of_order FROM gateways") == [
        (1, "$aws", 1, "e", NOW_S, 3, 4)
    ]


async def test_the_histogram_is_kept(store):
    gateway = Gateway(1, "g", "edgetwin", latency=Histogram({3: 5}))
    await write(store, numbering=Numbering(2, IntervalSet()), records=[], gateway=gateway)
    assert (await load(store)).gateways["g"].latency.bins == {3: 5}


async def test_a_transaction_that_fails_leaves_nothing(store):
    numbering = Numbering(2, IntervalSet())
    await write(store, numbering=numbering, records=[reading(1)])
    changes = Changes()
    changes.touch(Gateway(7, "h", "edgetwin"))
    changes.put_readings(
        numbering, {"room/temperature": Latest(9, "Cel", NOW_S, 1.0, Quality.GOOD, "")}, [reading(2), reading(1)]
    )
    with pytest.raises(StoreError, match="cannot write to the twin's store: UNIQUE"):
        await store.write(changes)
    assert await store.read("SELECT name FROM gateways") == [("g",)]
    assert await store.read("SELECT seq FROM readings") == [(1,)]
    await write(store, numbering=numbering, records=[reading(2)])


async def test_reading_cannot_write(store):
    with pytest.raises(StoreError, match="cannot read from"):
        await store.read("DELETE FROM gateways")


async def test_the_durability_settings_are_in_force(store):
    assert await store._writer.execute_fetchall("PRAGMA synchronous") == [(2,)]
    assert await store._writer.execute_fetchall("PRAGMA journal_mode") == [("wal",)]


async def test_a_second_twin_is_kept_out(tmp_path, store):
    with pytest.raises(StoreBusyError, match="another twin has"):
        async with open_store(tmp_path):
            pass
    assert await store.read("SELECT 1") == [(1,)]


async def test_the_next_twin_may_have_it(tmp_path):
    for _ in range(2):
        async with open_store(tmp_path) as store:
            assert await store.read("SELECT count(*) FROM gateways") == [(0,)]


async def test_a_database_of_the_first_version_is_brought_up_to_date(tmp_path):
    script = (resources.files("twin") / "schema" / "0001.sql").read_text()
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        connection.executescript(f"{script} PRAGMA user_version=1;")
        connection.execute("INSERT INTO gateways VALUES (1, 'g', 'edgetwin', 1, 'e', 5.0, 0, 0, x'7b7d')")
        connection.execute("INSERT INTO series VALUES (3, 1, 'room/temperature', 'Cel', 7.0, 21.5, 'good', '')")
    connection.close()
    for _ in range(2):
        async with open_store(tmp_path) as store:
            latest = (await load(store)).gateways["g"].series["room/temperature"]
            assert (latest.value, latest.time_s, latest.thinned) == (21.5, 7.0, None)
            assert await store.read("SELECT count(*) FROM thinned, shed") == [(0,)]


async def test_a_database_of_the_future_is_left_alone(tmp_path):
    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(StoreError, match="made by a newer twin"):
        async with open_store(tmp_path):
            pass


async def test_a_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / FILE_NAME).write_bytes(b"x" * 5000)
    with pytest.raises(StoreError, match="not a database"):
        async with open_store(tmp_path):
            pass


async def test_a_directory_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot use the twin's directory"):
        async with open_store(tmp_path / "file" / "twin"):
            pass


def test_the_tables_named_in_code_are_those_of_the_schema(tmp_path):
    with sqlite3.connect(tmp_path / "x.db") as connection:
        for number in range(1, SCHEMA_VERSION + 1):
            connection.executescript((resources.files("twin") / "schema" / f"{number:04d}.sql").read_text())
        for table in (*ORDER, RECEIVED, READINGS, SHED):
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table.name})")]
            assert tuple(columns) == table.columns
    connection.close()

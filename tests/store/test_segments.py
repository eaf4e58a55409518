"""Segments on the disk: what is written comes back, and a damaged row is told from a good one, counted, and let go."""

from __future__ import annotations

import asyncio
import sqlite3

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.ledger_events import Key, Quarantined
from gateway.core.packing import pack
from gateway.core.reading import ClockState, Lane
from gateway.core.segment import Base, Segment
from gateway.store import segments as disk
from gateway.store.audit import audit
from gateway.store.database import open_database
from tests.fakes.clock import FakeClock
from tests.store.shelf import shelf_in, values

EVERYTHING = 10_000
BODY = b'{"bn":"gw/a/x","bu":"Cel","t":0.0,"v":1.0}'
LONG = BODY + b',{"t":1.0,"v":2.0}' * 200

segments = st.builds(
    Segment,
    lane=st.sampled_from(Lane),
    epoch=st.just("0123456789abcdef-1"),
    first=st.integers(1, 2**40),
    last=st.just(2**41),
    base=st.builds(
        Base, boot_id=st.text("0123456789-", max_size=36), boottime_ns=st.integers(0, 2**62),
        wall_ns=st.integers(0, 2**62), clock=st.sampled_from(ClockState),
    ),
    body=st.sampled_from([BODY, LONG]),
    thinned=st.sampled_from([0, 60]),
)  # fmt: skip


@given(st.lists(segments, min_size=1, max_size=8))
@settings(max_examples=30, deadline=None, derandomize=True)
def test_what_is_written_comes_back(tmp_path_factory, written):
    async def write_and_read():
        async with open_database(tmp_path_factory.mktemp("store"), stamp="now") as database:
            await database.write(*disk.insert(enumerate(written, 1)))
            return [one for lane in Lane for one in await disk.load_lane(database, lane, 0, 100)]

    found = sorted(asyncio.run(write_and_read()))
    assert [msgspec.structs.replace(one.segment, packed=b"") for one in found] == written
    assert [one.key for one in found] == [one.key for one in written]
    assert [one.segment.packed in (b"", pack(one.segment.body)) for one in found] == [True] * len(found)


DAMAGE = [
    "body = x'7b7d'",
    "body = substr(body, 1, length(body) - 1)",
    "body = 'a text'",
    "first = first + 1",
    "first = 'no number'",
    "last = last - 1",
    "epoch = 'fedcba9876543210-1'",
    "epoch = CAST(x'ff' AS TEXT)",
    "boottime_ns = boottime_ns + 4096",
    "wall_ns = wall_ns + 4096",
    "boot_id = 'another'",
    "clock = 'synchronized'",
    "thinned = 60",
    "crc = crc + 1",
]


async def damaged_shelf(shelf, damage):
    """Three segments on the disk, the second of which is damaged."""
    for value in (1.0, 2.0, 3.0):
        shelf.read(value)
        await shelf.committer.commit()
    await shelf.database.write((f"UPDATE segment_normal SET {damage} WHERE id = 2", [()]))


@pytest.mark.parametrize("damage", DAMAGE)
async def test_a_damaged_row_is_not_sent_but_counted_and_the_rest_goes_on(tmp_path, damage):
    async with shelf_in(tmp_path, FakeClock()) as shelf:
        await damaged_shelf(shelf, damage)
        assert values(await shelf.outbox.take_stored(EVERYTHING)) == [1.0, 3.0]
        assert shelf.outbox.damaged
        await shelf.committer._try_commit()
        total = shelf.outbox.ledger.total()
        assert (total.taken, total.shed, total.waiting, total.balanced) == (3, 1, 2, True)
        assert not shelf.outbox.has_stored
        assert (len(await shelf.rows()), shelf.outbox.damaged) == (2, False)
    async with shelf_in(tmp_path, FakeClock()) as shelf:
        assert values(await shelf.outbox.take_stored(EVERYTHING)) == [1.0, 3.0]


async def test_what_is_acknowledged_while_the_disk_is_audited_is_counted_once(tmp_path):
    async with shelf_in(tmp_path, FakeClock()) as shelf:
        await damaged_shelf(shelf, "crc = 0")
        taken = await shelf.outbox.take_stored(EVERYTHING)
        read = shelf.database.read

        async def acknowledge_in_between(sql, parameters=()):
            rows = await read(sql, parameters)
            if "segment_normal" in sql:
                shelf.acknowledge(taken)
            return rows

        shelf.database.read = acknowledge_in_between
        shelf.outbox.record(await audit(shelf.database, shelf.outbox.ledger))
        shelf.database.read = read
        total = shelf.outbox.ledger.total()
        assert (total.taken, total.acknowledged, total.shed, total.waiting) == (3, 2, 1, 0)
        shelf.abandon()


@pytest.mark.parametrize("answered_before", [False, True])
@pytest.mark.parametrize("damage", DAMAGE)
async def test_a_row_that_is_damaged_on_its_way_is_written_anew_and_counted_once(tmp_path, damage, answered_before):
    async with shelf_in(tmp_path, FakeClock()) as shelf:
        await damaged_shelf(shelf, "crc = crc")
        taken = await shelf.outbox.take_stored(EVERYTHING)
        await shelf.database.write((f"UPDATE segment_normal SET {damage} WHERE id = 2", [()]))
        if answered_before:
            shelf.acknowledge(taken)
        shelf.outbox.damaged = True
        await shelf.committer._repair()
        if not answered_before:
            assert await shelf.rows() == [(2, 1, 1), (2, 2, 2), (2, 3, 3)]
            shelf.acknowledge(taken)
        await shelf.committer.commit()
        total = shelf.outbox.ledger.total()
        assert (total.acknowledged, total.shed, total.waiting, total.balanced) == (3, 0, 0, True)
        assert (await shelf.rows(), shelf.outbox.ledger.gaps) == ([], [])


async def test_rows_that_were_lost_with_their_counts_are_found_at_the_start(tmp_path):
    async with shelf_in(tmp_path, FakeClock()) as shelf:
        await damaged_shelf(shelf, "crc = crc")
        await shelf.database.write(("DELETE FROM segment_normal WHERE id = 3", [()]))
        shelf.abandon()
    async with shelf_in(tmp_path, FakeClock()) as shelf:
        total = shelf.outbox.ledger.total()
        assert (total.taken, total.shed, total.waiting) == (3, 1, 2)


async def test_counts_that_were_lost_are_made_anew_from_what_is_there(tmp_path):
    async with shelf_in(tmp_path, FakeClock()) as shelf:
        await damaged_shelf(shelf, "crc = crc")
        shelf.abandon()
        (shelf.head()._path).unlink()
        await shelf.database.write(("DELETE FROM meta WHERE key = 'ledger'", [()]))
    async with shelf_in(tmp_path, FakeClock()) as shelf:
        assert (shelf.outbox.ledger.total().taken, shelf.outbox.ledger.total().waiting) == (3, 3)


async def test_what_is_kept_apart_is_bounded_and_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(disk, "QUARANTINE_ROWS_MAX", 2)
    async with open_database(tmp_path, stamp="now") as database:
        for number in range(1, 5):
            segment = Segment(Lane.HIGH, "0123456789abcdef-1", number, number, Base("boot", 1, 2), BODY)
            await database.write(*disk.put_away([Quarantined(segment, f"reason {number}")]))
        rows = await database.read("SELECT reason, lane, first, last, body FROM quarantine ORDER BY id")
    assert rows == [(f"reason {number}", int(Lane.HIGH), number, number, pack(BODY)) for number in (3, 4)]
    assert disk.put_away([]) == []


async def test_everything_that_waits_can_be_seen_in_one_view(tmp_path):
    async with open_database(tmp_path, stamp="now") as database:
        made = [Segment(lane, "0123456789abcdef-1", 1, 2, Base("boot", 1, 2), BODY) for lane in Lane]
        await database.write(*disk.insert(enumerate(made, 1)))
        assert await disk.load_rows(database) == {Key(*one.key): row for row, one in enumerate(made, 1)}
        assert await disk.load_waiting(database) == (dict.fromkeys(Lane, 1), 8, 4)
        await database.write(*disk.delete((lane, row) for row, lane in enumerate(Lane, 1)))
        assert await disk.load_waiting(database) == ({}, 0, 0)
    with sqlite3.connect(tmp_path / "edgetwin.db") as anybody:
        assert anybody.execute("SELECT count(*) FROM segment").fetchone() == (0,)
    anybody.close()


async def test_where_nothing_waits_for_a_decision_forgetting_it_writes_no_page(tmp_path):
    """It is in every commit: a page each time would be a third more for the card."""
    async with open_database(tmp_path, stamp="now") as database:
        frames = "PRAGMA wal_checkpoint(PASSIVE)"
        await database.write(("INSERT INTO held VALUES ('a/b', '1')", [()]))
        before = (await database.read(frames))[0][1]
        await database.write(*disk.keep_undecided([]))
        assert (await database.read(frames))[0][1] == before

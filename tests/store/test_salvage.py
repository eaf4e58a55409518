"""A database that is set aside: what can be read of it is sent all the same, and what cannot is counted, exactly."""

from __future__ import annotations

import sqlite3

import pytest

from gateway.core.reading import Lane
from gateway.store.database import FILE_NAME, PAGE_BYTES, open_database
from gateway.store.salvage import ROWS_AT_ONCE, Salvaged, salvage
from tests.fakes.clock import FakeClock
from tests.store.shelf import shelf_in, values

READINGS = 400


async def fill(folder, clock):
    """A store that was closed in order, with two lanes of segments of one reading each."""
    async with shelf_in(folder, clock) as shelf:
        for number in range(READINGS):
            shelf.read(float(number), lane=Lane.NORMAL if number % 2 else Lane.LOW)
            shelf.outbox.seal_all()
    return folder / FILE_NAME


def pages_of(path, table):
    """The leaf pages of a table, counted from 0."""
    with sqlite3.connect(path) as connection:
        found = connection.execute(
            "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY pageno", (table,)
        ).fetchall()
    connection.close()
    return [number - 1 for (number,) in found]


def spoil(path, pages):
    data = bytearray(path.read_bytes())
    for page in pages:
        data[page * PAGE_BYTES : page * PAGE_BYTES + 64] = b"\xff" * 64
    path.write_bytes(data)


async def drained(shelf):
    found = []
    while segments := await shelf.outbox.take_stored(READINGS):
        found += values(segments)
        shelf.acknowledge(segments)
    return found


@pytest.mark.parametrize("place", [0, 1, 5, -1])
async def test_a_damaged_page_costs_the_readings_on_it_and_no_other(tmp_path, place):
    clock = FakeClock()
    path = await fill(tmp_path, clock)
    spoil(path, [pages_of(path, "segment_normal")[place]])
    async with shelf_in(tmp_path, clock) as shelf:
        assert shelf.database.aside is not None
        assert shelf.database.salvaged.damaged == ("segment_normal",)
        found = await drained(shelf)
        low = [value for value in found if not value % 2]
        assert sorted(low) == [float(number) for number in range(0, READINGS, 2)]
        lost = READINGS - len(found)
        assert 0 < lost < 20
        total = shelf.outbox.ledger.total()
        assert (total.taken, total.acknowledged, total.shed, total.waiting) == (READINGS, len(found), lost, 0)
        assert total.balanced
        gaps = [(gap.lane, gap.first, gap.last) for gap in shelf.outbox.ledger.gaps]
        assert sum(last - first + 1 for _, first, last in gaps) == lost, "the twin is told of each of them"
        assert {lane for lane, _, _ in gaps} == {Lane.NORMAL}


async def test_damage_in_several_places_of_several_tables(tmp_path):
    clock = FakeClock()
    path = await fill(tmp_path, clock)
    spoil(path, [*pages_of(path, "segment_normal")[2:9:3], *pages_of(path, "segment_low")[-2:]])
    async with shelf_in(tmp_path, clock) as shelf:
        found = await drained(shelf)
        total = shelf.outbox.ledger.total()
        assert len(found) == len(set(found)) > READINGS / 2
        assert total.shed == READINGS - len(found)
        assert total.balanced


async def test_a_store_goes_on_as_itself_and_gives_no_number_again(tmp_path):
    clock = FakeClock()
    path = await fill(tmp_path, clock)
    spoil(path, pages_of(path, "segment_low")[:1])
    async with shelf_in(tmp_path, clock, store_id="fedcba9876543210") as shelf:
        assert shelf.outbox.ledger.epoch == "0123456789abcdef-2"


async def test_a_store_whose_own_name_is_lost_sends_what_it_finds_under_the_old_numbers(tmp_path):
    clock = FakeClock()
    path = await fill(tmp_path, clock)
    with sqlite3.connect(path) as connection:
        root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'meta'").fetchone()[0] - 1
    connection.close()
    spoil(path, [root])
    async with shelf_in(tmp_path, clock, store_id="fedcba9876543210") as shelf:
        assert shelf.outbox.ledger.epoch.startswith("fedcba9876543210-")
        assert len(await drained(shelf)) == READINGS
        assert shelf.outbox.ledger.total().balanced


async def test_a_table_is_read_in_pieces_and_the_last_piece_too(tmp_path):
    count = 2 * ROWS_AT_ONCE + 3
    for name in ("old", "new"):
        async with open_database(tmp_path / name, stamp="x") as database:
            if name == "old":
                rows = [(number, number, "kind", "{}") for number in range(1, count + 1)]
                await database.write(("INSERT INTO event (id, time_s, kind, data) VALUES (?, ?, ?, ?)", rows))
    found = salvage(tmp_path / "new" / FILE_NAME, tmp_path / "old" / FILE_NAME)
    assert found == Salvaged(count, 0, ())


async def test_a_file_that_is_no_database_gives_nothing(tmp_path):
    async with open_database(tmp_path, stamp="x"):
        pass
    (tmp_path / "noise").write_bytes(b"\x07" * 5000)
    assert salvage(tmp_path / FILE_NAME, tmp_path / "noise").rows == 0

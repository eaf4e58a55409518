"""Damaged databases that were set aside: a few are kept, the newest always, and they count into the quota."""

from __future__ import annotations

import pytest

from gateway.store import files
from gateway.store.database import PAGE_BYTES, open_database
from gateway.store.files import ASIDE_MAX, keep_newest_aside
from gateway.store.quota import WAL_BYTES, Quota


@pytest.fixture
def aside(tmp_path, monkeypatch):
    """Makes databases that were set aside, one after the other, with their parts."""
    ages = {}

    monkeypatch.setattr(files, "_renamed_ns", lambda path: ages[path.name])

    def make(name, size=100):
        for suffix in ("", "-wal"):
            path = tmp_path / f"edgetwin.db.{name}.bad{suffix}"
            path.write_bytes(bytes(size))
            ages[path.name] = len(ages)
        return tmp_path / f"edgetwin.db.{name}.bad"

    return make


def names(folder):
    return sorted(path.name.split(".")[2] for path in folder.glob("*.bad"))


def test_the_oldest_go_with_all_their_parts_and_nothing_else_does(tmp_path, aside):
    (tmp_path / "edgetwin.db").write_bytes(b"x")
    for number in range(ASIDE_MAX + 2):
        newest = aside(f"a{number}")
    assert keep_newest_aside(tmp_path, newest, 1_000_000) == ASIDE_MAX * 200
    assert names(tmp_path) == ["a2", "a3", "a4"]
    assert len(list(tmp_path.iterdir())) == 2 * ASIDE_MAX + 1


def test_the_newest_stays_whatever_it_takes_and_others_only_where_there_is_room(tmp_path, aside):
    aside("old", 200)
    newest = aside("by-a-wrong-clock", 5_000)
    aside("now", 50)
    assert keep_newest_aside(tmp_path, newest, 10_200) == 10_100
    assert names(tmp_path) == ["by-a-wrong-clock", "now"]
    assert keep_newest_aside(tmp_path, newest, 100) == 10_000
    assert keep_newest_aside(tmp_path, None, 100) == 0


def test_none_is_none(tmp_path):
    assert keep_newest_aside(tmp_path, None, 100) == 0


@pytest.mark.parametrize(("size", "left"), [(1_000_000, 7_000_000), (9_000_000, 4_000_000)])
async def test_what_was_set_aside_counts_into_the_quota_but_leaves_half_of_it(tmp_path, size, left):
    (tmp_path / "edgetwin.db").write_bytes(b"no database at all" * (size // 18))
    async with open_database(tmp_path, stamp="now") as database:
        await Quota(None, database, tmp_path, 8_000_000).cap()
        pages = (await database.read("PRAGMA max_page_count"))[0][0]
        assert pages * PAGE_BYTES == pytest.approx(left - WAL_BYTES, abs=2_000)

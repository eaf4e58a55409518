"""Small segments on the disk become large ones, and nothing else changes: what is sent, counted, shed and thinned."""

from __future__ import annotations

import pytest

from gateway.core.joining import BODY_BYTES_MIN
from gateway.core.ledger_events import Key
from gateway.core.reading import Lane
from gateway.core.shedding import Action, Step
from gateway.errors import StoreError
from gateway.store import limits
from gateway.store import segments as disk
from gateway.store.database import PAGE_BYTES
from gateway.store.quota import Quota
from tests.fakes.clock import FakeClock
from tests.store.shelf import shelf_in, values

EVERYTHING = 10_000
READINGS_MAX = 20


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(limits, "SEGMENT_READINGS_MAX", READINGS_MAX)


@pytest.fixture
async def shelf(tmp_path, clock):
    async with shelf_in(tmp_path, clock) as opened:
        yield opened


async def commits(shelf, count, begin=0, lane=Lane.NORMAL):
    """So many commits of three readings each."""
    for number in range(begin, begin + count):
        for place in range(3):
            shelf.clock.advance(0.5)
            shelf.read(float(3 * number + place), lane=lane)
        await shelf.committer.commit()


async def test_offline_small_segments_become_large_ones(shelf):
    await commits(shelf, 14)
    assert await shelf.rows() == [(2, 1, 18), (2, 19, 36), (2, 37, 39), (2, 40, 42)]
    assert shelf.outbox.stored[Lane.NORMAL] == 4
    sent = await shelf.outbox.take_stored(EVERYTHING)
    assert values(sent) == [float(number) for number in range(42)]
    assert len(shelf.acknowledge(sent)) == 4
    await shelf.committer.commit()
    assert await shelf.rows() == []
    assert shelf.outbox.ledger.total().acknowledged == 42


async def test_a_reading_takes_at_most_five_bytes_when_it_is_joined_and_each_is_joined_once(shelf, monkeypatch):
    monkeypatch.setattr(limits, "SEGMENT_READINGS_MAX", 500)
    written = []
    write = shelf.database.write

    async def count(*statements):
        written.extend(row[2] for sql, rows in statements if sql.startswith("INSERT INTO segment") for row in rows)
        await write(*statements)

    before = await used(shelf)
    shelf.database.write = count
    for number in range(1_600):
        shelf.clock.advance(1)
        for channel in range(5):
            shelf.read(20 + number % 7 / 100, series=f"device-{channel}/temperature")
        await shelf.committer.commit()
    readings = 8_000
    assert (await used(shelf) - before) / readings <= 5
    assert len(written) == len(set(written)) + readings // 500 - 1 == 1_600 + readings // 500 - 1


async def test_what_a_slow_link_would_carry_for_long_is_not_joined(shelf, monkeypatch):
    monkeypatch.setattr(limits, "SEGMENT_READINGS_MAX", 500)
    shelf.outbox.segment_bytes = 1024
    await commits(shelf, 600)
    sizes = [len(one.segment.body) for one in await disk.load_lane(shelf.database, Lane.NORMAL, 0, EVERYTHING)]
    assert BODY_BYTES_MIN // 2 < max(sizes) <= BODY_BYTES_MIN
    assert len(sizes) < 600 / 10


@pytest.mark.parametrize("segment_bytes", [200, 2_000])
async def test_on_a_slow_link_an_open_segment_is_sealed_when_it_is_long_enough(shelf, segment_bytes, monkeypatch):
    monkeypatch.setattr(limits, "SEGMENT_READINGS_MAX", 500)
    shelf.outbox.segment_bytes = segment_bytes
    for number in range(400):
        shelf.read(float(number))
    taken = shelf.outbox.take_live(EVERYTHING)
    assert values(taken) == [float(number) for number in range(400)]
    assert max(len(one.body) for one in taken) < 1.5 * segment_bytes + 100
    assert len(taken) > 1


async def used(shelf):
    pages = (await shelf.database.read("PRAGMA page_count"))[0][0]
    return (pages - (await shelf.database.read("PRAGMA freelist_count"))[0][0]) * PAGE_BYTES


async def test_what_was_ever_sent_keeps_its_numbers(shelf):
    await commits(shelf, 2)
    sent = await shelf.outbox.take_stored(3)
    shelf.outbox.release()
    await commits(shelf, 11, begin=2)
    assert [(first, last) for _, first, last in await shelf.rows()][:2] == [(1, 3), (4, 21)]
    # The answer comes late: it frees what it names when that is taken again, and nothing else.
    shelf.outbox.release()
    again = await shelf.outbox.take_stored(EVERYTHING)
    assert shelf.acknowledge(sent) == [sent[0].key]
    assert values(again)[:3] == values(sent)


async def test_what_was_sent_while_it_was_being_written_keeps_its_numbers(shelf):
    shelf.read(1.0)
    sent = shelf.outbox.take_live(EVERYTHING)
    shelf.outbox.release()
    await shelf.committer.commit()
    await commits(shelf, 12)
    assert (2, 1, 1) in await shelf.rows()
    assert (await shelf.outbox.take_stored(1))[0].body == sent[0].body


async def test_part_of_a_joined_segment_frees_nothing(shelf):
    await commits(shelf, 8)
    (segment, *_) = await shelf.outbox.take_stored(EVERYTHING)
    assert segment.count == 18
    for first, last in ((1, 3), (1, 17), (2, 18), (4, 9)):
        assert shelf.outbox.acknowledge([(segment.epoch, "normal", first, last)]) == []
    assert shelf.outbox.acknowledge([(segment.epoch, "normal", 1, 100)])[0] == segment.key


async def test_segments_of_an_earlier_run_stay_as_they_may_have_been_sent(tmp_path, clock):
    async with shelf_in(tmp_path, clock) as shelf:
        await commits(shelf, 2)
        shelf.abandon()
    async with shelf_in(tmp_path, clock) as shelf:
        await commits(shelf, 8)
        assert await shelf.rows() == [(2, 1, 3), (2, 4, 6), (2, 1, 18), (2, 19, 21), (2, 22, 24)]


async def test_what_is_being_joined_is_neither_sent_nor_passed_over(shelf):
    await commits(shelf, 7)
    write, seen = shelf.database.write, []

    async def write_and_look(*statements):
        seen.extend(await shelf.outbox.take_stored(EVERYTHING))
        await write(*statements)
        seen.extend(await shelf.outbox.take_stored(EVERYTHING))

    shelf.database.write = write_and_look
    await commits(shelf, 1, begin=7)
    shelf.database.write = write
    assert seen == []
    seen = await shelf.outbox.take_stored(EVERYTHING)
    assert values(seen) == [float(number) for number in range(24)]


async def test_a_joining_that_fails_changes_nothing_and_is_tried_when_the_disk_works_again(shelf):
    await commits(shelf, 7)
    write, tried = shelf.database.write, []

    async def fail(*statements):
        tried.append(sum(sql.startswith("DELETE FROM segment") for sql, _ in statements))
        raise StoreError("the disk is full")

    shelf.database.write = fail
    shelf.read(21.0)
    for _ in range(2):
        assert not await shelf.committer._try_commit()
    shelf.database.write = write
    assert tried == [1, 0]
    assert len(await shelf.rows()) == 7
    assert await shelf.committer._try_commit()
    assert len(await shelf.rows()) == 8
    await commits(shelf, 1, begin=8)
    assert (await shelf.rows())[0] == (2, 1, 18)
    assert shelf.outbox.ledger.total().balanced


async def test_what_was_shed_does_not_come_back_by_being_joined(shelf, tmp_path):
    await commits(shelf, 5, lane=Lane.LOW)
    quota = Quota(shelf.outbox, shelf.database, tmp_path, 0)
    await quota.relieve()
    await shelf.committer.commit()
    await commits(shelf, 8, lane=Lane.LOW)
    total = shelf.outbox.ledger.total()
    assert sum(last - first + 1 for _, first, last in await shelf.rows()) == total.waiting == 24
    assert (total.shed, total.balanced) == (15, True)


async def test_what_was_thinned_is_not_joined_and_what_was_joined_can_be_thinned(shelf, tmp_path):
    await commits(shelf, 5)
    quota = Quota(shelf.outbox, shelf.database, tmp_path, 0)
    await _thin(quota, shelf)
    await commits(shelf, 8, begin=5)
    rows = await shelf.database.read("SELECT first, last, thinned FROM segment ORDER BY id")
    assert rows == [(1, 15, 60), (16, 33, 0), (34, 36, 0), (37, 39, 0)]
    await _thin(quota, shelf)
    rows = await shelf.database.read("SELECT first, last, thinned FROM segment ORDER BY id")
    assert rows == [(1, 15, 60), (16, 39, 60)]
    await commits(shelf, 8, begin=13)
    assert shelf.outbox.ledger.total().waiting == 63
    assert sum(shelf.outbox.stored.values()) == len(await shelf.rows())


async def _thin(quota, shelf):
    found = await disk.load_lane(shelf.database, Lane.NORMAL, 0, 64, finer_than_s=60)
    await quota._take_step(Step(Action.THIN, Lane.NORMAL, 60), found, {(Lane.NORMAL, 0): len(found)})


async def test_an_audit_forgets_what_it_may_have_removed(shelf):
    await commits(shelf, 5)
    await shelf.database.write(("UPDATE segment_normal SET crc = 0 WHERE id = 2", [()]))
    sent = await shelf.outbox.take_stored(EVERYTHING)
    assert shelf.outbox.damaged
    await shelf.committer._try_commit()
    assert Key(*sent[0].key) in shelf.outbox.taken
    await commits(shelf, 8, begin=5)
    total = shelf.outbox.ledger.total()
    assert (total.shed, total.waiting, total.balanced) == (3, 36, True)
    assert sum(last - first + 1 for _, first, last in await shelf.rows()) == 36

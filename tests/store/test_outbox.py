"""The outbox, one promise at a time; all of them together are in `test_outbox_model.py`."""

from __future__ import annotations

import asyncio

import pytest

from gateway.core.reading import Lane, Reading
from gateway.errors import StoreError
from gateway.store import limits
from gateway.store.quota import Quota
from tests.fakes.clock import FakeClock
from tests.store.shelf import records, shelf_in, values

EVERYTHING = 10_000


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
async def shelf(tmp_path, clock):
    async with shelf_in(tmp_path, clock) as opened:
        yield opened


async def test_what_is_read_can_be_sent_at_once(shelf):
    shelf.read(1.0)
    shelf.read(2.0, lane=Lane.HIGH)
    assert values(shelf.outbox.take_live(EVERYTHING)) == [2.0, 1.0]
    assert shelf.outbox.take_live(EVERYTHING) == []
    assert shelf.outbox.live_since_ns() is None


async def test_readings_of_one_tick_keep_their_order(shelf, clock):
    tick = [(Reading(f"a/x{number}", float(number), clock.boottime_ns(), clock.wall_ns()), "") for number in range(5)]
    shelf.outbox.append_all(tick, Lane.NORMAL, urgent=True)
    assert shelf.outbox.urgent
    assert values(shelf.outbox.take_live(EVERYTHING)) == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert not shelf.outbox.urgent


async def test_what_was_not_acknowledged_can_be_taken_again(shelf):
    shelf.read(1.0)
    first = shelf.outbox.take_live(EVERYTHING)
    shelf.outbox.release(list(shelf.outbox.taken))
    assert shelf.outbox.take_live(EVERYTHING) == first


async def test_only_what_is_named_wholly_is_freed_and_only_once(shelf):
    for value in (1.0, 2.0):
        shelf.read(value)
    (segment,) = shelf.outbox.take_live(EVERYTHING)
    epoch, lane = segment.epoch, "normal"
    wrong = [
        (epoch, lane, 1, 1),
        (epoch, lane, 2, 2),
        (epoch, "high", 1, 2),
        (epoch + "0", lane, 1, 2),
        (epoch, "?", 1, 2),
    ]
    assert shelf.outbox.acknowledge(wrong) == []
    right = [(epoch, lane, 1, 2), (epoch, lane, 1, 5)]
    assert shelf.outbox.acknowledge(right) == [segment.key]
    assert shelf.outbox.acknowledge(right) == []
    assert shelf.outbox.ledger.total().acknowledged == 2


async def test_a_new_unit_does_not_change_what_was_read_before(shelf):
    shelf.read(20.0, unit="Cel")
    shelf.read(293.15, unit="K")
    assert [(one.value, one.unit) for one in records(shelf.outbox.take_live(EVERYTHING))] == [
        (20.0, "Cel"),
        (293.15, "K"),
    ]


async def test_a_critical_reading_is_committed_before_it_is_sent(shelf):
    shelf.read(1.0, lane=Lane.CRITICAL)
    assert shelf.outbox.take_live(EVERYTHING) == []
    assert await shelf.outbox.take_stored(EVERYTHING) == []
    await shelf.committer.commit()
    assert values(await shelf.outbox.take_stored(EVERYTHING)) == [1.0]


async def test_a_critical_reading_whose_commit_fails_is_not_sent(shelf):
    """What a transaction has written can be seen by its own connection before it fails."""
    shelf.read(1.0)
    await shelf.committer.commit()
    shelf.read(2.0, lane=Lane.CRITICAL)
    shelf.committer.event = lambda *_, **__: [("INSERT INTO nothing VALUES (1)", [()])]
    shelf.outbox.note("anything")
    committing = asyncio.create_task(shelf.committer.commit())
    sent = []
    while not committing.done():
        sent += await shelf.outbox.take_stored(EVERYTHING)
        await asyncio.sleep(0)
    with pytest.raises(StoreError):
        await committing
    assert values(sent) == [1.0]
    shelf.outbox.notes.clear()


def after_the_next_write(shelf, work):
    """Do `work` when the next transaction is on the disk and nobody has heard of it."""
    write = shelf.database.write

    async def hooked(*statements):
        shelf.database.write = write
        await write(*statements)
        await work()

    shelf.database.write = hooked


async def test_what_is_acknowledged_during_its_commit_is_not_sent_again_from_the_disk(shelf):
    shelf.read(1.0)
    taken = shelf.outbox.take_live(EVERYTHING)
    seen = []

    async def work():
        assert shelf.acknowledge(taken) == [taken[0].key]
        shelf.outbox.stored[Lane.NORMAL] += 1  # Something else is on the disk, so that it is looked at.
        seen.extend(await shelf.outbox.take_stored(EVERYTHING))
        shelf.outbox.stored[Lane.NORMAL] -= 1

    after_the_next_write(shelf, work)
    await shelf.committer.commit()
    assert seen == []
    assert (shelf.outbox.has_stored, shelf.outbox.stored[Lane.NORMAL]) == (False, 0)
    await shelf.committer.commit()
    assert await shelf.rows() == []


async def test_what_is_seen_on_the_disk_before_its_commit_is_over_is_taken_once(shelf):
    shelf.read(1.0)
    await shelf.committer.commit()
    shelf.read(2.0)
    seen = []

    async def work():
        seen.extend(await shelf.outbox.take_stored(EVERYTHING))

    after_the_next_write(shelf, work)
    await shelf.committer.commit()
    assert values(seen) == [1.0, 2.0]
    assert not shelf.outbox.has_stored
    shelf.acknowledge(seen)
    await shelf.committer.commit()
    assert (await shelf.rows(), shelf.outbox.ledger.total().acknowledged) == ([], 2)


async def test_a_link_that_is_lost_while_the_disk_is_read_makes_nothing_be_passed_over(shelf):
    for value in (1.0, 2.0, 3.0):
        shelf.read(value)
        await shelf.committer.commit()
    first = await shelf.outbox.take_stored(1)
    taking = asyncio.create_task(shelf.outbox.take_stored(EVERYTHING))
    await asyncio.sleep(0)
    shelf.outbox.release()
    second = await taking
    assert values(first) + values(second) + values(await shelf.outbox.take_stored(EVERYTHING)) == [1.0, 2.0, 3.0, 1.0]
    assert not shelf.outbox.has_stored


async def test_what_is_acknowledged_while_the_disk_is_read_is_not_sent_again(shelf):
    """It was sent before the link was lost, and the answer comes when it is just being taken again."""
    shelf.read(1.0)
    await shelf.committer.commit()
    shelf.read(2.0, lane=Lane.LOW)
    await shelf.committer.commit()
    read = shelf.database.read

    async def answered(sql, parameters=()):
        rows = await read(sql, parameters)
        if "segment_low" in sql:
            shelf.acknowledge([one for one in shelf.outbox.taken.values() if one.lane is Lane.NORMAL])
        return rows

    shelf.database.read = answered
    assert values(await shelf.outbox.take_stored(EVERYTHING)) == [2.0]


async def test_what_is_being_thinned_is_not_passed_over(shelf):
    for value in (1.0, 2.0, 3.0):
        shelf.read(value)
        await shelf.committer.commit()
    keys = [segment.key for segment in await shelf.outbox.take_stored(EVERYTHING)]
    shelf.outbox.release()
    shelf.outbox.reserved = set(keys[1:])
    assert values(await shelf.outbox.take_stored(EVERYTHING)) == [1.0]
    shelf.outbox.reserved.clear()
    assert values(await shelf.outbox.take_stored(EVERYTHING)) == [2.0, 3.0]


async def test_readings_go_out_under_the_present_name_of_the_gateway(tmp_path, clock):
    async with shelf_in(tmp_path, clock, gateway="old") as shelf:
        shelf.read(1.0)
        await shelf.committer.commit()
    async with shelf_in(tmp_path, clock, gateway="new") as shelf:
        stored = await shelf.outbox.take_stored(EVERYTHING)
        assert values(stored, "new") == [1.0]
        shelf.acknowledge(stored)
        assert [one.name for one in shelf.outbox.ledger.series] == ["a/x"]
        assert (shelf.outbox.ledger.total().waiting, shelf.outbox.ledger.total().acknowledged) == (0, 1)


async def test_no_more_is_taken_from_a_disk_that_lets_nothing_go(shelf, monkeypatch):
    monkeypatch.setattr(limits, "FREED_MAX", 2)
    for value in (1.0, 2.0, 3.0):
        shelf.read(value)
        await shelf.committer.commit()
    assert shelf.acknowledge(await shelf.outbox.take_stored(1))
    assert shelf.acknowledge(await shelf.outbox.take_stored(1))
    assert await shelf.outbox.take_stored(1) == []
    await shelf.committer.commit()
    assert values(await shelf.outbox.take_stored(1)) == [3.0]


async def test_an_event_that_has_no_room_anywhere_is_refused_and_changes_nothing(shelf):
    before = shelf.outbox.ledger.snapshot()
    with pytest.raises(StoreError, match="no room"):
        shelf.outbox.suppress("a/" + "x" * 1_200_000, "")
    assert shelf.outbox.ledger.snapshot() == before
    shelf.read(1.0)
    assert values(shelf.outbox.take_live(EVERYTHING)) == [1.0]


async def test_thinning_and_sending_do_not_get_into_each_others_way(shelf, tmp_path, clock):
    for value in range(40):
        clock.advance(1)
        shelf.read(float(value))
        await shelf.committer.commit()
    quota = Quota(shelf.outbox, shelf.database, tmp_path, 0)
    thinning = asyncio.create_task(quota.relieve())
    sent = []
    while not thinning.done():
        sent += await shelf.outbox.take_stored(1)
        await asyncio.sleep(0)
    await thinning
    sent += await shelf.outbox.take_stored(EVERYTHING)
    assert not shelf.outbox.has_stored
    assert sum(one.count for one in sent) + shelf.outbox.ledger.total().shed == 40

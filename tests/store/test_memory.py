"""A disk that takes nothing: the memory stays within its bounds, gives way in order, and counts what it gave."""

from __future__ import annotations

import random

import pytest

from gateway.core.ledger_events import Key, encode_snapshot
from gateway.core.ledger_size import SEGMENT_BYTES
from gateway.core.reading import Lane
from gateway.core.shedding import first_to_go
from gateway.errors import StoreError
from gateway.store import limits, recovery
from gateway.store.head import Head
from tests.fakes.clock import FakeClock
from tests.store.shelf import shelf_in, values

HALF_BYTES = 16_384
MEMORY_BYTES = 12_288
"""Three quarters of a half, as in earnest."""
SEALING = len(Lane) * SEGMENT_BYTES
"""What is open takes so much more when it is sealed."""


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(limits, "MEMORY_BYTES_MAX", MEMORY_BYTES)
    monkeypatch.setattr(recovery, "Head", lambda path: Head(path, HALF_BYTES))


def break_disk(shelf):
    async def fail(*_statements):
        raise StoreError("the disk is full")

    shelf.database.write = fail


async def fail_to_commit(shelf):
    with pytest.raises(StoreError):
        await shelf.committer.commit()


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_comes_while_the_disk_takes_nothing_the_state_fits_and_survives_the_process(
    tmp_path, clock, seed
):
    chance = random.Random(seed)
    async with shelf_in(tmp_path, clock) as shelf:
        break_disk(shelf)
        for number in range(1_500):
            clock.advance(0.1)
            value = chance.choice([float(number), "漢" * chance.randrange(40), bool(number % 2)])
            series = f"device-{number % 5}/channel"
            shelf.read(value, series=series, unit="", lane=chance.choice(list(Lane)))
            if chance.random() < 0.3:
                shelf.outbox.take_live(chance.choice([1, 10_000]))
            if chance.random() < 0.05:
                await fail_to_commit(shelf)
            if chance.random() < 0.01:
                shelf.outbox.release()
            ledger = shelf.outbox.ledger
            assert len(encode_snapshot(ledger.snapshot())) < HALF_BYTES - 1_024
        total = ledger.total()
        assert (total.taken, total.balanced) == (1_500, True)
        assert 0 < total.shed < 1_500
        assert sum(sum(gap.counts.values()) for gap in ledger.gaps) == total.shed
        shelf.abandon()
    async with shelf_in(tmp_path, clock) as again:
        assert again.outbox.ledger.total() == total
        await again.committer.commit()
        assert sum(last - first + 1 for _, first, last in await again.rows()) == total.waiting


@pytest.mark.parametrize("taken", [False, True])
async def test_low_goes_first_and_what_is_on_its_way_after_everything_else(tmp_path, clock, taken):
    async with shelf_in(tmp_path, clock) as shelf:
        break_disk(shelf)
        for lane in (Lane.HIGH, Lane.LOW, Lane.NORMAL):
            shelf.read(float(lane), lane=lane, series=f"{lane.label}/x")
            if taken and lane is Lane.LOW:
                shelf.outbox.take_live(10_000)
        while shelf.outbox.ledger.total().shed < 2:
            clock.advance(1)
            shelf.read(9.0, lane=Lane.HIGH, series="filling/x")
        first = {gap.lane for gap in shelf.outbox.ledger.gaps}
        assert first == ({Lane.NORMAL, Lane.HIGH} if taken else {Lane.LOW, Lane.NORMAL})
        shelf.abandon()


async def test_critical_readings_give_way_to_nothing_but_each_other(tmp_path, clock):
    async with shelf_in(tmp_path, clock) as shelf:
        break_disk(shelf)
        shelf.read(1.0, lane=Lane.HIGH)
        for number in range(200):
            shelf.read("x" * 100, lane=Lane.CRITICAL, series=f"alarm/x{number % 3}")
            shelf.outbox.take_live(1)
        gaps = shelf.outbox.ledger.gaps
        assert gaps[0].lane is Lane.HIGH
        assert {gap.lane for gap in gaps[1:]} == {Lane.CRITICAL}
        assert shelf.outbox.ledger.bytes <= MEMORY_BYTES + SEALING
        shelf.abandon()


async def test_a_critical_reading_stays_while_others_are_being_written_by_a_disk_that_then_fails(tmp_path, clock):
    """During a write everything else may be on its way to the disk; the alarms that come then must not go for it."""
    async with shelf_in(tmp_path, clock) as shelf:
        for number in range(5):
            shelf.read("x" * 1_000, lane=Lane.LOW, series=f"low/x{number}")
            shelf.read("x" * 1_000, lane=Lane.HIGH, series=f"high/x{number}")

        async def fail_late(*_statements):
            for number in range(3):
                shelf.read("y" * 900, lane=Lane.CRITICAL, series=f"alarm/x{number}")
            raise StoreError("the disk is full")

        shelf.database.write = fail_late
        await fail_to_commit(shelf)
        assert {gap.lane for gap in shelf.outbox.ledger.gaps} == {Lane.LOW}
        assert shelf.outbox.ledger.total().balanced
        shelf.abandon()


async def test_what_is_shed_while_it_is_written_is_gone_from_the_disk_as_well(tmp_path, clock):
    async with shelf_in(tmp_path, clock) as shelf:
        for number in range(10):
            shelf.read("x" * 1_000, lane=Lane.LOW, series=f"low/x{number}")
        write = shelf.database.write

        async def write_late(*statements):
            shelf.database.write = write
            for number in range(3):
                shelf.read("y" * 900, lane=Lane.CRITICAL, series=f"alarm/x{number}")
            await write(*statements)

        shelf.database.write = write_late
        for _ in range(2):
            await shelf.committer.commit()
        assert {lane for lane, _, _ in await shelf.rows()} == {Lane.CRITICAL}
        total = shelf.outbox.ledger.total()
        assert (total.shed, total.waiting, total.balanced) == (10, 3, True)
        assert shelf.outbox.stored[Lane.LOW] == 0


async def test_when_the_disk_takes_things_again_what_is_left_reaches_it_and_what_is_gone_is_reported(tmp_path, clock):
    async with shelf_in(tmp_path, clock) as shelf:
        write = shelf.database.write
        break_disk(shelf)
        for number in range(800):
            shelf.read(float(number), series=f"a/x{number % 3}")
            if number % 50 == 0:
                await fail_to_commit(shelf)
        shelf.database.write = write
        told = []
        shelf.committer.event = lambda kind, **data: told.append((kind, data)) or ()
        await shelf.committer.commit()
        total = shelf.outbox.ledger.total()
        assert total.waiting + total.shed == 800
        assert sum(sum(data["readings"].values()) for _, data in told) == total.shed > 0
        assert (shelf.outbox.ledger.gaps, shelf.outbox.ledger.bytes) == ([], 0)
        assert len(values(await shelf.outbox.take_stored(10_000))) == total.waiting


async def test_what_the_twin_rejects_waits_while_there_is_no_room_to_keep_it_apart(tmp_path, clock, monkeypatch):
    async with shelf_in(tmp_path, clock) as shelf:
        shelf.read(1.0)
        (segment,) = shelf.outbox.take_live(1)
        monkeypatch.setattr(limits, "MEMORY_BYTES_MAX", 0)
        shelf.outbox.reject(Key(*segment.key), "no")
        assert (list(shelf.outbox.taken), shelf.outbox.ledger.quarantine) == ([segment.key], [])
        monkeypatch.setattr(limits, "MEMORY_BYTES_MAX", MEMORY_BYTES)
        shelf.outbox.reject(Key(*segment.key), "no")
        await shelf.committer.commit()
        assert await shelf.database.read("SELECT reason, first FROM quarantine") == [("no", 1)]
        assert shelf.outbox.ledger.total().quarantined == 1


def test_the_order_in_which_segments_in_memory_give_way():
    keys = [Key("e-1", lane, first) for first in (1, 2) for lane in Lane]
    order = []
    while keys:
        order.append(first_to_go(keys, {Key("e-1", Lane.LOW, 1)}, {Key("e-1", Lane.LOW, 2)}))
        keys.remove(order[-1])
    names = [f"{key.lane.label} {key.first}" for key in order]
    assert names == ["normal 1", "normal 2", "high 1", "high 2", "low 1", "low 2", "critical 1", "critical 2"]
    assert first_to_go([]) is None

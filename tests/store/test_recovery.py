"""How an outbox begins again after every kind of end. What happens in between is in `test_outbox_model.py`."""

from __future__ import annotations

import shutil

import pytest

from gateway.core.ledger_events import Key
from gateway.core.reading import Lane
from gateway.errors import StoreError
from gateway.store import committer as committer_module
from gateway.store.database import FILE_NAME
from gateway.store.recovery import HEAD_NAME, MARK_NAME
from gateway.store.segments import FINISHED_EPOCHS_MAX
from tests.fakes.clock import FakeClock
from tests.store.shelf import STORE_ID, shelf_in, values

EVERYTHING = 10_000


@pytest.fixture
def clock():
    return FakeClock()


def fail_before(shelf):
    async def fail(*_statements):
        raise StoreError("the disk is full")

    shelf.database.write = fail


def fail_after(shelf):
    write = shelf.database.write

    async def lie(*statements):
        await write(*statements)
        raise StoreError("the flush failed")

    shelf.database.write = lie


def during_the_next_write(shelf, work):
    write = shelf.database.write

    async def hooked(*statements):
        shelf.database.write = write
        work()
        await write(*statements)

    shelf.database.write = hooked


async def drain(shelf):
    """Everything that waits, as the twin gets it; acknowledged."""
    taken = shelf.outbox.take_live(EVERYTHING)
    await shelf.committer.commit()
    taken += await shelf.outbox.take_stored(EVERYTHING)
    shelf.acknowledge(taken)
    return values(taken)


def totals(shelf):
    total = shelf.outbox.ledger.total()
    return total.taken, total.acknowledged, total.waiting


async def test_an_end_in_order_keeps_the_counts_and_needs_no_head_file(tmp_path, clock):
    async with shelf_in(tmp_path, clock) as shelf:
        shelf.outbox.suppress("a/x", "Cel", 5)
        shelf.read(1.0)
        shelf.acknowledge(shelf.outbox.take_live(EVERYTHING))
    assert not (tmp_path / "run" / HEAD_NAME).exists()
    async with shelf_in(tmp_path, clock) as shelf:
        assert totals(shelf) == (6, 1, 0)
        assert shelf.outbox.ledger.total().suppressed == 5


async def test_what_is_acknowledged_during_the_last_commit_is_counted_as_it_is_on_the_disk(tmp_path, clock):
    async with shelf_in(tmp_path, clock) as shelf:
        shelf.read(1.0)
        taken = shelf.outbox.take_live(EVERYTHING)
        during_the_next_write(shelf, lambda: shelf.acknowledge(taken))
    async with shelf_in(tmp_path, clock) as shelf:
        assert totals(shelf) == (1, 0, 1)
        assert await drain(shelf) == [1.0]
        assert totals(shelf) == (1, 1, 0)


async def test_what_is_read_during_the_last_commit_is_found_by_the_next_start(tmp_path, clock):
    async with shelf_in(tmp_path, clock) as shelf:
        during_the_next_write(shelf, lambda: shelf.read(1.0))
    assert (tmp_path / "run" / HEAD_NAME).exists()
    async with shelf_in(tmp_path, clock) as shelf:
        assert await drain(shelf) == [1.0]


async def test_a_last_commit_that_fails_costs_nothing(tmp_path, clock):
    async def run():
        async with shelf_in(tmp_path, clock) as shelf:
            shelf.read(1.0)
            fail_before(shelf)

    with pytest.raises(StoreError):
        await run()
    async with shelf_in(tmp_path, clock) as shelf:
        assert await drain(shelf) == [1.0]


@pytest.mark.parametrize("break_it", [fail_before, fail_after])
async def test_a_commit_that_is_said_to_have_failed_may_have_arrived_or_not(tmp_path, clock, break_it):
    async with shelf_in(tmp_path, clock) as shelf:
        for value in (1.0, 2.0):
            shelf.read(value)
            shelf.outbox.take_live(EVERYTHING)
        break_it(shelf)
        with pytest.raises(StoreError):
            await shelf.committer.commit()
        shelf.abandon()
    async with shelf_in(tmp_path, clock) as shelf:
        assert totals(shelf) == (2, 0, 2)
        assert await drain(shelf) == [1.0, 2.0]
        assert totals(shelf) == (2, 2, 0)


async def test_the_head_file_of_another_boot_is_of_no_use(tmp_path, clock):
    async with shelf_in(tmp_path, clock) as shelf:
        shelf.read(1.0)
        await shelf.committer.commit()
        shelf.read(2.0)
        shelf.abandon()
    clock.reboot()
    async with shelf_in(tmp_path, clock) as shelf:
        assert await drain(shelf) == [1.0]
        assert totals(shelf) == (1, 1, 0)


async def test_what_was_only_in_memory_outlives_the_database(tmp_path, clock):
    async with shelf_in(tmp_path, clock) as shelf:
        shelf.read(1.0)
        await shelf.committer.commit()
        shelf.read(2.0)
        shelf.read(3.0)
        shelf.outbox.take_live(EVERYTHING)
        shelf.abandon()
    (tmp_path / FILE_NAME).write_bytes(b"no database" * 1_000)
    (tmp_path / f"{FILE_NAME}-wal").unlink(missing_ok=True)
    async with shelf_in(tmp_path, clock, store_id="f" * 16) as shelf:
        assert totals(shelf) == (2, 0, 2)
        assert await drain(shelf) == [2.0, 3.0]


@pytest.mark.parametrize("committed", [False, True])
async def test_a_new_name_after_a_crash_costs_nothing_and_counts_nothing_twice(tmp_path, clock, committed):
    async with shelf_in(tmp_path, clock, gateway="old") as shelf:
        shelf.read(1.0)
        await shelf.committer.commit()
        shelf.read(2.0)
        if committed:  # On the disk, but the process died before it knew.
            fail_after(shelf)
            with pytest.raises(StoreError):
                await shelf.committer.commit()
        shelf.abandon()
    async with shelf_in(tmp_path, clock, gateway="new") as shelf:
        assert totals(shelf) == (2, 0, 2)
        taken = shelf.outbox.take_live(EVERYTHING) + await shelf.outbox.take_stored(EVERYTHING)
        assert sorted(values(taken, "new")) == [1.0, 2.0]


async def test_what_the_twin_rejected_is_not_lost_with_the_database_either(tmp_path, clock):
    async with shelf_in(tmp_path, clock) as shelf:
        shelf.read(1.0)
        (segment,) = shelf.outbox.take_live(EVERYTHING)
        shelf.outbox.reject(Key(*segment.key), "no")
        shelf.abandon()
    (tmp_path / FILE_NAME).write_bytes(b"no database" * 1_000)
    (tmp_path / f"{FILE_NAME}-wal").unlink(missing_ok=True)
    async with shelf_in(tmp_path, clock, store_id="f" * 16) as shelf:
        assert await drain(shelf) == [1.0]


@pytest.mark.parametrize("power", [False, True])
async def test_acknowledged_rows_that_could_not_be_deleted_yet_are_remembered(tmp_path, clock, monkeypatch, power):
    monkeypatch.setattr(committer_module, "DELETE_ROWS_MAX", 1)
    async with shelf_in(tmp_path, clock) as shelf:
        for value in (1.0, 2.0, 3.0):
            shelf.read(value)
            await shelf.committer.commit()
        shelf.acknowledge(await shelf.outbox.take_stored(EVERYTHING))
        await shelf.committer.commit()
        shelf.abandon()
    if power:
        (tmp_path / "run" / HEAD_NAME).unlink()
        clock.reboot()
    async with shelf_in(tmp_path, clock) as shelf:
        assert totals(shelf) == (3, 3, 0)
        assert not shelf.outbox.has_stored
        assert await drain(shelf) == []
        await shelf.committer.commit()
        assert await shelf.rows() == []


async def test_every_start_is_an_epoch_of_its_own(tmp_path, clock):
    epochs = []
    for number in range(FINISHED_EPOCHS_MAX + 3):
        async with shelf_in(tmp_path, clock) as shelf:
            shelf.read(float(number))
            epochs.append(shelf.outbox.ledger.epoch)
            if number % 2:
                shelf.abandon()
    async with shelf_in(tmp_path, clock) as shelf:
        assert epochs == [f"{STORE_ID}-{number + 1}" for number in range(FINISHED_EPOCHS_MAX + 3)]
        finished = [(one.epoch, one.last) for one in shelf.opened.finished]
        # What was read before a crash and had no number yet got its number from the start after it.
        closed = [(epoch, {"normal": 2 if number else 1}) for number, epoch in enumerate(epochs[::2])]
        assert finished == closed[-FINISHED_EPOCHS_MAX:]
        assert sorted(await drain(shelf)) == [float(number) for number in range(FINISHED_EPOCHS_MAX + 3)]


async def test_a_database_that_forgot_its_newest_starts_does_not_give_their_numbers_again(tmp_path, clock):
    """As after a flipped bit in the write-ahead log, or with an old copy of the file. The mark knows better."""
    epochs = []
    for number in range(3):
        async with shelf_in(tmp_path, clock) as shelf:
            epochs.append(shelf.outbox.ledger.epoch)
        if number == 0:
            shutil.copy(tmp_path / FILE_NAME, tmp_path / "old")
    shutil.copy(tmp_path / "old", tmp_path / FILE_NAME)
    assert (tmp_path / MARK_NAME).exists()
    async with shelf_in(tmp_path, clock) as shelf:
        assert shelf.outbox.ledger.epoch not in epochs


async def test_a_damaged_list_of_epochs_does_not_keep_it_from_starting(tmp_path, clock):
    async with shelf_in(tmp_path, clock) as shelf:
        await shelf.database.write(("UPDATE meta SET value = CAST('[?' AS BLOB) WHERE key = 'epochs'", [()]))
    async with shelf_in(tmp_path, clock) as shelf:
        assert shelf.outbox.ledger.epoch == f"{STORE_ID}-2"


async def test_a_head_file_of_nonsense_is_said_and_done_without(tmp_path, clock):
    async with shelf_in(tmp_path, clock) as shelf:
        shelf.read(1.0)
        await shelf.committer.commit()
        shelf.head().begin(b"\xc1 is no snapshot")
        shelf.abandon()
    async with shelf_in(tmp_path, clock) as shelf:
        assert await drain(shelf) == [1.0]
        assert (Lane.NORMAL, 1, 1) not in await shelf.rows() or shelf.outbox.ledger.freed

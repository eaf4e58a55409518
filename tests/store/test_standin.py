"""What memory holds while no store can be opened reaches the store when one can: every reading once, every count."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.ledger_events import Quarantined
from gateway.core.reading import Lane
from gateway.core.settings import StoreSettings
from gateway.errors import StoreDownError
from gateway.store import limits
from gateway.store.database import open_database
from gateway.store.recovery import HEAD_NAME
from gateway.store.standin import carry_over, folder_of, open_standin
from tests.fakes.clock import FakeClock
from tests.store.run import EVERYTHING
from tests.store.shelf import STORE_ID, Shelf, shelf_in, values

OTHER_ID = "fedcba9876543210"


@contextlib.asynccontextmanager
async def standin_in(folder, clock, gateway="gw", store_id=OTHER_ID):
    chosen = StoreSettings(directory=str(folder), runtime_directory=str(folder / "run"))
    async with (
        open_database(folder_of(chosen), stamp="now") as database,
        open_standin(database, gateway, clock, chosen, store_id, 0, "the disk is full") as opened,
    ):
        yield Shelf(opened, database, clock)


def totals(shelf):
    total = shelf.outbox.ledger.total()
    assert all(tally.balanced for tally in shelf.outbox.ledger.tallies)
    return total.taken, total.suppressed, total.shed, total.acknowledged, total.waiting, total.quarantined


@pytest.fixture
def clock():
    return FakeClock()


async def test_it_sends_live_alarms_too_and_commits_nothing(tmp_path, clock):
    async with standin_in(tmp_path, clock) as shelf:
        shelf.read(1.0, lane=Lane.CRITICAL)
        shelf.read(2.0)
        assert shelf.outbox.critical_in_memory
        assert values(shelf.outbox.take_live(EVERYTHING)) == [1.0, 2.0]
        with pytest.raises(StoreDownError, match="full"):
            await shelf.committer.commit()
        assert await shelf.rows() == []


async def test_every_count_of_a_time_without_a_store_is_added_to_those_of_the_store(tmp_path, clock):
    async with shelf_in(tmp_path, clock) as shelf:
        shelf.read(1.0)
        shelf.outbox.suppress("a/x", "Cel", 4)
    async with standin_in(tmp_path, clock) as shelf:
        shelf.read(2.0, series="b/y")
        shelf.outbox.suppress("b/y", "Cel", 3)
        shelf.acknowledge(shelf.outbox.take_live(EVERYTHING))
        shelf.read(3.0)
        shelf.outbox.seal_all()
        [segment] = shelf.outbox.ledger.volatile.values()
        shelf.outbox.record(Quarantined(segment, "nobody takes it"))
        shelf.read(4.0)
        assert totals(shelf) == (6, 3, 0, 1, 1, 1)
    async with shelf_in(tmp_path, clock) as shelf:
        assert totals(shelf) == (11, 7, 0, 1, 2, 1)
        assert len(shelf.outbox.ledger.quarantine) == 1
        await shelf.committer.commit()
        assert values(await shelf.outbox.take_stored(EVERYTHING)) == [1.0, 4.0]


async def test_what_a_killed_run_left_is_sent_without_the_store_and_is_not_counted_twice(tmp_path, clock):
    async with shelf_in(tmp_path, clock) as shelf:
        shelf.read(1.0)
        await shelf.committer.commit()
        shelf.read(2.0)
        shelf.abandon()
    async with standin_in(tmp_path, clock) as shelf:
        assert shelf.outbox.ledger.counts_of == STORE_ID
        shelf.read(3.0)
        assert totals(shelf) == (3, 0, 0, 0, 3, 0)
        taken = shelf.outbox.take_live(EVERYTHING)
        assert values(taken) == [2.0, 3.0]
        shelf.acknowledge(taken[:1])
        shelf.abandon()
    async with standin_in(tmp_path, clock) as shelf:
        assert totals(shelf) == (3, 0, 0, 1, 2, 0)
    async with shelf_in(tmp_path, clock) as shelf:
        assert totals(shelf) == (3, 0, 0, 1, 2, 0)
        await shelf.committer.commit()
        assert values(await shelf.outbox.take_stored(EVERYTHING)) == [1.0, 3.0]


async def test_a_commit_that_a_kill_interrupted_is_settled_by_the_store_it_was_for(tmp_path, clock):
    async with shelf_in(tmp_path, clock) as shelf:
        write = shelf.database.write

        async def die(*statements):
            await write(*statements)
            raise KeyboardInterrupt

        shelf.read(1.0)
        shelf.database.write = die
        record = shelf.outbox.record
        shelf.outbox.record = lambda event: None if type(event).__name__ == "Committed" else record(event)
        with contextlib.suppress(KeyboardInterrupt):
            await shelf.committer._commit()
        shelf.outbox.record, shelf.database.write = record, write
        shelf.abandon()
    async with standin_in(tmp_path, clock) as shelf:
        assert shelf.outbox.ledger.commit == 1
        shelf.acknowledge(shelf.outbox.take_live(EVERYTHING))
        assert totals(shelf) == (1, 0, 0, 1, 0, 0)
    async with shelf_in(tmp_path, clock) as shelf:
        assert totals(shelf) == (1, 0, 0, 1, 0, 0)
        await shelf.committer.commit()
        assert await shelf.rows() == []


async def test_memory_is_bounded_and_what_it_sheds_is_a_gap_that_the_store_tells(tmp_path, clock, monkeypatch):
    monkeypatch.setattr(limits, "MEMORY_BYTES_MAX", 4000)
    monkeypatch.setattr(limits, "SEGMENT_READINGS_MAX", 10)
    async with standin_in(tmp_path, clock) as shelf:
        for number in range(400):
            shelf.read(float(number), lane=Lane.LOW if number % 2 else Lane.HIGH)
        taken, _, shed, _, waiting, _ = totals(shelf)
        assert (taken, shed > 0) == (400, True)
        assert shelf.outbox.ledger.bytes <= 4000
    told = []
    async with shelf_in(tmp_path, clock) as shelf:
        assert totals(shelf) == (400, 0, shed, 0, waiting, 0)
        shelf.committer.event = lambda kind, **data: told.append((kind, data)) or ()
        await shelf.committer.commit()
    assert sum(sum(data["readings"].values()) for kind, data in told if kind == "gap") == shed


async def test_another_name_takes_the_readings_and_not_the_counts(tmp_path, clock):
    async with shelf_in(tmp_path, clock) as shelf:
        shelf.read(1.0)
        shelf.outbox.suppress("a/x", "Cel", 5)
        shelf.abandon()
    async with standin_in(tmp_path, clock, gateway="other") as shelf:
        assert shelf.outbox.ledger.counts_of == ""
        assert totals(shelf) == (1, 0, 0, 0, 1, 0)
        assert values(shelf.outbox.take_live(EVERYTHING), "other") == [1.0]


async def test_every_number_is_given_once_and_the_store_says_where_each_epoch_ended(tmp_path, clock):
    epochs = set()
    for opens in (shelf_in, standin_in, standin_in, shelf_in, standin_in):
        async with opens(tmp_path, clock) as shelf:
            assert shelf.outbox.ledger.epoch not in epochs
            epochs.add(shelf.outbox.ledger.epoch)
            shelf.read(1.0)
            shelf.acknowledge(shelf.outbox.take_live(EVERYTHING))
    last = shelf.outbox.ledger.epoch
    async with shelf_in(tmp_path, clock) as shelf:
        [ended] = [one for one in shelf.opened.finished if one.epoch == last]
        assert ended.last == {"normal": 1}


deeds = st.lists(
    st.sampled_from(["read", "send", "acknowledge", "suppress", "store", "none", "kill store", "kill none"])
)


@settings(deadline=None, max_examples=40)
@given(deeds)
async def test_whatever_happens_in_whatever_order_each_reading_is_acknowledged_once_or_waits(tmp_path_factory, deeds):
    folder, clock = tmp_path_factory.mktemp("box"), FakeClock()
    read = suppressed = 0
    stack, delivered, sent = contextlib.AsyncExitStack(), [], []
    shelf = await stack.enter_async_context(shelf_in(folder, clock))
    for deed in [*deeds, "store"]:
        if deed == "read":
            read += 1
            shelf.read(float(read), lane=Lane(read % 4))
        elif deed == "suppress":
            suppressed += 1
            shelf.outbox.suppress("a/x", "Cel")
        elif deed == "send":
            shelf.outbox.release()
            sent = [*shelf.outbox.take_live(EVERYTHING), *await shelf.outbox.take_stored(EVERYTHING)]
        elif deed == "acknowledge":
            delivered += values(sent)
            shelf.acknowledge(sent)
            sent = []
        else:
            if deed.startswith("kill"):
                shelf.abandon()
            await stack.aclose()
            opens = shelf_in if deed.endswith("store") else standin_in
            shelf, sent = await stack.enter_async_context(opens(folder, clock)), []
        taken, known, shed, acknowledged, waiting, _ = totals(shelf)
        assert (taken, known, shed) <= (read + suppressed, suppressed, 0)
        assert acknowledged + waiting == taken - known
    await shelf.committer.commit()
    taken, known, _, acknowledged, waiting, _ = totals(shelf)
    left = values(await shelf.outbox.take_stored(EVERYTHING))
    await stack.aclose()
    assert (taken, known) == (read + suppressed, suppressed)
    assert len(left) == waiting
    assert sorted({*left, *delivered}) == [float(number) for number in range(1, read + 1)]


async def test_what_was_kept_beside_the_readings_goes_into_the_store_and_the_stand_in_is_gone(tmp_path, clock):
    command = "INSERT INTO command (id, channel, value, priority, issued_s, expires_s, source, status, changed_s)"
    chosen = StoreSettings(directory=str(tmp_path), runtime_directory=str(tmp_path / "run"))
    async with standin_in(tmp_path, clock) as shelf:
        rows = [("c1", "a/x", "1", 5, 0.0, 1.0, "twin", status, 0.0) for status in ("REJECTED",)]
        rows += [("c2", "a/x", "1", 5, 0.0, 1.0, "control", "IN_PROGRESS", 0.0)]
        await shelf.database.write((f"{command} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows))
        await shelf.database.write(("INSERT INTO held VALUES (?, ?)", [("a/x", "2.0")]))
    async with open_database(tmp_path, stamp="now") as database:
        await carry_over(database, chosen, "now")
        assert await database.read("SELECT id, status FROM command") == [("c1", "REJECTED")]
        assert await database.read("SELECT * FROM held") == [("a/x", "2.0")]
        assert not folder_of(chosen).exists()
        await carry_over(database, chosen, "now")
    assert (tmp_path / "run" / HEAD_NAME).exists()

"""A store that cannot be opened: everything goes on from memory, and the store is gone over to when it is back."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3

import msgspec
import pytest

from gateway.app import stores
from gateway.app.run import run
from gateway.app.runtime import LOCK_NAME
from gateway.core.command import ReasonCode, Source
from gateway.core.ledger_events import Shed
from gateway.core.reading import Lane
from gateway.core.wire import CommandStatus
from gateway.errors import StoreDownError, StoreError
from gateway.store.database import FILE_NAME
from gateway.store.recovery import HEAD_NAME
from tests.app.running import LONGEST_S, daemon, events_in, site_in


@pytest.fixture(autouse=True)
def _tried_often(monkeypatch):
    monkeypatch.setattr(stores, "STORE_AGAIN_S", 0.02)


def break_store(folder):
    """A directory lies where the database should be: SQLite cannot open it, whoever we are."""
    store = folder / "store"
    if (store / FILE_NAME).exists():
        (store / FILE_NAME).rename(store / "kept")
    (store / FILE_NAME).mkdir(parents=True)
    return store


def mend(store):
    (store / FILE_NAME).rmdir()
    if (store / "kept").exists():
        (store / "kept").rename(store / FILE_NAME)


async def test_without_a_store_it_reads_and_says_so_and_goes_over_to_the_store_when_it_is_back(tmp_path, monkeypatch):
    store = break_store(tmp_path)
    async with daemon(site_in(tmp_path), monkeypatch) as one:
        status = await one.ask()
        assert (status["store"]["stands_in"], status["balanced"]) == (True, True)
        assert "cannot open" in status["store"]["failure"]
        before = one.rooms.outbox.ledger.total()
        assert before.waiting >= 3
        mend(store)
        await one.until(lambda: len(one.opened) == 2)
        after = one.opened[1].outbox.ledger
        assert after.total().taken >= before.taken
        assert all(tally.balanced for tally in after.tallies)
        assert after.total().waiting == after.total().news
    assert [len(events_in(tmp_path, kind)) for kind in ("start", "store_down", "store_down_over")] == [2, 1, 1]
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == [LOCK_NAME]


async def test_what_was_stored_before_and_what_came_without_a_store_are_one_account(tmp_path, monkeypatch):
    site = site_in(tmp_path)
    async with daemon(site, monkeypatch) as one:
        pass
    first = one.rooms.outbox.ledger.total()
    store = break_store(tmp_path)
    async with daemon(site, monkeypatch) as one:
        second = one.rooms.outbox.ledger
        assert second.total().taken == second.total().waiting + second.total().suppressed
    mend(store)
    assert (tmp_path / "run" / HEAD_NAME).exists()
    async with daemon(site, monkeypatch) as one:
        ledger, waiting = one.rooms.outbox.ledger, one.rooms.outbox.ledger.total()
        assert waiting.taken >= first.taken + second.total().taken
        assert waiting.waiting >= first.waiting + second.total().waiting
        assert all(tally.balanced for tally in ledger.tallies)


async def test_what_was_shed_without_a_store_is_told_by_the_store(tmp_path, monkeypatch):
    store = break_store(tmp_path)
    async with daemon(site_in(tmp_path), monkeypatch) as one:
        outbox = one.rooms.outbox
        outbox.seal_all()
        key = next(key for key in outbox.ledger.volatile if key.lane is Lane.NORMAL)
        outbox.record(Shed(key, outbox.ledger.volatile[key].last, "memory_full"))
        shed = outbox.ledger.total().shed
        mend(store)
        await one.until(lambda: len(one.opened) == 2)
        assert one.opened[1].outbox.ledger.total().shed == shed > 0
    gaps = [gap for gap in events_in(tmp_path, "gap") if gap["epoch"] == key.epoch]
    assert sum(sum(gap["readings"].values()) for gap in gaps) == shed


@pytest.mark.parametrize("source", [Source.TWIN, Source.SHADOW])
async def test_without_a_store_the_twin_moves_nothing_and_the_refusal_is_not_forgotten(tmp_path, monkeypatch, source):
    store = break_store(tmp_path)
    async with daemon(site_in(tmp_path), monkeypatch) as one:
        admission = one.rooms.actuator._inbox, one.rooms.hand.overrides._records.admission
        order = admission[1].local("c1", "climate/setpoint", 21.0, source)
        one.rooms.timekeeper.trusted_s = lambda: order.issued_s
        monkeypatch.setattr(admission[1], "_trusted", lambda: order.issued_s)
        refused = await admission[1].submit(order)
        assert (refused.status, refused.reason_code) == (CommandStatus.REJECTED, ReasonCode.STORE_DOWN)
        mend(store)
        await one.until(lambda: len(one.opened) == 2)
        again = await one.opened[1].hand.overrides._records.admission.submit(order)
        assert again.reason_code is ReasonCode.STORE_DOWN


async def test_without_a_store_a_person_can_set_a_value_and_the_store_keeps_it(tmp_path, monkeypatch):
    store = break_store(tmp_path)
    async with daemon(site_in(tmp_path), monkeypatch) as one:
        asked = {"ask": "set", "channel": "climate/setpoint", "value": 19.5}
        said = await one.ask(json.dumps(asked).encode() + b"\n")
        assert said["status"] == "SUCCEEDED"
        mend(store)
        await one.until(lambda: len(one.opened) == 2)
        rooms = one.opened[1]
        assert rooms.hand.overrides.active["climate/setpoint"].value == 19.5
        assert rooms.thermostats["climate"].setpoint == 19.5


async def test_a_thermostat_goes_on_without_a_store(tmp_path, monkeypatch):
    break_store(tmp_path)
    async with daemon(site_in(tmp_path), monkeypatch) as one:
        one.rooms.thermostats["climate"].setpoint = 60.0
        one.rooms.thermostats["climate"]._wake.set()
        await one.until(lambda: one.pin().state)
    assert one.pin().state is False


async def run_once(site):
    stop = asyncio.Event()
    stop.set()
    async with asyncio.timeout(LONGEST_S):
        await run(site, stop)


async def test_a_start_that_a_kill_ended_goes_on_without_a_store_and_its_store_takes_all_of_it(tmp_path, monkeypatch):
    site = site_in(tmp_path)
    async with daemon(site, monkeypatch) as one:
        one.rooms.committer.close = _nothing  # It dies: the head file is what is left.
        one.rooms.committer.commit = _nothing
    store_id = one.rooms.outbox.ledger.counts_of
    killed = one.rooms.outbox.ledger.total()
    store = break_store(tmp_path)
    async with daemon(site, monkeypatch) as one:
        assert one.rooms.outbox.ledger.counts_of == store_id
        assert one.rooms.outbox.ledger.total().taken > killed.taken
    mend(store)
    async with daemon(site, monkeypatch) as one:
        ledger = one.rooms.outbox.ledger
        assert ledger.total().taken > killed.taken
        assert all(tally.balanced for tally in ledger.tallies)
        assert ledger.epoch.startswith(store_id)
    with contextlib.closing(sqlite3.connect(store / FILE_NAME)) as database:
        (on_disk,) = database.execute("SELECT sum(last - first + 1) FROM segment").fetchone()
    assert on_disk == ledger.total().waiting


async def _nothing():
    pass


async def test_a_directory_that_is_a_mistake_still_ends_the_start(tmp_path):
    (tmp_path / "store").write_text("no directory")
    with pytest.raises(StoreError) as caught:
        await run_once(site_in(tmp_path))
    assert not isinstance(caught.value, StoreDownError)


async def test_a_store_that_seems_to_be_back_and_is_not_is_tried_less_and_less_often(tmp_path, monkeypatch):
    asked, stop = [], asyncio.Event()

    async def seems(_site, every_s):
        asked.append(every_s)
        if len(asked) == 4:
            stop.set()
            await asyncio.Event().wait()

    monkeypatch.setattr("gateway.app.run.store_is_back", seems)
    monkeypatch.setattr(stores, "STORE_AGAIN_S_MAX", 0.05)
    break_store(tmp_path)
    async with asyncio.timeout(LONGEST_S):
        await run(msgspec.structs.replace(site_in(tmp_path), buses=(), devices=(), thermostats=(), world=None), stop)
    assert asked == [0.02, 0.04, 0.05, 0.05]

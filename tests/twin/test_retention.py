"""Retention: what is old goes in small steps, what is younger stays, and what was held is never forgotten."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.wire import CommandRequest, CommandResponse, CommandStatus
from tests.twin.builders import EPOCH, NOW_S, PREFIXES, batch, events, gap, incoming, reading, segment, status, thinned
from twin import commands, retention
from twin.changes import Changes
from twin.handlers import handle
from twin.load import load
from twin.model import Model
from twin.retention import Retention
from twin.settings import DAY_S
from twin.store import open_store
from twin.topics import Kind

KEEP_S = 10 * DAY_S


class Bench:
    """A twin that keeps ten days, and whose clock a test sets."""

    def __init__(self, store, keep_s=KEEP_S, events_max=5):
        self.store = store
        self.model = Model()
        self.retention = Retention(keep_s, events_max)
        self.now_s = NOW_S + 1000

    async def commit(self, *messages):
        changes = Changes()
        for message in messages:
            handle(self.model, message, changes, PREFIXES)
        self.retention.step(self.model, changes, self.now_s)
        await self.store.write(changes)

    async def live(self, seq, days=0.0):
        """A reading of `days` later, which makes the others that much older."""
        time_s = NOW_S + days * DAY_S
        self.now_s = time_s + 1
        await self.commit(batch(segment(seq, seq, time_s=time_s)))

    async def count(self, table):
        return (await self.store.read(f"SELECT count(*) FROM {table}"))[0][0]


@pytest.fixture
async def bench(tmp_path):
    async with open_store(tmp_path) as store:
        yield Bench(store)


async def test_readings_go_when_they_are_too_old(bench):
    await bench.commit(batch(segment(1, 3), thinned(4, 9)))
    await bench.live(10, days=9.9)
    assert (await bench.count("readings"), await bench.count("thinned")) == (4, 1)
    await bench.live(11, days=10.1)
    assert (await bench.count("readings"), await bench.count("thinned")) == (2, 0)


async def test_what_was_deleted_is_still_known_to_have_come(bench):
    await bench.commit(batch(segment(1, 3)), gap(1, 4, 5))
    await bench.live(6, days=20)
    await bench.commit(batch(segment(1, 3)))
    gateway = (await load(bench.store)).gateways["g"]
    numbering = gateway.numberings[EPOCH, "normal"]
    assert (numbering.held.ranges(), numbering.shed.ranges()) == ([(1, 3), (6, 6)], [(4, 5)])
    assert gateway.duplicates == 3
    assert await bench.count("readings") == 1


async def test_a_step_is_small(bench, monkeypatch):
    monkeypatch.setattr(retention, "STEP_ROWS", 4)
    await bench.commit(batch(segment(1, 11)))
    left = []
    for seq in range(12, 16):
        await bench.live(seq, days=20)
        left.append(await bench.count("readings"))
    assert left == [8, 5, 3, 4]


async def test_many_series_take_turns(bench, monkeypatch):
    monkeypatch.setattr(retention, "VISITS", 3)
    await bench.commit(batch(*(segment(seq, seq, series=f"room/{seq}") for seq in range(1, 9))))
    for seq in range(9, 13):
        await bench.live(seq, days=20)
    assert await bench.count("readings WHERE seq < 9") == 0
    assert await bench.count("series") == 9


async def test_a_commit_without_readings_deletes_nothing(bench):
    await bench.commit(batch(segment(1, 3)))
    bench.now_s += 20 * DAY_S
    await bench.commit(status("online"), events(1))
    assert await bench.count("readings") == 3


async def test_a_clock_that_has_jumped_ahead_deletes_nothing(bench):
    await bench.commit(batch(segment(1, 3)))
    bench.now_s += 10_000 * DAY_S
    await bench.commit(batch(segment(4, 4)))
    assert await bench.count("readings") == 4


async def test_readings_from_the_future_make_nothing_older(bench):
    await bench.commit(batch(segment(1, 3)))
    await bench.commit(batch(segment(4, 4, time_s=NOW_S + 10_000 * DAY_S)))
    assert await bench.count("readings") == 4


async def test_for_ever_is_for_ever(tmp_path):
    async with open_store(tmp_path) as store:
        bench = Bench(store, keep_s=None, events_max=1)
        await bench.commit(batch(segment(1, 3)), events(*range(1, 9)))
        await bench.live(4, days=100_000)
        assert (await bench.count("readings"), await bench.count("events")) == (4, 8)


async def test_the_newest_events_of_every_store_stay(bench):
    await bench.commit(events(*range(1, 10)), events(1, 2, store="a" * 16))
    for seq in (1, 2):
        await bench.live(seq)
    assert await bench.store.read("SELECT store, id FROM events ORDER BY store, id") == [
        *(("3f2a9c1b7d10e644", number) for number in range(5, 10)),
        ("a" * 16, 1),
        ("a" * 16, 2),
    ]
    await bench.commit(events(3))
    assert (await load(bench.store)).gateways["g"].numberings["3f2a9c1b7d10e644", "events"].held.ranges() == [(1, 9)]


async def test_executions_go_when_they_are_over_for_that_long(bench):
    await bench.commit(status("online"))
    changes = Changes()
    for name, days in (("old", 0), ("unanswered", 0), ("begun", 0), ("young", 15)):
        at_s = NOW_S + days * DAY_S
        request = CommandRequest(channel="a/b", value=1.0, issued=at_s, expires=at_s + 60)
        commands.issue(bench.model.gateways["g"], name, request, changes)
    await bench.store.write(changes)
    for name, days, word in (("old", 0, "SUCCEEDED"), ("own", 15, "FAILED"), ("begun", 0, "IN_PROGRESS")):
        answer = CommandResponse(status=CommandStatus(word), time=NOW_S + days * DAY_S)
        await bench.commit(incoming(Kind.RESPONSE, answer, item=name))
    await bench.live(1, days=9)
    assert await bench.count("executions") == 5
    await bench.live(2, days=20)
    assert await bench.store.read("SELECT id FROM executions ORDER BY id") == [("own",), ("young",)]


days = st.floats(-30, 30).map(lambda value: round(value, 2))
commits = st.lists(st.lists(st.tuples(st.sampled_from("abc"), days), min_size=1, max_size=6), min_size=1, max_size=8)


@settings(deadline=None, max_examples=40)
@given(commits, st.floats(0, 40))
def test_nothing_younger_is_ever_deleted_and_no_range_is_touched(drawn, ahead):
    async def keep(root):
        async with open_store(root) as store:
            bench, seq = Bench(store), 0
            bench.now_s = NOW_S + ahead * DAY_S
            for commit in drawn:
                made = []
                for name, day in commit:
                    seq += 1
                    made.append(segment(seq, seq, backfill=True))
                    made[-1].records[0] = reading(seq, series=f"room/{name}", time_s=NOW_S + day * DAY_S)
                await bench.commit(batch(*made))
            rows = await store.read("SELECT seq FROM readings")
            return {row[0] for row in rows}, await store.read("SELECT first, last FROM received"), seq

    with tempfile.TemporaryDirectory() as root:
        left, ranges, count = asyncio.run(keep(Path(root)))
    assert ranges == [(1, count)]
    told = [day for commit in drawn for _, day in commit]
    newest = min(max(told), ahead)
    young = {seq for seq, day in enumerate(told, 1) if day >= newest - KEEP_S / DAY_S}
    assert young <= left

"""Thinned segments: all of their numbers count as received, and their records are kept and shown as what they are."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.intervals import IntervalSet
from gateway.core.reading import Quality
from gateway.core.senml import Record
from tests.twin.builders import EPOCH, NOW_S, PREFIXES, batch, segment, sent, thinned
from twin import engine, history, views
from twin.changes import Changes
from twin.handlers import handle
from twin.load import load
from twin.model import Model
from twin.store import open_store

SERIES = "room/temperature"


class Bench:
    """A model and its store."""

    def __init__(self, store):
        self.store = store
        self.model = Model()

    async def put(self, *segments):
        changes = Changes()
        handle(self.model, batch(*segments), changes, PREFIXES)
        await self.store.write(changes)
        return sent(changes)

    @property
    def gateway(self):
        return self.model.gateways["g"]

    def counts(self):
        numberings = list(self.gateway.readings())
        return engine.received(numberings), self.gateway.duplicates, engine.missing(numberings)

    async def history(self, **options):
        asked = {"since_s": 0.0, "limit": 100} | options
        return await history.readings(self.store, "g", SERIES, asked["since_s"], asked["limit"])


@pytest.fixture
async def bench(tmp_path):
    async with open_store(tmp_path) as store:
        yield Bench(store)


async def test_the_whole_range_is_received_and_acknowledged(bench):
    ((_, ack),) = await bench.put(thinned(1, 100, 60, 40))
    assert ack["ranges"] == [[EPOCH, "normal", 1, 100]]
    assert bench.counts() == (100, 0, 0)


async def test_history_shows_means_with_what_they_stand_for(bench):
    await bench.put(segment(1, 2), thinned(3, 10))
    plain, other, mean = await bench.history()
    assert (plain["seq"], other["seq"]) == (1, 2)
    assert mean == {
        "time": NOW_S + 3.5,
        "value": 21.5,
        "quality": "good",
        "reason": "",
        "epoch": EPOCH,
        "lane": "normal",
        "first": 3,
        "last": 10,
        "thinned": 60,
        "count": 8,
        "min": 20.0,
        "max": 23.0,
        "tmin": NOW_S + 3,
        "tmax": NOW_S + 4,
    }


async def test_history_of_both_kinds_is_in_order_of_time_and_bounded(bench):
    await bench.put(segment(5, 6), thinned(1, 4, 2, 2), segment(20, 21))
    assert [row["time"] - NOW_S for row in await bench.history()] == [1.5, 3.5, 5, 6, 20, 21]
    assert [row["time"] - NOW_S for row in await bench.history(since_s=NOW_S + 2, limit=2)] == [3.5, 5]


async def test_a_text_that_stood_for_many_has_a_count_and_no_extremes(bench):
    made = thinned(1, 9)
    made.records[0] = Record(1, SERIES, "", NOW_S, True, Quality.GOOD, "", 9)
    await bench.put(made)
    (row,) = await bench.history()
    assert (row["value"], row["count"], "min" in row) == (True, 9, False)


async def test_state_shows_that_the_newest_value_is_a_mean(bench):
    await bench.put(thinned(1, 10, backfill=False))
    assert views.state(bench.gateway, NOW_S + 2)["series"][SERIES] == {
        "value": 21.5,
        "unit": "Cel",
        "time": NOW_S + 1.5,
        "age_s": 0.5,
        "quality": "good",
        "reason": "",
        "thinned": 60,
        "count": 10,
        "min": 20.0,
        "max": 23.0,
        "tmin": NOW_S + 1,
        "tmax": NOW_S + 2,
    }
    assert (await load(bench.store)).gateways["g"].series == bench.gateway.series
    await bench.put(segment(11, 11))
    assert "thinned" not in views.state(bench.gateway, NOW_S)["series"][SERIES]
    assert (await load(bench.store)).gateways["g"].series == bench.gateway.series


async def test_what_comes_again_is_acknowledged_and_not_kept_again(bench):
    await bench.put(thinned(1, 100, 60, 40))
    ((_, ack),) = await bench.put(thinned(1, 100, 60, 40))
    assert ack["ranges"] == [[EPOCH, "normal", 1, 100]]
    assert bench.counts() == (100, 100, 0)
    assert len(await bench.history()) == 2


async def test_readings_that_come_after_their_mean_are_known_already(bench):
    await bench.put(thinned(1, 100))
    await bench.put(segment(40, 50))
    assert bench.counts() == (100, 11, 0)
    assert len(await bench.history()) == 1


async def test_what_overlaps_counts_the_new_ones_and_is_marked(bench):
    await bench.put(segment(1, 3))
    ((_, ack),) = await bench.put(thinned(1, 10))
    assert ack["ranges"] == [[EPOCH, "normal", 1, 10]]
    assert bench.counts() == (10, 3, 0)
    rows = await bench.history()
    assert [row.get("overlap", False) for row in rows] == [False, True, False, False]
    assert [row.get("count", 1) for row in rows] == [1, 10, 1, 1]


async def test_the_same_readings_thinned_differently_are_kept_beside_each_other(bench):
    """An acknowledgement was lost, and what had been sent by the minute was then joined by the hour."""
    await bench.put(thinned(1, 100, 50, 50))
    await bench.put(thinned(1, 200, 100, 100, bucket_s=3600))
    rows = await bench.history()
    assert [(row["thinned"], row["count"], row.get("overlap", False)) for row in rows] == [
        (60, 50, False),
        (3600, 100, True),
        (60, 50, False),
        (3600, 100, True),
    ]
    assert bench.counts() == (200, 100, 0)


async def test_means_tell_no_latency_and_are_late_only_when_they_do_not_say_so(bench):
    await bench.put(segment(20, 20, backfill=True), thinned(1, 10, backfill=False))
    assert (bench.gateway.latency.count, bench.gateway.out_of_order) == (0, 10)
    await bench.put(thinned(11, 19))
    assert bench.gateway.out_of_order == 10


parts = st.tuples(st.integers(1, 60), st.integers(1, 20), st.booleans()).map(
    lambda drawn: (drawn[0], drawn[0] + drawn[1] - 1, drawn[2])
)


def made_of(first, last, coarse):
    if not coarse:
        return segment(first, last, backfill=True)
    half = (last - first + 1) // 2
    return thinned(first, last, *filter(None, (half, last - first + 1 - half)))


@settings(deadline=None, max_examples=40)
@given(st.lists(parts, min_size=1, max_size=8))
def test_whatever_overlaps_each_number_is_received_once(drawn):
    async def keep(root):
        async with open_store(root) as store:
            bench = Bench(store)
            for each in drawn:
                ((_, ack),) = await bench.put(made_of(*each))
                assert ack["ranges"] == [[EPOCH, "normal", *each[:2]]]
            return bench.counts(), await bench.history(limit=10_000), await load(store)

    with tempfile.TemporaryDirectory() as root:
        (received, duplicates, missing), rows, loaded = asyncio.run(keep(Path(root)))
    held = IntervalSet.from_ranges((first, last) for first, last, _ in drawn)
    assert received == held.count
    assert duplicates == sum(last - first + 1 for first, last, _ in drawn) - held.count
    assert missing == held.last - held.count
    assert loaded.gateways["g"].numberings[EPOCH, "normal"].held == held
    # What is not marked counts every reading once; what is marked says that it may count some of them again.
    certain = sum(row.get("count", 1) for row in rows if not row.get("overlap"))
    assert certain <= held.count <= sum(row.get("count", 1) for row in rows)

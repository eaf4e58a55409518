"""Each reading once, whatever order and repetition the segments arrive in, and however often the twin is killed."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.reading import Lane
from tests.twin.builders import EPOCH, PREFIXES, STORE, batch, birth, segment, sent
from twin import engine
from twin.changes import Changes
from twin.handlers import handle
from twin.load import load
from twin.model import Model
from twin.store import FILE_NAME, open_store

places = st.sampled_from([(EPOCH, Lane.NORMAL), (EPOCH, Lane.HIGH), (f"{STORE}-1", Lane.NORMAL)])
ranges = st.tuples(st.integers(1, 50), st.integers(0, 9)).map(lambda pair: (pair[0], pair[0] + pair[1]))
segments = st.tuples(places, ranges, st.booleans())
batches = st.lists(st.lists(segments, min_size=1, max_size=4), min_size=1, max_size=12)
stated = st.integers(0, 70)


def message(drawn):
    return batch(
        *(segment(*numbers, epoch=epoch, lane=lane, backfill=backfill) for (epoch, lane), numbers, backfill in drawn)
    )


def reading_names(drawn):
    return {
        (epoch, lane, seq)
        for segments_ in drawn
        for (epoch, lane), (first, last), _ in segments_
        for seq in range(first, last + 1)
    }


def kept_rows(changes):
    """(numbering, seq) of the readings that a commit writes."""
    flat = changes.readings
    return [(flat[at + 2], flat[at + 3]) for at in range(0, len(flat), 7)]


@given(batches, stated)
def test_each_reading_is_kept_once_and_what_is_missing_adds_up(drawn, last):
    model, rows = Model(), []
    for each in drawn:
        changes = Changes()
        handle(model, message(each), changes, PREFIXES)
        rows += kept_rows(changes)
    names = reading_names(drawn)
    assert len(rows) == len(set(rows)) == len(names)
    gateway = model.gateways["g"]
    arrived = sum(last - first + 1 for each in drawn for _, (first, last), _ in each)
    assert engine.received(gateway.readings()) == len(names)
    assert gateway.duplicates == arrived - len(names)
    handle(model, birth(finished={f"{STORE}-1": {"normal": last}}), Changes(), PREFIXES)
    highest = {}
    for epoch, lane, seq in names:
        highest[epoch, lane] = max(seq, highest.get((epoch, lane), 0))
    finished = (f"{STORE}-1", Lane.NORMAL)
    highest[finished] = max(highest.get(finished, 0), last)
    assert engine.received(gateway.readings()) + engine.missing(gateway.readings()) == sum(highest.values())


@given(batches, st.randoms(use_true_random=False))
def test_order_and_repetition_make_no_difference_to_what_is_held(drawn, random):
    def held(order):
        model = Model()
        for each in order:
            handle(model, message(each), Changes(), PREFIXES)
        return {key: numbering.held for key, numbering in model.gateways["g"].numberings.items()}

    other = drawn + drawn[::2]
    random.shuffle(other)
    assert held(other) == held(drawn)


@given(batches)
def test_everything_that_came_is_acknowledged(drawn):
    model = Model()
    for each in drawn:
        changes = Changes()
        handle(model, message(each), changes, PREFIXES)
        ((_, ack),) = sent(changes)
        assert ack["ranges"] == [[epoch, lane.label, *numbers] for (epoch, lane), numbers, _ in each]
        for epoch, lane, first, last in ack["ranges"]:
            assert model.gateways["g"].numberings[epoch, lane].held.contains(first, last)


def killed(directory, copies):
    """The directory as a killed process leaves it: files that nobody closed."""
    copy = Path(tempfile.mkdtemp(dir=copies))
    for file in Path(directory).glob(f"{FILE_NAME}*"):
        shutil.copy(file, copy)
    return copy


async def survive(drawn, kills, root):
    """Take all batches, being killed after some of them, and return the rows that are left."""
    directory = Path(tempfile.mkdtemp(dir=root))
    for number, each in enumerate(drawn):
        async with open_store(directory) as store:
            model = await load(store)
            for again in (each, each):
                changes = Changes()
                handle(model, message(again), changes, PREFIXES)
                await store.write(changes)
            if number in kills:
                directory = killed(directory, root)
    async with open_store(directory) as store:
        gateway = (await load(store)).gateways["g"]
        rows = await store.read("SELECT epoch, lane, seq FROM readings JOIN numberings ON numberings.id = numbering")
    return gateway, rows


@settings(max_examples=15, deadline=None)
@given(batches, st.sets(st.integers(0, 11)))
def test_a_twin_that_is_killed_and_started_again_keeps_each_reading_once(drawn, kills):
    with tempfile.TemporaryDirectory() as root:
        gateway, rows = asyncio.run(survive(drawn, kills, root))
    names = {(epoch, lane.label, seq) for epoch, lane, seq in reading_names(drawn)}
    assert set(rows) == names
    assert len(rows) == len(names) == engine.received(gateway.readings())

"""Gaps: what a gateway says that it has shed is not missing, unless it comes after all."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.wire import Event, Events
from tests.twin.builders import (
    EPOCH,
    NOW_S,
    PREFIXES,
    STORE,
    batch,
    birth,
    events,
    gap,
    incoming,
    segment,
    sent,
    thinned,
)
from twin import engine, handlers, history
from twin.changes import Changes
from twin.handlers import handle
from twin.load import load
from twin.model import Model
from twin.store import open_store
from twin.topics import Kind


def after(*messages, model=None):
    """The model after `messages`, each in a commit of its own, and the complaints about them."""
    model, complaints = model or Model(), []
    for message in messages:
        changes = Changes()
        handle(model, message, changes, PREFIXES)
        complaints += [complaint.kind for complaint in changes.complaints]
    return model, complaints


def counts(model):
    """Received, shed, missing."""
    numberings = list(model.gateways["g"].readings())
    return engine.received(numberings), engine.shed(numberings), engine.missing(numberings)


def test_what_was_shed_is_not_missing():
    model, _ = after(batch(segment(1, 3)), batch(segment(11, 12)), gap(1, 4, 8))
    assert counts(model) == (5, 5, 2)


def test_a_gap_beyond_everything_that_came_is_known_to_exist():
    model, _ = after(batch(segment(1, 3)), gap(1, 6, 9))
    assert counts(model) == (3, 4, 2)


def test_a_gap_in_a_lane_that_nobody_has_heard_of_is_believed():
    model, _ = after(gap(1, 3, 4, lane="low", epoch=f"{STORE}-1"))
    assert counts(model) == (0, 2, 2)
    model, _ = after(birth(finished={f"{STORE}-1": {"low": 9}}), model=model)
    assert counts(model) == (0, 2, 7)


def test_what_is_held_is_not_shed_whatever_is_said():
    model, _ = after(batch(segment(1, 9)), gap(1, 4, 12))
    assert counts(model) == (9, 3, 0)


@pytest.mark.parametrize("late", [segment(5, 6, backfill=True), thinned(5, 6)])
def test_a_reading_that_was_declared_shed_and_comes_is_received(late):
    model, _ = after(batch(segment(1, 3)), gap(1, 4, 8), batch(late))
    assert counts(model) == (5, 3, 0)


def test_the_same_gap_twice_is_one():
    model, _ = after(gap(1, 4, 8), gap(1, 4, 8), gap(2, 4, 8), gap(3, 6, 9))
    assert counts(model) == (0, 6, 3)


def test_a_gap_that_is_told_again_does_not_take_back_what_has_come():
    model, _ = after(gap(1, 4, 8), batch(segment(1, 8)), gap(1, 4, 8), gap(2, 4, 8))
    assert counts(model) == (8, 0, 0)


@pytest.mark.parametrize(
    "data",
    [
        {"lane": "tea"},
        {"lane": "events"},
        {"epoch": STORE},
        {"epoch": 7},
        {"first": 0},
        {"first": 9, "last": 8},
        {"last": 2**60},
        {"reason": "x" * 201},
        {"readings": {"a": "many"}},
    ],
)
def test_a_gap_that_cannot_be_is_counted_kept_and_not_believed(data):
    told = {"epoch": EPOCH, "lane": "normal", "first": 4, "last": 8} | data
    message = incoming(Kind.EVENTS, Events(STORE, [Event(id=1, time=NOW_S, kind="gap", data=told)]))
    changes = Changes()
    model = Model()
    handle(model, message, changes, PREFIXES)
    assert [complaint.kind for complaint in changes.complaints] == ["gap_refused"]
    assert sent(changes)[0][1]["ranges"] == [[STORE, "events", 1, 1]]
    assert counts(model) == (0, 0, 0)


@pytest.mark.parametrize("limit", ["NUMBERINGS_MAX", "RANGES_MAX"])
def test_gaps_are_bounded(monkeypatch, limit):
    model, _ = after(gap(1, 1, 1))
    monkeypatch.setattr(handlers, limit, 1 if limit == "RANGES_MAX" else 2)
    lane = "normal" if limit == "RANGES_MAX" else "high"
    model, complaints = after(gap(2, 5, 5, lane=lane), events(3), model=model)
    assert complaints == ["gap_refused"]
    assert counts(model) == (0, 1, 0)


ranges = st.tuples(st.integers(1, 40), st.integers(0, 9)).map(lambda pair: (pair[0], pair[0] + pair[1]))
steps = st.lists(st.tuples(st.booleans(), ranges), min_size=1, max_size=12)


def numbers(first, last):
    return set(range(first, last + 1))


@settings(deadline=None, max_examples=40)
@given(st.lists(steps, min_size=1, max_size=4))
def test_shed_and_received_never_share_a_number_and_survive_a_restart(commits):
    async def keep(root):
        async with open_store(root) as store:
            model, number = Model(), 0
            for commit in commits:
                changes = Changes()
                for is_gap, (first, last) in commit:
                    number += 1
                    message = gap(number, first, last) if is_gap else batch(segment(first, last))
                    handle(model, message, changes, PREFIXES)
                await store.write(changes)
            return model.gateways["g"].numberings, (await load(store)).gateways["g"].numberings

    with tempfile.TemporaryDirectory() as root:
        known, loaded = asyncio.run(keep(Path(root)))
    told = [step for commit in commits for step in commit]
    held = set().union(*(numbers(*span) for is_gap, span in told if not is_gap))
    shed = set().union(*(numbers(*span) for is_gap, span in told if is_gap)) - held
    numbering = known[EPOCH, "normal"]
    assert set().union(*(numbers(*one) for one in numbering.held.ranges())) == held
    assert set().union(*(numbers(*one) for one in numbering.shed.ranges())) == shed
    assert engine.missing([numbering]) == max(held | shed) - len(held) - len(shed)
    again = loaded[EPOCH, "normal"]
    assert (again.held, again.shed) == (numbering.held, numbering.shed)


async def test_gaps_can_be_asked_for(tmp_path):
    async with open_store(tmp_path) as store:
        changes, model = Changes(), Model()
        told = {"reason": "quota_full", "readings": {"room/temperature": 5}}
        for message in (gap(1, 4, 8, **told), events(2), gap(3, 9, 1), gap(4, 20, 21, time_s=NOW_S + 5)):
            handle(model, message, changes, PREFIXES)
        await store.write(changes)
        found = await history.told_gaps(store, "g", 0.0, 10)
        assert found[0] == {"time": NOW_S, "epoch": EPOCH, "lane": "normal", "first": 4, "last": 8} | told
        assert [(one["first"], one["last"]) for one in found] == [(4, 8), (20, 21)]
        assert [one["first"] for one in await history.told_gaps(store, "g", NOW_S + 1, 10)] == [20]
        assert [one["first"] for one in await history.told_gaps(store, "g", 0.0, 1)] == [4]
        assert await history.told_gaps(store, "h", 0.0, 10) == []
        assert json.dumps(found)

"""A twin that is stopped, or killed, and started on the same directory knows everything that it knew."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.reading import Lane, Quality
from gateway.core.wire import CommandRequest, CommandResponse, CommandStatus
from tests.twin.builders import (
    EPOCH,
    NOW_S,
    PREFIXES,
    STORE,
    batch,
    birth,
    events,
    incoming,
    reading,
    segment,
    shadow,
    status,
)
from twin import commands
from twin.changes import Changes
from twin.handlers import handle
from twin.load import load
from twin.messages import RefusedError
from twin.model import Model
from twin.store import open_store
from twin.topics import Kind


def issue(model, execution):
    """Give the command `execution` to every gateway that is known, once."""
    changes = Changes()
    request = CommandRequest(channel="room/setpoint", value=22.0, issued=NOW_S, expires=NOW_S + 60)
    for gateway in model.gateways.values():
        commands.issue(gateway, execution, request, changes)
    return changes


def known(model):
    """All that a model holds, as plain values that can be compared."""
    return {
        name: {
            "plain": (gateway.id, gateway.prefix, gateway.online, gateway.epoch, gateway.last_heard_s),
            "counts": (gateway.duplicates, gateway.out_of_order),
            "numberings": {
                key: (numbering.id, numbering.held.ranges(), numbering.stated)
                for key, numbering in gateway.numberings.items()
            },
            "series": gateway.series,
            "newest": gateway.newest_s,
            "shadows": gateway.shadows,
            "orders": gateway.orders,
        }
        for name, gateway in model.gateways.items()
    }


gateways = st.sampled_from(["g", "h"])
spans = st.tuples(st.integers(1, 30), st.integers(0, 6))
values = st.one_of(st.booleans(), st.floats(-50, 50), st.sampled_from(["on", "off"]))
states = st.dictionaries(st.sampled_from(["a", "b"]), st.one_of(st.none(), st.integers(0, 2)), max_size=2)


@st.composite
def batches(draw):
    first, more = draw(spans)
    lane, value = draw(st.sampled_from(Lane)), draw(values)
    made = segment(first, first + more, lane=lane, value=value, backfill=draw(st.booleans()))
    made.records[0] = reading(first, series="hall/x", value=draw(values), quality=Quality.BAD, reason="range")
    return batch(made, gateway=draw(gateways))


messages = st.one_of(
    batches(),
    st.builds(status, st.sampled_from(["online", "offline"]), gateway=gateways),
    st.builds(lambda name, last: birth(gateway=name, finished={f"{STORE}-1": {"low": last}}), gateways, spans.map(sum)),
    st.builds(lambda name, numbers: events(*numbers, gateway=name), gateways, st.sets(st.integers(1, 9), min_size=1)),
    st.builds(
        lambda name, section, state: shadow(Kind.SHADOW_UPDATE, {"state": {section: state}}, gateway=name),
        gateways,
        st.sampled_from(["desired", "reported"]),
        states,
    ),
    st.builds(lambda name: shadow(Kind.SHADOW_DELETE, gateway=name), gateways),
    st.builds(
        lambda name, word: incoming(Kind.RESPONSE, CommandResponse(status=word, time=NOW_S), gateway=name, item="1"),
        gateways,
        st.sampled_from(CommandStatus),
    ),
)


async def live_and_restarted(drawn):
    with tempfile.TemporaryDirectory() as root:
        async with open_store(Path(root)) as store:
            model = Model()
            for number, message in enumerate([status("online"), status("online", gateway="h"), *drawn]):
                changes = Changes()
                handle(model, message, changes, PREFIXES)
                await store.write(changes)
                if number in (0, 1):
                    await store.write(issue(model, str(number)))
        async with open_store(Path(root)) as store:
            return model, await load(store)


@settings(max_examples=30, deadline=None)
@given(st.lists(messages, min_size=1, max_size=12))
def test_what_is_loaded_is_what_was_known(drawn):
    model, loaded = asyncio.run(live_and_restarted(drawn))
    assert known(loaded) == known(model)
    assert loaded.next_id <= model.next_id
    ids = [number.id for gateway in model.gateways.values() for number in gateway.numberings.values()]
    assert loaded.next_id > max(ids, default=0)


async def test_one_commit_may_hold_everything_at_once(tmp_path):
    model, changes = Model(), Changes()
    for message in (
        status("online"),
        birth(finished={f"{STORE}-1": {"normal": 9}}),
        batch(segment(1, 3), segment(7, 9)),
        batch(segment(2, 8)),
        events(1, 2),
        shadow(Kind.SHADOW_UPDATE, {"state": {"desired": {"a": 1}}}),
    ):
        handle(model, message, changes, PREFIXES)
    async with open_store(tmp_path) as store:
        await store.write(changes)
        assert known(await load(store)) == known(model)
        assert await store.read("SELECT epoch, body FROM births") == [(EPOCH, await _birth(store))]


async def _birth(store):
    ((body,),) = await store.read("SELECT body FROM births")
    assert b'"room"' in body
    return body


async def test_a_refused_message_leaves_no_trace(tmp_path):
    model, changes = Model(), Changes()
    handle(model, batch(segment(1, 3)), changes, PREFIXES)
    before = known(model)
    with pytest.raises(RefusedError):
        handle(model, birth(finished={f"{STORE}-1": {"normal": -1}}), changes, PREFIXES)
    assert known(model) == before
    async with open_store(tmp_path) as store:
        await store.write(changes)
        assert known(await load(store)) == before


async def test_an_empty_directory_makes_an_empty_twin(tmp_path):
    async with open_store(tmp_path) as store:
        assert await load(store) == Model()

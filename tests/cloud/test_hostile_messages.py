"""Anybody may send anything on any topic: nothing is raised, nothing stops, nothing grows, and work goes on."""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cloud.station import BASE, PREFIX, open_station

MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
MESSAGES_MAX = 12

TOPICS = st.sampled_from([
    f"{BASE}/ack",
    *(
        f"{BASE}/shadow/name/heater/{tail}"
        for tail in ("get/accepted", "get/rejected", "update/accepted", "update/rejected", "update/delta", "delete")
    ),
    f"{PREFIX}/commands/things/gw/executions/c1/request/json",
    f"{PREFIX}/commands/things/gw/executions/c1/response/accepted/json",
    f"{BASE}/birth",
    f"{PREFIX}",
])  # fmt: skip
# The words of the protocol with values of all kinds: close enough to the real thing to get past the first look.
EXTREMES = [10**400, -(10**30), 2**63, 1.7e308, -1.7e308, 5e-324]
KEYS = st.sampled_from([
    "state", "reported", "desired", "delta", "on", "_errors", "version", "clientToken", "code", "message", "timestamp",
    "ranges", "received", "sent", "rejected", "accepts", "channel", "value", "issued", "expires", "priority",
])  # fmt: skip
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from(EXTREMES),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(["heater/on", "normal", "critical", "events", "0123456789abcdef", "0123456789abcdef-1"]),
)
NESTED = st.recursive(LEAVES, lambda below: st.lists(below, max_size=4) | st.dictionaries(KEYS, below, max_size=4))
DOCUMENTS = st.dictionaries(KEYS | st.text(max_size=5), NESTED, max_size=6).map(lambda made: json.dumps(made).encode())
RANGES = st.lists(st.tuples(LEAVES, LEAVES, LEAVES, LEAVES), max_size=3)
ACKS = st.fixed_dictionaries(
    {"ranges": RANGES, "received": LEAVES, "sent": LEAVES}, optional={"rejected": RANGES, "accepts": NESTED}
).map(lambda made: json.dumps(made).encode())
MESSAGES = st.lists(st.tuples(TOPICS, DOCUMENTS | ACKS | st.binary(max_size=30), st.booleans()), max_size=MESSAGES_MAX)


async def bombard(messages):
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        async with open_station(Path(folder)) as station:
            station.shadows.is_now("heater/on", False)
            await station.connect()
            await station.rig.read(1)
            for topic, payload, retain in messages:
                station.session.deliver(topic, payload, retain=retain)
            await station.settle()
            await station.settle()
            assert not station.task.done(), station.task
            assert station.rig.outbox.ledger.total().balanced
            # Whatever came, a good command is still accepted and a reading still arrives.
            await station.order("good")
            assert station.responses("good")[-1] == ("IN_PROGRESS", "")
            sent = len(station.rig.uplink._flight.batches)
            await station.rig.read(2)
            assert len(station.rig.uplink._flight.batches) >= sent


@settings(max_examples=60, deadline=None)
@given(MESSAGES)
def test_whatever_is_sent_on_any_topic_the_session_goes_on(messages):
    asyncio.run(bombard(messages))

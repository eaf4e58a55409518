"""The downlink: how a session begins, what is told until it is confirmed, and what bad messages do: nothing."""

from __future__ import annotations

import asyncio
import json

import pytest
from structlog.testing import capture_logs

from gateway.cloud.downlink import KIND_CHARACTERS_MAX, KINDS_MAX
from gateway.cloud.retelling import AGAIN_S
from gateway.core.wire import MESSAGE_BYTES_MAX
from gateway.errors import LinkError, LinkRefusedError, StoreError
from gateway.store.events import TELL_MAX
from tests.cloud.station import BASE, PREFIX

EVENTS = f"{BASE}/events"


async def test_a_session_begins_with_subscriptions_birth_status_and_every_shadow(station):
    await station.connect()
    session = station.session
    assert f"{BASE}/ack" in session.topics
    assert f"{BASE}/shadow/name/+/get/+" in session.topics
    assert f"{PREFIX}/commands/things/gw/executions/+/request/json" in session.topics
    first = [(sent.topic.removeprefix(f"{BASE}/"), sent.retain) for sent in session.sent[:4]]
    assert first == [
        ("birth", True),
        ("status", True),
        ("shadow/name/heater/get", False),
        ("shadow/name/climate/get", False),
    ]
    assert station.said(f"{BASE}/status") == [{"status": "online", "epoch": station.epoch}]
    assert station.said(f"{BASE}/birth")[0]["devices"].keys() == {"heater", "room"}


async def test_nothing_is_published_before_the_subscriptions_are_granted(station):
    refused = f"{BASE}/shadow/name/+/update/delta"
    await station.connect(refused=[refused])
    assert station.session.sent == []
    with pytest.raises(LinkRefusedError, match="update/delta"):
        await station.task


async def test_a_lost_connection_ends_the_session_with_its_reason_and_all_its_tasks(station):
    before = len(asyncio.all_tasks())
    await station.connect()
    station.session.lose(LinkRefusedError("another client uses this gateway's id"))
    with pytest.raises(LinkRefusedError, match="another client"):
        await station.task
    assert len(asyncio.all_tasks()) == before


async def test_after_the_end_nothing_is_asked_until_the_next_session(station):
    await station.connect()
    station.session.lose()
    with pytest.raises(LinkError):
        await station.task
    lost = len(station.session.sent)
    station.shadows.is_now("heater/on", True)
    assert len(station.session.sent) == lost
    await station.connect()
    assert station.said(f"{BASE}/shadow/name/heater/get")


async def test_every_session_asks_with_tokens_of_its_own(station):
    tokens = []
    for _ in range(3):
        await station.connect()
        tokens += [one["clientToken"] for one in station.said(f"{BASE}/shadow/name/heater/get")]
    assert len(set(tokens)) == 3
    assert all(len(token) <= 64 for token in tokens)


async def test_readings_are_acknowledged_over_the_downlink(station):
    await station.connect()
    await station.rig.read(1)
    acknowledged = {"ranges": [[station.epoch, "normal", 1, 1]], "received": station.now_s, "sent": station.now_s}
    await station.hear(f"{BASE}/ack", acknowledged)
    assert station.rig.outbox.ledger.total().acknowledged == 1


async def test_events_are_told_in_order_and_repeated_until_they_are_acknowledged(station):
    for number in range(3):
        await station.events.record("test", number=number)
    await station.connect()
    station.clock.advance(AGAIN_S)
    await station.remind()
    assert [[one["id"] for one in said["events"]] for said in station.said(EVENTS)] == [[1, 2, 3], [1, 2, 3]]
    await station.acknowledge_events(2)
    station.clock.advance(2 * AGAIN_S)
    await station.remind()
    assert [one["id"] for one in station.said(EVENTS)[-1]["events"]] == [3]
    await station.acknowledge_events(3)
    told = len(station.said(EVENTS))
    station.clock.advance(AGAIN_S)
    await station.remind()
    assert len(station.said(EVENTS)) == told


async def test_many_events_follow_each_other_as_fast_as_they_are_acknowledged(station):
    for number in range(2 * TELL_MAX + 5):
        await station.events.record("test", number=number)
    await station.connect()
    for last in (TELL_MAX, 2 * TELL_MAX, 2 * TELL_MAX + 5):
        assert station.said(EVENTS)[-1]["events"][-1]["id"] == last
        await station.acknowledge_events(last)
    assert not station.events.has_untold


async def test_an_acknowledgement_of_another_stores_events_is_not_for_us(station):
    await station.events.record("test")
    await station.connect()
    await station.acknowledge_events(1, store="f" * 16)
    assert station.events.has_untold


async def test_a_disk_that_does_not_answer_stops_the_telling_and_nothing_else(station, monkeypatch):
    await station.connect()

    async def broken(*_arguments):
        raise StoreError("cannot read from the store")

    monkeypatch.setattr(station.events, "untold", broken)
    with capture_logs() as logs:
        for _ in range(5):
            await station.remind()
    assert {line["event"] for line in logs} == {"cannot tell"}
    assert len(logs) == 1
    assert not station.task.done()


BAD = {
    "not JSON": b"\xff{",
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
    "too deep": b"[" * 100_000,
    "too large": b'"' + b"x" * MESSAGE_BYTES_MAX + b'"',
    "a number beyond all bounds": b'{"version":1' + b"0" * 5000 + b',"state":{"on":true}}',
    "half a character": b'{"clientToken":"\\ud800"}',
}
TOPICS = {
    "ack": f"{BASE}/ack",
    "get/accepted": f"{BASE}/shadow/name/heater/get/accepted",
    "update/rejected": f"{BASE}/shadow/name/heater/update/rejected",
    "update/delta": f"{BASE}/shadow/name/heater/update/delta",
    "of no device": f"{BASE}/shadow/name/nobody/update/delta",
    "unknown": f"{BASE}/shadow/name/heater/update/documents",
    "elsewhere": "somewhere/else",
    "empty": "",
}


@pytest.mark.parametrize("payload", BAD.values(), ids=BAD)
@pytest.mark.parametrize("topic", TOPICS.values(), ids=TOPICS)
async def test_a_bad_message_is_counted_told_once_and_ends_nothing(station, topic, payload):
    await station.connect()
    with capture_logs() as logs:
        for _ in range(3):
            station.session.deliver(topic, payload)
        await station.hear(topic, payload)
    assert not station.task.done()
    assert sum(station.downlink.rejected.values()) in (0, 4)
    assert len(logs) <= 1
    assert all(len(str(value)) <= 300 for line in logs for value in line.values())


async def test_a_message_that_cannot_be_used_is_told_with_its_topic_and_why(station):
    await station.connect()
    with capture_logs() as logs:
        await station.hear(f"{BASE}/ack", {"ranges": [["nonsense", "normal", 1, 1]], "received": 1, "sent": 1})
    assert station.downlink.rejected == {"ack": 1}
    assert logs[0]["topic"] == f"{BASE}/ack"
    assert "ranges" in logs[0]["reason"]


@pytest.mark.parametrize(
    ("topic", "kind"),
    [
        (f"{BASE}/ack", "ack"),
        (f"{BASE}/shadow/name/heater/update/delta", "shadow/heater/update/delta"),
        ("edgetwin/commands/things/gw/executions/c-17/request/json", "command/request/json"),
        ("a/" + "b" * 500, "a/" + "b" * (KIND_CHARACTERS_MAX - 2)),
    ],
)
async def test_a_bad_message_is_counted_by_what_its_topic_is_for(station, topic, kind):
    await station.connect()
    await station.hear(topic, b"[")
    assert station.downlink.rejected == {kind: 1}


async def test_ever_new_kinds_of_bad_messages_fill_neither_memory_nor_log(station):
    await station.connect()
    with capture_logs() as logs:
        for number in range(3 * KINDS_MAX):
            station.session.deliver(f"somewhere/{number}", b"")
        await station.settle()
    assert sum(station.downlink.rejected.values()) == 3 * KINDS_MAX
    assert len(station.downlink.rejected) == KINDS_MAX + 1
    assert len(logs) == KINDS_MAX + 1


async def test_a_message_that_the_disk_does_not_take_is_not_answered_and_ends_nothing(station, monkeypatch):
    await station.connect()

    async def broken(*_arguments):
        raise StoreError("disk full")

    monkeypatch.setattr(station.inbox, "admit", broken)
    await station.order("c1")
    assert station.responses("c1") == []
    monkeypatch.undo()
    await station.order("c1")
    assert station.responses("c1") == [("IN_PROGRESS", "")]


async def test_the_birth_is_told_again_only_where_somebody_listens(station):
    await station.connect()
    session = station.session
    station.downlink.tell_birth()
    assert len(session.on(f"{BASE}/birth")) == 2
    await station.end()
    station.downlink.tell_birth()
    assert len(session.on(f"{BASE}/birth")) == 2


async def test_the_birth_is_json_that_a_twin_can_read(station):
    await station.connect()
    birth = json.loads(station.session.on(f"{BASE}/birth")[0])
    assert birth["devices"]["heater"]["channels"]["on"]["writable"] is True
    assert birth["epoch"] == station.epoch

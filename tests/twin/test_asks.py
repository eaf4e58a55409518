"""Questions and wishes on the twin's socket, against a real store."""

from __future__ import annotations

import asyncio
import itertools
import json

import pytest
import structlog

from gateway.core.reading import Quality
from tests.twin.builders import EPOCH, NOW_S, PREFIXES, STORE, batch, birth, gap, reading, segment, status
from twin.asks import Desk
from twin.complaints import Complaints
from twin.store import open_store
from twin.writer import Writer


class Bench:
    """A twin without a broker: messages go in by hand, and what it publishes is kept."""

    def __init__(self, store):
        self.published = []
        self.writer = Writer(
            store, PREFIXES, Complaints(structlog.get_logger()), now_s=lambda: NOW_S + 10, send=self.published.extend
        )
        numbers = itertools.count(1)
        self.desk = Desk(store, self.writer, PREFIXES, now_s=lambda: NOW_S + 10, new_id=lambda: f"id{next(numbers)}")

    async def put(self, *messages):
        for message in messages:
            await self.writer.put(message)
        await self.ask(ask="status")

    async def ask(self, **request):
        return await self.desk.answer(json.dumps(request).encode())

    def last(self):
        message = self.published[-1]
        return message.topic, json.loads(message.payload)


@pytest.fixture
async def bench(tmp_path):
    async with open_store(tmp_path) as store:
        made = Bench(store)
        task = asyncio.create_task(made.writer.run())
        yield made
        task.cancel()
        await asyncio.wait([task])


async def test_the_status_of_an_empty_twin_is_empty(bench):
    assert await bench.ask(ask="status") == {"gateways": {}}


async def test_status_counts_readings_and_tells_latency(bench):
    await bench.put(
        status("online"),
        birth(finished={f"{STORE}-1": {"normal": 2}}),
        batch(segment(1, 3)),
        batch(segment(2, 3)),
        batch(segment(6, 6)),
        batch(segment(5, 5)),
    )
    answer = await bench.ask(ask="status")
    gateway = answer["gateways"]["g"]
    assert (gateway["online"], gateway["epoch"], gateway["last_heard"]) == (True, EPOCH, NOW_S)
    assert gateway["readings"] == {"received": 5, "duplicates": 2, "missing": 3, "shed": 0, "out_of_order": 1}
    assert gateway["latency_ms"]["count"] == 5
    assert gateway["latency_ms"]["p50"] == pytest.approx(7000, rel=0.03)
    assert gateway["latency_ms"]["p99"] == pytest.approx(9000, rel=0.03)


async def test_a_gateway_without_live_readings_has_no_latency(bench):
    await bench.put(status("online"))
    gateway = (await bench.ask(ask="status"))["gateways"]["g"]
    assert gateway["latency_ms"] == {"p50": None, "p99": None, "count": 0}


async def test_state_shows_the_latest_values_shadows_and_commands(bench):
    made = segment(1, 1)
    made.records[0] = reading(1, value=99.0, quality=Quality.BAD, reason="range")
    await bench.put(status("online"), batch(made))
    await bench.ask(ask="desire", gateway="g", device="room", state={"setpoint": 22})
    answer = await bench.ask(ask="state", gateway="g")
    assert answer["series"] == {
        "room/temperature": {
            "value": 99.0,
            "unit": "Cel",
            "time": NOW_S + 1,
            "age_s": 9.0,
            "quality": "bad",
            "reason": "range",
        }
    }
    assert answer["shadows"] == {
        "room": {"desired": {"setpoint": 22}, "reported": {}, "delta": {"setpoint": 22}, "version": 1}
    }
    assert (answer["gateway"], answer["online"], answer["executions"]) == ("g", True, [])


async def test_a_wish_is_published_as_a_delta(bench):
    await bench.put(status("online"))
    answer = await bench.ask(ask="desire", gateway="g", device="room", state={"setpoint": 22})
    assert answer == {"version": 1, "delta": {"setpoint": 22}}
    topics = [message.topic.removeprefix("edgetwin/things/g/shadow/name/room/") for message in bench.published]
    assert topics == ["update/delta", "update/documents", "update/accepted"]
    assert json.loads(bench.published[0].payload)["state"] == {"setpoint": 22}


async def test_a_wish_can_be_taken_back(bench):
    await bench.put(status("online"))
    await bench.ask(ask="desire", gateway="g", device="room", state={"setpoint": 22})
    answer = await bench.ask(ask="desire", gateway="g", device="room", state={"setpoint": None})
    assert answer == {"version": 2, "delta": {}}
    assert await bench.ask(ask="desire", gateway="g", device="room", state=None) == {"version": 3, "delta": {}}


async def test_a_wish_against_the_rules_is_refused_with_the_reason(bench):
    await bench.put(status("online"))
    answer = await bench.ask(ask="desire", gateway="g", device="room", state={"a": [None]})
    assert answer == {"error": "State contains an invalid node: null in an array", "code": 400}
    answer = await bench.ask(ask="desire", gateway="g", device="room", state={"a": "x" * 9000})
    assert answer["code"] == 413


async def test_a_command_is_sent_and_can_be_followed(bench):
    await bench.put(status("online"))
    answer = await bench.ask(ask="command", gateway="g", channel="fan/on", value=True, expires_in_s=5, priority=0)
    assert answer == {"id": "id1"}
    topic, request = bench.last()
    assert topic == "edgetwin/commands/things/g/executions/id1/request/json"
    assert (request["value"], request["expires"], request["priority"]) == (True, NOW_S + 15, 0)
    assert (await bench.ask(ask="execution", gateway="g", id="id1"))["status"] == "CREATED"


async def test_a_command_can_be_sent_expired_on_purpose(bench):
    await bench.put(status("online"))
    await bench.ask(ask="command", gateway="g", channel="fan/on", value=1, expires=NOW_S - 5)
    assert bench.last()[1]["expires"] == NOW_S - 5


async def test_history_is_in_order_of_time_and_bounded(bench):
    await bench.put(batch(segment(1, 3)), batch(segment(4, 9, backfill=True)))
    answer = await bench.ask(ask="history", gateway="g", series="room/temperature", since=NOW_S + 3, limit=2)
    assert answer["readings"] == [
        {
            "time": NOW_S + seq,
            "value": 21.5,
            "quality": "good",
            "reason": "",
            "epoch": EPOCH,
            "lane": "normal",
            "seq": seq,
        }
        for seq in (3, 4)
    ]
    assert len((await bench.ask(ask="history", gateway="g", series="room/temperature"))["readings"]) == 9
    assert await bench.ask(ask="history", gateway="g", series="hall/x") == {"readings": []}


async def test_gaps_are_shown_and_counted(bench):
    await bench.put(batch(segment(1, 3)), gap(1, 4, 8, readings={"room/temperature": 5}))
    answer = await bench.ask(ask="gaps", gateway="g")
    assert [(one["first"], one["last"], one["reason"]) for one in answer["gaps"]] == [(4, 8, "quota_full")]
    readings = (await bench.ask(ask="status"))["gateways"]["g"]["readings"]
    assert (readings["shed"], readings["missing"]) == (5, 0)
    assert await bench.ask(ask="gaps", gateway="g", since=NOW_S + 1) == {"gaps": []}


@pytest.mark.parametrize(
    ("request_line", "error"),
    [
        (b"", "no JSON: it breaks off"),
        (b"status", "no JSON: "),
        (b"[]", "found a list, allowed an object"),
        (b"{}", "ask is missing"),
        (b'{"ask":"dance"}', "ask: found 'dance', which nobody here knows"),
        (b'{"ask":"state"}', "gateway is missing"),
        (b'{"ask":"state","gateway":"h"}', "gateway 'h' is not known; known are: none"),
        (b'{"ask":"state","gateway":"a b"}', "gateway"),
        (b'{"ask":"desire","gateway":"h","device":"room","state":{}}', "gateway 'h' is not known"),
        (b'{"ask":"desire","gateway":"h","device":"a/b","state":{}}', "device"),
        (b'{"ask":"desire","gateway":"h","device":"a\\n","state":{}}', "device"),
        (b'{"ask":"command","gateway":"h","channel":"a/b","value":1}', "gateway 'h' is not known"),
        (b'{"ask":"command","gateway":"h","channel":"a/b","value":null}', "value"),
        (b'{"ask":"command","gateway":"h","channel":"a/b","value":1,"priority":10}', "priority"),
        (b'{"ask":"execution","gateway":"h","id":"x"}', "no execution 'x' of gateway 'h'"),
        (b'{"ask":"history","gateway":"h","series":"room"}', "series"),
        (b'{"ask":"history","gateway":"h","series":"a/b","limit":0}', "limit"),
        (b'{"ask":"gaps"}', "gateway is missing"),
        (b'{"ask":"gaps","gateway":"h","limit":10001}', "limit"),
        (b'{"ask":"status","x":' + b"[" * 100_000, "recursion"),
    ],
)
async def test_what_cannot_be_answered_says_why(bench, request_line, error):
    answer = await bench.desk.answer(request_line)
    assert error in answer["error"]

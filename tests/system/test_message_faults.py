"""Messages that nobody should have sent: they are counted and told once, and everything else goes on."""

from __future__ import annotations

import time

import msgspec
import pytest

from demo.broker import mosquitto
from gateway.core.wire import MESSAGE_BYTES_MAX, command_topic
from tests.system.theatre import START_S, a_running_stage, a_stage, clean, client, count, flowing, outcome, status, twin

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(mosquitto() is None, reason="mosquitto is not installed"),
]

THING = "edgetwin/things/greenhouse-1"
SHADOW = f"{THING}/shadow/name/climate"
EXECUTION = "edgetwin/commands/things/greenhouse-1/executions/bad"
TO_GATEWAY = [
    f"{THING}/ack",
    *(
        f"{SHADOW}/{tail}"
        for tail in ("get/accepted", "get/rejected", "get/other", "update/accepted", "update/rejected")
    ),
    f"{SHADOW}/update/delta",
    f"{EXECUTION}/request/json",
    f"{EXECUTION}/response/accepted/json",
    "edgetwin/commands/things/greenhouse-1/executions/no id!/request/json",
]
TO_TWIN = [
    *(f"{THING}/{kind}" for kind in ("birth", "status", "telemetry", "events")),
    *(f"{SHADOW}/{kind}" for kind in ("get", "update", "delete")),
    f"{EXECUTION}/response/json",
    "edgetwin/things/no name!/telemetry",
]
BAD = [
    b"",
    b"\xff\xfe\x00",
    b"{",
    b"[]",
    b"null",
    b"[" * 50_000,
    b'{"a":' * 5_000,
    b'{"ranges":[["x","y",-1,1e999]],"received":NaN,"sent":0}',
    b'{"state":{"desired":{"setpoint":null,"x":{"y":[null]}}},"version":"one"}',
    b'{"channel":"climate/setpoint","value":NaN,"issued":0,"expires":0}',
    b'[{"bn":"greenhouse-1/a/b","bt":1e400,"v":1}]',
    b"x\x9c" + bytes(100),
    bytes(MESSAGE_BYTES_MAX + 1),
    b'"' + b"a" * MESSAGE_BYTES_MAX + b'"',
]


async def send(stage, topics):
    async with client(stage) as stranger:
        for topic in topics:
            for payload in BAD:
                await stranger.publish(topic, payload, qos=1)


def rejected_by(stage):
    return status(stage)["link"]["messages_rejected"]


async def test_nothing_that_is_sent_to_the_gateway_stops_it(tmp_path):
    async with a_running_stage(tmp_path) as stage:
        await send(stage, TO_GATEWAY)
        await send(stage, TO_GATEWAY)
        assert await clean(stage)
        daemon = stage.daemons[0]
        # The broker has them all; the daemon looks at one after the other.
        assert await stage.until(lambda _: sum(rejected_by(stage).values()) > len(TO_GATEWAY) * len(BAD), START_S)
        rejected = rejected_by(stage)
        told = count(daemon, "message not usable")
        assert told == len(rejected), daemon.log.read_text(encoding="utf-8")
        assert count(daemon, "Traceback") == 0
        assert status(stage)["link"]["state"] == "connected"
        assert await works(stage)


async def test_nothing_that_is_sent_to_the_twin_stops_it(tmp_path):
    async with a_stage(tmp_path) as stage:
        child = stage.start_twin()
        stage.start_daemon()
        assert await stage.until(flowing, START_S)
        await send(stage, TO_TWIN)
        await send(stage, TO_TWIN)
        assert await clean(stage)
        assert count(child, "Traceback") == 0
        for kind in (
            "birth_malformed",
            "status_malformed",
            "telemetry_malformed",
            "events_malformed",
            "response_malformed",
        ):
            assert count(child, f"'{kind}'") == 1, child.log.read_text(encoding="utf-8")
        assert await works(stage)


async def works(stage):
    """Whether a wish still goes all the way.

    A stranger's `delete` may come to the twin after it: then the wish went with the document, and is wished once more.
    """

    def agreed(now):
        shadow = now.state.shadows.get("climate") if now.state else None
        return shadow is not None and shadow.reported.get("setpoint") == 19 and "setpoint" not in shadow.delta

    for _ in range(3):
        assert "error" not in await twin(stage, "desire", device="climate", state={"setpoint": 19})
        if await stage.until(agreed, START_S / 3):
            return True
    return False


REFUSED = [
    ("UNKNOWN_CHANNEL", {"channel": "garage/door", "value": True}),
    ("NOT_WRITABLE", {"channel": "room/temperature", "value": 20}),
    ("OUT_OF_RANGE", {"channel": "climate/setpoint", "value": 31}),
    ("WRONG_TYPE", {"channel": "climate/setpoint", "value": "warm"}),
    ("WRONG_TYPE", {"channel": "heater/on", "value": 1}),
    ("UNKNOWN_OPERATION", {"channel": "climate/setpoint", "value": 20, "operation": "explode"}),
    ("EXPIRED", {"channel": "climate/setpoint", "value": 20, "expires_in_s": -10}),
]


async def test_an_order_that_may_not_act_is_refused_with_a_reason_that_the_twin_gets(tmp_path):
    async with a_running_stage(tmp_path) as stage:
        for code, order in REFUSED:
            given = await twin(stage, "command", **order)
            became = await outcome(stage, given["id"])
            assert (became["status"], became["reason"]["reasonCode"]) == ("REJECTED", code)
            assert became["reason"]["reasonDescription"]
        await stage.look()
        assert stage.now.state.shadows["climate"].reported["setpoint"] == 18


async def test_an_order_that_is_given_twice_acts_once(tmp_path):
    async with a_running_stage(tmp_path) as stage:
        given = await twin(stage, "command", channel="climate/setpoint", value=21)
        became = await outcome(stage, given["id"])
        assert (became["status"], became["result"]) == ("SUCCEEDED", {"value": 21.0})
        topic = command_topic("edgetwin", "greenhouse-1", given["id"], "request/json")
        async with client(stage) as stranger:
            await stranger.subscribe(command_topic("edgetwin", "greenhouse-1", given["id"], "response/json"), qos=1)
            await stranger.publish(topic, order("climate/setpoint", 25), qos=1)
            again = msgspec.json.decode((await anext(aiter(stranger.messages))).payload)
        assert (again["status"], again["result"]) == ("SUCCEEDED", {"value": 21.0})
        await stage.look()
        assert stage.now.state.shadows["climate"].reported["setpoint"] == 21
        assert count(stage.daemons[0], f'event="command done" id={given["id"]}') == 1


def order(channel, value):
    now_s = time.time()
    return msgspec.json.encode({"channel": channel, "value": value, "issued": now_s, "expires": now_s + 60})


async def test_an_order_that_the_broker_had_kept_is_never_obeyed(tmp_path):
    async with a_stage(tmp_path) as stage:
        stage.start_twin()
        async with client(stage) as stranger:
            topic = command_topic("edgetwin", "greenhouse-1", "kept", "request/json")
            await stranger.publish(topic, order("climate/setpoint", 25), qos=1, retain=True)
        stage.start_daemon()
        assert await stage.until(flowing, START_S)
        became = await outcome(stage, "kept")
        assert (became["status"], became["reason"]["reasonCode"]) == ("REJECTED", "RETAINED")

        def told(now):
            return now.state is not None and "climate" in now.state.shadows

        assert await stage.until(told, START_S)
        assert stage.now.state.shadows["climate"].reported["setpoint"] == 18

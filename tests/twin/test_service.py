"""The whole twin against a real Mosquitto."""

from __future__ import annotations

import asyncio
import contextlib
import json
import zlib

import aiomqtt
import pytest
from structlog.testing import capture_logs

from gateway.core.senml_cbor import transcode
from gateway.core.wire import encode
from tests.twin.builders import EPOCH, NOW_S, birth, events, pack, status, until
from twin import writer
from twin.client import ask
from twin.service import serve
from twin.settings import TwinSettings
from twin.store import StoreBusyError, StoreError

TELEMETRY = "edgetwin/things/g/telemetry"


@contextlib.asynccontextmanager
async def twin(directory, broker, **settings):
    """A twin that serves, and one that has stopped afterwards."""
    options = {"host": broker.host, "port": broker.port, "backoff_s": 0.02, "timeout_s": 5.0} | settings
    stop = asyncio.Event()
    with capture_logs() as logs:
        serving = asyncio.create_task(serve(TwinSettings(directory=str(directory), **options), stop=stop))

        async def ready():
            if serving.done():
                serving.result()
            return any(line["event"] == "ready" for line in logs)

        await until(ready)
        try:
            yield logs
        finally:
            stop.set()
            await asyncio.wait_for(serving, 10)


class Gateway:
    """Somebody on the other side, who hears what the twin says."""

    def __init__(self, client):
        self.client = client

    async def say(self, topic, payload, *, retain=False):
        await self.client.publish(topic, payload, qos=1, retain=retain)

    async def hear(self):
        message = await asyncio.wait_for(anext(self.client.messages), 10)
        return message.topic.value, json.loads(message.payload)


@contextlib.asynccontextmanager
async def gateway(broker, *filters, version=aiomqtt.ProtocolVersion.V5):
    async with aiomqtt.Client(broker.host, broker.port, protocol=version) as client:
        for each in filters or ["edgetwin/things/g/ack"]:
            await client.subscribe(each, qos=1)
        yield Gateway(client)


async def received(directory, name="g"):
    answer = await ask(directory, {"ask": "status"})
    return answer["gateways"].get(name, {}).get("readings", {}).get("received")


@pytest.mark.parametrize("version", [aiomqtt.ProtocolVersion.V5, aiomqtt.ProtocolVersion.V311])
async def test_what_a_gateway_sends_is_acknowledged_and_held(tmp_path, mosquitto_broker, version):
    async with twin(tmp_path, mosquitto_broker), gateway(mosquitto_broker, version=version) as other:
        await other.say(TELEMETRY, pack(1, 3))
        topic, ack = await other.hear()
        assert topic == "edgetwin/things/g/ack"
        assert ack["ranges"] == [[EPOCH, "normal", 1, 3]]
        assert 0 <= ack["sent"] - ack["received"] < 60
        await other.say(TELEMETRY, zlib.compress(pack(2, 9)))
        assert (await other.hear())[1]["ranges"] == [[EPOCH, "normal", 2, 9]]
        readings = (await ask(tmp_path, {"ask": "status"}))["gateways"]["g"]["readings"]
        assert readings == {"received": 9, "duplicates": 2, "missing": 0, "shed": 0, "out_of_order": 0}


async def test_a_bad_segment_is_rejected_and_the_rest_of_the_pack_is_held(tmp_path, mosquitto_broker):
    async with twin(tmp_path, mosquitto_broker) as logs, gateway(mosquitto_broker) as other:
        bad = pack(4, 6).replace(b'"v": 20.0', b'"v": "hot"')
        whole = b",".join(each[1:-1] for each in (pack(1, 3), bad, pack(7, 9)))
        for _ in range(2):
            await other.say(TELEMETRY, transcode(b"[" + whole + b"]"))
            ack = (await other.hear())[1]
            assert [each[2:] for each in ack["ranges"]] == [[1, 3], [7, 9]]
            assert [each[2:4] for each in ack["rejected"]] == [[4, 6]]
        assert await received(tmp_path) == 6
    assert sum(line["event"] == "segment_rejected" for line in logs) == 1
    assert next(line for line in logs if line["event"] == "stopped")["complaints"] == {"segment_rejected": 2}


async def test_a_twin_started_again_knows_everything(tmp_path, mosquitto_broker):
    async with gateway(mosquitto_broker) as other:
        async with twin(tmp_path, mosquitto_broker):
            await other.say(TELEMETRY, pack(1, 3))
            await other.hear()
            # How long a commit took is written by the next one.
            await other.say("edgetwin/things/g/events", encode(events(1, 2).body))
            await other.hear()
            before = await ask(tmp_path, {"ask": "status"})
        async with twin(tmp_path, mosquitto_broker):
            assert await ask(tmp_path, {"ask": "status"}) == before
            await other.say(TELEMETRY, pack(3, 4))
            assert (await other.hear())[1]["ranges"] == [[EPOCH, "normal", 3, 4]]
            assert await received(tmp_path) == 4


async def test_an_outage_of_the_broker_is_survived(tmp_path, mosquitto_broker):
    async with twin(tmp_path, mosquitto_broker) as logs:
        async with gateway(mosquitto_broker) as other:
            await other.say(TELEMETRY, pack(1, 3))
            await other.hear()
            mosquitto_broker.stop()
            with pytest.raises(aiomqtt.MqttError):
                await other.hear()
        mosquitto_broker.start()

        async def ready_again():
            return sum(line["event"] == "ready" for line in logs) == 2

        await until(ready_again)
        async with gateway(mosquitto_broker) as other:
            await other.say(TELEMETRY, pack(4, 5))
            assert (await other.hear())[1]["ranges"] == [[EPOCH, "normal", 4, 5]]
        assert await received(tmp_path) == 5
    assert sum(line["event"] == "link_lost" for line in logs) == 1


async def test_rubbish_on_every_topic_is_counted_and_stops_nothing(tmp_path, mosquitto_broker):
    tails = ["birth", "status", "telemetry", "events"]
    tails += [f"shadow/name/room/{verb}" for verb in ("get", "update", "delete")]
    topics = [f"edgetwin/things/g/{tail}" for tail in tails]
    topics += ["edgetwin/commands/things/g/executions/c1/response/json", "edgetwin/things/a b/birth"]
    payloads = [b"\xff\xfe", b"x\x9c\x00", b"[" * 5000, b"{}", b" " * 300_000]
    async with twin(tmp_path, mosquitto_broker) as logs, gateway(mosquitto_broker) as other:
        for payload in payloads:
            for topic in topics:
                await other.say(topic, payload)
        await other.say("edgetwin/things/g/birth", b"", retain=True)
        await other.say(TELEMETRY, pack(1, 1))
        assert (await other.hear())[1]["ranges"] == [[EPOCH, "normal", 1, 1]]
    kinds = [line["event"] for line in logs if line["log_level"] == "warning"]
    malformed = {f"{kind}_malformed" for kind in ("birth", "status", "telemetry", "events", "response")}
    assert sorted(kinds) == sorted(malformed | {"unknown_topic"})
    (stopped,) = (line for line in logs if line["event"] == "stopped")
    assert stopped["complaints"] == dict.fromkeys(kinds, len(payloads))


async def test_what_the_broker_keeps_of_a_gateway_is_found(tmp_path, mosquitto_broker):
    async with gateway(mosquitto_broker) as other:
        await other.say("edgetwin/things/g/birth", encode(birth().body), retain=True)
        await other.say("edgetwin/things/g/status", encode(status("online").body), retain=True)
        async with twin(tmp_path, mosquitto_broker):

            async def found():
                return (await ask(tmp_path, {"ask": "status"}))["gateways"].get("g", {}).get("online", False)

            await until(found)
            assert (await ask(tmp_path, {"ask": "status"}))["gateways"]["g"]["epoch"] == EPOCH


async def test_a_wish_reaches_the_gateway_and_its_report_closes_it(tmp_path, mosquitto_broker):
    thing = "edgetwin/things/g/shadow/name/room"
    async with twin(tmp_path, mosquitto_broker), gateway(mosquitto_broker, f"{thing}/+/+") as other:
        await other.say(f"{thing}/get", b"")
        assert (await other.hear())[0] == f"{thing}/get/rejected"
        await other.say(f"{thing}/update", b'{"state":{"reported":{"setpoint":18}},"clientToken":"t1"}')
        assert [(await other.hear())[0] for _ in range(2)] == [f"{thing}/update/documents", f"{thing}/update/accepted"]
        assert await ask(tmp_path, {"ask": "desire", "gateway": "g", "device": "room", "state": {"setpoint": 22}}) == {
            "version": 2,
            "delta": {"setpoint": 22},
        }
        topic, delta = await other.hear()
        assert (topic, delta["state"], delta["version"]) == (f"{thing}/update/delta", {"setpoint": 22}, 2)
        assert [(await other.hear())[0] for _ in range(2)] == [f"{thing}/update/documents", f"{thing}/update/accepted"]
        await other.say(f"{thing}/update", b'{"state":{"reported":{"setpoint":22}},"version":2}')
        await other.hear()
        assert (await other.hear())[0] == f"{thing}/update/accepted"
        shadows = (await ask(tmp_path, {"ask": "state", "gateway": "g"}))["shadows"]
        assert (shadows["room"]["delta"], shadows["room"]["version"]) == ({}, 3)


async def test_a_command_goes_out_and_its_outcome_is_confirmed(tmp_path, mosquitto_broker):
    executions = "edgetwin/commands/things/g/executions"
    filters = (f"{executions}/+/request/json", f"{executions}/+/response/accepted/json")
    async with twin(tmp_path, mosquitto_broker), gateway(mosquitto_broker, *filters) as other:
        await other.say("edgetwin/things/g/status", encode(status("online").body))

        async def known():
            return (await ask(tmp_path, {"ask": "status"}))["gateways"]

        await until(known)
        answer = await ask(tmp_path, {"ask": "command", "gateway": "g", "channel": "room/setpoint", "value": 22})
        topic, request = await other.hear()
        assert topic == f"{executions}/{answer['id']}/request/json"
        assert (request["channel"], request["value"]) == ("room/setpoint", 22)
        await other.say(f"{executions}/{answer['id']}/response/json", b'{"status":"SUCCEEDED","time":1}')
        assert (await other.hear())[0] == f"{executions}/{answer['id']}/response/accepted/json"
        execution = await ask(tmp_path, {"ask": "execution", "gateway": "g", "id": answer["id"]})
        assert execution["status"] == "SUCCEEDED"


async def test_several_prefixes_are_served_at_once(tmp_path, mosquitto_broker):
    thing = "things/g/shadow/name/room"
    filters = [f"{prefix}/{thing}/update/+" for prefix in ("$aws", "edgetwin")]
    settings = {"prefixes": ("edgetwin", "$aws")}
    async with twin(tmp_path, mosquitto_broker, **settings), gateway(mosquitto_broker, *filters) as other:
        await other.say(f"$aws/{thing}/update", b'{"state":{"desired":{"a":1}}}')
        heard = {(await other.hear())[0] for _ in range(6)}
        tails = ("delta", "documents", "accepted")
        assert heard == {f"{prefix}/{thing}/update/{tail}" for prefix in ("$aws", "edgetwin") for tail in tails}


async def test_a_second_twin_on_one_directory_is_refused(tmp_path, mosquitto_broker):
    async with twin(tmp_path, mosquitto_broker):
        with pytest.raises(StoreBusyError, match="another twin has"):
            await serve(TwinSettings(directory=str(tmp_path)), stop=asyncio.Event())


async def test_a_store_that_no_longer_answers_ends_the_twin_with_its_reason(tmp_path, mosquitto_broker, monkeypatch):
    async def fail(_store):
        raise StoreError("the disk is gone")

    monkeypatch.setattr(writer, "load", fail)
    settings = TwinSettings(directory=str(tmp_path), host=mosquitto_broker.host, port=mosquitto_broker.port)
    with pytest.raises(StoreError, match="the disk is gone"):
        await serve(settings, stop=asyncio.Event())
    assert not (tmp_path / "twin.sock").exists()


async def test_times_of_acknowledgement_are_not_those_of_the_readings(tmp_path, mosquitto_broker):
    async with twin(tmp_path, mosquitto_broker), gateway(mosquitto_broker) as other:
        await other.say(TELEMETRY, pack(1, 1, base_s=NOW_S - 86_400))
        assert (await other.hear())[1]["received"] > NOW_S

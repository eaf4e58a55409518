"""A client that knows nothing of us, mosquitto_pub with MQTT 5, gives orders and is answered where it asked to be."""

from __future__ import annotations

import asyncio
import json
import shutil
import time

import pytest

from tests.system.theatre import a_running_stage, client

pytestmark = pytest.mark.system


async def publish(stage, identifier, order, *properties):
    topic = f"edgetwin/commands/things/{stage.site.gateway}/executions/{identifier}/request/json"
    words = [shutil.which("mosquitto_pub"), "-V", "mqttv5", "-h", stage.broker.host, "-p", str(stage.broker.port),
             "-q", "1", "-t", topic, "-m", json.dumps(order)]  # fmt: skip
    for name, value in properties:
        words += ["-D", "publish", name, value]
    process = await asyncio.create_subprocess_exec(*words)
    assert await process.wait() == 0


@pytest.mark.skipif(shutil.which("mosquitto_pub") is None, reason="mosquitto_pub is not installed")
async def test_an_order_with_a_response_topic_is_answered_there_with_its_correlation_data(tmp_path):
    async with a_running_stage(tmp_path) as stage, client(stage) as stranger:
        await stranger.subscribe("scada/answers")
        now_s = time.time()
        order = {"channel": "climate/setpoint", "value": 21.5, "issued": now_s, "expires": now_s + 60}
        await publish(stage, "scada-1", order, ("response-topic", "scada/answers"), ("correlation-data", "job 7"))
        answers = []
        async with asyncio.timeout(20):
            async for message in stranger.messages:
                answers.append(json.loads(message.payload))
                assert message.properties.CorrelationData == b"job 7"
                assert answers[-1]["executionId"] == "scada-1"
                if answers[-1]["status"] != "IN_PROGRESS":
                    break
        assert [one["status"] for one in answers] == ["IN_PROGRESS", "SUCCEEDED"]
        assert answers[-1]["result"] == {"value": 21.5}

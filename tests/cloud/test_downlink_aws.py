"""A session as AWS IoT Core wants it: shadows and commands under the cloud's prefix, and the broker's word for all."""

from __future__ import annotations

import json

import pytest

from gateway.cloud.retelling import AGAIN_S
from gateway.core import wire
from gateway.core.settings import Acknowledge
from tests.cloud.station import GATEWAY, open_station
from tests.fakes.session import FakeSession

AWS = {"shadow_prefix": "$aws", "acknowledge": Acknowledge.BROKER, "needs_subscriber": False, "compress": False}


@pytest.fixture
async def aws(tmp_path):
    async with open_station(tmp_path, **AWS) as opened:
        yield opened


def shadow(tail):
    return wire.shadow_topic("$aws", GATEWAY, "heater", tail)


class Counting(FakeSession):
    """Keeps how many filters came in each SUBSCRIBE."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.counts = []

    async def subscribe(self, topics):
        self.counts.append(len(topics))
        await super().subscribe(topics)


async def test_what_is_subscribed_stays_below_the_limits(aws, monkeypatch):
    monkeypatch.setattr("tests.cloud.station.FakeSession", Counting)
    aws.shadows.devices |= {f"d{number}": aws.shadows.devices["heater"] for number in range(100)}
    await aws.connect()
    assert max(aws.session.counts) <= 8
    assert sum(aws.session.counts) <= 50
    under = {topic.partition("/")[0] for topic in aws.session.topics}
    assert under == {"$aws", "edgetwin"}
    assert [topic for topic in aws.session.topics if topic.startswith("edgetwin")] == [f"edgetwin/things/{GATEWAY}/ack"]


async def test_nothing_that_is_retained_is_under_the_clouds_prefix(aws):
    await aws.connect()
    retained = [sent.topic for sent in aws.session.sent if sent.retain]
    assert retained == [f"edgetwin/things/{GATEWAY}/birth", f"edgetwin/things/{GATEWAY}/status"]


async def test_shadows_and_commands_are_heard_under_the_clouds_prefix(aws):
    aws.shadows.is_now("heater/on", False)
    await aws.connect()
    token = aws.said(shadow("get"))[-1]["clientToken"]
    document = {"state": {"reported": {"on": False}, "delta": {"on": True}}, "version": 3, "clientToken": token}
    await aws.hear(shadow("get/accepted"), document)
    assert aws.wishes == [("heater", "on", True)]
    order = {"channel": "heater/on", "value": True, "issued": aws.now_s, "expires": aws.now_s + 60}
    await aws.hear(wire.command_topic("$aws", GATEWAY, "c1", "request/json"), order)
    (said,) = aws.said(wire.command_topic("$aws", GATEWAY, "c1", "response/json"))
    assert said["status"] == "IN_PROGRESS"
    assert not aws.downlink.rejected


async def test_events_are_told_once_the_broker_has_taken_them(aws):
    await aws.events.record("sync_state", n=1)
    await aws.connect(code=None)
    events = f"edgetwin/things/{GATEWAY}/events"
    aws.clock.advance(AGAIN_S)
    await aws.remind()
    assert len(aws.said(events)) == 2
    for sent in aws.session.sent:
        sent.acknowledge(0)
    aws.clock.advance(AGAIN_S)
    await aws.remind()
    assert len(aws.said(events)) == 2


@pytest.mark.parametrize("code", [0x80, 0x87, 0x97])
async def test_events_that_the_broker_refuses_are_told_again(aws, code):
    await aws.events.record("sync_state", n=1)
    await aws.connect(code=code)
    aws.clock.advance(AGAIN_S)
    await aws.remind()
    assert len(aws.said(f"edgetwin/things/{GATEWAY}/events")) == 2


async def test_where_the_twin_acknowledges_the_brokers_word_is_not_enough_for_events(station):
    await station.events.record("sync_state", n=1)
    await station.connect(code=0)
    station.clock.advance(AGAIN_S)
    await station.remind()
    assert len(station.said(f"edgetwin/things/{GATEWAY}/events")) == 2


@pytest.mark.parametrize("code", [0, 0x10])
async def test_a_reading_that_a_rule_takes_is_free_and_is_plain_json(aws, code):
    await aws.connect(code=code)
    await aws.rig.read(60)
    (payload, *_) = aws.session.on(f"edgetwin/things/{GATEWAY}/telemetry") or aws.session.on(aws.rig.uplink._topic)
    assert json.loads(payload)[0]["lane"] == "normal"
    assert aws.rig.outbox.ledger.total().waiting == 0

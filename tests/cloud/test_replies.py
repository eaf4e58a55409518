"""Answers where the sender wants them (MQTT 5 response topic), also after a restart, and never where they do harm."""

from __future__ import annotations

import json

import pytest

from gateway.cloud.commands import CORRELATION_BYTES_MAX
from gateway.core import wire
from gateway.core.command import Source
from tests.cloud.station import GATEWAY, PREFIX


async def ask(station, identifier, reply_topic, correlation=b"", **changes):
    order = {"channel": "heater/on", "value": True, "issued": station.now_s, "expires": station.now_s + 60} | changes
    topic = wire.command_topic(PREFIX, GATEWAY, identifier, "request/json")
    station.session.deliver(topic, json.dumps(order).encode(), reply_topic=reply_topic, correlation=correlation)
    await station.settle()


def answers(station, topic):
    return [(json.loads(one.payload), one.correlation) for one in station.session.sent if one.topic == topic]


async def test_every_answer_goes_there_too_with_the_correlation_data_and_the_id(station):
    await station.connect()
    await ask(station, "c1", "app/7", b"job")
    await station.act()
    told = answers(station, "app/7")
    assert [(one["status"], one["executionId"], data) for one, data in told] == [
        ("IN_PROGRESS", "c1", b"job"), ("SUCCEEDED", "c1", b"job")
    ]  # fmt: skip
    assert station.responses("c1") == [("IN_PROGRESS", ""), ("SUCCEEDED", "")]


async def test_a_refusal_and_what_is_no_command_are_answered_there_too(station):
    await station.connect()
    await ask(station, "c1", "app/7", value="on")
    await ask(station, "c2", "app/7", issued="now")
    assert [one["statusReason"]["reasonCode"] for one, _ in answers(station, "app/7")] == ["WRONG_TYPE", "MALFORMED"]


async def test_an_outcome_goes_there_on_the_next_connection(station):
    await station.connect()
    await ask(station, "c1", "app/7", b"job")
    await station.end()
    await station.act()
    await station.connect()
    assert [(one["status"], data) for one, data in answers(station, "app/7")] == [("SUCCEEDED", b"job")]


async def test_who_asks_again_is_answered_where_it_asks_now(station):
    await station.connect()
    await ask(station, "c1", "app/7")
    await ask(station, "c1", "app/8", b"x")
    assert [(one["status"], data) for one, data in answers(station, "app/8")] == [("IN_PROGRESS", b"x")]


@pytest.mark.parametrize(("topic", "correlation"), [
    ("$SYS/x", b""), ("a/+/b", b""), ("#", b""), ("x" * 257, b""), ("edgetwin/things/gw/status", b""),
    ("edgetwin/commands/things/other/executions/c9/request/json", b""), ("app/7", b"x" * (CORRELATION_BYTES_MAX + 1)),
])  # fmt: skip
async def test_where_an_answer_would_do_harm_none_goes(station, topic, correlation):
    await station.connect()
    before = len([one for one in station.session.sent if one.topic == topic])
    await ask(station, "c1", topic, correlation)
    assert len([one for one in station.session.sent if one.topic == topic]) == before
    assert station.responses("c1") == [("IN_PROGRESS", "")]


async def test_progress_is_told_while_there_is_a_connection(station):
    await station.connect()
    await ask(station, "c1", "app/7")
    execution = station.inbox.take()
    station.downlink._commands.progressed(execution, 41.26)
    said = station.said(wire.command_topic(PREFIX, GATEWAY, "c1", "response/json"))[-1]
    assert (said["status"], said["percent"]) == ("IN_PROGRESS", 41.3)
    local = station.admission.local("here", "heater/on", True, Source.CONTROL)
    station.downlink._commands.progressed(local, 5.0)
    assert station.responses("here") == []


async def test_a_cancellation_is_an_order_of_its_own(station):
    await station.connect()
    await station.order("c1")
    cancel = {"operation": "Cancel", "parameters": {"execution": "c1"}, "issued": station.now_s}
    await station.order("stop", json.dumps(cancel).encode())
    await station.order("again", json.dumps(cancel).encode())
    await station.remind()
    assert station.responses("c1")[-1] == ("REJECTED", "CANCELLED")
    assert station.responses("stop")[0] == ("SUCCEEDED", "")
    assert station.responses("again")[0] == ("REJECTED", "NOT_CANCELLABLE")
    assert await station.act() == []

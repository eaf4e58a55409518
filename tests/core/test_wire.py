"""The messages between gateway and twin: what is sent is read, and whatever else arrives is refused by one error."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core import wire
from gateway.core.wire import (
    MESSAGE_BYTES_MAX,
    RANGES_MAX,
    Ack,
    Birth,
    BirthChannel,
    BirthDevice,
    CommandRequest,
    CommandResponse,
    CommandStatus,
    Event,
    Events,
    FinishedEpoch,
    Presence,
    Status,
    StatusReason,
    decode,
    encode,
)

EPOCH = "3f2a9c1b7d10e644-2"
KINDS = [Ack, Birth, Status, Events, CommandRequest, CommandResponse]
CHANNEL = BirthChannel(unit="Cel", low=-40.0, high=125.0)
MESSAGES = [
    Ack([(EPOCH, "normal", 1, 500), (EPOCH, "events", 7, 7)], 1_795_417_200.25, 1_795_417_200.5),
    Birth(
        gateway="greenhouse-1", epoch=EPOCH, software="edgetwin 0.1.0", protocol=wire.PROTOCOL, started=1.5,
        devices={"room": BirthDevice(driver="sht4x", channels={"temperature": CHANNEL})},
        epochs=[FinishedEpoch("3f2a9c1b7d10e644-1", {"normal": 16})],
    ),
    Status(Presence.OFFLINE, EPOCH),
    Events("3f2a9c1b7d10e644", [Event(4, 1_795_417_201.1, "gap", {"first": 1, "reason": "quota_full"})]),
    CommandRequest(channel="climate/setpoint", value=22.0, issued=1.0, expires=2.0),
    CommandRequest(channel="room/relay", value=True, issued=1.0, expires=2.0, priority=0),
    CommandResponse(status=CommandStatus.SUCCEEDED, time=3.0, result={"value": 21.5}),
    CommandResponse(status=CommandStatus.FAILED, time=3.0, status_reason=StatusReason("DEVICE_ERROR", "no answer")),
]  # fmt: skip


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_what_is_sent_is_read(message):
    assert decode(encode(message), type(message)) == message


def test_members_that_are_not_known_are_ignored_and_left_out_ones_have_their_value():
    payload = b'{"channel":"a/x","value":22,"issued":1,"expires":2,"colour":"red"}'
    assert decode(payload, CommandRequest) == CommandRequest(channel="a/x", value=22.0, issued=1.0, expires=2.0)


def test_a_response_has_the_names_of_aws_and_nothing_that_is_not_said():
    bare = CommandResponse(status=CommandStatus.IN_PROGRESS, time=3.0)
    assert json.loads(encode(bare)) == {"status": "IN_PROGRESS", "time": 3.0}
    told = json.loads(encode(MESSAGES[-1]))
    assert told["statusReason"] == {"reasonCode": "DEVICE_ERROR", "reasonDescription": "no answer"}


REQUEST = '{"channel":"a/x","value":%s,"issued":1,"expires":2}'
HOSTILE = {
    "nothing": b"",
    "no JSON": b"on",
    "another type": b"[]",
    "cut off": b'{"ranges":[',
    "no UTF-8": REQUEST.encode() % b'"\xff\xfe"',
    "half a surrogate pair": REQUEST.encode() % b'"\\ud800"',
    "a number beyond all": REQUEST.encode() % b"1e999",
    "an integer of many digits": REQUEST.encode() % (b"1" * 5_000),
    "not a number": REQUEST.encode() % b"NaN",
    "nested deeply": b'{"data":' * 10_000,
    "lists nested deeply": b'{"store":"3f2a9c1b7d10e644","events":' + b"[" * 50_000,
    "data nested deeply": b'{"store":"3f2a9c1b7d10e644","events":[{"id":1,"time":1,"kind":"a","data":{"a":'
    + b"[" * 50_000,
    "a zero byte": b"\0",
    "too large": b'"' + b"x" * MESSAGE_BYTES_MAX + b'"',
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("payload", HOSTILE.values(), ids=HOSTILE)
def test_hostile_messages_are_refused_by_one_error(payload, kind):
    with pytest.raises(msgspec.DecodeError):
        decode(payload, kind)


def test_a_message_of_the_largest_size_is_read():
    text = "x" * (MESSAGE_BYTES_MAX - len(REQUEST % '""'))
    payload = (REQUEST % f'"{text}"').encode()
    assert len(payload) == MESSAGE_BYTES_MAX
    assert decode(payload, CommandRequest).value == text


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (Ack, {"ranges": [["no epoch", "normal", 1, 2]], "received": 1, "sent": 1}),
        (Ack, {"ranges": [[EPOCH, "normal", 0, 2]], "received": 1, "sent": 1}),
        (Ack, {"ranges": [[EPOCH, "normal", 1, 2**53 + 1]], "received": 1, "sent": 1}),
        (Ack, {"ranges": [[EPOCH, "normal", 1]], "received": 1, "sent": 1}),
        (CommandRequest, {"channel": "a/x", "value": [1], "issued": 1, "expires": 2}),
        (CommandRequest, {"channel": "a/x", "value": 1, "expires": 1}),
        (CommandRequest, {"device": "a", "operation": "Pulse", "parameters": {"for": [1]}, "issued": 1}),
        (CommandRequest, {"channel": "a/x", "value": 1, "issued": 1, "if_version": 0}),
        (CommandRequest, {"channel": "a/x", "value": 1, "issued": 1, "expires": 2, "priority": 10}),
        (Status, {"status": "asleep", "epoch": EPOCH}),
    ],
)
def test_what_breaks_a_rule_is_refused(kind, payload):
    with pytest.raises(msgspec.ValidationError):
        decode(json.dumps(payload).encode(), kind)


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
members = st.sampled_from(
    ["ranges", "received", "sent", "status", "epoch", "store", "events", "id", "time", "kind", "data", "channel",
     "value", "issued", "expires", "priority", "gateway", "devices", "epochs"]
)  # fmt: skip
payloads = st.binary(max_size=200) | st.dictionaries(members, json_values, max_size=8).map(
    lambda value: json.dumps(value).encode(errors="surrogatepass")
)


@given(payloads, st.sampled_from(KINDS))
@settings(max_examples=500, deadline=None, derandomize=True)
def test_whatever_arrives_is_read_or_refused_by_one_error(payload, kind):
    try:
        message = decode(payload, kind)
    except msgspec.DecodeError:
        return
    assert isinstance(message, kind)


def test_topics_are_those_of_the_wire_page():
    assert [
        wire.birth_topic("p", "g"), wire.status_topic("p", "g"), wire.telemetry_topic("p", "g"),
        wire.ack_topic("p", "g"), wire.events_topic("p", "g"), wire.shadow_topic("p", "g", "d", "update/delta"),
        wire.command_topic("p", "g", "id", "request/json"),
    ] == [
        "p/things/g/birth", "p/things/g/status", "p/things/g/telemetry", "p/things/g/ack", "p/things/g/events",
        "p/things/g/shadow/name/d/update/delta", "p/commands/things/g/executions/id/request/json",
    ]  # fmt: skip


def test_the_longest_acknowledgement_fits_into_one_message():
    longest = ("0123456789abcdef-1234567890", "critical", 2**53, 2**53)
    payload = encode(Ack([longest] * RANGES_MAX, 1795417200.123456, 1795417200.123456))
    assert len(decode(payload, Ack).ranges) == RANGES_MAX
    with pytest.raises(msgspec.DecodeError):
        decode(encode(Ack([("0" * 16, "low", 1, 1)] * (RANGES_MAX + 1), 1.0, 1.0)), Ack)

"""The twin hears requests and never its own answers; a name that is not allowed means nothing."""

from __future__ import annotations

import pytest
from aiomqtt import Topic

from gateway.core import wire
from twin.topics import Address, Kind, filters, parse

PREFIXES = ("edgetwin", "$aws", "site/a")


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize(
    ("topic", "kind", "item"),
    [
        (lambda p: wire.birth_topic(p, "g-1"), Kind.BIRTH, ""),
        (lambda p: wire.status_topic(p, "g-1"), Kind.STATUS, ""),
        (lambda p: wire.telemetry_topic(p, "g-1"), Kind.TELEMETRY, ""),
        (lambda p: wire.events_topic(p, "g-1"), Kind.EVENTS, ""),
        (lambda p: wire.shadow_topic(p, "g-1", "room:2", "get"), Kind.SHADOW_GET, "room:2"),
        (lambda p: wire.shadow_topic(p, "g-1", "room", "update"), Kind.SHADOW_UPDATE, "room"),
        (lambda p: wire.shadow_topic(p, "g-1", "room", "delete"), Kind.SHADOW_DELETE, "room"),
        (lambda p: wire.shadow_topic(p, "g-1", "$odd", "get"), Kind.SHADOW_GET, "$odd"),
        (lambda p: wire.shadow_topic(p, "g-1", "", "get"), Kind.SHADOW_GET, ""),
        (lambda p: wire.shadow_topic(p, "g-1", "", "update"), Kind.SHADOW_UPDATE, ""),
        (lambda p: wire.shadow_topic(p, "g-1", "", "delete"), Kind.SHADOW_DELETE, ""),
        (lambda p: wire.command_topic(p, "g-1", "a_b-1", "response/json"), Kind.RESPONSE, "a_b-1"),
    ],
)
def test_what_gateways_send_is_heard_and_understood(prefix, topic, kind, item):
    assert parse(topic(prefix), PREFIXES) == Address(prefix, "g-1", kind, item)
    assert sum(Topic(topic(prefix)).matches(each) for each in filters(prefix)) == 1


@pytest.mark.parametrize("thing", ["-", "a:b", "_" * 128])
def test_a_thing_that_is_no_gateway_may_have_shadows_under_any_name_that_the_service_allows(thing):
    assert parse(f"$aws/things/{thing}/shadow/get", PREFIXES) == Address("$aws", thing, Kind.SHADOW_GET)
    assert parse(f"$aws/things/{thing}/birth", PREFIXES) is None


@pytest.mark.parametrize("prefix", PREFIXES)
def test_what_the_twin_says_is_not_heard(prefix):
    answers = [f"{verb}/{verdict}" for verb in ("get", "update", "delete") for verdict in ("accepted", "rejected")]
    tails = [*answers, "update/delta", "update/documents"]
    said = [wire.shadow_topic(prefix, "g", device, tail) for device in ("room", "") for tail in tails]
    said += [wire.command_topic(prefix, "g", "1", tail) for tail in ("request/json", "response/accepted/json")]
    said.append(wire.ack_topic(prefix, "g"))
    for topic in said:
        assert parse(topic, PREFIXES) is None
        assert not any(Topic(topic).matches(each) for each in filters(prefix))


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "edgetwin",
        "edgetwin/things/g",
        "edgetwin/things//birth",
        "edgetwin/things/-g/birth",
        "edgetwin/things/g h/birth",
        f"edgetwin/things/{'g' * 65}/birth",
        "edgetwin/things/g/birth/more",
        "edgetwin/things/g/birth\n",
        "other/things/g/birth",
        "edgetwinx/things/g/birth",
        "edgetwin/things/g/shadow/name/a b/get",
        f"edgetwin/things/g/shadow/name/{'d' * 65}/get",
        f"edgetwin/things/{'g' * 129}/shadow/get",
        "edgetwin/things/g h/shadow/get",
        "edgetwin/things/g/shadow/name/get",
        "edgetwin/things/g/shadow/name//get",
        "edgetwin/things/g/shadow/name/room/list",
        "edgetwin/commands/things/g/executions/a.b/response/json",
        "edgetwin/commands/things/g/executions/1/response/cbor",
    ],
)
def test_other_topics_mean_nothing(topic):
    assert parse(topic, PREFIXES) is None

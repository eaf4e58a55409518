"""The access list that we show is one that a gateway can live with, and that keeps it from the topics of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.cloud.session import PUBACK_NO_SUBSCRIBERS
from gateway.core import wire
from tests.cloud.links import next_message, open_link, settings_for
from tests.mosquitto import Mosquitto, executable

ACL = Path(__file__).parents[2] / "config" / "mosquitto.acl"
NOT_AUTHORISED = 0x87


@pytest.fixture
def broker(tmp_path):
    if executable() is None:
        pytest.skip("mosquitto is not installed")
    (tmp_path / "acl").write_text(ACL.read_text(encoding="utf-8"), encoding="utf-8")
    started = Mosquitto(tmp_path, f"user root\nacl_file {tmp_path}/acl\n")
    started.start()
    yield started
    started.stop()


def said_by(gateway):
    """Every topic that a gateway publishes on, with both kinds of prefix."""
    own = [make("edgetwin", gateway) for make in (wire.birth_topic, wire.status_topic, wire.events_topic)]
    own.append(wire.telemetry_topic("edgetwin", gateway))
    for prefix in ("edgetwin", "$aws"):
        own += [wire.shadow_topic(prefix, gateway, "room", verb) for verb in ("get", "update")]
        own.append(wire.command_topic(prefix, gateway, "c1", "response/json"))
    return own


async def codes(broker, user, topics):
    async with open_link(settings_for(broker, username=user), client_id=f"{user}-1") as session:
        return [await session.publish(topic, b"x") for topic in topics]


async def test_a_gateway_may_say_what_it_says_and_nothing_for_another(broker):
    assert set(await codes(broker, "gw", said_by("gw"))) == {PUBACK_NO_SUBSCRIBERS}
    assert set(await codes(broker, "gw", said_by("other"))) == {NOT_AUTHORISED}


async def test_a_gateway_may_not_say_what_the_twin_says(broker):
    twins = [wire.ack_topic("edgetwin", "gw"), wire.shadow_topic("$aws", "gw", "room", "update/delta")]
    twins.append(wire.command_topic("edgetwin", "gw", "c1", "request/json"))
    assert set(await codes(broker, "gw", twins)) == {NOT_AUTHORISED}
    assert set(await codes(broker, "application", twins)) == {NOT_AUTHORISED}
    assert set(await codes(broker, "twin", twins)) == {PUBACK_NO_SUBSCRIBERS}


@pytest.mark.parametrize("prefix", ["edgetwin", "$aws"])
async def test_what_the_twin_says_reaches_the_gateway_that_it_is_for(broker, prefix):
    tails = ("get/accepted", "update/accepted", "update/rejected", "update/delta", "delete/accepted")
    said = [wire.shadow_topic(prefix, "gw", "room", tail) for tail in tails]
    said += [wire.command_topic(prefix, "gw", "c1", tail) for tail in ("request/json", "response/accepted/json")]
    async with open_link(settings_for(broker, username="gw"), client_id="gw") as session:
        await session.subscribe(
            [wire.shadow_topic(prefix, "gw", "+", f"{verb}/+") for verb in ("get", "update", "delete")]
        )
        await session.subscribe(
            [wire.command_topic(prefix, "gw", "+", tail.partition("/c1/")[2]) for tail in said[-2:]]
        )
        assert set(await codes(broker, "twin", said)) == {0}
        for topic in said:
            assert (await next_message(session)).topic == topic


async def test_an_application_for_aws_may_wish_and_not_order(broker):
    wishes = [
        wire.shadow_topic("$aws", "gw", device, verb) for device in ("room", "") for verb in ("get", "update", "delete")
    ]
    assert set(await codes(broker, "application", wishes)) == {PUBACK_NO_SUBSCRIBERS}
    assert await codes(broker, "application", [wire.command_topic("$aws", "gw", "c1", "request/json")]) == [
        NOT_AUTHORISED
    ]

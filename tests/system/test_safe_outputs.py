"""The real daemon dies, hangs, stops and loses its link: the pin has its safe value, and times hold over restarts."""

from __future__ import annotations

import json
import signal

import aiomqtt
import pytest

from demo.waiting import until
from tests.system.box import REQUEST, RESPONSE, START_S, Box, order

pytestmark = pytest.mark.system


@pytest.fixture
def box(tmp_path, mosquitto_broker):
    made = []

    def make(safety="{}"):
        made.append(Box(tmp_path, mosquitto_broker, safety))
        return made[0]

    yield make
    for one in made:
        one.end()


class Twin:
    """Gives orders, and knows the last answer to each."""

    def __init__(self, client):
        self.client = client
        self.answers = {}

    async def order(self, identifier, **options):
        await self.client.publish(REQUEST.format(identifier), order(**options), qos=1)

    async def until_answered(self, identifier, *statuses):
        async for message in self.client.messages:
            found = json.loads(message.payload)
            self.answers[str(message.topic).split("/")[5]] = found
            if self.answers.get(identifier, {}).get("status") in statuses:
                return self.answers[identifier]
        return None


async def connect(client):
    await client.subscribe(RESPONSE, qos=1)
    await client.subscribe("edgetwin/things/gw/birth", qos=1)
    return Twin(client)


def client(box):
    return aiomqtt.Client(box.broker.host, box.broker.port, protocol=aiomqtt.ProtocolVersion.V5)


async def switched_on(box, twin, identifier="c1"):
    """The daemon is there, and has done as it was told."""
    async for message in twin.client.messages:
        if str(message.topic).endswith("/birth") and message.payload:
            break
    await twin.order(identifier)
    assert await box.until_it_is(on=True)


async def test_after_a_kill_the_pin_is_safe_and_the_next_start_waits_for_its_time_off(box):
    at = box("{min_off: 3s}")
    at.start()
    async with client(at) as session:
        twin = await connect(session)
        await switched_on(at, twin)
        at.daemon.send_signal(signal.SIGKILL)
        at.daemon.wait()
        assert at.on, "a pin keeps its level when a process is gone"
        at.make_safe()
        assert not at.on
        at.start()
        await switched_on(at, twin, "c2")
    off_s, on_s = (time_s for time_s, _ in at.changes()[-2:])
    assert on_s - off_s >= 3.0


async def test_a_daemon_that_hangs_is_killed_by_its_watchdog_and_the_pin_made_safe(box):
    at = box()
    at.start(NOTIFY_SOCKET=str(at.folder / "notify"), WATCHDOG_USEC="1000000")
    async with client(at) as session:
        await switched_on(at, await connect(session))
    at.daemon.send_signal(signal.SIGSTOP)
    at.heard()

    async def silent():
        return None if b"WATCHDOG" in at.heard() else True

    # The service manager would wait for a whole interval; here one without a word is enough.
    assert await until(silent, START_S, 1.0)
    assert at.on
    at.daemon.kill()
    at.daemon.wait()
    at.make_safe()
    assert not at.on


async def test_a_stop_leaves_the_pin_safe(box):
    at = box()
    at.start()
    async with client(at) as session:
        await switched_on(at, await connect(session))
    at.daemon.send_signal(signal.SIGTERM)
    assert at.daemon.wait(START_S) == 0
    assert not at.on


async def test_a_lost_link_makes_the_pin_safe_after_its_grace_and_not_before(box):
    at = box("{on_link_loss: {after: 2s, to: off}}")
    at.start()
    async with client(at) as session:
        await switched_on(at, await connect(session))
    at.broker.stop()
    assert await at.until_it_is(on=False)
    at.broker.start()
    assert at.changes()[-1][0] - at.changes()[-2][0] >= 2.0


async def test_a_command_that_comes_too_early_is_answered_so_and_one_that_can_wait_waits(box):
    at = box("{min_off: 1h}")
    at.start()
    async with client(at) as session:
        twin = await connect(session)
        async for message in session.messages:
            if str(message.topic).endswith("/birth") and message.payload:
                break
        await twin.order("early", lasts_s=60.0)
        found = await twin.until_answered("early", "REJECTED")
        assert found["statusReason"]["reasonCode"] == "MIN_OFF"
        await twin.order("patient", lasts_s=7200.0)
        assert await twin.until_answered("patient", "IN_PROGRESS")
    assert not at.on

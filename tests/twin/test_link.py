"""The link and brokers in a bad mood: an old version, refusals, silence, outages."""

from __future__ import annotations

import asyncio
import contextlib
import random

import pytest
import structlog
from structlog.testing import capture_logs

from tests.twin.builders import until
from tests.twin.fake_broker import V5, V311, FakeBroker
from twin import link as link_module
from twin.changes import Outgoing
from twin.complaints import Complaints
from twin.link import Link
from twin.settings import TwinSettings

FILTERS = ["edgetwin/things/+/birth", "edgetwin/things/+/status"]


class Bench:
    """A link to a fake broker."""

    def __init__(self, broker, **settings):
        self.broker = broker
        self.heard = asyncio.Queue()
        self.complaints = Complaints(structlog.get_logger())
        options = {"host": "127.0.0.1", "port": broker.port, "backoff_s": 0.01, "timeout_s": 5.0} | settings
        self.link = Link(
            TwinSettings(directory="unused", **options),
            FILTERS,
            self.receive,
            self.complaints,
            structlog.get_logger(),
            identifier="twin-test",
            chance=random.Random(1),
        )

    async def receive(self, topic, payload, retained):
        await self.heard.put((topic, payload, retained))

    @contextlib.asynccontextmanager
    async def running(self):
        task = asyncio.create_task(self.link.run())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task], timeout=10)
            assert task.cancelled()


@pytest.fixture
async def broker():
    async with FakeBroker().running() as made:
        yield made


def said(logs, event):
    return [line for line in logs if line["event"] == event]


async def published(broker):
    return await asyncio.wait_for(broker.published.get(), 5)


async def test_it_speaks_mqtt_5_where_it_can(broker):
    bench = Bench(broker)
    async with bench.running():
        bench.link.send([Outgoing("a/b", b"1")])
        assert await published(broker) == "a/b"
    assert broker.levels == [V5]


async def test_it_falls_back_to_311_and_stays_there(broker):
    broker.speaks = (V311,)
    bench = Bench(broker)
    async with bench.running():
        bench.link.send([Outgoing("a/b", b"1")])
        assert await published(broker) == "a/b"
    assert broker.levels == [V5, V311]


async def test_a_broker_that_does_not_answer_is_asked_in_the_other_version(broker):
    broker.silent = True
    bench = Bench(broker, timeout_s=0.05)
    async with bench.running():

        async def both():
            return {V5, V311} <= set(broker.levels)

        await until(both)


async def test_no_connection_is_left_open(broker):
    broker.silent = True
    bench = Bench(broker, timeout_s=0.02)
    async with bench.running():

        async def several():
            return len(broker.levels) >= 4

        await until(several)
        assert broker.open <= 2

    async def none():
        return broker.open == 0

    await until(none)


async def test_a_refused_subscription_is_told_and_tried_again(broker):
    broker.subscribe_code = 0x87
    bench = Bench(broker)
    with capture_logs() as logs:
        async with bench.running():

            async def twice():
                return len(broker.levels) >= 2

            await until(twice)
    assert "refuses the subscription of edgetwin/things/+/birth" in said(logs, "link_lost")[0]["error"]
    assert said(logs, "ready") == []


async def test_a_refused_publish_is_counted(broker):
    broker.publish_code = 0x87
    bench = Bench(broker)
    async with bench.running():
        bench.link.send([Outgoing("a/b", b"1"), Outgoing("a/c", b"2")])
        assert [await published(broker), await published(broker)] == ["a/b", "a/c"]

        async def counted():
            return bench.complaints.counts == {"publish_refused": 2}

        await until(counted)


async def test_messages_leave_in_order(broker):
    bench = Bench(broker)
    async with bench.running():
        bench.link.send([Outgoing(f"a/{number}", b"") for number in range(50)])
        assert [await published(broker) for _ in range(50)] == [f"a/{number}" for number in range(50)]


async def test_what_nobody_takes_is_dropped_and_counted(broker, monkeypatch):
    monkeypatch.setattr(link_module, "OUTGOING_MAX", 3)
    bench = Bench(broker)
    bench.link.send([Outgoing(f"a/{number}", b"") for number in range(5)])
    assert bench.complaints.counts == {"outgoing_dropped": 2}
    async with bench.running():
        assert [await published(broker) for _ in range(3)] == ["a/0", "a/1", "a/2"]


async def test_an_outage_is_told_once_and_survived():
    fake = FakeBroker()
    async with fake.running():
        bench = Bench(fake)
    with capture_logs() as logs:
        async with bench.running():

            async def noticed():
                return bench.link._failures >= 3

            await until(noticed)
    assert len(said(logs, "link_lost")) == 1


async def test_it_can_be_stopped_at_any_moment(broker):
    for turns in range(40):
        bench = Bench(broker)
        async with bench.running():
            bench.link.send([Outgoing("a/b", b"1")])
            if turns % 2:
                await published(broker)
            for _ in range(turns):
                await asyncio.sleep(0)


async def test_what_the_library_complains_of_is_counted_by_kind():
    bench = Bench(FakeBroker())
    for number in range(3):
        bench.link._library_log.warning("There are %d pending publish calls.", number)
    bench.link._library_log.info("nothing to worry about")
    assert bench.complaints.counts == {"mqtt: There are %d pending publish calls.": 3}


def test_the_certificates_have_to_be_there():
    with pytest.raises(OSError, match="No such file"):
        Bench(FakeBroker(), tls=True, ca="/nowhere/ca.pem")

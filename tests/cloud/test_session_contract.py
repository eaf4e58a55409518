"""What a session promises, kept by the real one on a Mosquitto and by the fake one alike."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from gateway.cloud.session import Incoming
from gateway.errors import LinkError
from tests.cloud.links import next_message, open_link, settings_for
from tests.fakes.session import FakeSession


@contextlib.asynccontextmanager
async def fake(_request):
    session = FakeSession()
    published = session.publish

    def to_ourselves(topic, payload, *, retain=False):
        future = published(topic, payload, retain=retain)
        if topic in session.topics:
            session.deliver(topic, payload)
        return future

    session.publish = to_ourselves
    yield session, session.lose


@contextlib.asynccontextmanager
async def real(request):
    broker = request.getfixturevalue("mosquitto_broker")
    with contextlib.suppress(LinkError):
        async with open_link(settings_for(broker)) as session:
            yield session, broker.stop


@pytest.fixture(params=[fake, real], ids=["fake", "real"])
def opening(request):
    return request.param(request)


async def test_what_is_published_is_acknowledged_and_arrives_in_order(opening):
    async with opening as (session, _):
        await session.subscribe(["a", "b"])
        codes = [session.publish("ab"[number % 2], b"%d" % number) for number in range(6)]
        assert [await code for code in codes] == [0] * 6
        arrived = [await next_message(session) for _ in range(6)]
        assert arrived == [Incoming("ab"[number % 2], b"%d" % number, retain=False) for number in range(6)]


async def test_a_lost_connection_ends_everything_with_a_link_error(opening):
    async with opening as (session, lose):
        waiting = asyncio.create_task(next_message(session))
        await asyncio.sleep(0)
        lose()
        with pytest.raises(LinkError):
            await waiting
        with pytest.raises(LinkError):
            await session.publish("a", b"x")
        with pytest.raises(LinkError):
            await session.subscribe(["a"])
        with pytest.raises(LinkError):
            await next_message(session)


async def test_a_waiting_reader_can_be_cancelled_and_another_goes_on(opening):
    async with opening as (session, _):
        await session.subscribe(["a"])
        waiting = asyncio.create_task(next_message(session))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await session.publish("a", b"x")
        assert (await next_message(session)).payload == b"x"


async def test_nobody_has_to_wait_for_an_answer(opening):
    """A future whose error is never fetched says nothing in the log."""
    async with opening as (session, lose):
        session.publish("a", b"x")
        lose()
        session.publish("a", b"x")

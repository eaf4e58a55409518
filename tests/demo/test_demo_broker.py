"""Both brokers answer, and one that cannot start says why."""

from __future__ import annotations

import asyncio
import socket

import pytest

from demo import broker as brokers
from demo.broker import BrokerError, free_port, mosquitto, speaks_mqtt, start_broker
from demo.processes import processes


@pytest.fixture
async def started(tmp_path):
    async with asyncio.timeout(60), processes(tmp_path) as started:
        yield started


@pytest.fixture(params=["mosquitto", "amqtt"])
def kind(request, monkeypatch):
    if request.param == "amqtt":
        monkeypatch.setattr(brokers, "mosquitto", lambda: None)
    elif mosquitto() is None:
        pytest.skip("mosquitto is not installed")
    return request.param


async def test_a_broker_answers_as_soon_as_it_is_started_and_ends_when_told(kind, started, tmp_path):
    broker = await start_broker(started, tmp_path)
    assert broker.kind == kind
    assert await speaks_mqtt(broker.host, broker.port)
    assert await broker.child.stop() == 0
    assert not await speaks_mqtt(broker.host, broker.port)


async def test_a_broker_comes_back_on_its_port(kind, started, tmp_path):
    first = await start_broker(started, tmp_path)
    await first.child.kill()
    second = await start_broker(started, tmp_path, port=first.port)
    assert (second.kind, second.port) == (kind, first.port)
    assert await speaks_mqtt(second.host, second.port)


async def test_a_port_that_is_taken_is_told_with_what_the_broker_said(started, tmp_path):
    if mosquitto() is None:
        pytest.skip("mosquitto is not installed")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(BrokerError, match="Address already in use"):
            await start_broker(started, tmp_path, port=taken.getsockname()[1])


async def test_where_there_is_no_broker_it_says_what_to_install(started, tmp_path, monkeypatch):
    monkeypatch.setattr(brokers, "mosquitto", lambda: None)
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(BrokerError, match="install mosquitto"):
        await start_broker(started, tmp_path)


async def test_who_does_not_speak_mqtt_is_no_broker():
    async def talk(_reader, writer):
        writer.write(b"HTTP/1.1 400 Bad Request\r\n")
        writer.close()

    async with await asyncio.start_server(talk, "127.0.0.1", 0) as server:
        assert not await speaks_mqtt("127.0.0.1", server.sockets[0].getsockname()[1])
    assert not await speaks_mqtt("127.0.0.1", free_port())

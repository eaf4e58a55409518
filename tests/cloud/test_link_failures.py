"""The link against brokers that are absent, mute or broken: every end has a name and leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket

import pytest
from structlog.testing import capture_logs

from gateway.cloud import link
from gateway.core.settings import LinkSettings, Protocol
from gateway.errors import LinkError, LinkRefusedError, WrongVersionError
from tests.cloud.links import WILL, attempt, leftovers, lost, next_message, open_link, settings_for
from tests.fakes.broker import ACCEPTED_V5, ACCEPTED_V311, CONNECT, PUBLISH, SUBSCRIBE, answering, publish, serve
from tests.mosquitto import HOST, free_port


async def mute(peer):
    await peer.until(None)


async def test_a_closed_port_is_told_at_once():
    with pytest.raises(LinkError, match="refused"):
        await attempt(settings_for((HOST, free_port())))


async def test_a_socket_that_is_closed_before_it_can_be_written_to_is_no_longer_watched(mosquitto_broker):
    told = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: told.append(context))
    with contextlib.suppress(LinkError):
        async with open_link(LinkSettings(host=mosquitto_broker.host, port=mosquitto_broker.port)) as session:
            sock = session._paho.socket()
            session._paho.on_socket_register_write(session._paho, None, sock)
            session.close()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
    assert told == []


@pytest.mark.parametrize("host", ["nowhere.invalid", "two..dots", "x" * 70 + ".invalid", "ü" * 70])
async def test_a_host_that_cannot_be_found_or_asked_for_is_a_link_error(host):
    with pytest.raises(LinkError):
        await attempt(LinkSettings(host=host))


async def test_a_broker_that_never_answers_is_given_up(monkeypatch):
    monkeypatch.setattr(link, "CONNACK_TIMEOUT_S", 0.02)
    monkeypatch.setattr(link, "GOODBYE_TIMEOUT_S", 0.02)
    async with serve(mute) as address:
        with pytest.raises(WrongVersionError, match="did not answer: within"):
            await attempt(settings_for(address))


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (0x84, WrongVersionError),
        (0x85, LinkRefusedError),
        (0x86, LinkRefusedError),
        (0x87, LinkRefusedError),
        (0x8A, LinkRefusedError),
        (0x88, LinkError),
        (0x89, LinkError),
        (0x97, LinkRefusedError),
        (0x9D, LinkRefusedError),
    ],
)
async def test_a_refusal_of_mqtt_5_is_named_by_its_code(code, error):
    async with serve(answering(bytes([0x20, 3, 0, code, 0]))) as address:
        with pytest.raises(LinkError) as caught:
            await attempt(settings_for(address))
    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("code", "error"),
    [(1, WrongVersionError), (2, LinkRefusedError), (3, LinkError), (4, LinkRefusedError), (5, LinkRefusedError)],
)
async def test_a_refusal_of_mqtt_3_1_1_is_named_by_its_code(code, error):
    async with serve(answering(bytes([0x20, 2, 0, code]))) as address:
        with pytest.raises(LinkError) as caught:
            await attempt(settings_for(address), Protocol.V311)
    assert type(caught.value) is error


@pytest.mark.parametrize("version", [Protocol.V5, Protocol.V311])
async def test_hanging_up_before_an_answer_may_mean_another_version(version):
    async with serve(answering()) as address:
        with pytest.raises(WrongVersionError):
            await attempt(settings_for(address), version)


async def test_an_answer_of_the_older_protocol_to_the_newer_means_another_version():
    async with serve(answering(bytes([0x20, 2, 0, 1]))) as address:
        with pytest.raises(WrongVersionError):
            await attempt(settings_for(address))


@pytest.mark.parametrize(
    "packet", [bytes([0xE0, 1, 0x8B]), bytes([0xE0, 0]), b"\xff\xff\xff\xff\xff\xff", b"\x00", b""]
)
async def test_any_other_end_is_a_lost_link(packet):
    async with serve(answering(ACCEPTED_V5, packet)) as address:
        with pytest.raises(LinkError) as caught:
            await attempt(settings_for(address))
    assert type(caught.value) is LinkError


async def test_a_subscription_that_is_refused_names_its_topic():
    async def script(peer):
        await peer.until(CONNECT)
        await peer.send(ACCEPTED_V5)
        asked = await peer.until(SUBSCRIBE)
        await peer.send(bytes([0x90, 5]) + asked.body[:2] + bytes([0, 1, 0x87]))
        await peer.see_off()

    async with serve(script) as address:
        with pytest.raises(LinkRefusedError, match="subscription to forbidden refused"):
            async with open_link(settings_for(address)) as session:
                await session.subscribe(["allowed", "forbidden"])


async def test_a_subscription_does_not_wait_for_an_answer_that_the_lost_link_cannot_bring():
    async def script(peer):
        await peer.until(CONNECT)
        await peer.send(ACCEPTED_V5)
        await peer.until(SUBSCRIBE)

    async with serve(script) as address:
        with lost("lost"):
            async with open_link(settings_for(address)) as session:
                await session.subscribe(["a"])


async def test_no_more_is_on_its_way_than_the_broker_wants():
    """Receive Maximum, MQTT 5 section 3.3.4: who sends more is disconnected."""
    on_their_way = []

    async def script(peer):
        await peer.until(CONNECT)
        await peer.send(bytes([0x20, 6, 0, 0, 3, 0x21, 0, 2]))
        for _ in range(6):
            packets = [await peer.until(PUBLISH)]
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.01):
                    while (packet := await peer.until(PUBLISH)) is not None:
                        packets.append(packet)
            on_their_way.append(len(packets))
            for packet in packets:
                await peer.send(bytes([0x40, 2]) + packet.packet_id)
            if sum(on_their_way) == 7:
                break
        await peer.see_off()

    async with serve(script) as address, open_link(settings_for(address)) as session:
        for future in [session.publish("a", b"x") for _ in range(6)]:
            await future
    # The seventh is the word that the gateway goes.
    assert on_their_way == [2, 2, 2, 1]


async def test_a_flood_is_cut_off_and_told_once(monkeypatch):
    monkeypatch.setattr(link, "INCOMING_MAX", 3)

    async def script(peer):
        await peer.until(CONNECT)
        await peer.send(ACCEPTED_V5)
        asked = await peer.until(PUBLISH)
        await peer.send(b"".join(publish("a", b"%d" % number) for number in range(10)))
        await peer.send(bytes([0x40, 2]) + asked.packet_id)

    with capture_logs() as logs:
        async with serve(script) as address:
            with lost():
                async with open_link(settings_for(address)) as session:
                    await session.publish("go", b"")
                    seen = [await next_message(session) for _ in range(3)]
                    await next_message(session)
    assert [message.payload for message in seen] == [b"0", b"1", b"2"]
    assert [line["event"].partition(",")[0] for line in logs] == ["messages dropped"]


@pytest.mark.parametrize("script", [answering(), answering(bytes([0x20, 3, 0, 0x87, 0])), mute])
async def test_a_failed_attempt_leaves_no_socket_no_task_and_no_word_in_the_log(script, monkeypatch, caplog):
    monkeypatch.setattr(link, "CONNACK_TIMEOUT_S", 0.02)
    monkeypatch.setattr(link, "GOODBYE_TIMEOUT_S", 0.02)
    caplog.set_level(logging.WARNING)

    async def fail():
        async with serve(script) as address:
            with pytest.raises(LinkError):
                await attempt(settings_for(address))
        await asyncio.sleep(0)

    await fail()
    before = leftovers()
    await fail()
    assert leftovers() == before
    assert caplog.records == []


async def test_an_attempt_that_is_given_up_while_it_connects_leaves_no_socket(monkeypatch):
    """The thread that connects cannot be stopped: what it opens after its time it has to close itself."""
    given_up, hung_up = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    plain = socket.create_connection

    def slow(*arguments, **options):
        asyncio.run_coroutine_threadsafe(given_up.wait(), loop).result()
        return plain(*arguments, **options)

    async def script(peer):
        assert await peer.read() is None
        hung_up.set()

    async with serve(script) as address:
        monkeypatch.setattr(socket, "create_connection", slow)
        task = asyncio.create_task(attempt(settings_for(address)))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        given_up.set()
        async with asyncio.timeout(10):
            await hung_up.wait()


async def test_the_will_goes_with_the_login():
    seen = []

    async def script(peer):
        seen.append(await peer.until(CONNECT))
        await peer.send(ACCEPTED_V311)

    async with serve(script) as address:
        with pytest.raises(LinkError):
            await attempt(settings_for(address, keepalive_s=7.0), Protocol.V311)
    body = seen[0].body
    clean, will, will_qos_1, will_retained = 0x02, 0x04, 0x08, 0x20
    assert body[7] == clean | will | will_qos_1 | will_retained
    assert int.from_bytes(body[8:10], "big") == 7
    assert WILL[0].encode() in body
    assert WILL[1] in body

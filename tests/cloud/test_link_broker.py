"""The link against a real Mosquitto: what this file's traps look like when nobody steps into them."""

from __future__ import annotations

import asyncio
import socket

import pytest

from gateway.cloud.session import PUBACK_FAILURE_FROM, PUBACK_NO_SUBSCRIBERS
from gateway.core.settings import Protocol
from gateway.errors import LinkError, LinkRefusedError
from tests.cloud.links import WILL, leftovers, lost, next_message, open_link, settings_for
from tests.mosquitto import Mosquitto, executable

pytestmark = pytest.mark.skipif(executable() is None, reason="mosquitto is not installed")
NOT_AUTHORISED = 0x87


@pytest.fixture
def broker_with(tmp_path):
    """Starts a Mosquitto with more lines in its configuration."""
    started = []

    def start(extra, **files):
        for name, text in files.items():
            (tmp_path / name).write_text(text)
        # Started by root it would become a user who may not read these files.
        broker = Mosquitto(tmp_path, "user root\n" + extra.format(directory=tmp_path))
        broker.start()
        started.append(broker)
        return broker

    yield start
    for broker in started:
        broker.stop()


@pytest.fixture
def link(mosquitto_broker):
    return settings_for(mosquitto_broker)


async def test_a_message_arrives_with_its_topic_and_its_payload(link):
    async with open_link(link) as session:
        await session.subscribe(["a/b"])
        assert await session.publish("a/b", b"\x00\xff") == 0
        assert await next_message(session) == ("a/b", b"\x00\xff", False, "", b"")


async def test_that_nobody_listens_is_seen(link):
    async with open_link(link) as session:
        assert await session.publish("nobody/here", b"x") == PUBACK_NO_SUBSCRIBERS


async def test_that_the_access_rules_forbid_it_is_seen(broker_with):
    broker = broker_with("acl_file {directory}/acl\n", acl="topic readwrite allowed\n")
    async with open_link(settings_for(broker)) as session:
        assert await session.publish("forbidden", b"x") == NOT_AUTHORISED
        assert NOT_AUTHORISED >= PUBACK_FAILURE_FROM


async def test_with_the_older_protocol_every_acknowledgement_is_a_success(broker_with):
    broker = broker_with("acl_file {directory}/acl\n", acl="topic readwrite allowed\n")
    async with open_link(settings_for(broker), Protocol.V311) as session:
        assert await session.publish("forbidden", b"x") == 0


async def test_many_messages_at_once_all_get_their_own_answer(link):
    async with open_link(link) as session:
        await session.subscribe(["heard"])
        futures = [session.publish("heard" if number % 2 else "not", b"x") for number in range(150)]
        assert [await future for future in futures] == [0 if number % 2 else 0x10 for number in range(150)]


@pytest.mark.parametrize("version", [Protocol.V5, Protocol.V311])
async def test_a_wrong_password_is_a_refusal(broker_with, tmp_path, version):
    # A file without any user in it refuses everybody.
    broker = broker_with("allow_anonymous false\npassword_file {directory}/users\n", users="")
    secret = tmp_path / "secret"
    secret.write_text("wrong\n")
    link = settings_for(broker, username="gw", password_file=str(secret))
    with pytest.raises(LinkRefusedError, match=r"bad user name or password|not authorised") as caught:
        async with open_link(link, version):
            pass
    assert "password_file" in caught.value.hint


async def test_the_socket_does_not_wait_to_fill_its_packets(link):
    async with open_link(link) as session:
        connected = session._client._client.socket()
        assert connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


async def test_a_retained_message_waits_for_who_subscribes_later(link):
    async with open_link(link) as session:
        await session.publish("kept", b"x", retain=True)
    async with open_link(link, client_id="other") as session:
        await session.subscribe(["kept"])
        assert await next_message(session) == ("kept", b"x", True, "", b"")


@pytest.mark.parametrize("version", [Protocol.V5, Protocol.V311])
async def test_an_abrupt_end_delivers_the_last_will(link, version):
    async with open_link(link, client_id="watcher") as watcher:
        await watcher.subscribe([WILL[0]])
        with lost():
            async with open_link(link, version) as session:
                session._client._client.socket().shutdown(socket.SHUT_RDWR)
                await next_message(session)
        assert (await next_message(watcher))[:2] == WILL


@pytest.mark.parametrize("version", [Protocol.V5, Protocol.V311])
async def test_an_orderly_end_says_offline_too_although_no_will_is_sent_then(link, version):
    async with open_link(link, version) as session:
        await session.publish(WILL[0], b"online", retain=True)
    async with open_link(link, client_id="other") as other:
        await other.subscribe([WILL[0]])
        assert await next_message(other) == (*WILL, True, "", b"")


async def test_a_task_that_is_cancelled_says_offline_on_its_way_out(link):
    connected = asyncio.Event()

    async def serve():
        async with open_link(link) as session:
            await session.publish(WILL[0], b"online", retain=True)
            connected.set()
            await next_message(session)

    task = asyncio.create_task(serve())
    await connected.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with open_link(link, client_id="other") as other:
        await other.subscribe([WILL[0]])
        assert await next_message(other) == (*WILL, True, "", b"")


async def test_a_killed_broker_ends_messages_and_whatever_waits_for_an_answer(mosquitto_broker, link):
    with lost("lost"):
        async with open_link(link) as session:
            # A message that the broker never reads: it is stopped before it can.
            pending = session.publish("a", b"x")
            asked = asyncio.create_task(session.subscribe(["a"]))
            await asyncio.sleep(0)
            mosquitto_broker._process.kill()
            mosquitto_broker.stop()
            with pytest.raises(LinkError):
                await next_message(session)
            with pytest.raises(LinkError):
                await pending
            await asked


async def test_nothing_is_sent_later_that_could_not_be_sent_now(mosquitto_broker, link):
    with lost():
        async with open_link(link) as session:
            mosquitto_broker.stop()
            with pytest.raises(LinkError):
                await next_message(session)
            await session.publish("late", b"x", retain=True)
    mosquitto_broker.start()
    async with open_link(link) as session:
        await session.subscribe(["late", "mark"])
        await session.publish("mark", b"y")
        assert (await next_message(session)).topic == "mark"


async def test_after_its_end_a_link_leaves_no_socket_and_no_task(mosquitto_broker, link):
    async with open_link(link) as session:
        await session.publish("a", b"x")
    await asyncio.sleep(0)
    before = leftovers()
    for end in ("orderly", "killed"):
        try:
            async with open_link(link) as session:
                await session.publish("a", b"x")
                if end == "killed":
                    mosquitto_broker.stop()
                    await next_message(session)
        except LinkError:
            mosquitto_broker.start()
        await asyncio.sleep(0)
        assert leftovers() == before, end


async def test_the_password_is_read_anew_for_every_attempt(mosquitto_broker, tmp_path):
    link = settings_for(mosquitto_broker, username="gw", password_file=str(tmp_path / "secret"))
    with pytest.raises(LinkError, match="cannot read"):
        async with open_link(link):
            pass
    (tmp_path / "secret").write_text("now it is here\n")
    async with open_link(link) as session:
        assert session._client._client.password == "now it is here"


async def test_a_retained_message_that_arrives_live_keeps_its_mark(link):
    async with open_link(link) as session:
        await session.subscribe(["orders/#"])
        await session.publish("orders/1", b"on", retain=True)
        assert (await next_message(session)).retain

"""The only door to MQTT: aiomqtt, kept out of its traps.

Three habits of aiomqtt 2.5 and paho 2.2 would lose data, so this file goes around them (a contract test watches each):
a publish returns as if all were well when the broker refused it, so PUBACK codes are read from paho's own callback; a
client that is used again may report a login that never was, so every attempt is a new client; a message that could not
be sent is queued inside and sent later, so nothing is published but on a live connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import aiomqtt
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from gateway.cloud.session import Incoming, Session
from gateway.core.settings import LinkSettings, Protocol
from gateway.errors import LinkError, LinkRefusedError

CONNACK_TIMEOUT_S = 10.0
"""From the TCP connection to CONNACK; a mobile link with 3 s round trips still makes it with TLS."""
TCP_TIMEOUT_S = 10.0
"""For the TCP connection itself. It runs in a thread that cannot be stopped, so it must end by itself."""
GOODBYE_TIMEOUT_S = 2.0
"""A broker that cannot be reached does not keep a stop waiting."""
INCOMING_MAX = 1000
"""Messages that arrived and are not yet looked at; the sender repeats what matters."""
OUTGOING_MAX = 200
"""Messages handed to the client and not yet acknowledged; the uplink's window is far below it."""
FAILURE_FROM = 0x80
"""MQTT 5 section 2.4: reason codes from here on are failures."""
SESSION_TAKEN_OVER = 0x8E
REFUSALS = {
    0x85: "client id not accepted",
    0x86: "bad user name or password",
    0x87: "not authorised",
    0x8A: "banned",
    SESSION_TAKEN_OVER: "another client uses this gateway's id",
}
"""Codes that trying again soon cannot change; paho translates those of MQTT 3.1.1 into these."""
UNSUPPORTED_VERSION = 0x84


class WrongVersionError(LinkError):
    """The broker does not speak this version of MQTT, or hung up before saying so."""


@contextlib.asynccontextmanager
async def open_session(
    settings: LinkSettings, client_id: str, will: tuple[str, bytes], version: Protocol
) -> AsyncIterator[Session]:
    """Connect with MQTT `version`, and say goodbye on leaving. The will is a retained message at QoS 1.

    Raises:
        WrongVersionError: another version may work.
        LinkRefusedError: the broker knows us and does not want us.
        LinkError: anything else, also when the connection is lost later.
    """
    client = _client(settings, client_id, will, version)
    session = PahoSession(client)
    try:
        try:
            await client.__aenter__()
            yield session
        except aiomqtt.MqttError as error:
            raise _translated(error) from error
        finally:
            session.abandon()
            with contextlib.suppress(aiomqtt.MqttError, TimeoutError):
                async with asyncio.timeout(GOODBYE_TIMEOUT_S):
                    await client.__aexit__(None, None, None)
    finally:
        session.close()


def _client(settings: LinkSettings, client_id: str, will: tuple[str, bytes], version: Protocol) -> aiomqtt.Client:
    topic, payload = will
    client = aiomqtt.Client(
        settings.host,
        settings.port or (8883 if settings.tls else 1883),
        identifier=client_id,
        username=settings.username,
        password=_password(settings),
        protocol=aiomqtt.ProtocolVersion.V311 if version is Protocol.V311 else aiomqtt.ProtocolVersion.V5,
        will=aiomqtt.Will(topic, payload, qos=1, retain=True),
        keepalive=round(settings.keepalive_s),
        timeout=CONNACK_TIMEOUT_S,
        tls_context=_tls(settings),
        # Without it each PUBACK waits for the other side's delayed acknowledgement: 40 ms a message.
        socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        max_queued_incoming_messages=INCOMING_MAX,
        max_queued_outgoing_messages=OUTGOING_MAX,
        max_inflight_messages=OUTGOING_MAX,
        logger=logging.getLogger("aiomqtt"),
    )
    client._client.connect_timeout = TCP_TIMEOUT_S  # noqa: SLF001 - aiomqtt does not pass it on
    return client


class _ClosedBeforeConnackError(aiomqtt.MqttError):
    """What a broker does that does not know the version of MQTT that it was asked for."""


class PahoSession:
    """A session on a connected aiomqtt client, publishing by paho itself."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client
        self._paho = client._client  # noqa: SLF001 - the callbacks below are the reason for exact pins
        self._unacknowledged: dict[int, asyncio.Future[int]] = {}
        self._loop = asyncio.get_running_loop()
        self._paho.on_publish = self._on_publish
        self._on_disconnect: Any = self._paho.on_disconnect
        self._paho.on_disconnect = self._disconnected

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> asyncio.Future[int]:
        """See `Session`."""
        future: asyncio.Future[int] = self._loop.create_future()
        future.add_done_callback(_fetch)
        info = self._paho.publish(topic, payload, qos=1, retain=retain)
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            future.set_exception(LinkError(f"cannot send: {MQTTErrorCode(info.rc).name}"))
        else:
            self._unacknowledged[info.mid] = future
        return future

    async def subscribe(self, topics: Sequence[str]) -> None:
        """See `Session`."""
        codes = await self._client.subscribe([(topic, 1) for topic in topics])
        for topic, code in zip(topics, codes, strict=False):
            granted: Any = code.value if isinstance(code, ReasonCode) else code
            if granted >= FAILURE_FROM:
                raise LinkRefusedError(
                    f"subscription to {topic} refused ({code})", hint="check the broker's access rules"
                )

    async def messages(self) -> AsyncIterator[Incoming]:
        """See `Session`."""
        async for message in self._client.messages:
            yield Incoming(str(message.topic), message.payload, bool(message.retain))

    def abandon(self) -> None:
        """Give up what is not acknowledged: on a lost connection it never will be."""
        for future in self._unacknowledged.values():
            if not future.done():
                future.set_exception(LinkError("the connection was lost before the broker acknowledged"))
        self._unacknowledged.clear()

    def close(self) -> None:
        """Close the socket whatever happened: one left open would be a second client of the same name."""
        self._paho._sock_close()  # noqa: SLF001 - disconnect() needs an answer that may never come

    def _on_publish(self, _client: Any, _data: Any, mid: int, reason: Any, _properties: Any) -> None:
        future = self._unacknowledged.pop(mid, None)
        if future is not None and not future.done():
            future.set_result(int(getattr(reason, "value", 0)))

    def _disconnected(self, *arguments: Any) -> None:
        connected = self._client._connected  # noqa: SLF001 - as above
        if not connected.done():
            connected.set_exception(_ClosedBeforeConnackError("the broker closed the connection before it answered"))
        self._on_disconnect(*arguments)


def _fetch(future: asyncio.Future[int]) -> None:
    if not future.cancelled():
        future.exception()  # Not everybody who sends waits for the answer.


def _translated(error: aiomqtt.MqttError) -> LinkError:
    reason = getattr(error, "rc", None)
    code = reason.value if isinstance(reason, ReasonCode) else 0
    if code == UNSUPPORTED_VERSION or isinstance(error, _ClosedBeforeConnackError):
        return WrongVersionError(str(error))
    if code in REFUSALS:
        return LinkRefusedError(
            f"the broker refused: {REFUSALS[code]}", hint="check link.username, password_file, gateway"
        )
    return LinkError(str(error) or type(error).__name__)


def _password(settings: LinkSettings) -> str | None:
    if settings.password_file is None:
        return None
    try:
        return Path(settings.password_file).read_text(encoding="utf-8").rstrip("\n")
    except OSError as error:
        raise LinkError(f"cannot read {settings.password_file}: {error.strerror}", hint="link.password_file") from error


def _tls(settings: LinkSettings) -> ssl.SSLContext | None:
    if settings.tls is None:
        return None
    try:
        context = ssl.create_default_context(cafile=settings.tls.ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if settings.tls.cert:
            context.load_cert_chain(settings.tls.cert, settings.tls.key)
    except (OSError, ssl.SSLError) as error:
        raise LinkError(
            f"cannot use the certificates of link.tls: {error}", hint="are the files PEM and readable?"
        ) from error
    return context

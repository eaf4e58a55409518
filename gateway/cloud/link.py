"""The only door to MQTT: aiomqtt, kept out of its traps.

Some habits of aiomqtt 2.5 and paho 2.2 would lose data or time, so this file goes around them (a contract test watches
each): a publish returns as if all were well when the broker refused it, so PUBACK codes are read from paho's own
callback; a client that is used again may report a login that never was, so every attempt is a new client; a message
that could not be sent is queued inside and sent later, so nothing is published but on a live connection; what waits for
an answer is not told of a lost connection; the broker's Receive Maximum is not kept; a socket that is closed before it
could be watched for writing ends in a stack trace, or in another file being watched.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Sequence
from typing import Any

import structlog

from gateway.cloud.credentials import password_of, tls_of
from gateway.cloud.failures import Overheard, failure, translated
from gateway.cloud.library import MQTTErrorCode, ReasonCode, SubscribeOptions, aiomqtt, correlated, reply_of
from gateway.cloud.session import PUBACK_FAILURE_FROM, Incoming, Session
from gateway.core.refusals import Cause, refusal_of, told_in
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
MQTT_5 = aiomqtt.ProtocolVersion.V5.value

log = structlog.get_logger("link")
_library_log = logging.getLogger("aiomqtt")
# Whatever it has to say arrives here as an error too, and it would say it again at every attempt of a long outage.
_library_log.setLevel(logging.CRITICAL)


@contextlib.asynccontextmanager
async def open_session(
    settings: LinkSettings, client_id: str, will: tuple[str, bytes], version: Protocol
) -> AsyncIterator[Session]:
    """Connect with MQTT `version`, say goodbye on leaving, and then publish the will, which the broker would not.

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
            session.check()
        except aiomqtt.MqttError as error:
            if session.opened and not session.answered and not hasattr(error, "rc"):
                raise failure(Cause.NO_ANSWER, f"within {CONNACK_TIMEOUT_S:.0f} s") from error
            raise translated(error) from error
        except ValueError as error:  # A name that no name server can be asked for, such as one with an empty label.
            raise failure(Cause.NAME, f"{settings.host!r}, {error}") from error
        try:
            yield session
        finally:
            session.abandon()
            with contextlib.suppress(aiomqtt.MqttError, LinkError, TimeoutError):
                async with asyncio.timeout(GOODBYE_TIMEOUT_S):
                    await session.publish(*will, retain=True)
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
        password=password_of(settings),
        protocol=aiomqtt.ProtocolVersion.V311 if version is Protocol.V311 else aiomqtt.ProtocolVersion.V5,
        will=aiomqtt.Will(topic, payload, qos=1, retain=True),
        keepalive=round(settings.keepalive_s),
        timeout=CONNACK_TIMEOUT_S,
        tls_context=tls_of(settings),
        # Without it each PUBACK waits for the other side's delayed acknowledgement: 40 ms a message.
        socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        queue_type=_Incoming,
        max_queued_incoming_messages=INCOMING_MAX,
        max_queued_outgoing_messages=OUTGOING_MAX,
        max_inflight_messages=OUTGOING_MAX,
        logger=_library_log,
    )
    client._client.connect_timeout = TCP_TIMEOUT_S  # noqa: SLF001 - aiomqtt does not pass it on
    return client


class _Incoming(asyncio.Queue[aiomqtt.Message]):
    """What arrived and nobody has looked at; full, it drops what comes and says so once."""

    overflowed = False

    def put_nowait(self, item: aiomqtt.Message) -> None:
        """Take one more message, if there is room."""
        if not self.full():
            super().put_nowait(item)
        elif not self.overflowed:
            self.overflowed = True
            log.warning("messages dropped, they come faster than they can be dealt with", waiting=self.maxsize)


class PahoSession:
    """A session on a connected aiomqtt client, publishing by paho itself."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client
        self._paho: Any = client._client  # noqa: SLF001 - the callbacks below are the reason for exact pins
        self._unacknowledged: dict[int, asyncio.Future[int]] = {}
        self._closed = False
        self._lost: aiomqtt.MqttError | None = None
        self.opened = self.answered = False
        """Whether there was a TCP connection, and whether CONNECT had an answer on it or its end."""
        self.packet_bytes_max: int | None = None
        self._theirs: Any = (self._paho.on_connect, self._paho.on_disconnect, self._paho.on_socket_open)
        self._paho.on_connect, self._paho.on_disconnect = self._answered, self._disconnected
        self._paho.on_socket_open = self._opened
        self._paho.on_socket_register_write = self._wants_to_write
        self._loop, self._overheard = asyncio.get_running_loop(), Overheard(self._paho)
        self._paho.on_publish = self._on_publish

    def check(self) -> None:
        """Raise the loss of a connection that aiomqtt was just entering: it forgets that, and would wait for ever."""
        if self._lost is not None:
            raise self._lost

    def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, correlation: bytes = b""
    ) -> asyncio.Future[int]:
        """See `Session`."""
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        future.add_done_callback(_fetch)
        info = self._paho.publish(topic, payload, qos=1, retain=retain, properties=correlated(correlation))
        if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            future.set_exception(LinkError(f"cannot send: {MQTTErrorCode(info.rc).name}"))
        else:
            self._unacknowledged[info.mid] = future
        return future

    async def subscribe(self, topics: Sequence[str]) -> None:
        """See `Session`."""
        try:
            # With MQTT 5 a message keeps its retain mark on the way to us (section 3.8.3.1), so that it can be refused.
            wanted: Any = SubscribeOptions(1, retainAsPublished=True) if self._paho.protocol == MQTT_5 else 1
            codes = await self._client.subscribe([(topic, wanted) for topic in topics])
        except aiomqtt.MqttError as error:
            raise translated(error) from error
        for topic, code in zip(topics, codes, strict=False):
            granted: Any = code.value if isinstance(code, ReasonCode) else code
            if granted >= PUBACK_FAILURE_FROM:
                raise LinkRefusedError(
                    f"subscription to {topic} refused: {told_in(granted)}", hint=refusal_of(granted).hint
                )

    async def messages(self) -> AsyncIterator[Incoming]:
        """See `Session`."""
        try:
            async for message in self._client.messages:
                yield Incoming(str(message.topic), message.payload, bool(message.retain), *reply_of(message))
        except aiomqtt.MqttError as error:
            raise translated(error) from error

    def abandon(self) -> None:
        """Give up what is not acknowledged: on a lost connection it never will be."""
        for future in self._unacknowledged.values():
            if not future.done():
                future.set_exception(LinkError("the connection was lost before the broker acknowledged"))
        self._unacknowledged.clear()

    def close(self) -> None:
        """Close the socket whatever happened: one left open would be a second client of the same name."""
        self._closed = True
        self._paho._sock_close()  # noqa: SLF001 - disconnect() needs an answer that may never come
        for future in (self._client._connected, self._client._disconnected):  # noqa: SLF001 - told here by other ways
            if future.done():
                _fetch(future)

    def _on_publish(self, _client: Any, _data: Any, mid: int, reason: Any, _properties: Any) -> None:
        future = self._unacknowledged.pop(mid, None)
        if future is not None and not future.done():
            future.set_result(int(getattr(reason, "value", 0)))

    def _opened(self, client: Any, data: Any, sock: Any) -> None:
        """In the thread that connects, which cannot be stopped: it may come too late."""
        if self._closed:
            sock.close()
            raise ConnectionAbortedError("given up meanwhile")
        self.opened = True
        self._theirs[2](client, data, sock)

    def _wants_to_write(self, _client: Any, _data: Any, sock: Any) -> None:
        self._loop.call_soon_threadsafe(self._write_when_ready, sock)

    def _write_when_ready(self, sock: Any) -> None:
        """Watch a socket that may have been closed since it asked, and its number given to another file."""
        if sock is self._paho.socket() and sock.fileno() >= 0:
            self._loop.add_writer(sock.fileno(), self._write)

    def _write(self) -> None:
        try:
            self._paho.loop_write()
        except Exception as error:  # noqa: BLE001 - whatever paho meets there means that the connection is over
            ended = self._client._disconnected  # noqa: SLF001 - as aiomqtt would tell it
            if not ended.done():
                ended.set_exception(error)

    def _answered(self, client: Any, data: Any, flags: Any, reason: Any, properties: Any) -> None:
        self.answered = True
        # MQTT 5 section 3.3.4: who has more unacknowledged than the server wants is cut off. Paho keeps the rest back.
        wanted = getattr(properties, "ReceiveMaximum", OUTGOING_MAX)
        self.packet_bytes_max = getattr(properties, "MaximumPacketSize", None)
        self._paho._max_inflight_messages = min(OUTGOING_MAX, wanted)  # noqa: SLF001 - its setter wants to come before
        self._theirs[0](client, data, flags, reason, properties)

    def _disconnected(self, *arguments: Any) -> None:
        connected = self._client._connected  # noqa: SLF001 - as above
        if not connected.done():
            self.answered = True
            connected.set_exception(self._overheard.ended())
        self._lost = aiomqtt.MqttCodeError(arguments[3], "the connection was lost")
        self._theirs[1](*arguments)
        self.abandon()
        for future in self._client._pending_subscribes.values():  # noqa: SLF001 - else it waits for its time-out
            if not future.done():
                future.set_exception(aiomqtt.MqttError("the connection was lost before the broker answered"))


def _fetch(future: asyncio.Future[Any]) -> None:
    if not future.cancelled():
        future.exception()  # Not everybody who sends waits for the answer.

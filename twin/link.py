"""The only door to MQTT: a connection that is made again whenever it breaks.

What is known of aiomqtt 2.5 and kept out here: a client that failed is not used again, because it may take an old
connection for its own; a socket whose CONNACK never came stays open unless it is closed by hand; neither a SUBACK nor a
PUBACK that refuses raises; without TCP_NODELAY an answer takes forty milliseconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiomqtt
import structlog

from twin.changes import Outgoing
from twin.complaints import Complaints
from twin.settings import TwinSettings

PUBLISHERS = 8
"""Publishes that wait for their PUBACK at one time; enough to hide a round trip, few enough to keep aiomqtt cheap."""

OUTGOING_MAX = 10_000
"""Messages that wait to leave. What is beyond is dropped: the other side asks, or sends, again."""

INCOMING_MAX = 2_000
"""Messages that wait inside the library while the writer is busy; what is beyond is dropped, and comes again."""

QOS = 1
FAILURE = 0x80
"""Reason codes from here on are refusals (MQTT 5 section 2.4)."""

VERSIONS = (aiomqtt.ProtocolVersion.V5, aiomqtt.ProtocolVersion.V311)
WRONG_VERSION = (0x84, 1)
"""The CONNACK codes for a version that the broker does not speak: of MQTT 5, and of 3.1.1."""
NO_ANSWER = "Operation timed out"
"""What aiomqtt says when no CONNACK comes; brokers that do not know a version may also just close the connection."""

BACKOFF_DOUBLINGS_MAX = 16
"""Beyond it every sensible cap is reached, and the power of two would only grow."""

Receive = Callable[[str, bytes, bool], Awaitable[None]]
"""Called with topic, payload and whether it was retained."""


class Link:
    """Receives and publishes; everything that goes wrong is told and tried again."""

    def __init__(
        self,
        settings: TwinSettings,
        filters: list[str],
        receive: Receive,
        complaints: Complaints,
        log: structlog.typing.FilteringBoundLogger,
        *,
        identifier: str,
        chance: random.Random,
    ) -> None:
        self._settings = settings
        self._filters = filters
        self._receive = receive
        self._complaints = complaints
        self._log = log
        self._identifier = identifier
        self._chance = chance
        self._version = 0
        self._failures = 0
        self._context = ssl.create_default_context(cafile=settings.ca) if settings.tls else None
        self._library_log = logging.Logger("twin.mqtt", logging.WARNING)  # noqa: LOG001 - of this link alone
        self._library_log.addHandler(_Counted(complaints))
        self._outgoing: asyncio.Queue[Outgoing] = asyncio.Queue(OUTGOING_MAX)

    def send(self, messages: list[Outgoing]) -> None:
        """Publish `messages` in order as soon as there is a connection."""
        for message in messages:
            try:
                self._outgoing.put_nowait(message)
            except asyncio.QueueFull:
                self._complaints.add("outgoing_dropped", topic=message.topic)

    async def run(self) -> None:
        """Connect, serve, and connect again, until cancelled."""
        while True:
            attempt = asyncio.create_task(self._attempt(), name="twin.link.attempt")
            try:
                await asyncio.wait([attempt])
            except asyncio.CancelledError:
                attempt.cancel()
                await asyncio.wait([attempt])
                raise
            self._learn(_mqtt_error(attempt.exception()))
            # Full jitter: after an outage of the broker its clients do not come back all at once.
            longest_s = self._settings.backoff_s * 2 ** min(self._failures, BACKOFF_DOUBLINGS_MAX)
            await asyncio.sleep(self._chance.uniform(0, min(longest_s, self._settings.backoff_cap_s)))

    async def _attempt(self) -> None:
        """Connect and serve until the connection breaks; a task of its own, so that `_heed_cancellation` can tell."""
        async with self._connected() as client:
            await self._serve(client)

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[aiomqtt.Client]:
        client = aiomqtt.Client(
            self._settings.host,
            self._settings.port,
            username=self._settings.username,
            password=self._settings.password,
            identifier=self._identifier,
            protocol=VERSIONS[self._version],
            timeout=self._settings.timeout_s,
            keepalive=self._settings.keepalive_s,
            logger=self._library_log,
            max_queued_incoming_messages=INCOMING_MAX,
            tls_context=self._context,
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        )
        client.pending_calls_threshold = PUBLISHERS + 1
        paho: Any = client._client  # noqa: SLF001 - the reason code of a PUBACK and a half-open socket are reached only here
        confirmed = paho.on_publish

        def on_publish(paho: Any, userdata: Any, number: int, code: Any, properties: Any) -> None:
            if code.value >= FAILURE:
                self._complaints.add("publish_refused", code=code)
            confirmed(paho, userdata, number, code, properties)

        paho.on_publish = on_publish
        try:
            async with client:
                yield client
        finally:
            # Where no CONNACK came, aiomqtt's own callback would trip over the future that it gave up.
            paho.on_disconnect = None
            paho.disconnect()

    async def _serve(self, client: aiomqtt.Client) -> None:
        codes = await client.subscribe([(topic, QOS) for topic in self._filters])
        _heed_cancellation()
        for topic, code in zip(self._filters, codes, strict=True):
            if _value(code) >= FAILURE:
                raise aiomqtt.MqttError(f"the broker refuses the subscription of {topic}: {code}")
        self._failures = 0
        self._log.info("ready", broker=f"{self._settings.host}:{self._settings.port}")
        async with asyncio.TaskGroup() as group:
            group.create_task(self._hear(client), name="twin.link.hear")
            for number in range(PUBLISHERS):
                group.create_task(self._publish(client), name=f"twin.link.publish.{number}")

    async def _hear(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            await self._receive(message.topic.value, message.payload, message.retain)

    async def _publish(self, client: aiomqtt.Client) -> None:
        while True:
            message = await self._outgoing.get()
            await client.publish(message.topic, message.payload, qos=QOS)
            _heed_cancellation()

    def _learn(self, error: aiomqtt.MqttError) -> None:
        """Tell the first failure in a row, and change the version where the broker does not seem to know it."""
        if self._failures == 0:
            self._log.warning("link_lost", error=str(error))
        self._failures += 1
        refused = isinstance(error, aiomqtt.MqttCodeError) and _value(error.rc) in WRONG_VERSION
        if refused or str(error) == NO_ANSWER:
            self._version = (self._version + 1) % len(VERSIONS)


class _Counted(logging.Handler):
    """Takes what the library would write to the log for every single message, such as one that it has to drop."""

    def __init__(self, complaints: Complaints) -> None:
        super().__init__()
        self._complaints = complaints

    def emit(self, record: logging.LogRecord) -> None:
        """Count the line by its text without its values."""
        self._complaints.add(f"mqtt: {record.msg}", said=record.getMessage())


def _mqtt_error(error: BaseException | None) -> aiomqtt.MqttError:
    """The failure of MQTT in `error`; anything else is raised, for it is a mistake of ours."""
    if isinstance(error, BaseExceptionGroup):
        known, other = error.split(aiomqtt.MqttError)
        error = known.exceptions[0] if known is not None and other is None else error
    if isinstance(error, aiomqtt.MqttError):
        return error
    raise error or RuntimeError("the link ended without a reason")


def _heed_cancellation() -> None:
    """Be cancelled if somebody wanted it: `wait_for` of Python 3.11, inside aiomqtt, may lose that with its result."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _value(code: Any) -> int:
    return int(getattr(code, "value", code))

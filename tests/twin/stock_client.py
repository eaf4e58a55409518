"""A stock client of the AWS device shadow (awsiotsdk, V2), on a broker of ours, in words that tests can wait for."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

import pytest

pytest.importorskip("awsiot", reason="awsiotsdk is not installed; it has no wheel for 32-bit boards")

from awscrt import mqtt5, mqtt_request_response
from awsiot import ServiceStreamOptions, V2ServiceException, iotshadow, mqtt5_client_builder

THING = "gw"
PATIENCE_S = 15
"""Longest wait for an answer; all come within milliseconds on a machine with nothing else to do."""
ESTABLISHED = 0
"""The status of a stream that is subscribed; the library hands out the number."""


class Refused(Exception):  # noqa: N818 - it is the service's word for it
    """What the service said no with."""

    def __init__(self, error: Any) -> None:
        super().__init__(f"{error.code}: {error.message}")
        self.code, self.message = error.code, error.message


class Streams(asyncio.Queue):
    """What the service says unasked, as (kind, message), across the library's own threads."""

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()

    def listener(self, kind: str):
        def listen(message):
            # The library's threads may still have something to say when the test, and its loop, are over.
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self.put_nowait, (kind, message))

        return listen

    async def next(self, kind: str):
        """The next message of a kind; what comes before it is dropped."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                found, message = await self.get()
                if found == kind:
                    return message


class StockClient:
    """Requests to one shadow: named, or classic where no name is given."""

    def __init__(self, client: mqtt5.Client, name: str, thing: str = THING) -> None:
        options = mqtt_request_response.ClientOptions(8, 8, PATIENCE_S)
        self.shadow = iotshadow.IotShadowClientV2(client, options)
        self._of = {"thing_name": thing} | ({"shadow_name": name} if name else {})
        self._named = "Named" if name else ""
        self._method = "named_shadow" if name else "shadow"
        self._open: list[Any] = []
        self.streams = Streams()
        client.users.append(self)

    def close(self) -> None:
        """Let go of what the library keeps in threads of its own, while they still run."""
        self._open.clear()
        self.shadow = None

    async def _ask(self, verb: str, **what: Any) -> Any:
        request = getattr(iotshadow, f"{verb.capitalize()}{self._named}ShadowRequest")(**self._of, **what)
        try:
            return await asyncio.wrap_future(getattr(self.shadow, f"{verb}_{self._method}")(request))
        except V2ServiceException as error:
            if error.modeled_error is None:
                raise
            raise Refused(error.modeled_error) from error

    async def get(self):
        return await self._ask("get")

    async def delete(self):
        return await self._ask("delete")

    async def update(self, version: int | None = None, **state: Any):
        """Merge `desired` and `reported`; None for one of them removes it."""
        nullable = {f"{section}_is_nullable": True for section in state}
        return await self._ask("update", state=iotshadow.ShadowState(**state, **nullable), version=version)

    async def listen(self) -> None:
        """Open the streams of deltas and documents, and wait until they are subscribed."""
        request = f"{self._named}Shadow{{}}SubscriptionRequest"
        for kind, word in (("delta", "DeltaUpdated"), ("documents", "Updated")):
            options = ServiceStreamOptions(self.streams.listener(kind), self.streams.listener(f"{kind} status"))
            make = getattr(self.shadow, f"create_{self._method}_{'delta_' * (kind == 'delta')}updated_stream")
            stream = make(getattr(iotshadow, request.format(word))(**self._of), options)
            stream.open()
            self._open.append(stream)
            status = await self.streams.next(f"{kind} status")
            assert status.type == ESTABLISHED, status


def _client(broker, papers, options: mqtt5.ClientOptions) -> mqtt5.Client:
    if papers is None:
        return mqtt5.Client(options)
    authority, ours = papers
    options.port = broker.tls_port
    return mqtt5_client_builder.mtls_from_path(
        ours.cert, ours.key, ca_filepath=authority.cert, endpoint=broker.host, client_options=options
    )


@contextlib.asynccontextmanager
async def stock_connection(broker, client_id: str = "application", *, papers=None, keep_s: int = 0):
    """A connection, with a client's certificate where there are `papers`; its session outlives it for `keep_s`."""
    loop = asyncio.get_running_loop()
    up, down = loop.create_future(), loop.create_future()

    def tell(future):
        return lambda data: loop.call_soon_threadsafe(lambda: future.done() or future.set_result(data))

    def hear(data):
        packet = data.publish_packet
        heard.listener(packet.topic.rpartition("/")[2])((packet.topic, json.loads(packet.payload)))

    heard = Streams()
    options = mqtt5.ClientOptions(
        broker.host,
        broker.port,
        connect_options=mqtt5.ConnectPacket(client_id=client_id, session_expiry_interval_sec=keep_s or None),
        on_lifecycle_event_connection_success_fn=tell(up),
        on_lifecycle_event_stopped_fn=tell(down),
        on_publish_callback_fn=hear,
    )
    if keep_s:
        options.session_behavior = mqtt5.ClientSessionBehaviorType.REJOIN_ALWAYS
    client = _client(broker, papers, options)
    client.heard, client.users = heard, []
    client.start()
    try:
        async with asyncio.timeout(PATIENCE_S):
            client.joined = (await up).connack_packet.session_present
        yield client
    finally:
        for user in client.users:
            user.close()
        client.stop()
        async with asyncio.timeout(PATIENCE_S):
            await down

"""A connection whose wire is a queue, and on which things go wrong as often as a `Luck` says."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

from gateway.cloud.session import Incoming
from gateway.errors import LinkError

if TYPE_CHECKING:
    from tests.faults.cloud import Cloud

NOT_AUTHORISED = 0x87


class LoopSession:
    """A session (`gateway.cloud.session.Session`) whose wire is a queue."""

    packet_bytes_max = 1_000_000

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._arrived: asyncio.Queue[Incoming | None] = asyncio.Queue()
        self._open: set[asyncio.Future[int]] = set()
        self._lost = False
        self._filters: list[re.Pattern[str]] = []

    def publish(self, topic: str, payload: bytes, **_retain: bool) -> asyncio.Future[int]:
        future: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        future.add_done_callback(lambda done: done.cancelled() or done.exception())
        cloud, luck = self._cloud, self._cloud.luck
        keys = cloud.look_on(topic, payload)
        if luck.cut_once_in and cloud.chance.randrange(luck.cut_once_in) == 0:
            self.lose()
        if self._lost:
            future.set_exception(LinkError("the connection was lost"))
            return future
        self._open.add(future)
        if cloud.numbers and cloud.chance.randrange(100) < luck.acks_invented:
            cloud.invent()
        refused = bool(keys) and cloud.chance.randrange(100) < luck.refused
        if not (refused or (keys and cloud.may_fail(keys, luck.lost))):
            cloud.hand_over(topic, payload, retained=False)
        asyncio.get_running_loop().call_soon(self._answer, future, NOT_AUTHORISED if refused else 0)
        return future

    def _answer(self, future: asyncio.Future[int], code: int) -> None:
        self._open.discard(future)
        if not future.done():
            future.set_result(code)

    async def subscribe(self, topics: Sequence[str]) -> None:
        await asyncio.sleep(0)
        self._filters += [re.compile(re.escape(topic).replace(r"\+", "[^/]+")) for topic in topics]

    def deliver(self, topic: str, payload: bytes) -> None:
        """Something comes from the broker, if it was subscribed to."""
        if any(one.fullmatch(topic) for one in self._filters):
            self._arrived.put_nowait(Incoming(topic, payload, retain=False))

    async def messages(self) -> AsyncIterator[Incoming]:
        while (message := await self._arrived.get()) is not None:
            yield message
        raise LinkError("the connection was lost")

    def lose(self) -> None:
        """Cut the connection."""
        self._lost = True
        self._arrived.put_nowait(None)
        for future in self._open:
            if not future.done():
                future.set_exception(LinkError("the connection was lost"))
        self._open.clear()

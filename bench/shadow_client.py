"""The other ends of the shadow benchmark: an application, and a device's client as it is written in an afternoon."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import msgspec

from gateway.cloud.link import open_session
from gateway.cloud.session import Session
from gateway.core import wire
from gateway.core.settings import LinkSettings, Protocol

ANSWER_S = 20.0
"""Longest wait for an answer; all take milliseconds on a machine with nothing else to do."""
ANSWERS = ("get/accepted", "get/rejected", "update/accepted", "update/delta")


class Client:
    """A session on which the documents of one gateway are asked for, and every answer is waited for."""

    def __init__(self, session: Session, prefix: str, gateway: str) -> None:
        self._session = session
        self._place = (prefix, gateway)
        self._arrived: asyncio.Queue[tuple[str, str, dict[str, Any]]] = asyncio.Queue()

    async def listen(self) -> None:
        """Take in what arrives, for ever."""
        async for message in self._session.messages():
            *_, device, verb, verdict = message.topic.split("/")
            document = msgspec.json.decode(message.payload, type=dict[str, Any])
            self._arrived.put_nowait((device, f"{verb}/{verdict}", document))

    def send(self, device: str, verb: str, document: dict[str, Any]) -> None:
        """Ask for, or change, the document of a device."""
        self._session.publish(wire.shadow_topic(*self._place, device, verb), wire.encode(document))

    async def next(self) -> tuple[str, str, dict[str, Any]]:
        """The next that arrives: device, what it is, and the document.

        Raises:
            TimeoutError: nothing does.
        """
        async with asyncio.timeout(ANSWER_S):
            return await self._arrived.get()

    async def answer(self, device: str, *kinds: str) -> dict[str, Any]:
        """The next of these kinds for a device; what else arrives is passed over."""
        while True:
            name, kind, document = await self.next()
            if name == device and kind in kinds:
                return document

    async def set_desired(self, device: str, value: float) -> None:
        """Desire a set point, and wait until the document says that it is so."""
        self.send(device, "update", {"state": {"desired": {"setpoint": value}}})
        while True:
            document = await self.answer(device, "update/accepted")
            if document.get("state", {}).get("reported", {}).get("setpoint") == value:
                return

    async def clear_desired(self, device: str) -> None:
        """Desire nothing any more."""
        self.send(device, "update", {"state": {"desired": None}, "clientToken": "clear"})
        while (await self.answer(device, "update/accepted")).get("clientToken") != "clear":
            pass

    async def agree(self, device: str, value: float | None) -> None:
        """Get the document, wait, report a value (or what is desired), wait: what a simple client does of a device."""
        self.send(device, "get", {})
        document = await self.answer(device, "get/accepted", "get/rejected")
        wanted = document.get("state", {}).get("desired", {}).get("setpoint")
        self.send(device, "update", {"state": {"reported": {"setpoint": wanted if value is None else value}}})
        await self.answer(device, "update/accepted")

    async def obey(self) -> None:
        """Agree on every device that differs, one after the other, for ever."""
        while True:
            with contextlib.suppress(TimeoutError):
                device, kind, _ = await self.next()
                if kind == "update/delta":
                    await self.agree(device, None)


@contextlib.asynccontextmanager
async def client(link: LinkSettings, name: str, gateway: str) -> AsyncIterator[Client]:
    """A client with a connection of its own, which has subscribed to the answers for every device of a gateway."""
    async with open_session(link, name, (f"bench/{name}", b"gone"), Protocol.V5) as session:
        await session.subscribe([wire.shadow_topic(link.prefix, gateway, "+", tail) for tail in ANSWERS])
        made = Client(session, link.prefix, gateway)
        listening = asyncio.create_task(made.listen(), name=name)
        try:
            yield made
        finally:
            listening.cancel()
            await asyncio.wait({listening})

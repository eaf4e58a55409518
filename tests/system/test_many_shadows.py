"""A hundred devices, the real twin and a real broker: after every outage, however short, all agree again, soon."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from gateway.cloud.shadows import Shadows
from gateway.core.settings import LinkSettings, Protocol
from tests.cloud.links import open_link
from tests.fakes.clock import FakeClock
from tests.twin.test_service import twin
from twin.client import ask

pytestmark = pytest.mark.system

NAMES = [f"d{number:03}" for number in range(100)]


class Gateway:
    """The shadows of a gateway on a real link; a wish is fulfilled at once."""

    def __init__(self, broker):
        self.link = LinkSettings(host=broker.host, port=broker.port)
        self.shadows = Shadows("edgetwin", "gw", {name: ["on"] for name in NAMES}, FakeClock())
        self.shadows.wish = self.obey
        self.wishes = []
        self.shadows.changed = self._look
        self.agreed = asyncio.Event()
        self.connections = 0
        for name in NAMES:
            self.shadows.is_now(f"{name}/on", False)

    async def obey(self, device, wish, _version):
        self.wishes.append((device, wish.channel, wish.value))
        self.shadows.is_now(f"{device}/{wish.channel}", wish.value)

    @contextlib.asynccontextmanager
    async def connected(self):
        """Connected, with every shadow agreed."""
        async with open_link(self.link, Protocol.V5, "gw") as session:
            await session.subscribe(self.shadows.topics)
            self.connections += 1
            self.agreed.clear()
            self.shadows.connected(session, f"c{self.connections}")
            listening = asyncio.create_task(self._listen(session))
            async with asyncio.timeout(30):
                await self.agreed.wait()
            try:
                yield session
            finally:
                listening.cancel()
                self.shadows.disconnected()

    def _look(self, _device):
        if all(shadow.settled for shadow in self.shadows.devices.values()):
            self.agreed.set()

    async def _listen(self, session):
        async for message in session.messages():
            *_, device, verb, verdict = message.topic.split("/")
            await self.shadows.on_message(device, f"{verb}/{verdict}", message.payload)


async def test_a_hundred_shadows_agree_after_every_connection(tmp_path, mosquitto_broker):
    async with twin(tmp_path, mosquitto_broker):
        gateway = Gateway(mosquitto_broker)
        async with gateway.connected():
            assert gateway.wishes == []
        # What is wished while the link is down for a moment is in no delta that anybody hears.
        for name in NAMES:
            await ask(tmp_path, {"ask": "desire", "gateway": "gw", "device": name, "state": {"on": True}})
        async with gateway.connected():
            assert sorted(gateway.wishes) == [(name, "on", True) for name in NAMES]
            assert gateway.shadows.refused == {}
        shadows = (await ask(tmp_path, {"ask": "state", "gateway": "gw"}))["shadows"]
        assert all(shadow["delta"] == {} and shadow["reported"] == {"on": True} for shadow in shadows.values())

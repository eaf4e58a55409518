"""The sync states with the real shadows: what was known on the last connection says nothing about this one."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from gateway.app.sync import SyncTracker
from gateway.cloud.session import LinkState
from gateway.cloud.shadows import Shadows
from gateway.core import wire
from gateway.core.reading import Lane
from gateway.store.live import Live
from tests.fakes.clock import FakeClock
from tests.fakes.session import FakeSession


class House:
    """One heater, its shadow and a twin that answers when a test says so; nothing urgent waits."""

    def __init__(self):
        clock = FakeClock()
        self.shadows = Shadows("edgetwin", "gw", {"heater": ["on"]}, clock)
        outbox = SimpleNamespace(
            stored=dict.fromkeys(Lane, 0), taken={}, ledger=SimpleNamespace(volatile={}, open={}), live=Live()
        )
        self.sync = SyncTracker(["heater"], self.shadows, outbox, clock)
        self.session = None

    @property
    def state(self):
        return self.sync.states["heater"].value

    def link(self, *states):
        for state in states:
            self.sync.link_changed(state)

    def announce(self):
        """What the downlink does once it has subscribed."""
        self.session = FakeSession()
        self.shadows.connected(self.session, "token")

    def asked(self, verb):
        topic = wire.shadow_topic("edgetwin", "gw", "heater", verb)
        return [wire.decode(payload, dict[str, object]) for payload in self.session.on(topic)]

    async def answer(self, verb, document):
        answer = wire.encode({**document, "clientToken": self.asked(verb)[-1]["clientToken"]})
        await self.shadows.on_message("heater", f"{verb}/accepted", answer)

    async def agree(self, version=1, **values):
        await self.answer("get", {"state": {"reported": values}, "version": version})


@pytest.fixture
def house():
    return House()


UP = (LinkState.CONNECTING, LinkState.CONNECTED)


async def test_it_is_in_sync_once_the_document_has_come_and_says_what_is(house):
    house.shadows.is_now("heater/on", False)
    house.link(*UP)
    house.announce()
    assert house.state == "syncing"
    await house.agree(on=False)
    assert house.state == "in_sync"


async def test_while_what_is_has_still_to_be_reported_it_is_not(house):
    house.shadows.is_now("heater/on", True)
    house.link(*UP)
    house.announce()
    await house.agree(on=False)
    assert house.state == "syncing"
    [report] = house.asked("update")
    await house.answer("update", {"state": report["state"], "version": 2})
    assert house.state == "in_sync"


async def test_a_change_is_an_update_until_the_twin_has_accepted_it(house):
    house.shadows.is_now("heater/on", False)
    house.link(*UP)
    house.announce()
    await house.agree(on=False)
    house.shadows.is_now("heater/on", True)
    assert house.state == "updating"
    [report] = house.asked("update")
    await house.answer("update", {"state": report["state"], "version": 2})
    assert house.state == "in_sync"


async def test_a_reading_before_the_documents_are_asked_for_does_not_make_it_in_sync(house):
    house.shadows.is_now("heater/on", False)
    house.link(*UP)
    house.announce()
    await house.agree(on=False)
    house.link(LinkState.WAITING)
    house.shadows.disconnected()
    house.link(*UP)
    house.shadows.is_now("heater/on", False)
    house.sync.check_all()
    assert house.state == "syncing"
    house.announce()
    assert house.state == "syncing"
    await house.agree(on=False)
    assert house.state == "in_sync"


async def test_a_conflict_is_one_until_it_is_decided_and_both_sides_know(house):
    house.shadows.is_now("heater/on", False)
    house.link(*UP)
    house.announce()
    await house.agree(on=False)
    house.sync.conflict("heater")
    assert house.state == "conflicted"
    house.sync.check_all()
    assert house.state == "conflicted"
    house.shadows.note("heater", "_override", {"on": {"value": False, "by": "pi"}})
    house.sync.decided("heater")
    assert house.state == "resolving"
    [report] = house.asked("update")
    await house.answer("update", {"state": report["state"], "version": 2})
    assert house.state == "in_sync"


async def test_while_the_twin_s_side_has_won_and_is_not_done_it_is_not_resolved(house):
    house.shadows.is_now("heater/on", False)
    house.link(*UP)
    house.announce()
    await house.agree(on=False)
    house.sync.conflict("heater")
    house.shadows.follow("heater/on", True)
    house.sync.decided("heater")
    assert house.state == "resolving"
    house.shadows.is_now("heater/on", True)
    [report] = house.asked("update")
    await house.answer("update", {"state": report["state"], "version": 2})
    assert house.state == "in_sync"


async def test_a_lost_link_ends_a_conflict_that_is_found_again_on_the_next(house):
    house.link(*UP)
    house.sync.conflict("heater")
    assert house.state == "conflicted"
    house.link(LinkState.WAITING)
    assert house.state == "offline"

"""What keeps a session by schedule open, and what does not."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from gateway.app.bundling import Unsaid
from gateway.core.ledger_events import Key
from gateway.core.reading import Lane
from gateway.errors import StoreError

BEGAN_NS = 1_000


class House:
    """Everybody who is asked; nobody has anything to say."""

    def __init__(self):
        self.outbox = SimpleNamespace(ledger=SimpleNamespace(open={}, volatile={}), stored=dict.fromkeys(Lane, 0))
        self.meter = SimpleNamespace(lowest_live=lambda: self.lowest, stored_may_go=lambda: self.stored_may_go)
        self.lowest, self.stored_may_go = Lane.LOW, True
        self.shadows = SimpleNamespace(devices={"heater": SimpleNamespace(settled=True)}, refused={})
        self.inbox = SimpleNamespace(waits=False, untold=self._untold)
        self.outcomes = []
        self.events = SimpleNamespace(has_untold=False)
        self.actuator = SimpleNamespace(busy=False)
        self.unsaid = Unsaid(self.outbox, self.meter, self.shadows, self.inbox, self.events, self.actuator)

    async def _untold(self, _limit):
        if isinstance(self.outcomes, StoreError):
            raise self.outcomes
        return self.outcomes

    def opens(self, lane, at_ns):
        self.outbox.ledger.open[lane] = at(at_ns)

    async def says(self):
        return await self.unsaid.of(BEGAN_NS)


def at(boottime_ns):
    return SimpleNamespace(base=SimpleNamespace(boottime_ns=boottime_ns))


@pytest.fixture
def house():
    return House()


async def test_where_nobody_has_anything_to_say_all_is_said(house):
    assert await house.says() == ""
    assert not house.unsaid.critical()


@pytest.mark.parametrize("lane", Lane)
async def test_readings_from_before_the_session_are_due_and_later_ones_are_not(house, lane):
    house.opens(lane, BEGAN_NS + 1)
    assert await house.says() == ""
    house.opens(lane, BEGAN_NS)
    assert await house.says() == "readings"


async def test_what_is_on_its_way_is_due_until_it_is_acknowledged(house):
    house.outbox.ledger.volatile[Key("e-1", Lane.NORMAL, 1)] = at(BEGAN_NS - 5)
    assert await house.says() == "readings"


async def test_what_waits_on_the_disk_is_due(house):
    house.outbox.stored[Lane.LOW] = 3
    assert await house.says() == "readings"


async def test_what_the_budget_holds_back_is_not_waited_for(house):
    house.lowest, house.stored_may_go = Lane.HIGH, False
    house.outbox.stored[Lane.LOW] = 3
    house.opens(Lane.NORMAL, BEGAN_NS)
    assert await house.says() == ""
    house.opens(Lane.HIGH, BEGAN_NS)
    assert await house.says() == "readings"


async def test_a_shadow_that_is_not_settled_is_waited_for_unless_the_cloud_refuses_it(house):
    house.shadows.devices["heater"].settled = False
    assert await house.says() == "shadows"
    house.shadows.refused["heater"] = (403, "forbidden")
    assert await house.says() == ""


async def test_commands_and_their_outcomes_and_events_are_waited_for(house):
    house.inbox.waits = True
    assert await house.says() == "commands"
    house.inbox.waits, house.actuator.busy = False, True
    assert await house.says() == "commands"
    house.actuator.busy, house.events.has_untold = False, True
    assert await house.says() == "events"
    house.events.has_untold, house.outcomes = False, ["one"]
    assert await house.says() == "outcomes"


async def test_a_disk_that_fails_does_not_keep_the_radio_on(house):
    house.outcomes = StoreError("gone")
    assert await house.says() == ""


@pytest.mark.parametrize("where", ["open", "on its way", "on the disk"])
def test_a_critical_reading_is_urgent_wherever_it_waits(house, where):
    if where == "open":
        house.opens(Lane.CRITICAL, BEGAN_NS + 1)
    elif where == "on its way":
        house.outbox.ledger.volatile[Key("e-1", Lane.CRITICAL, 1)] = at(BEGAN_NS)
    else:
        house.outbox.stored[Lane.CRITICAL] = 1
    assert house.unsaid.critical()


@pytest.mark.parametrize("lane", [Lane.HIGH, Lane.NORMAL, Lane.LOW])
def test_no_other_lane_is_urgent(house, lane):
    house.opens(lane, BEGAN_NS)
    house.outbox.stored[lane] = 5
    assert not house.unsaid.critical()

"""Sync states while the link sleeps by plan: offline, with a cause of its own, and no outage."""

from __future__ import annotations

import pytest

from gateway.cloud.session import LinkState
from tests.app.sync_site import Site, in_sync


@pytest.fixture
def site():
    return Site()


def test_a_session_that_ends_by_plan_leaves_everything_offline_and_reachable(site):
    in_sync(site)
    site.clock.advance(5)
    site.link(LinkState.ASLEEP)
    assert site.states == ("offline", "offline")
    assert site.sync.is_reachable("room")
    assert site.sync.in_touch, "nobody has lost control"
    site.clock.advance(900)
    site.link(LinkState.CONNECTING)
    site.clock.advance(2)
    assert site.sync.is_reachable("room"), "it is being opened, as planned"
    site.link(LinkState.CONNECTED)
    site.settle()
    site.sync.check_all()
    assert site.sync.due_steps() == [], "nothing happened that was not planned"


def test_a_planned_session_that_fails_is_an_outage(site):
    in_sync(site)
    site.link(LinkState.ASLEEP, LinkState.CONNECTING, LinkState.WAITING)
    assert not site.sync.is_reachable("room")
    assert not site.sync.in_touch
    site.clock.advance(1)
    site.link(LinkState.CONNECTING)
    assert not site.sync.is_reachable("room")
    assert [step.cause.value for step, _ in site.sync.due_steps()] == [
        "asleep", "network_restored", "connection_lost",
    ]  # fmt: skip


def test_how_much_of_the_time_since_was_a_planned_sleep_is_known(site):
    in_sync(site)
    known_ns = site.clock.boottime_ns()
    assert site.sync.planned_s(known_ns) == 0.0
    site.clock.advance(5)
    site.link(LinkState.ASLEEP)
    site.clock.advance(900)
    assert site.sync.planned_s(known_ns) == 900.0
    site.link(LinkState.CONNECTING)
    site.clock.advance(2)
    site.link(LinkState.CONNECTED)
    site.clock.advance(7)
    assert site.sync.planned_s(known_ns) == 902.0
    assert site.sync.planned_s(site.clock.boottime_ns()) == 0.0


def test_what_was_agreed_before_a_sleep_is_compared_anew(site):
    in_sync(site)
    site.link(LinkState.ASLEEP)
    assert not site.heater.settled

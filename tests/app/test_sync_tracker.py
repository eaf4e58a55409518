"""Every device's sync state, as link, shadow and outbox move it."""

from __future__ import annotations

import pytest

from gateway.cloud.session import LinkState
from gateway.core.ledger_events import Key
from gateway.core.reading import Lane
from gateway.core.sync_state import SyncState
from gateway.core.transitions import UPDATING_NOTED_S
from tests.app.sync_site import ONCE, Site, in_sync


@pytest.fixture
def site():
    return Site()


def test_before_the_first_connection_everything_is_disconnected(site):
    assert site.states == ("disconnected", "disconnected")


def test_with_the_link_it_is_synced_and_then_in_sync(site):
    site.link(LinkState.CONNECTING)
    assert site.states == ("connecting", "connecting")
    site.link(LinkState.CONNECTED)
    assert site.states == ("syncing", "syncing")
    site.settle()
    assert site.states == ("in_sync", "syncing")
    site.sync.check_all()
    assert site.states == ("in_sync", "in_sync")


def test_a_shadow_that_is_not_settled_is_not_in_sync(site):
    site.link(*ONCE)
    site.sync.check_all()
    assert site.states == ("syncing", "in_sync")


@pytest.mark.parametrize("lane", [Lane.CRITICAL, Lane.HIGH])
def test_while_urgent_readings_wait_nothing_is_in_sync(site, lane):
    site.link(*ONCE)
    site.outbox.stored[lane] = 1
    site.settle()
    site.sync.check_all()
    assert site.states == ("syncing", "syncing")
    site.outbox.stored[lane] = 0
    # Also what is on its way: only the twin's acknowledgement says that it has arrived.
    key = Key("e-1", lane, 1)
    site.outbox.ledger.volatile[key] = site.outbox.taken[key] = site.segment()
    site.sync.check_all()
    assert site.states == ("syncing", "syncing")
    site.outbox.ledger.volatile.clear()
    site.sync.check_all()
    assert site.states == ("in_sync", "in_sync")


@pytest.mark.parametrize("lane", [Lane.NORMAL, Lane.LOW])
def test_other_readings_may_wait(site, lane):
    site.link(*ONCE)
    site.outbox.stored[lane] = 1000
    site.settle()
    assert site.states[0] == "in_sync"


def test_a_change_on_its_way_is_an_update_until_it_has_arrived(site):
    site.link(*ONCE)
    site.settle()
    site.settle(False)
    assert site.states[0] == "updating"
    site.settle()
    assert site.states[0] == "in_sync"


def test_a_lost_link_takes_everything_offline_and_the_next_one_starts_anew(site):
    site.link(*ONCE)
    site.settle()
    site.link(LinkState.WAITING)
    assert site.states == ("offline", "offline")
    site.settle()
    assert site.states == ("offline", "offline")
    site.link(*ONCE)
    assert site.states == ("syncing", "syncing")


def test_an_attempt_that_fails_is_offline_too(site):
    site.link(LinkState.CONNECTING, LinkState.WAITING)
    assert site.states == ("offline", "offline")


def test_how_long_a_state_lasts_is_known(site):
    site.link(LinkState.CONNECTING)
    site.clock.advance(7.5)
    assert site.sync.since_s("room") == 7.5
    site.link(LinkState.CONNECTED)
    assert site.sync.since_s("room") == 0.0
    assert site.sync.states["room"] is SyncState.SYNCING


def test_a_report_that_is_soon_answered_does_not_end_being_in_sync(site):
    in_sync(site)
    site.clock.advance(100)
    site.settle(False)
    site.clock.advance(0.2)
    assert site.sync.since_s("heater") == pytest.approx(0.2)
    site.settle()
    assert (site.states[0], site.sync.since_s("heater")) == ("in_sync", pytest.approx(100.2))


def test_one_that_takes_its_time_does(site):
    in_sync(site)
    site.clock.advance(100)
    site.settle(False)
    site.clock.advance(UPDATING_NOTED_S)
    site.settle()
    assert (site.states[0], site.sync.since_s("heater")) == ("in_sync", 0.0)
    site.clock.advance(1)
    site.settle(False)
    site.settle()
    assert site.sync.since_s("heater") == 1.0


def test_urgent_readings_that_came_since_do_not_keep_it_out_of_sync(site):
    site.link(*ONCE)
    site.clock.advance(0.1)
    site.outbox.ledger.volatile[Key("e-1", Lane.HIGH, 1)] = site.segment()
    site.settle()
    assert site.states[0] == "in_sync"


def test_an_urgent_reading_that_is_not_even_sealed_keeps_it_out_of_sync(site):
    site.outbox.ledger.open[Lane.HIGH] = site.segment()
    site.link(*ONCE)
    site.settle()
    assert site.states[0] == "syncing"


def test_every_step_is_to_be_recorded_with_its_cause_the_same_of_several_devices_once(site):
    site.link(*ONCE)
    assert [(step.after.value, step.cause.value, devices) for step, devices in site.sync.due_steps()] == [
        ("connecting", "network_available", ["heater", "room"]),
        ("syncing", "connection_ok", ["heater", "room"]),
    ]
    assert site.sync.due_steps() == []

"""When a device is called drifting, and what comes of it."""

from __future__ import annotations

import pytest

from gateway.cloud.session import LinkState
from gateway.core.ledger_events import Key
from gateway.core.reading import Lane
from gateway.core.segment import Base, Segment
from tests.app.sync_site import BUDGET_S, ONCE, Site, in_sync


@pytest.fixture
def site():
    return Site()


def test_a_live_reading_that_waits_too_long_is_drift_of_its_device_and_of_no_other(site):
    in_sync(site)
    site.clock.advance(1)
    site.outbox.ledger.open[Lane.NORMAL] = site.segment()
    site.clock.advance(BUDGET_S)
    site.sync.look({"room"}, BUDGET_S)
    assert site.states == ("in_sync", "in_sync")
    site.clock.advance(0.1)
    site.sync.look({"room"}, BUDGET_S)
    assert site.states == ("in_sync", "drifting")


def test_a_live_reading_that_waits_on_the_disk_is_drift_as_well(site):
    in_sync(site)
    site.clock.advance(1)
    site.outbox.live.stored(Segment(Lane.NORMAL, "e-1", 1, 5, Base("b", site.clock.boottime_ns(), 0), b""))
    site.clock.advance(BUDGET_S + 0.1)
    site.sync.look({"room"}, BUDGET_S)
    assert site.states == ("in_sync", "drifting")
    site.outbox.live.left(Key("e-1", Lane.NORMAL, 1), 5)
    site.sync.look(set(), BUDGET_S)
    assert site.states == ("in_sync", "in_sync")


def test_what_waits_on_the_disk_from_an_earlier_link_is_no_drift(site):
    in_sync(site)
    site.clock.advance(1)
    site.outbox.live.stored(Segment(Lane.NORMAL, "e-1", 1, 5, Base("b", site.clock.boottime_ns(), 0), b""))
    site.link(LinkState.WAITING, *ONCE)
    site.settle()
    site.sync.check_all()
    site.clock.advance(10 * BUDGET_S)
    site.sync.look({"room"}, BUDGET_S)
    assert site.states == ("in_sync", "in_sync")


def test_what_was_read_before_the_link_came_up_is_no_drift(site):
    site.outbox.ledger.open[Lane.NORMAL] = site.segment()
    site.clock.advance(1)
    in_sync(site)
    site.clock.advance(10 * BUDGET_S)
    site.sync.look({"room"}, BUDGET_S)
    assert site.states == ("in_sync", "in_sync")


def test_a_report_that_is_not_answered_is_drift(site):
    in_sync(site)
    site.settle(False)
    site.clock.advance(BUDGET_S + 1)
    site.sync.look(set(), BUDGET_S)
    assert site.states == ("drifting", "in_sync")


def test_what_has_caught_up_is_compared_anew(site):
    in_sync(site)
    site.clock.advance(1)
    site.outbox.ledger.volatile["k"] = site.segment()
    site.clock.advance(BUDGET_S + 1)
    site.sync.look({"heater", "room"}, BUDGET_S)
    assert site.states == ("drifting", "drifting")
    site.sync.look({"heater", "room"}, BUDGET_S)
    assert site.fetched == []
    site.outbox.ledger.volatile.clear()
    site.sync.look(set(), BUDGET_S)
    assert site.fetched == ["heater", "room"]
    assert site.states == ("in_sync", "in_sync"), "through syncing, as nothing urgent waits"
    assert [(step.before.value, step.after.value, step.cause.value) for step, _ in site.sync.due_steps()] == [
        ("in_sync", "drifting", "latency_over_threshold"),
        ("drifting", "syncing", "forced_resync"),
        ("syncing", "in_sync", "sync_complete"),
    ]


def test_a_shadow_that_stays_unanswered_keeps_its_device_drifting(site):
    in_sync(site)
    site.settle(False)
    site.clock.advance(BUDGET_S + 1)
    for _ in range(3):
        site.sync.look(set(), BUDGET_S)
    assert site.states[0] == "drifting"
    assert site.fetched == []

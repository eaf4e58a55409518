"""What leaves is counted, and what the budget does not let go stays in the outbox."""

from __future__ import annotations

import pytest

from gateway.cloud.meter import MESSAGE_BYTES, SEGMENT_BYTES, Meter, bytes_of
from gateway.cloud.picking import Picker
from gateway.core.budget import Budget
from gateway.core.reading import Lane
from gateway.core.settings import LinkSettings
from tests.fakes.clock import FakeClock
from tests.store.shelf import shelf_in

TOPIC = "t"


@pytest.fixture
def clock():
    return FakeClock()


def test_a_message_counts_with_what_carries_it():
    assert bytes_of("abc", b"12345") == 8 + MESSAGE_BYTES + SEGMENT_BYTES
    assert bytes_of("t", bytes(3000)) == 3001 + MESSAGE_BYTES + 3 * SEGMENT_BYTES


def test_keepalives_count_while_the_link_is_up(clock):
    meter = Meter(Budget(1_000_000), TOPIC, 30.0, clock)
    clock.advance(300.0)
    meter.tick()
    assert meter.budget.spent == 0
    meter.connected = True
    clock.advance(300.0)
    meter.tick()
    assert meter.budget.spent == 10 * SEGMENT_BYTES


def test_without_a_budget_everything_may_go(clock):
    meter = Meter(None, TOPIC, 30.0, clock)
    meter.count(TOPIC, bytes(10**6))
    assert (meter.lowest_live(), meter.stored_may_go(), meter.stretch()) == (Lane.LOW, True, 0.0)


async def picked(picker):
    return [segment.lane for segment in await picker.pick(65_536)]


async def test_an_empty_budget_holds_back_all_but_what_is_critical(tmp_path, clock):
    async with shelf_in(tmp_path, clock) as shelf:
        meter = Meter(Budget(1_000_000), TOPIC, 30.0, clock)
        picker = Picker(shelf.outbox, clock, LinkSettings(), meter)
        meter.count("other", bytes(990_000))
        meter.count(TOPIC, bytes(1000))
        for lane in Lane:
            shelf.read(lane=lane)
        await shelf.committer.commit()
        for lane in Lane:
            shelf.read(lane=lane)
        clock.advance(5.0)
        shelf.outbox.seal_all()
        assert set(await picked(picker)) == {Lane.CRITICAL}
        assert await picked(picker) == []
        assert picker.live_due_in_s() is None
        assert shelf.outbox.ledger.total().waiting == 8
        clock.advance(30 * 3600.0)
        lanes = [lane for _ in range(4) for lane in await picked(picker)]
        assert {Lane.HIGH, Lane.NORMAL, Lane.LOW} <= set(lanes)


async def test_the_lowest_lane_waits_first(tmp_path, clock):
    async with shelf_in(tmp_path, clock) as shelf:
        meter = Meter(Budget(1_000_000), TOPIC, 30.0, clock)
        picker = Picker(shelf.outbox, clock, LinkSettings(), meter)
        meter.count("other", bytes(90_000))
        for lane in (Lane.HIGH, Lane.NORMAL, Lane.LOW):
            shelf.read(lane=lane)
        clock.advance(1.0)
        assert await picked(picker) == [Lane.HIGH, Lane.NORMAL]
        assert await picked(picker) == []


def left_for_the_disk(clock, *, spare):
    """A meter whose budget has about so many bytes for what waits on the disk."""
    budget = Budget(1_000_000)
    meter = Meter(budget, TOPIC, 30.0, clock)
    budget.spend(budget.spare - spare, live=False)
    meter.from_disk = True
    return meter


def test_a_batch_that_has_no_room_waits_until_there_is_as_much(clock):
    meter = left_for_the_disk(clock, spare=5_000)
    assert meter.stored_may_go()
    assert not meter.fits(Lane.NORMAL, bytes(20_000))
    assert not meter.stored_may_go()
    assert meter.lowest_live() is Lane.LOW


def test_what_has_room_goes_and_what_is_critical_goes_in_any_case(clock):
    meter = left_for_the_disk(clock, spare=5_000)
    assert meter.fits(Lane.NORMAL, bytes(4_000))
    meter.count(TOPIC, bytes(4_000))
    assert not meter.fits(Lane.NORMAL, bytes(4_000))
    assert meter.fits(Lane.CRITICAL, bytes(20_000))


def test_live_readings_leave_what_the_lanes_above_them_need(clock):
    meter = Meter(Budget(1_000_000), TOPIC, 30.0, clock)
    room = int(meter.budget.room(Lane.LOW))
    assert not meter.fits(Lane.LOW, bytes(room))
    assert meter.lowest_live() is Lane.NORMAL
    assert meter.fits(Lane.NORMAL, bytes(room))
    assert meter.stored_may_go()

"""What the uplink learns of the twin's clock, and when it learns nothing."""

from __future__ import annotations

import pytest

from gateway.core.reading import ClockState
from gateway.core.wire import Ack


def hours_ahead(rig, hours=5.0, there_s=0.1, busy_s=0.0):
    """An acknowledgement of all that was sent last, by a twin whose clock is hours ahead."""
    ranges = [(one.epoch, one.lane.label, one.first, one.last) for one in rig.batches[-1]]
    received = rig.clock.wall_ns() / 1e9 + hours * 3600 - there_s
    return Ack(ranges, received - busy_s, received)


async def test_the_twins_clock_is_learnt_and_repairs_the_times_of_what_is_sent(rig):
    rig.clock.clock_state = ClockState.UNSYNCHRONISED
    await rig.connect()
    await rig.read(1)
    assert rig.batches[0][0].clock is ClockState.UNSYNCHRONISED
    rig.clock.advance(0.2)
    rig.uplink.on_ack(hours_ahead(rig))
    assert rig.timekeeper.twin_clock().offset_s == pytest.approx(5 * 3600, abs=1e-3)
    assert rig.timekeeper.twin_clock().error_s == pytest.approx(0.1, abs=1e-3)
    await rig.read(2)
    assert rig.batches[1][0].clock is ClockState.SYNCHRONISED
    assert rig.batches[1][0].records[0].time_s == pytest.approx(rig.clock.wall_ns() / 1e9 + 5 * 3600, abs=0.01)


async def test_what_was_learnt_holds_when_our_wall_clock_is_set(rig):
    await rig.connect()
    await rig.read(1)
    rig.uplink.on_ack(hours_ahead(rig, there_s=0.0))
    rig.clock.wall += round(5 * 3600 * 1e9)
    assert rig.timekeeper.twin_clock().offset_s == pytest.approx(0.0, abs=1e-3)


async def test_a_batch_that_was_sent_twice_says_nothing_of_the_clock(rig):
    """Nobody knows which of the two the twin answers."""
    await rig.connect()
    await rig.read(1)
    await rig.pass_time(rig.link.ack_timeout_s)
    assert len(rig.batches) == 2
    rig.uplink.on_ack(hours_ahead(rig))
    assert rig.outbox.ledger.total().waiting == 0
    assert rig.timekeeper.twin_clock() is None


async def test_an_answer_to_several_batches_says_nothing_of_the_clock(rig):
    await rig.connect()
    await rig.read(1)
    await rig.read(2)
    await rig.acknowledge(*rig.batches[0], *rig.batches[1])
    assert rig.outbox.ledger.total().waiting == 0
    assert rig.timekeeper.twin_clock() is None


async def test_a_twin_with_an_impossible_clock_is_believed_nothing_and_ends_nothing(rig):
    rig.clock.clock_state = ClockState.UNSYNCHRONISED
    await rig.connect()
    for stamp in (0.0, -1e300, 1e308):
        await rig.read()
        ranges = [(one.epoch, one.lane.label, one.first, one.last) for one in rig.batches[-1]]
        rig.uplink.on_ack(Ack(ranges, stamp, stamp))
        await rig.settle()
    assert rig.timekeeper.twin_clock() is None
    assert not rig.task.done()

"""A budget that is really short: batches are as large as what is left, and nothing goes beyond it."""

from __future__ import annotations

import asyncio

import pytest

from gateway.cloud.meter import Meter, MeteredSession
from gateway.cloud.uplink import Uplink
from gateway.core.budget import Budget
from gateway.core.reading import Lane
from tests.cloud.rig import TOPIC, open_rig
from tests.fakes.session import FakeSession


async def connect(rig, meter):
    rig.uplink = Uplink(rig.outbox, TOPIC, rig.timekeeper, rig.link, meter)
    rig.session = FakeSession(0)
    rig.task = asyncio.create_task(rig.uplink.run(MeteredSession(rig.session, meter)))
    await rig.settle()


async def wait_on_the_disk(rig, lane=Lane.NORMAL):
    """Segments that are far larger together than what the budget leaves."""
    for minute in range(10):
        await rig.read(*((number * 7919 % 1000) / 7 + minute for number in range(100)), lane=lane)
        await rig.commit()


@pytest.mark.parametrize("spare", [100, 4_000])
async def test_what_waited_on_the_disk_never_takes_more_than_the_day_leaves(tmp_path, spare):
    async with open_rig(tmp_path) as rig:
        await wait_on_the_disk(rig)
        budget = Budget(1_000_000)
        budget.spend(budget.spare - spare, live=False)
        before = budget.spent
        await connect(rig, Meter(budget, TOPIC, rig.link.keepalive_s, rig.clock))
        for _ in range(8):
            for batch in list(rig.batches):
                await rig.acknowledge(*batch)
        assert budget.spent - before <= spare
        assert (len(rig.batches) > 0) is (spare > 1_000)
        assert rig.outbox.has_stored
        await rig.read(1)
        assert rig.values[-1] == [1.0]


async def test_what_is_critical_goes_although_nothing_is_left(tmp_path):
    async with open_rig(tmp_path) as rig:
        await wait_on_the_disk(rig, Lane.CRITICAL)
        budget = Budget(1_000_000)
        budget.spend(1_000_000, live=True)
        await connect(rig, Meter(budget, TOPIC, rig.link.keepalive_s, rig.clock))
        assert rig.batches

"""The uplink on a link that carries less than there is: who is late, and what becomes of the backlog."""

from __future__ import annotations

import random
import statistics

from gateway.core.pace import BATCH_S, SEGMENT_BYTES_MIN
from gateway.core.reading import Lane, Reading
from gateway.core.shares import STORED_SHARE
from tests.cloud.rig import TOPIC
from tests.cloud.slow_link import STEP_S, SlowLink

RATE, ROUND_TRIP_S = 1000.0, 1.0
"""2G on a bad day."""
SEGMENT = 8
"""Readings of one commit of the backlog."""


async def fill(rig, segments, lane=Lane.NORMAL):
    """A backlog on the disk."""
    chance = random.Random(2)
    for _ in range(segments):
        await rig.read(*(chance.random() for _ in range(SEGMENT)), series="a/backlog", lane=lane)
        await rig.commit()


async def play(rig, seconds, each_step, commit_every_s=5.0):
    """Let the site read `each_step` of (series, lane, readings) for a while."""
    link, chance = SlowLink(rig, RATE, ROUND_TRIP_S), random.Random(1)
    await rig.connect()
    for step in range(round(seconds / STEP_S)):
        for series, lane, count in each_step:
            for _ in range(count):
                rig.clock.advance(0.001)
                # Values that no compression makes small.
                reading = Reading(series, chance.random(), rig.clock.boottime_ns(), rig.clock.wall_ns())
                rig.outbox.append(reading, "Cel", lane)
        await link.pass_step()
        if step * STEP_S % commit_every_s == 0:
            await rig.commit()
    return link


async def test_under_pressure_of_the_link_high_comes_before_normal_and_normal_before_low(rig):
    """P6: what the link cannot carry is what matters least."""
    wanted = [("a/low", Lane.LOW, 20), ("a/normal", Lane.NORMAL, 20), ("a/high", Lane.HIGH, 4)]
    link = await play(rig, 40, wanted)
    shares = {label: len(link.delays_s(label)) / count for label, count in (("low", 20), ("normal", 20), ("high", 4))}
    assert link.rate * 0.6 <= sum(link.bytes.values()) / 40  # It is full.
    assert shares["high"] > 1.2 * shares["normal"]
    assert shares["normal"] > 1.2 * shares["low"]
    assert statistics.median(link.delays_s("high")) < 2 * ROUND_TRIP_S + 4


async def test_a_live_reading_is_quick_while_a_huge_backlog_drains(rig):
    await fill(rig, 200, Lane.HIGH)
    link = await play(rig, 40, [("a/live", Lane.NORMAL, 1)])
    assert len(link.delays_s("high")) > SEGMENT
    assert statistics.median(link.delays_s("normal")) < 2 * ROUND_TRIP_S + 2
    assert len(link.delays_s("normal")) > 0.75 * 40 / STEP_S


async def test_a_backlog_gets_its_share_however_much_is_live_and_what_is_live_stays_fresh(rig):
    rig.outbox.segment_bytes = SEGMENT_BYTES_MIN  # As an earlier connection found it.
    await fill(rig, 400)
    link = await play(rig, 80, [("a/live", Lane.NORMAL, 12)])
    share = link.bytes["a/backlog"] / sum(link.bytes.values())
    # What the link could not take within a commit is on the disk too, behind what is older.
    assert STORED_SHARE - 0.1 <= share <= STORED_SHARE + 0.1
    assert statistics.median(link.delays_s("a/live")) < 2 * ROUND_TRIP_S + 2
    assert max(link.delays_s("a/live")) < 2 * ROUND_TRIP_S + 6


async def test_no_segment_of_a_slow_link_is_longer_than_a_moment_on_it(rig):
    link = await play(rig, 60, [("a/live", Lane.NORMAL, 30)])
    sizes = [len(payload) for payload in rig.session.on(TOPIC)]
    assert max(sizes) / link.rate < 2 * BATCH_S
    assert rig.uplink.pace.rate is not None


async def test_a_fast_link_makes_no_small_segments(rig):
    await rig.connect()
    for _ in range(8):
        await rig.read(*range(400))
        await rig.pass_time(0.01)
        while rig.outbox.taken:
            await rig.acknowledge(*[one for batch in rig.batches for one in batch])
    assert rig.outbox.segment_bytes > RATE * BATCH_S
    await rig.read(*range(400))
    assert [segment.count for segment in rig.batches[-1]] == [400]

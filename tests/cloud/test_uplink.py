"""The uplink on a quiet day: what is sent when, in which order, and what an acknowledgement frees."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from gateway.cloud.picking import READ_AGAIN_S
from gateway.core.pace import WINDOW_FIRST
from gateway.core.reading import Lane
from gateway.core.shares import STORED_SHARE
from gateway.errors import StoreError
from tests.cloud.rig import TOPIC, open_rig


def tally(rig):
    total = rig.outbox.ledger.total()
    return total.acknowledged, total.waiting


async def test_an_urgent_reading_is_sent_at_once(rig):
    await rig.connect()
    await rig.read(1)
    assert rig.values == [[1.0]]


async def test_other_readings_wait_for_company_and_no_longer(rig):
    await rig.connect()
    await rig.read(1, urgent=False)
    await rig.pass_time(rig.link.linger_s * 0.9)
    await rig.read(2, urgent=False)
    assert rig.values == []
    await rig.pass_time(rig.link.linger_s * 0.1)
    assert rig.values == [[1.0, 2.0]]


async def test_a_reading_that_was_acknowledged_is_forgotten(rig):
    await rig.connect()
    await rig.read(1)
    assert tally(rig) == (0, 1)
    await rig.acknowledge(*rig.batches[0])
    assert tally(rig) == (1, 0)
    await rig.pass_time(1000)
    assert len(rig.values) == 1


async def test_no_more_batches_are_on_their_way_than_the_window_allows(rig):
    await rig.connect()
    for _ in range(20):
        await rig.read()
    assert len(rig.batches) == WINDOW_FIRST
    # The rest waits, and goes together when there is room.
    await rig.acknowledge(*rig.batches[0])
    assert [len(batch) for batch in rig.values] == [1, 1, 18]


async def test_the_window_grows_while_it_is_used_up_to_what_is_set(tmp_path):
    async with open_rig(tmp_path, window=4) as rig:
        await rig.connect()
        answered = 0
        for _ in range(30):
            for _ in range(5):
                await rig.read()
            await rig.acknowledge(*rig.batches[answered])
            answered += 1
        assert len(rig.batches) - answered == 4


async def test_a_window_that_is_not_used_does_not_grow(tmp_path):
    async with open_rig(tmp_path, window=8) as rig:
        await rig.connect()
        for _ in range(30):
            await rig.read()
            await rig.acknowledge(*rig.batches[-1])
        assert rig.uplink.pace.window == WINDOW_FIRST


async def test_a_batch_holds_no_more_readings_than_is_set(tmp_path):
    async with open_rig(tmp_path, batch=3, window=64) as rig:
        for number in range(8):
            await rig.read(number)
            await rig.commit()
        await rig.connect()
        for _ in range(5):
            await rig.acknowledge(*[segment for batch in rig.batches for segment in batch])
        assert [len(batch) for batch in rig.values] == [3, 3, 2]


async def test_a_batch_holds_no_more_bytes_than_is_set(tmp_path):
    """But at least one segment: what is larger by itself could never leave."""
    async with open_rig(tmp_path, batch_bytes=1024, window=64) as rig:
        for number in range(4):
            await rig.read(*range(number * 40, number * 40 + 40))
            await rig.commit()
        await rig.connect()
        for _ in range(6):
            await rig.acknowledge(*[segment for batch in rig.batches for segment in batch])
        assert [len(batch) for batch in rig.values] == [40, 40, 40, 40]
        assert tally(rig) == (160, 0)


async def test_lanes_are_sent_in_the_order_of_their_urgency(rig):
    for lane in (Lane.LOW, Lane.HIGH, Lane.NORMAL):
        await rig.read(int(lane), lane=lane, series=f"a/{lane.label}")
    await rig.connect()
    assert rig.values == [[1.0, 2.0, 3.0]]


async def test_live_readings_go_first_and_what_is_stored_gets_its_share(tmp_path):
    async with open_rig(tmp_path, batch=1, window=1) as rig:
        for number in range(20):
            await rig.read(number, series="a/stored")
            await rig.commit()
        await rig.read(series="a/live")
        await rig.connect()
        for _ in range(39):
            await rig.read(series="a/live")
            await rig.acknowledge(*rig.batches[-1])
        sizes = {"a/live": 0, "a/stored": 0}
        names = [batch[0].records[0].series for batch in rig.batches]
        for name, payload in zip(names, rig.session.on(TOPIC), strict=True):
            sizes[name] += len(payload)
        assert len(names) == 40
        assert names[0] == "a/live"
        assert sizes["a/stored"] / sum(sizes.values()) == pytest.approx(STORED_SHARE, abs=1 / 40)


async def test_while_nothing_is_live_the_whole_link_is_for_what_is_stored(rig):
    await rig.read(1)
    await rig.commit()
    await rig.read(2)
    await rig.commit()
    await rig.connect()
    assert rig.values == [[1.0, 2.0]]


async def test_a_critical_reading_goes_before_all_others_once_it_is_on_the_disk(tmp_path):
    async with open_rig(tmp_path, batch=1, window=1) as rig:
        for number in range(5):
            await rig.read(number, series="a/stored")
            await rig.commit()
        await rig.connect()
        for turn in range(8):
            await rig.read(1000 + turn, lane=Lane.CRITICAL, series="a/alarm")
            assert [1000.0 + turn] not in rig.values
            await rig.commit()
            await rig.read(series="a/live")
            await rig.acknowledge(*rig.batches[-1])
            assert rig.values[-1] == [1000.0 + turn]


async def test_readings_in_time_are_not_marked_and_late_ones_are(rig):
    await rig.connect()
    await rig.read(1)
    await rig.read(2, urgent=False)
    await rig.pass_time(rig.link.linger_s)
    await rig.end()
    await rig.read(3)
    await rig.pass_time(60)
    live = [segment.backfill for batch in rig.batches for segment in batch]
    await rig.connect()
    await rig.read(4, series="a/now")
    await rig.acknowledge(*rig.batches[0])
    late = {record.value: segment.backfill for batch in rig.batches for segment in batch for record in segment.records}
    assert live == [False, False]
    assert late == {1.0: True, 2.0: True, 3.0: True, 4.0: False}


async def test_what_reached_the_disk_and_was_overtaken_is_marked_however_young_it_is(tmp_path):
    async with open_rig(tmp_path, window=1) as rig:
        await rig.connect()
        await rig.read(1)
        await rig.read(2)
        await rig.commit()
        await rig.read(3)
        for _ in range(3):
            await rig.acknowledge(*rig.batches[-1])
        assert rig.values == [[1.0], [3.0], [2.0]]
        assert [segment.backfill for batch in rig.batches for segment in batch] == [False, False, True]


async def test_times_are_those_of_the_readings(rig):
    at_s = rig.clock.wall_ns() / 1e9
    await rig.read(1)
    await rig.pass_time(3600)
    await rig.connect()
    assert rig.batches[0][0].records[0].time_s == pytest.approx(at_s, abs=0.001)


async def test_an_acknowledgement_of_a_part_frees_that_part(rig):
    await rig.read(1, series="a/one", lane=Lane.HIGH)
    await rig.read(2, series="a/two")
    await rig.connect()
    (high, normal) = rig.batches[0]
    await rig.acknowledge(high)
    assert tally(rig) == (1, 1)
    await rig.acknowledge(normal)
    assert tally(rig) == (2, 0)


async def test_the_same_acknowledgement_again_and_one_that_is_not_for_us_free_nothing(rig):
    await rig.connect()
    await rig.read(1)
    await rig.read(2)
    first, second = (batch[0] for batch in rig.batches)
    await rig.acknowledge(first)
    await rig.acknowledge(first)
    assert tally(rig) == (1, 1)
    elsewhere = type(second)("f" * 16 + "-1", second.lane, 1, 999, second.clock, False, [])
    await rig.acknowledge(elsewhere)
    assert tally(rig) == (1, 1)


async def test_progress_is_told_when_something_was_freed_and_only_then(rig):
    told = []
    rig.uplink.progress = lambda: told.append(rig.uplink.acknowledged_ns)
    await rig.connect()
    await rig.read(1)
    await rig.pass_time(2)
    await rig.acknowledge(*rig.batches[0])
    await rig.acknowledge(*rig.batches[0])
    assert told == [rig.clock.boottime_ns()]


async def test_a_disk_that_cannot_be_read_keeps_back_only_what_is_on_it(rig, monkeypatch):
    await rig.read(1)
    await rig.commit()
    taken = rig.outbox.take_stored
    broken = True

    async def take_stored(readings_max):
        if broken:
            raise StoreError("cannot read from the store: disk I/O error", hint="is it failing?")
        return await taken(readings_max)

    monkeypatch.setattr(rig.outbox, "take_stored", take_stored)
    with capture_logs() as logs:
        await rig.connect()
        for number in (2, 3, 4):
            await rig.read(number)
            await rig.acknowledge(*rig.batches[-1])
            await rig.pass_time(READ_AGAIN_S)
        assert rig.values == [[2.0], [3.0], [4.0]]
        broken = False
        await rig.pass_time(READ_AGAIN_S)
    assert rig.values[-1] == [1.0]
    assert [line["event"] for line in logs] == ["cannot read the store"]

"""What waits for a decision and a power cut: it is on the disk, under the numbers that it is sent under."""

from __future__ import annotations

import sqlite3

import pytest

from gateway.core.gate import Outcome
from gateway.core.reading import Lane, Reading
from gateway.core.settings import ChannelSettings, Mode
from gateway.store.database import FILE_NAME
from tests.fakes.clock import FakeClock
from tests.store.run import in_simulated_time
from tests.store.shelf import records, shelf_in, values
from tests.store.test_held_readings import DOOR, EVERYTHING, WINDOW, Watched

HYBRID = ChannelSettings(mode=Mode.HYBRID, deadband=9.0, previous=True, window_s=60.0)


@pytest.fixture
def clock():
    return FakeClock()


def keys(segments):
    return [(one.epoch, one.lane, number) for one in segments for number in range(one.first, one.last + 1)]


async def commit(shelf):
    """A commit that is made anyway, because a reading of another channel waits."""
    shelf.read(0.5, series="b/y")
    await shelf.committer.commit()


def of_the_channel(segments):
    return [record.value for record in records(segments) if record.series == "a/x"]


def cut_the_power(tmp_path, clock):
    """Only what the disk has is left."""
    (tmp_path / "run" / "outbox.head").unlink()
    clock.reboot()


async def begin(tmp_path, clock, settings, *given):
    """A channel holds something at the last commit before the power fails."""
    async with shelf_in(tmp_path, clock) as shelf:
        channel = Watched(shelf, settings)
        channel.read(*given)
        shelf.acknowledge(shelf.outbox.take_live(EVERYTHING))
        await commit(shelf)
        shelf.abandon()
        tally = channel.tally
    cut_the_power(tmp_path, clock)
    return tally


@pytest.mark.parametrize(("settings", "sent"), [(DOOR, [1.2]), (WINDOW, [1.1]), (HYBRID, [1.1, 1.2])])
async def test_what_was_held_at_the_last_commit_is_sent_after_a_power_cut(tmp_path, clock, settings, sent):
    tally = await begin(tmp_path, clock, settings, 1.0, 1.1, 1.2)
    async with shelf_in(tmp_path, clock) as shelf:
        channel = Watched(shelf, settings)
        assert channel.tally == tally
        again = shelf.outbox.take_live(EVERYTHING)
        assert values(again) == sent
        shelf.acknowledge(again)
        assert channel.tally == (*tally[:2], tally[2] + tally[3], 0)


@pytest.mark.parametrize("settings", [DOOR, WINDOW, HYBRID])
async def test_a_stale_copy_has_the_numbers_that_the_twin_holds(tmp_path, clock, settings):
    async with shelf_in(tmp_path, clock) as shelf:
        channel = Watched(shelf, settings)
        channel.read(1.0, 1.1, 1.2)
        twin = shelf.outbox.take_live(EVERYTHING)
        await commit(shelf)
        twin += await shelf.outbox.take_stored(EVERYTHING)
        channel.read(*([1.3] * 70), 99.0)
        twin += shelf.outbox.take_live(EVERYTHING)
        shelf.acknowledge(twin)
        shelf.abandon()
    cut_the_power(tmp_path, clock)
    async with shelf_in(tmp_path, clock) as shelf:
        stale = [*shelf.outbox.take_live(EVERYTHING), *(await shelf.outbox.take_stored(EVERYTHING))]
        assert stale
        assert set(keys(stale)) <= set(keys(twin))
        shelf.acknowledge(stale)
        assert Watched(shelf, settings).tally[3] == 0


async def test_the_times_of_what_was_held_are_repaired_like_all_others(tmp_path, clock):
    await begin(tmp_path, clock, DOOR, 1.0, 1.1)
    async with shelf_in(tmp_path, clock) as shelf:
        (segment,) = shelf.outbox.take_live(EVERYTHING)
        assert segment.base.boot_id != clock.boot_id


async def test_a_start_after_a_kill_goes_by_the_head_file_and_not_by_the_older_copy(tmp_path, clock):
    async with shelf_in(tmp_path, clock) as shelf:
        channel = Watched(shelf, DOOR)
        channel.read(1.0, 1.1)
        await shelf.committer.commit()
        channel.read(1.2)
        shelf.abandon()
    async with shelf_in(tmp_path, clock) as shelf:
        assert Watched(shelf, DOOR).tally == (3, 1, 0, 2)
        assert values(shelf.outbox.take_live(EVERYTHING)) == [1.2]


async def test_what_a_kill_lets_go_has_the_numbers_of_its_copy_too(tmp_path, clock):
    async with shelf_in(tmp_path, clock) as shelf:
        channel = Watched(shelf, DOOR)
        channel.read(1.0, 1.1)
        await shelf.committer.commit()
        shelf.acknowledge(await shelf.outbox.take_stored(EVERYTHING))
        shelf.abandon()
    async with shelf_in(tmp_path, clock) as shelf:
        twin = shelf.outbox.take_live(EVERYTHING)
        assert values(twin) == [1.1]
        shelf.acknowledge(twin)
        shelf.abandon()
    cut_the_power(tmp_path, clock)
    async with shelf_in(tmp_path, clock) as shelf:
        stale = shelf.outbox.take_live(EVERYTHING)
        assert keys(stale) == keys(twin)


async def test_under_another_name_too_the_head_file_knows_what_became_of_the_copy(tmp_path, clock):
    async with shelf_in(tmp_path, clock) as shelf:
        channel = Watched(shelf, DOOR)
        channel.read(1.0, 1.1)
        await shelf.committer.commit()
        channel.read(50.0)
        shelf.acknowledge(shelf.outbox.take_live(EVERYTHING))
        shelf.abandon()
    async with shelf_in(tmp_path, clock, gateway="other") as shelf:
        assert values(shelf.outbox.take_live(EVERYTHING), "other") == [50.0]


async def test_a_stop_in_order_leaves_no_copy(tmp_path, clock):
    async with shelf_in(tmp_path, clock) as shelf:
        Watched(shelf, DOOR).read(1.0, 1.1)
        await shelf.committer.commit()
        assert await shelf.database.read("SELECT count(*) FROM undecided") == [(1,)]
    async with shelf_in(tmp_path, clock) as shelf:
        assert await shelf.database.read("SELECT count(*) FROM undecided") == [(0,)]


async def test_a_damaged_copy_is_a_gap_and_nothing_else_is_lost(tmp_path, clock):
    async with shelf_in(tmp_path, clock) as shelf:
        channel = Watched(shelf, DOOR)
        channel.read(1.0, 1.1)
        await shelf.committer.commit()
        shelf.abandon()
    cut_the_power(tmp_path, clock)
    with sqlite3.connect(tmp_path / FILE_NAME) as disk:
        disk.execute("UPDATE undecided SET boottime_ns = boottime_ns + 1")
    async with shelf_in(tmp_path, clock) as shelf:
        assert Watched(shelf, DOOR).tally == (1, 0, 0, 1)
        assert values(await shelf.outbox.take_stored(EVERYTHING)) == [1.0]
        assert [(gap.first, gap.last) for gap in shelf.outbox.ledger.gaps] == [(2, 2)]


async def test_an_alarm_sends_what_was_held_in_its_own_lane_under_its_number(tmp_path, clock):
    async with shelf_in(tmp_path, clock) as shelf:
        channel = Watched(shelf, DOOR)
        channel.read(1.0, 1.1)
        await shelf.committer.commit()
        now = Reading("a/x", 99.0, clock.boottime_ns(), clock.wall_ns())
        shelf.outbox.decide(now, "Cel", Lane.CRITICAL, channel.gate.admit(now), urgent=True)
        live = shelf.outbox.take_live(EVERYTHING)
        assert [(one.lane, one.first) for one in live] == [(Lane.NORMAL, 2)]
        assert values(live) == [1.1]
        await shelf.committer.commit()
        assert values(await shelf.outbox.take_stored(EVERYTHING)) == [99.0, 1.0]


async def test_a_number_that_is_not_needed_is_told_as_a_gap(tmp_path, clock):
    async with shelf_in(tmp_path, clock) as shelf:
        channel = Watched(shelf, DOOR)
        channel.read(1.0, 1.1)
        await shelf.committer.commit()
        now = Reading("a/x", 1.2, clock.boottime_ns(), clock.wall_ns())
        waited = channel.gate.held
        shelf.outbox.decide(now, "Cel", Lane.NORMAL, Outcome((), (), (*waited, now)))
        assert channel.tally == (3, 2, 0, 1)
        (gap,) = shelf.outbox.ledger.gaps
        assert (gap.first, gap.last, gap.counts, gap.reason) == (2, 2, {}, "not_needed")


@pytest.mark.parametrize("settings", [DOOR, WINDOW])
async def test_what_is_sent_since_a_commit_is_in_the_order_of_its_numbers(tmp_path, clock, settings):
    async with shelf_in(tmp_path, clock) as shelf:
        channel = Watched(shelf, settings)
        segments = []
        for value in (1.0, 1.1, 50.0, 50.1, 7.0, 7.1, 90.0):
            channel.read(*[value] * 21)
            await shelf.committer.commit()
            channel.read(value + 20.0)
            segments += shelf.outbox.take_live(EVERYTHING)
        told = {
            number: record.time_s
            for one in segments
            for number, record in zip(keys([one]), records([one]), strict=True)
        }
        assert [told[number] for number in sorted(told)] == sorted(told.values())


class Plant:
    """A door whose candidate changes every second, in simulated time; the twin acknowledges at once."""

    def __init__(self, run, settings):
        self.run = run
        self.channel = Watched(run.shelf, settings)

    async def go_on(self, seconds):
        for _ in range(seconds):
            self.channel.read(1.0)
            self.run.deliver()
            await self.run.pass_time(0)

    @property
    def commits(self):
        return len(self.run.begun)


@in_simulated_time
async def test_what_is_held_for_long_goes_to_the_disk_once_a_minute(run):
    plant = Plant(run, ChannelSettings(mode=Mode.EVENT, swinging_door=1.0, max_silence_s=86_400.0))
    await plant.go_on(59)
    assert plant.commits == 0
    await plant.go_on(600)
    assert 9 <= plant.commits <= 11


@in_simulated_time
async def test_windows_of_a_minute_and_shorter_ones_never_touch_the_disk_while_the_twin_acknowledges(run):
    for window_s in (60.0, 7.0):
        plant = Plant(run, ChannelSettings(mode=Mode.PERIODIC, window_s=window_s))
        await plant.go_on(300)
    assert plant.commits == 0


@in_simulated_time
async def test_a_site_that_holds_nothing_does_not_write(run):
    plant = Plant(run, ChannelSettings(mode=Mode.EVENT, deadband=0.1))
    await plant.go_on(900)
    assert plant.commits == 0

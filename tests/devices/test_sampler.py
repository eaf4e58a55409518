"""The sampler: common ticks, what is news and what is only counted, and changes that come between two ticks."""

from __future__ import annotations

import asyncio
import threading

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.base import Channel, NoAnswerError, ValueKind
from gateway.core.reading import Lane, Quality
from gateway.core.settings import AlarmSettings, ChannelSettings, Mode
from gateway.devices.device import RETRY_S, RETRY_S_MAX, DeviceState
from gateway.devices.sampler import GRACE_S, Sampler, next_tick_ns
from tests.fakes.parts import FakePart, PartSettings, device_of

S = 1_000_000_000
DOOR = PartSettings(channels=(Channel(name="closed", kind=ValueKind.BOOLEAN),))
GONE = NoAnswerError("gone")


async def pass_time(sampler, clock, seconds, step=0.5):
    """Let the sampler tick as it would in `seconds`."""
    end = clock.boottime_ns() + seconds * S
    while clock.boottime_ns() < end:
        clock.advance(max(min(await sampler.tick(), step), 1e-9))


@given(st.integers(0, 10**18), st.floats(0.01, 86_400))
def test_a_tick_is_the_first_multiple_of_the_interval_after_now(now_ns, every_s):
    tick = next_tick_ns(now_ns, every_s)
    every_ns = round(every_s * S)
    assert now_ns < tick <= now_ns + every_ns
    assert tick % every_ns == 0


async def test_devices_of_one_interval_are_read_at_the_same_time(sampler_of, plant, clock):
    one, two = FakePart(), FakePart()
    sampler = sampler_of(one=(one, {"every_s": 2.0}), two=(two, {"every_s": 2.0}))
    clock.advance(0.3)
    await sampler.tick()
    clock.advance(await sampler.tick())
    assert clock.boottime_ns() % (2 * S) == 0
    await sampler.tick()
    times = {series: reading.boottime_ns for series, reading in plant.board.latest.items()}
    assert times == dict.fromkeys(("one/temperature", "two/temperature"), clock.boottime_ns())


async def test_each_device_has_its_own_interval(sampler_of, clock):
    fast, slow = FakePart(), FakePart()
    sampler = sampler_of(fast=(fast, {"every_s": 1.0}), slow=(slow, {"every_s": 4.0}))
    await pass_time(sampler, clock, 8)
    assert fast.asked.count("read") == pytest.approx(4 * slow.asked.count("read"), abs=4)


async def test_missed_ticks_are_not_made_up_for(sampler_of, clock):
    part = FakePart()
    sampler = sampler_of(room=(part, {"every_s": 1.0}))
    await sampler.tick()
    clock.advance(60)
    part.before["read"] = lambda: clock.advance(7.5)
    await sampler.tick()
    assert part.asked.count("read") == 2
    assert await sampler.tick() == pytest.approx(0.5)


async def test_a_reading_goes_to_the_outbox_in_its_lane_and_to_the_board(sampler_of, plant):
    channels = {"temperature": ChannelSettings(lane=Lane.HIGH)}
    await sampler_of(room=(FakePart(), {"channels": channels})).tick()
    assert plant.tally("room/temperature") == (1, 0, 1)
    assert list(plant.outbox.ledger.open) == [Lane.HIGH]
    assert plant.board.latest["room/temperature"].value == 20.0


async def test_what_is_no_news_is_counted_and_still_on_the_board(sampler_of, plant, clock):
    part = FakePart()
    channels = {"temperature": ChannelSettings(mode=Mode.EVENT, deadband=1.0)}
    sampler = sampler_of(room=(part, {"channels": channels}))
    for step in range(5):
        part.values["temperature"] = 20.0 + step * 0.4
        await sampler.tick()
        clock.advance(1.0)
    assert plant.tally("room/temperature") == (5, 3, 2)
    assert plant.board.latest["room/temperature"].value == 21.6


@pytest.mark.parametrize(("settings", "urgent"), [
    (ChannelSettings(), True),
    (ChannelSettings(mode=Mode.EVENT), False),
    (ChannelSettings(mode=Mode.EVENT, lane=Lane.LOW), False),
    (ChannelSettings(mode=Mode.EVENT, lane=Lane.HIGH), True),
    (ChannelSettings(mode=Mode.EVENT, lane=Lane.CRITICAL), True),
])  # fmt: skip
async def test_only_normal_and_low_events_wait_for_company(sampler_of, plant, settings, urgent):
    await sampler_of(room=(FakePart(), {"channels": {"temperature": settings}})).tick()
    assert plant.outbox.urgent is urgent


async def test_the_reading_that_crosses_a_limit_is_critical_and_noted(sampler_of, plant, clock):
    part = FakePart()
    settings = ChannelSettings(mode=Mode.EVENT, deadband=100.0, alarm=AlarmSettings(above=90.0, clear=85.0))
    sampler = sampler_of(room=(part, {"channels": {"temperature": settings}}))
    lanes = []
    for value in (20.0, 91.0, 92.0, 86.0, 84.0):
        part.values["temperature"] = value
        before = plant.lanes
        await sampler.tick()
        clock.advance(1.0)
        after = plant.lanes
        lanes.append([lane for lane in after if after[lane] != before.get(lane, 0)])
    assert lanes == [[Lane.NORMAL], [Lane.CRITICAL], [], [], [Lane.CRITICAL]]
    assert [data["raised"] for kind, data in plant.outbox.notes if kind == "alarm"] == [True, False]
    assert plant.tally("room/temperature") == (5, 2, 3)


async def test_a_bad_reading_is_sent_and_said_to_be_bad(sampler_of, plant):
    part = FakePart(temperature=999.0)
    await sampler_of(room=(part, {})).tick()
    assert plant.tally("room/temperature") == (1, 0, 1)
    assert plant.board.latest["room/temperature"].quality is Quality.BAD


async def test_a_device_that_is_down_gives_no_reading_and_the_others_go_on(sampler_of, plant, clock):
    gone, fine = FakePart(), FakePart()
    gone.errors["open"] = GONE
    sampler = sampler_of(gone=(gone, {}), fine=(fine, {}))
    await pass_time(sampler, clock, 5, step=1.0)
    assert "gone/temperature" not in plant.board.latest
    assert plant.tally("fine/temperature")[0] >= 5


@pytest.mark.parametrize("every_s", [0.1, 3600.0])
async def test_a_device_that_failed_is_tried_again_soon_however_seldom_it_is_read(sampler_of, clock, every_s):
    part = FakePart()
    part.errors["read"] = GONE
    sampler = sampler_of(room=(part, {"every_s": every_s}))
    await sampler.tick()
    del part.errors["read"]
    await pass_time(sampler, clock, RETRY_S, step=RETRY_S)
    await sampler.tick()
    assert part.asked.count("read") == 2


async def test_a_change_that_the_part_tells_comes_from_its_thread_between_two_ticks(sampler_of, plant, clock):
    part = FakePart(DOOR, closed=True)
    sampler = sampler_of(door=(part, {"every_s": 3600.0}))
    running = asyncio.create_task(sampler.run())
    async with asyncio.timeout(10):
        while "door/closed" not in plant.board.latest:  # noqa: ASYNC110 - what is waited for has no event of ours
            await asyncio.sleep(0)
    clock.advance(0.25)
    for value in (False, True, False):
        thread = threading.Thread(target=part.listener, args=("closed", value))
        thread.start()
        thread.join()
    await asyncio.sleep(0)
    assert plant.tally("door/closed") == (4, 0, 4)
    latest = plant.board.latest["door/closed"]
    assert (latest.value, latest.boottime_ns) == (False, clock.boottime_ns())
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def test_a_change_that_is_told_after_the_end_is_nobodys(bus, clock):
    part = FakePart(DOOR, closed=True)
    device = device_of(part, bus, clock, name="door")

    async def run_shortly():
        sampler = Sampler([device], None, None, clock)
        running = asyncio.create_task(sampler.run())
        await asyncio.sleep(0)
        running.cancel()

    asyncio.run(run_shortly())
    device.listener("closed", False)


async def test_it_is_said_to_progress_until_it_stands_still(sampler_of, clock):
    sampler = sampler_of(one=(FakePart(), {"every_s": 2.0}), two=(FakePart(), {"every_s": 30.0}))
    await sampler.tick()
    allowed_s = 30.0 + GRACE_S + 2 * 2 * 5.0
    clock.advance(allowed_s - 0.1)
    assert sampler.progresses
    clock.advance(0.2)
    assert not sampler.progresses
    await sampler.tick()
    assert sampler.progresses


async def test_a_device_that_comes_back_is_read_on_its_common_ticks_again(sampler_of, clock):
    part = FakePart()
    part.errors["open"] = GONE
    sampler = sampler_of(room=(part, {"every_s": 10.0}))
    await pass_time(sampler, clock, 2 * RETRY_S_MAX)
    del part.errors["open"]
    await pass_time(sampler, clock, 2 * RETRY_S_MAX)
    assert sampler._devices["room"].state is DeviceState.UP
    assert sampler._due_ns["room"] % (10 * S) == 0


async def test_a_device_with_another_interval_is_read_at_once_and_not_at_the_tick_it_waited_for(
    sampler_of, plant, clock
):
    sampler = sampler_of(room=(FakePart(temperature=20.0), {"every_s": 86_400.0}))
    device = sampler._devices["room"]
    read = []
    plant.board.listen(lambda reading: read.append(reading.boottime_ns))
    running = asyncio.create_task(sampler.run())
    async with asyncio.timeout(10):
        while len(read) < 1:  # noqa: ASYNC110 - what is waited for has no event of ours
            await asyncio.sleep(0)
        clock.advance(0.25)
        device.settings = msgspec.structs.replace(device.settings, every_s=1.0)
        sampler.hurry("room")
        while len(read) < 2:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0)
    assert sampler._due_ns["room"] <= clock.boottime_ns() + S
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_what_waits_of_a_series_whose_alarm_goes_first_is_late_and_nothing_else_is(sampler_of, plant, clock):
    part, other = FakePart(temperature=20.0), FakePart(temperature=20.0)
    settings = ChannelSettings(alarm=AlarmSettings(above=90.0))
    sampler = sampler_of(room=(part, {"channels": {"temperature": settings}}), tank=(other, {}))
    await sampler.tick()
    plant.outbox.seal_all()
    part.values["temperature"] = 91.0
    clock.advance(1.0)
    await sampler.tick()
    late = [plant.outbox.ledger.volatile[key].body for key in plant.outbox.overtaken]
    assert late
    assert all(b"gw/room/temperature" in body for body in late)
    assert Lane.CRITICAL not in {key.lane for key in plant.outbox.overtaken}

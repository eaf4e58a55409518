"""A device: what it reads and drives, and how it comes back from whatever happened to its part."""

from __future__ import annotations

import itertools
import math
import threading

import pytest
from structlog.testing import capture_logs

from drivers.base import Channel, NoAnswerError, ValueKind, WrongPartError
from gateway.core.reading import Quality, Reason
from gateway.devices.device import RETRY_S, RETRY_S_MAX, WRONG_PART_RETRY_S, DeviceState
from tests.fakes.parts import FakePart, PartSettings, bus_thread, device_of

GONE = NoAnswerError("no answer at 0x44")


@pytest.fixture
def part():
    return FakePart()


@pytest.fixture
def device(part, bus, clock):
    return device_of(part, bus, clock)


async def test_a_reading_has_name_value_and_both_times(device, clock):
    (reading,) = await device.read()
    assert (reading.series, reading.value) == ("room/temperature", 20.0)
    assert (reading.boottime_ns, reading.wall_ns) == (clock.boottime_ns(), clock.wall_ns())
    assert (reading.quality, reading.reason) == (Quality.GOOD, Reason.NONE)


@pytest.mark.parametrize(("value", "reason"), [(125.1, Reason.RANGE), (math.nan, Reason.NOT_A_NUMBER)])
async def test_a_value_that_cannot_be_is_handed_on_as_bad_with_its_reason(device, part, value, reason):
    part.values["temperature"] = value
    (reading,) = await device.read()
    assert (reading.quality, reading.reason) == (Quality.BAD, reason)
    assert device.state is DeviceState.UP


async def test_a_part_is_opened_once(device, part):
    for _ in range(3):
        await device.read()
    assert part.asked == ["open", "read", "read", "read"]


async def test_a_part_that_is_gone_is_told_once_and_its_return_once(device, part, clock):
    part.errors["open"] = GONE
    with capture_logs() as logs:
        for _ in range(10):
            assert await device.read() is None
            clock.advance(RETRY_S_MAX)
        assert device.state is DeviceState.DOWN
        assert device.reason == str(GONE)
        del part.errors["open"]
        for _ in range(3):
            assert await device.read()
    assert [(line["event"], line["device"]) for line in logs] == [
        ("device is down", "room"),
        ("device is back", "room"),
    ]
    assert device.state is DeviceState.UP
    assert device.reason == ""


async def test_a_part_that_can_be_opened_and_then_fails_is_told_once_too(device, part, clock):
    part.errors["read"] = GONE
    with capture_logs() as logs:
        for _ in range(20):
            assert await device.read() is None
            clock.advance(RETRY_S_MAX)
        del part.errors["read"]
        await device.read()
    assert [line["event"] for line in logs] == ["device is down", "device is back"]


@pytest.mark.parametrize("verb", ["open", "read"])
async def test_the_wait_between_attempts_doubles_up_to_a_minute(device, part, clock, verb):
    part.errors[verb] = GONE
    attempts = []
    for second in range(400):
        before = len(part.asked)
        await device.read()
        if len(part.asked) > before:
            attempts.append(second)
        clock.advance(1.0)
    waits = [later - sooner for sooner, later in itertools.pairwise(attempts)]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60][: len(waits)]
    assert len(waits) > 8


async def test_after_success_the_wait_is_short_again(device, part, clock):
    part.errors["read"] = GONE
    for _ in range(5):
        await device.read()
        clock.advance(RETRY_S_MAX)
    del part.errors["read"]
    await device.read()
    part.errors["read"] = GONE
    await device.read()
    assert device.retry_ns == clock.boottime_ns() + RETRY_S * 1e9


async def test_the_wrong_part_is_looked_for_seldom(device, part, clock):
    part.errors["open"] = WrongPartError("something else answers")
    await device.read()
    clock.advance(WRONG_PART_RETRY_S - 1)
    await device.read()
    assert part.asked.count("open") == 1
    clock.advance(1)
    await device.read()
    assert part.asked.count("open") == 2


async def test_a_part_that_was_read_before_was_disturbed_and_is_not_waited_for_so_long(device, part, clock):
    await device.read()
    part.errors["read"] = GONE
    await device.read()
    part.errors["open"] = WrongPartError("garbage of a brown-out")
    clock.advance(RETRY_S)
    await device.read()
    assert device.retry_ns == clock.boottime_ns() + 2 * RETRY_S * 1e9
    part.errors.clear()
    clock.advance(2 * RETRY_S)
    assert await device.read()


async def test_a_part_that_failed_is_closed_before_it_is_opened_again(device, part, clock):
    await device.read()
    part.errors["read"] = GONE
    await device.read()
    clock.advance(RETRY_S)
    await device.read()
    assert part.asked == ["open", "read", "read", "close", "open", "read", "close"]


@pytest.mark.parametrize("error", [ZeroDivisionError("bug"), StopIteration(), SystemExit(1), MemoryError()])
@pytest.mark.parametrize("verb", ["open", "read", "close"])
async def test_a_bug_in_a_driver_takes_its_own_device_down_and_no_other(bus, clock, verb, error):
    broken, fine = FakePart(), FakePart()
    devices = device_of(broken, bus, clock, name="broken"), device_of(fine, bus, clock, name="fine")
    broken.errors = {verb: error, "read": error}
    with capture_logs() as logs:
        for _ in range(5):
            assert await devices[0].read() is None
            assert await devices[1].read()
            clock.advance(RETRY_S_MAX)
    assert "internal error" in devices[0].reason
    # With its trace, for whoever has to mend it; but only once.
    assert [line["event"] for line in logs] == ["driver failed", "device is down"]


@pytest.mark.parametrize("values", [{"surprise": 1.0}, {"temperature": None}, {"temperature": [1]}, None, 7, "text"])
async def test_a_driver_that_gives_what_it_did_not_promise_takes_its_device_down(device, part, values):
    part.values = values
    assert await device.read() is None
    assert "internal error" in device.reason


async def test_a_hung_part_is_down_with_its_reason_and_the_others_of_its_bus_too(clock):
    release = threading.Event()
    with bus_thread(timeout_s=0.02) as bus:
        stuck, fine = FakePart(), FakePart()
        stuck.before["read"] = release.wait
        first, second = device_of(stuck, bus, clock), device_of(fine, bus, clock, name="other")
        await second.read()
        assert await first.read() is None
        assert "no answer within" in first.reason
        assert await second.read() is None
        release.set()


async def test_changes_that_the_part_tells_are_asked_for_each_time_it_is_opened(device, part, clock):
    device.listener = print
    await device.read()
    part.errors["read"] = GONE
    await device.read()
    clock.advance(RETRY_S)
    await device.read()
    assert part.asked.count("watch") == 2
    assert part.listener is device.listener


def test_a_number_without_a_unit_is_a_ratio(bus, clock):
    channels = (Channel(name="level"), Channel(name="on", kind=ValueKind.BOOLEAN), Channel(name="t", unit="Cel"))
    device = device_of(FakePart(PartSettings(channels=channels)), bus, clock)
    assert [device.unit(name) for name in ("level", "on", "t")] == ["/", "", "Cel"]

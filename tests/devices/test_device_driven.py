"""A device that is driven: its safe value first and last, and what comes between only while it is up."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from drivers.base import BadValueError, BusError, DriverError, NoAnswerError, NotYetError
from gateway.devices.device import RETRY_S, DeviceState
from tests.fakes.parts import SWITCH, FakePart, device_of

GONE = NoAnswerError("no answer at 0x44")


@pytest.fixture
def switch():
    return FakePart(SWITCH, on=False)


@pytest.fixture
def heater(switch, bus, clock):
    return device_of(switch, bus, clock, name="heater")


async def test_driving_gives_what_the_channel_now_is(heater, switch):
    assert await heater.write("on", True) is True
    assert switch.values == {"on": True}


async def test_before_anything_else_a_driven_part_gets_its_safe_value(heater, switch):
    await heater.write("on", True)
    assert switch.asked == ["open", "write on False", "write on True"]


async def test_after_a_failure_it_gets_its_safe_value_again(heater, switch, clock):
    await heater.write("on", True)
    switch.errors["read"] = GONE
    await heater.read()
    del switch.errors["read"]
    switch.asked.clear()
    clock.advance(RETRY_S)
    await heater.read()
    assert switch.asked == ["open", "write on False", "read"]
    assert switch.values == {"on": False}


async def test_a_part_that_does_not_take_its_safe_value_is_not_up(heater, switch):
    switch.errors["write"] = GONE
    assert await heater.read() is None
    assert heater.state is DeviceState.DOWN


async def test_a_part_that_is_down_cannot_be_driven_and_says_why(heater, switch):
    switch.errors["open"] = GONE
    with pytest.raises(DriverError, match="heater is down: no answer"):
        await heater.write("on", True)


async def test_a_value_that_the_part_does_not_take_is_no_fault_of_the_part(heater, switch):
    await heater.read()
    with pytest.raises(BadValueError):
        await heater.write("on", "maybe")
    assert heater.state is DeviceState.UP
    assert "close" not in switch.asked


async def test_opened_by_reader_and_writer_at_once_it_is_opened_once_and_keeps_what_was_written(heater, switch):
    await asyncio.gather(heater.write("on", True), heater.read(), heater.read())
    assert switch.asked.count("open") == 1
    assert switch.values == {"on": True}


async def test_closing_drives_the_safe_value_last_and_nothing_after_it(heater, switch):
    await heater.write("on", True)
    late = asyncio.create_task(heater.write("on", True))
    closing = asyncio.create_task(heater.close({"on": False}))
    await asyncio.gather(late, closing)
    with pytest.raises(DriverError, match="being closed"):
        await heater.write("on", True)
    assert switch.asked[-2:] == ["write on False", "close"]
    assert switch.values == {"on": False}


async def test_closing_says_what_it_could_not_do_and_goes_on(heater, switch):
    await heater.read()
    switch.errors = {"write": GONE, "close": BusError("gone")}
    with capture_logs() as logs:
        await heater.close({"on": False})
    assert [line["event"] for line in logs] == ["device is down", "safe value not set", "cannot close"]


async def test_a_part_that_is_not_ready_yet_stays_open_says_why_and_is_asked_again_at_its_turn(bus, clock):
    """Opened anew it would begin to warm up anew, for ever."""
    part = FakePart()
    device = device_of(part, bus, clock)
    part.errors["read"] = NotYetError("warming up, 15 s to go")
    with capture_logs() as logs:
        for _ in range(3):
            assert await device.read() is None
            assert (device.state, device.reason) == (DeviceState.UP, "warming up, 15 s to go")
        del part.errors["read"]
        assert await device.read()
    assert (device.state, device.reason) == (DeviceState.UP, "")
    assert part.asked == ["open", "read", "read", "read", "read"]
    assert logs == []

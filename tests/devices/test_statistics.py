"""A device counts its reads and its errors by kind, and remembers the last when it is back."""

from __future__ import annotations

import pytest

from drivers.base import (
    BadValueError,
    BusError,
    ChecksumError,
    DriverError,
    NoAnswerError,
    NotYetError,
    WrongPartError,
)
from gateway.devices.device import RETRY_S_MAX
from gateway.devices.statistics import ErrorKind, kind_of
from tests.fakes.parts import SWITCH, FakePart, device_of


@pytest.fixture
def part():
    return FakePart()


@pytest.fixture
def device(part, bus, clock):
    return device_of(part, bus, clock)


def described(device, clock):
    return device.statistics.described(clock.boottime_ns())


@pytest.mark.parametrize(("error", "kind"), [
    (NoAnswerError("x"), "no_answer"),
    (ChecksumError("x"), "checksum"),
    (WrongPartError("x"), "wrong_part"),
    (BusError("x"), "bus"),
    (DriverError("x"), "other"),
])  # fmt: skip
def test_every_error_has_a_kind(error, kind):
    assert kind_of(error) is ErrorKind(kind)


async def test_a_device_that_never_failed_has_no_last_error(device, clock):
    for _ in range(3):
        await device.read()
        clock.advance(2.0)
    assert described(device, clock) == {"reads": 3, "errors": {}, "last_error": None, "counted_s": 6.0}


async def test_errors_are_counted_by_kind_and_the_last_is_kept_when_it_is_back(device, part, clock):
    for error in (ChecksumError("disturbed"), NoAnswerError("gone"), NoAnswerError("gone still"), ValueError("bug")):
        part.errors["read"] = error
        await device.read()
        clock.advance(RETRY_S_MAX)
    del part.errors["read"]
    await device.read()
    found = described(device, clock)
    assert found["errors"] == {"checksum": 1, "no_answer": 2, "other": 1}
    assert found["reads"] == 1
    assert found["last_error"] == {"reason": "fake: internal error: ValueError('bug')", "age_s": RETRY_S_MAX}


async def test_while_it_waits_for_its_next_attempt_nothing_is_counted(device, part, clock):
    part.errors["open"] = NoAnswerError("gone")
    for _ in range(5):
        await device.read()
    assert described(device, clock)["errors"] == {"no_answer": 1}


async def test_a_part_that_is_not_ready_yet_and_a_value_that_it_cannot_take_are_no_errors(device, part, bus, clock):
    part.errors["read"] = NotYetError("warming up")
    await device.read()
    assert described(device, clock)["last_error"] is None
    switch = device_of(FakePart(SWITCH, on=False), bus, clock, name="pump")
    with pytest.raises(BadValueError):
        await switch.write("on", 7)
    assert described(switch, clock)["errors"] == {}


async def test_a_failed_write_is_counted(bus, clock):
    part = FakePart(SWITCH, on=False)
    device = device_of(part, bus, clock, name="pump")
    part.errors["write"] = BusError("stuck")
    with pytest.raises(DriverError):
        await device.write("on", value=True)
    assert described(device, clock)["errors"] == {"bus": 1}

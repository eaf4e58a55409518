"""A device hands on what its part says calibrated and smoothed, and tells the range that this gives."""

from __future__ import annotations

import pytest

from drivers.base import NoAnswerError, NotYetError
from gateway.core.reading import Quality, Reason
from gateway.core.settings import ChannelSettings
from gateway.core.settings_quality import CalibrateSettings, SmoothSettings
from gateway.devices.device import RETRY_S
from tests.fakes.parts import FakePart, device_of


@pytest.fixture
def part():
    return FakePart()


@pytest.fixture
def device_with(part, bus, clock):
    def make(**settings):
        return device_of(part, bus, clock, channels={"temperature": ChannelSettings(**settings)})

    return make


async def values(device, part, clock, *given):
    found = []
    for value in given:
        part.values = {"temperature": value}
        (reading,) = await device.read()
        found.append(reading.value)
        clock.advance(1.0)
    return found


async def test_a_reading_is_calibrated(device_with, part, clock):
    device = device_with(calibrate=CalibrateSettings(scale=2.0, offset=1.0))
    assert await values(device, part, clock, 20.0) == [41.0]


def test_the_range_of_a_channel_is_calibrated_with_it(device_with):
    channel = device_with(calibrate=CalibrateSettings(scale=-1.0)).channels["temperature"]
    assert (channel.low, channel.high) == (-125.0, 40.0)


async def test_what_the_part_cannot_measure_is_bad_whatever_it_is_calibrated_to(device_with, part):
    device = device_with(calibrate=CalibrateSettings(offset=-30.0))
    part.values = {"temperature": 126.0}
    (reading,) = await device.read()
    assert (reading.value, reading.quality, reading.reason) == (96.0, Quality.BAD, Reason.RANGE)


async def test_a_reading_is_smoothed_by_those_before_it(device_with, part, clock):
    device = device_with(smooth=SmoothSettings(median=3))
    assert await values(device, part, clock, 1.0, 2.0, 90.0, 2.0) == [1.0, 1.5, 2.0, 2.0]


@pytest.mark.parametrize("error", [NoAnswerError("gone"), NotYetError("warming up")])
async def test_nothing_is_blended_over_a_failure_however_short(device_with, part, clock, error):
    device = device_with(smooth=SmoothSettings(mean=9), calibrate=CalibrateSettings())
    await values(device, part, clock, 1.0, 2.0)
    part.errors["read"] = error
    assert await device.read() is None
    part.errors.clear()
    clock.advance(RETRY_S)
    assert await values(device, part, clock, 9.0) == [9.0]

"""What shadows are told of readings: of what can be driven at once, of all else rarely."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from gateway.app import shadow_wiring
from gateway.core.device_shadow import Wish
from gateway.core.reading import Quality, Reading, Reason
from gateway.core.settings import ChannelSettings
from tests.app.test_wishes import open_house


@pytest.fixture
async def house(tmp_path):
    async with open_house(tmp_path) as opened:
        yield opened


def reading(series, value, quality=Quality.GOOD, at_s=0):
    return Reading(series, value, at_s * 10**9, 0, quality, Reason.RANGE if quality is Quality.BAD else Reason.NONE)


def device(deadband=0.0, **writable):
    """A heater with channels, as (name, whether it can be driven)."""
    channels = {name: SimpleNamespace(name=name, writable=can) for name, can in writable.items()}
    return SimpleNamespace(
        name="heater",
        channels=channels,
        series=lambda name: f"heater/{name}",
        channel_settings=lambda _name: ChannelSettings(deadband=deadband),
    )


async def test_of_driven_channels_every_reading_is_reported_and_of_others_few(house):
    report = shadow_wiring.reporter(house.shadows, [device(on=True, temperature=False)], 300.0)
    shadow = house.shadows.devices["heater"]
    for value in (True, False, True):
        report(reading("heater/on", value))
        assert shadow.reporter.actual == {"on": value}
    for value in (20.0, 21.0, 22.0):
        report(reading("heater/temperature", value))
        assert shadow.reporter.actual == {"on": True, "temperature": 20.0}
    report(reading("nobody/temperature", 20.0))


async def test_a_channel_that_cannot_be_read_says_why_and_keeps_its_value(house):
    report = shadow_wiring.reporter(house.shadows, [device(on=True)], 300.0)
    report(reading("heater/on", True))
    report(reading("heater/on", "odd", Quality.BAD))
    shadow = house.shadows.devices["heater"]
    assert shadow.reporter.actual == {"on": True}
    assert shadow.reporter.changes({}) == {"on": True, "_bad": {"on": "range"}}
    report(reading("heater/on", False))
    assert shadow.reporter.changes({}) == {"on": False}


async def test_a_driven_channel_that_fails_again_says_so_again_and_one_that_flaps_not_each_time(house):
    report = shadow_wiring.reporter(house.shadows, [device(on=True)], 300.0)
    marked = []
    for at_s in range(26):
        report(reading("heater/on", True, Quality.BAD if at_s % 2 else Quality.GOOD, at_s))
        marked.append("on" in house.shadows.devices["heater"].reporter.bad)
    assert [at_s for at_s, bad in enumerate(marked) if bad] == [1, 11, 21]


async def test_a_driven_number_that_trembles_is_not_told_but_what_is_waited_for_is(house):
    report = shadow_wiring.reporter(house.shadows, [device(deadband=1.0, level=True)], 300.0)
    shadow = house.shadows.devices["heater"]
    for value, told in [(20.0, 20.0), (20.9, 20.0), (19.1, 20.0), (21.1, 21.1)]:
        report(reading("heater/level", value))
        assert shadow.reporter.actual == {"level": told}
    shadow.wanted(Wish("level", 21.0))
    report(reading("heater/level", 21.0))
    assert shadow.reporter.actual == {"level": 21.0}
    assert shadow.wishes.pending == {}


def test_every_device_has_a_shadow_and_what_can_be_driven_comes_first():
    heater, room = device(on=True, temperature=False), device(temperature=False)
    room.name = "room"
    found = shadow_wiring.shadowed([room, heater], {"climate": "setpoint"})
    assert list(found.items()) == [("heater", ["on"]), ("climate", ["setpoint"]), ("room", [])]


async def test_what_was_put_back_by_hand_between_two_readings_is_reported(house):
    """The command's own word came between two readings of the same value."""
    report = shadow_wiring.reporter(house.shadows, [device(on=True)], 300.0)
    report(reading("heater/on", True))
    await house.want("heater", "on", False)
    await house.do(False)
    report(reading("heater/on", True))
    assert house.shadows.devices["heater"].reporter.actual == {"on": True}

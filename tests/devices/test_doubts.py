"""What a device reads that breaks a rule reaches the twin with its reason, and is an event when it begins and ends."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from gateway.core.doubt import WELL_S
from gateway.core.reading import Quality, Reason
from gateway.core.settings import AlarmSettings, ChannelSettings
from gateway.core.settings_quality import QualitySettings
from tests.fakes.parts import FakePart

FAULTY = QualitySettings(fault_values=(85.0,), rate="2 per 1s")


@pytest.fixture
def part():
    return FakePart()


@pytest.fixture
def sampler(sampler_of, part):
    settings = ChannelSettings(quality=FAULTY, alarm=AlarmSettings(above=60.0))
    return sampler_of(room=(part, {"channels": {"temperature": settings}}))


async def read(sampler, plant, part, clock, *values):
    """The quality and reason of each of these values, read a second apart."""
    found = []
    for value in values:
        part.values = {"temperature": value}
        await sampler.tick()
        reading = plant.board.latest["room/temperature"]
        found.append((reading.quality, reading.reason))
        clock.advance(1.0)
    return found


async def test_what_breaks_a_rule_is_handed_on_with_its_reason(sampler, plant, part, clock):
    assert await read(sampler, plant, part, clock, 20.0, 85.0, 70.0, 20.0) == [
        (Quality.GOOD, Reason.NONE),
        (Quality.BAD, Reason.FAULT_VALUE),
        (Quality.UNCERTAIN, Reason.RATE),
        (Quality.GOOD, Reason.NONE),
    ]
    assert plant.tally("room/temperature")[0] == 4


async def test_it_raises_no_alarm(sampler, plant, part, clock):
    await read(sampler, plant, part, clock, 20.0, 85.0, 70.0, 20.0)
    assert [kind for kind, _ in plant.outbox.notes] == ["quality"]


async def test_the_beginning_and_the_end_are_an_event_and_a_line_each(sampler, plant, part, clock):
    with capture_logs() as logs:
        await read(sampler, plant, part, clock, 20.0, 85.0, 85.0, *[20.0] * round(WELL_S + 1))
    assert plant.outbox.notes == [
        ("quality", {"series": "room/temperature", "quality": "bad", "reason": "fault_value", "begins": True,
                     "value": 85.0, "readings": 1}),
        ("quality", {"series": "room/temperature", "quality": "bad", "reason": "fault_value", "begins": False,
                     "value": 20.0, "readings": 2}),
    ]  # fmt: skip
    assert [line["event"] for line in logs] == ["readings in doubt", "readings are good again"]

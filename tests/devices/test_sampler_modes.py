"""The sampler and the modes: what reaches the outbox, what waits, and settings that change while it runs."""

from __future__ import annotations

import pytest

from drivers.base import NoAnswerError
from gateway.core.reading import Lane
from gateway.core.settings import AlarmSettings, ChannelSettings, Mode
from gateway.devices.sampler import Sampler
from tests.fakes.parts import FakePart, device_of

SERIES = "room/temperature"


@pytest.fixture
def room(plant, bus, clock):
    """A sampler of one part, and what it takes to feed it."""

    class Room:
        def __init__(self, **settings):
            self.part = FakePart()
            device = device_of(self.part, bus, clock, channels={"temperature": ChannelSettings(**settings)})
            self.sampler = Sampler([device], plant.outbox, plant.board, clock)

        async def read(self, *values):
            for value in values:
                self.part.values["temperature"] = value
                clock.advance(max(await self.sampler.tick(), 1e-9))

        @property
        def lanes(self):
            return plant.lanes

    return Room


async def test_in_periodic_a_window_is_one_number_and_the_rest_is_suppressed(room, plant):
    one = room(mode=Mode.PERIODIC, window_s=1000.0)
    await one.read(*range(20, 30))
    assert plant.tally(SERIES) == (10, 9, 1)
    assert one.lanes == {}


async def test_in_hybrid_every_reading_is_sent_while_an_alarm_holds(room, plant):
    one = room(mode=Mode.HYBRID, deadband=50.0, window_s=1000.0, alarm=AlarmSettings(above=90.0, clear=85.0))
    await one.read(20.0, 20.0, 20.0)
    assert one.lanes == {Lane.NORMAL: 1}
    await one.read(91.0)
    assert one.lanes == {Lane.NORMAL: 1, Lane.CRITICAL: 2}
    await one.read(91.0, 91.0)
    assert one.lanes == {Lane.NORMAL: 3, Lane.CRITICAL: 2}
    await one.read(20.0, 20.0)
    assert one.lanes == {Lane.NORMAL: 3, Lane.CRITICAL: 3}
    assert plant.tally(SERIES)[0] == 8


async def test_what_is_held_of_a_part_that_fell_silent_is_sent(room, clock):
    one = room(mode=Mode.EVENT, swinging_door=1.0, max_silence_s=60.0)
    await one.read(20.0, 20.1, 20.2)
    one.part.errors["read"] = one.part.errors["open"] = NoAnswerError("gone")
    await one.sampler.tick()
    assert one.lanes == {Lane.NORMAL: 1}
    clock.advance(61.0)
    await one.sampler.tick()
    assert one.lanes == {Lane.NORMAL: 2}


async def test_settings_that_change_send_what_the_old_ones_held(room, plant):
    one = room(mode=Mode.EVENT, swinging_door=1.0)
    await one.read(20.0, 20.1, 20.2)
    one.sampler.change(SERIES, ChannelSettings(mode=Mode.EVENT, deadband=5.0))
    assert one.lanes == {Lane.NORMAL: 2}
    assert not plant.outbox.ledger.held
    await one.read(21.0, 22.0, 30.0)
    assert plant.tally(SERIES) == (6, 2, 4)
    assert one.sampler.modes[SERIES] == ("event", "configured")


async def test_settings_that_do_not_fit_change_nothing(room, plant):
    one = room(mode=Mode.EVENT, deadband=1.0)
    await one.read(20.0)
    with pytest.raises(ValueError, match="swinging_door: given beside a deadband"):
        one.sampler.change(SERIES, ChannelSettings(mode=Mode.EVENT, deadband=1.0, swinging_door=1.0))
    await one.read(20.5)
    assert plant.tally(SERIES) == (2, 1, 1)


async def test_an_alarm_that_holds_is_not_raised_again_by_other_settings(room, plant):
    alarm = AlarmSettings(above=90.0)
    one = room(alarm=alarm)
    await one.read(91.0)
    one.sampler.change(SERIES, ChannelSettings(mode=Mode.EVENT, alarm=alarm))
    await one.read(92.0)
    assert len([kind for kind, _ in plant.outbox.notes if kind == "alarm"]) == 1


async def test_auto_says_what_it_chose_and_why(room):
    one = room(mode=Mode.AUTO, freshness_s=30.0)
    await one.read(20.0)
    assert one.sampler.modes[SERIES] == ("event", "freshness 30 s, read every 1 s: more than once within it")


async def test_it_knows_whether_something_can_be_stretched_before_anything_was_read(room):
    assert not room(mode=Mode.EVENT, deadband=1.0).sampler.elastic
    assert room(mode=Mode.EVENT, deadband=1.0, deadband_max=2.0).sampler.elastic


async def test_a_stretch_widens_the_deadband_but_not_of_what_is_critical(room, plant):
    for lane, taken in ((Lane.NORMAL, (2, 1, 1)), (Lane.CRITICAL, (4, 1, 3))):
        one = room(mode=Mode.EVENT, deadband=1.0, deadband_max=5.0, lane=lane)
        one.sampler.stretch = lambda: 1.0
        await one.read(20.0, 23.0)
        assert plant.tally(SERIES) == taken

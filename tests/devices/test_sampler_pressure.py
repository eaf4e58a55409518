"""A processor that cannot keep up: what is least urgent is read less often, and what something depends on is not."""

from __future__ import annotations

from gateway.core.reading import Lane
from gateway.core.settings import ChannelSettings
from tests.fakes.parts import FakePart


async def test_under_pressure_low_parts_are_read_less_often_and_what_is_needed_is_not(sampler_of, plant, clock):
    low = ChannelSettings(lane=Lane.LOW)
    parts = {name: (FakePart(temperature=20.0), {"channels": {"temperature": low}}) for name in ("seldom", "needed")}
    sampler = sampler_of(**parts, room=(FakePart(temperature=20.0), {}))
    sampler.slower, sampler.needed = {Lane.LOW: 8.0, Lane.NORMAL: 1.0}.__getitem__, {"needed"}
    for _ in range(16):
        await sampler.tick()
        clock.advance(1.0)
    counts = {name: plant.tally(f"{name}/temperature")[0] for name in ("seldom", "needed", "room")}
    assert counts == {"seldom": 3, "needed": 16, "room": 16}
    clock.advance(7.0)
    assert sampler.progresses


async def test_of_what_is_due_at_once_the_urgent_is_read_first(sampler_of):
    order = []

    class Noted(FakePart):
        def read(self):
            order.append(self.name)
            return super().read()

    parts = {}
    for lane in (Lane.LOW, Lane.HIGH, Lane.NORMAL):
        part = Noted(temperature=20.0)
        part.name = lane
        parts[lane.label] = (part, {"channels": {"temperature": ChannelSettings(lane=lane)}})
    await sampler_of(**parts).tick()
    assert order == [Lane.HIGH, Lane.NORMAL, Lane.LOW]

"""What safety makes of the time after a start in which nothing could have been read yet."""

from __future__ import annotations

import pytest

from gateway.core.settings_safety import ConditionSettings, Fallback, InterlockSettings, SafetySettings, StaleSettings
from tests.devices.guarded import Guarded

HEATER = "heater/on"


@pytest.fixture
def site(plant):
    async def make(**settings):
        guarded = Guarded(plant, {HEATER: (False, SafetySettings(**settings))})
        await guarded.start()
        return guarded

    return make


async def events(plant, kind):
    rows = await plant.database.read("SELECT data FROM event WHERE kind = ? ORDER BY id", (kind,))
    return [data for (data,) in rows]


STALE = StaleSettings(channel="roof/temperature", after_s=30.0, to=Fallback.OFF)
FULL = InterlockSettings(unless=ConditionSettings(channel="tank/level", below=90.0))


@pytest.mark.parametrize(("settings", "series"), [
    ({"on_stale": STALE}, "roof/temperature"), ({"interlock": (FULL,)}, "tank/level")
])  # fmt: skip
async def test_a_start_forces_nothing_before_a_first_reading_could_have_come(site, plant, settings, series):
    guarded = await site(**settings)
    guarded.outputs.doubted(HEATER)  # Its part answers only now.
    await guarded.order("c1", HEATER, True)
    await guarded.work()
    assert await events(plant, "forced") == []
    assert (guarded.values(HEATER)[-1], guarded.outcomes) == (False, [])
    guarded.read(series, 20.0)
    await guarded.passes(2.0)
    assert (guarded.values(HEATER)[-1], guarded.outcomes) == (True, [("c1", "SUCCEEDED", "")])
    assert await events(plant, "forced") == []


@pytest.mark.parametrize(("settings", "code"), [
    ({"on_stale": STALE}, "STALE_INPUT"), ({"interlock": (FULL,)}, "INTERLOCK")
])  # fmt: skip
async def test_what_is_never_read_after_a_start_is_refused_when_it_should_have_been(site, settings, code):
    guarded = await site(**settings)
    await guarded.order("c1", HEATER, True)
    await guarded.work()
    await guarded.passes(30.0)
    assert guarded.outcomes == [("c1", "REJECTED", code)]
    assert True not in guarded.values(HEATER)

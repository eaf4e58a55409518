"""What safety makes of commands: done, held until they may be, refused with a reason, or overtaken by what is due."""

from __future__ import annotations

import pytest

from drivers.base import NoAnswerError
from gateway.core.command import Source
from gateway.core.safety import Verb
from gateway.core.settings_safety import (
    Boot,
    ConditionSettings,
    InterlockSettings,
    LinkLossSettings,
    SafetySettings,
)
from tests.devices.guarded import Guarded

HEATER, FAN = "heater/on", "fan/on"


@pytest.fixture
def site(plant):
    async def make(heater=None, fan=None, **settings):
        found = heater or SafetySettings(**settings)
        guarded = Guarded(plant, {HEATER: (False, found), FAN: (False, fan or SafetySettings())})
        await guarded.start()
        return guarded

    return make


async def events(plant, kind):
    rows = await plant.database.read("SELECT data FROM event WHERE kind = ? ORDER BY id", (kind,))
    return [data for (data,) in rows]


async def test_what_comes_too_early_is_held_and_done_when_it_may_be(site, plant):
    guarded = await site(min_off_s=300.0)
    await guarded.order("c1", HEATER, True)
    await guarded.work()
    assert guarded.outcomes == []
    assert [status for _, status, _, _ in await plant.commands()] == ["IN_PROGRESS"]
    await guarded.passes(299.9)
    assert guarded.values(HEATER) == [False]
    await guarded.passes(0.2)
    assert guarded.values(HEATER) == [False, True]
    assert guarded.outcomes == [("c1", "SUCCEEDED", "")]


async def test_what_cannot_be_in_time_is_refused_at_once(site, plant):
    guarded = await site(min_off_s=300.0)
    await guarded.order("c1", HEATER, True, lasts_s=60.0)
    await guarded.work()
    assert guarded.outcomes == [("c1", "REJECTED", "MIN_OFF")]
    assert "would have to wait for 300.0 s" in (await plant.inbox.find("c1")).reason


async def test_a_later_command_takes_the_place_of_one_that_is_held(site):
    guarded = await site(min_off_s=300.0)
    await guarded.order("c1", HEATER, True)
    await guarded.work()
    await guarded.order("c2", HEATER, False)
    await guarded.work()
    assert guarded.outcomes == [("c1", "REJECTED", "SUPERSEDED"), ("c2", "SUCCEEDED", "")]
    await guarded.passes(400)
    assert guarded.values(HEATER) == [False, False]


async def test_what_is_held_holds_up_nobody_else(site):
    guarded = await site(min_off_s=300.0)
    await guarded.order("c1", HEATER, True, priority=0)
    await guarded.order("c2", FAN, True)
    await guarded.work()
    assert guarded.outcomes == [("c2", "SUCCEEDED", "")]


async def test_what_is_held_over_a_restart_is_still_held_and_then_done_once(site):
    guarded = await site(min_off_s=300.0)
    await guarded.order("c1", HEATER, True)
    await guarded.work()
    guarded.plant.clock.advance(100)
    await guarded.start()
    await guarded.work()
    assert guarded.outcomes == []
    await guarded.passes(199)
    assert guarded.outcomes == []
    await guarded.passes(1.1)
    assert guarded.outcomes == [("c1", "SUCCEEDED", "")]
    assert guarded.values(HEATER).count(True) == 1


@pytest.mark.parametrize("source", list(Source))
async def test_it_makes_no_difference_who_asks(site, plant, source):
    guarded = await site(interlock=(InterlockSettings(unless=ConditionSettings(channel="tank/level", below=90.0)),))
    guarded.read("tank/level", 95.0)
    await plant.admission.submit(plant.admission.local("c1", HEATER, True, source))
    await guarded.work()
    assert guarded.outcomes == [("c1", "REJECTED", "INTERLOCK")]
    assert True not in guarded.values(HEATER)


async def test_an_interlock_that_comes_true_drives_it_off_and_is_told_once(site, plant):
    guarded = await site(interlock=(InterlockSettings(unless=ConditionSettings(channel="tank/level", below=90.0)),))
    guarded.read("tank/level", 50.0)
    await guarded.order("c1", HEATER, True)
    await guarded.work()
    for level in (91.0, 92.0, 93.0):
        guarded.read("tank/level", level)
        await guarded.work()
    assert guarded.values(HEATER)[-1] is False
    told = await events(plant, "forced")
    assert len(told) == 1
    assert '"code":"INTERLOCK"' in told[0]


async def test_it_is_asked_once_more_after_the_start_was_recorded(site, plant, monkeypatch):
    guarded = await site(interlock=(InterlockSettings(unless=ConditionSettings(channel="tank/level", below=90.0)),))
    guarded.read("tank/level", 50.0)
    update = plant.inbox.update

    async def slow(*arguments):
        await update(*arguments)
        guarded.read("tank/level", 95.0)  # While the disk wrote, the tank became full.

    monkeypatch.setattr(plant.inbox, "update", slow)
    await guarded.order("c1", HEATER, True)
    await guarded.work()
    assert guarded.outcomes == [("c1", "FAILED", "INTERLOCK")]
    assert True not in guarded.values(HEATER)


async def test_a_lost_link_drives_it_off_in_time_and_nothing_on_again(site):
    guarded = await site(on_link_loss=LinkLossSettings(after_s=60.0))
    await guarded.work()
    await guarded.order("c1", HEATER, True)
    await guarded.work()
    guarded.up = False
    await guarded.work()
    await guarded.passes(59.9)
    assert guarded.values(HEATER)[-1] is True
    await guarded.passes(0.1)
    assert guarded.values(HEATER)[-1] is False
    guarded.up = True
    await guarded.passes(60)
    assert guarded.values(HEATER)[-1] is False


async def test_of_exclusive_outputs_the_second_is_refused(site):
    guarded = await site(fan=SafetySettings(exclusive=(HEATER,)))
    await guarded.order("c1", HEATER, True)
    await guarded.order("c2", FAN, True)
    await guarded.work()
    assert sorted(guarded.outcomes) == [("c1", "SUCCEEDED", ""), ("c2", "REJECTED", "EXCLUSIVE")]


async def test_beside_an_output_that_nobody_knows_of_none_goes_on(site):
    guarded = await site(fan=SafetySettings(exclusive=(HEATER,)))
    guarded.pins[HEATER].raises = NoAnswerError("gone")
    await guarded.order("c1", HEATER, True)
    await guarded.work()
    await guarded.order("c2", FAN, True)
    await guarded.work()
    assert guarded.outcomes == [("c1", "FAILED", "DEVICE_ERROR")]
    assert guarded.outputs.judge(FAN, True).verb is Verb.HOLD
    guarded.pins[HEATER].raises = None
    await guarded.write(HEATER, False)  # What its device does when it is back.
    await guarded.passes(1.1)
    assert guarded.outcomes[-1] == ("c2", "SUCCEEDED", "")


async def test_what_is_read_back_otherwise_is_a_failure_with_a_name(site, plant, monkeypatch):
    guarded = await site(min_on_s=1.0)
    monkeypatch.setattr(guarded.pins[HEATER], "write", lambda _channel, _value: False)
    await guarded.order("c1", HEATER, True)
    await guarded.work()
    assert guarded.outcomes == [("c1", "FAILED", "MISMATCH")]
    assert len(await events(plant, "mismatch")) == 1


async def test_after_a_start_it_goes_on_with_what_it_was_asked_for_as_soon_as_it_may(site):
    guarded = await site(boot=Boot.LAST, min_off_s=60.0)
    await guarded.passes(60)
    await guarded.order("c1", HEATER, True)
    await guarded.work()
    guarded.plant.clock.advance(10)
    await guarded.start()
    await guarded.work()
    assert guarded.values(HEATER)[-1] is False
    await guarded.passes(60)
    assert guarded.values(HEATER)[-1] is True


async def test_who_asks_for_something_else_after_a_start_is_right(site):
    guarded = await site(boot=Boot.LAST, min_off_s=60.0)
    await guarded.passes(60)
    await guarded.order("c1", HEATER, True)
    await guarded.work()
    await guarded.start()
    await guarded.order("c2", HEATER, False)
    await guarded.work()
    await guarded.passes(100)
    assert guarded.values(HEATER)[-1] is False


async def test_a_damaged_memory_begins_every_time_anew(site, plant):
    guarded = await site(min_off_s=300.0)
    await guarded.passes(200)
    await plant.database.write(("UPDATE output SET body = '{}x'", [()]))
    await guarded.start()
    await guarded.order("c1", HEATER, True)
    await guarded.passes(299)
    assert guarded.outcomes == []
    await guarded.passes(2)
    assert guarded.outcomes == [("c1", "SUCCEEDED", "")]


async def test_an_output_that_somebody_else_switches_is_put_back_and_told(site, plant):
    guarded = await site(min_on_s=1.0)
    await guarded.work()
    plant.clock.advance(1)
    guarded.read(HEATER, True)
    await guarded.work()
    assert guarded.values(HEATER) == [False, False]
    assert len(await events(plant, "mismatch")) == 1
    plant.clock.advance(1)
    guarded.read(HEATER, False)
    await guarded.work()
    assert guarded.values(HEATER) == [False, False]


async def test_an_output_that_does_not_stay_is_put_back_at_a_pace_that_the_disk_bears(site, plant):
    guarded = await site(min_on_s=1.0)
    for _ in range(60):
        plant.clock.advance(1)
        guarded.read(HEATER, True)
        await guarded.work()
    assert 5 < len(guarded.values(HEATER)) < 15

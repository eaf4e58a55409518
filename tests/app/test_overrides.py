"""Values set by hand: one way to the actuators, held for their time, over restarts, against programs."""

from __future__ import annotations

import pytest

from gateway.app.agreement import Agreement
from gateway.core.command import ReasonCode, Source
from gateway.core.conflict import Write
from gateway.core.hybrid_clock import Stamp
from gateway.core.wire import CommandStatus
from gateway.errors import StoreError
from gateway.store.database import open_database
from gateway.store.shadows import load_kept
from tests.app.held import open_house
from tests.fakes.clock import FakeClock


@pytest.fixture
async def house(tmp_path):
    async with open_house(tmp_path) as opened:
        yield opened


async def test_it_goes_the_common_way_and_is_in_the_log(house):
    decided = await house.hold("heater/on", True)
    assert decided.source is Source.HAND
    assert house.is_now["heater/on"] is True
    assert (await house.events_of("command"))[0]["source"] == "hand"
    assert await house.events_of("override") == [{"channel": "heater/on", "value": True, "by": "pi", "lasts_s": 1800.0}]


async def test_the_twin_is_told_what_who_and_until_when(house):
    await house.hold("climate/setpoint", 25.0)
    until = round(house.wall_s() + 1800)
    assert house.told == {"climate": {"setpoint": {"value": 25.0, "by": "pi", "until": until}}}


async def test_what_a_channel_cannot_take_is_refused_and_holds_nothing(house):
    decided = await house.hold("climate/setpoint", 99.0)
    assert (decided.status, decided.reason_code) == (CommandStatus.REJECTED, ReasonCode.OUT_OF_RANGE)
    assert house.overrides.active == {}
    assert (await load_kept(house.database, "gw")).overrides == {}


async def test_when_its_time_is_over_the_channel_is_what_it_was_before(house):
    await house.hold("heater/on", True, 60.0)
    house.clock.advance(59)
    await house.overrides.check()
    assert house.overrides.active
    house.clock.advance(1)
    await house.overrides.check()
    await house.act()
    assert house.is_now["heater/on"] is False
    assert house.told["heater"] == {}
    assert [event["cause"] for event in await house.events_of("override_ended")] == ["expired"]


async def test_a_second_value_keeps_what_was_before_the_first(house):
    await house.hold("climate/setpoint", 25.0)
    await house.hold("climate/setpoint", 26.0)
    assert await house.overrides.end("climate/setpoint", "released", "pi") == 18.0


async def test_after_its_end_what_the_twin_wants_is_followed(house):
    await house.agree("climate/setpoint", 21)
    followed = []
    house.overrides.followed = lambda *wanted: followed.append(wanted)
    await house.hold("climate/setpoint", 25.0)
    assert await house.overrides.end("climate/setpoint", "released", "pi") == 21
    [execution] = await house.act()
    assert (execution.source, house.is_now["climate/setpoint"]) == (Source.SHADOW, 21.0)
    assert followed == [("climate/setpoint", 21)]


async def test_programs_here_are_refused_without_a_word_to_the_disk(house):
    await house.hold("heater/on", True)
    commands = await house.database.read("SELECT count(*) FROM command")
    decided = await house.ask("heater/on", False, Source.CONTROL)
    assert decided.reason_code is ReasonCode.LOCAL_OVERRIDE
    assert await house.database.read("SELECT count(*) FROM command") == commands
    assert (await house.ask("heater/on", True, Source.CONTROL)).reason_code is ReasonCode.NONE


async def test_what_waited_when_it_was_set_does_not_undo_it(house):
    await house.ask("heater/on", False, Source.CONTROL)
    await house.overrides.hold("heater/on", True, "pi", 1800.0)
    done = {one.source: one.reason_code for one in await house.act()}
    assert done == {Source.HAND: ReasonCode.NONE}
    rows = await house.database.read("SELECT reason_code FROM command WHERE source = 'control'")
    assert rows == [("SUPERSEDED",)]
    assert house.is_now["heater/on"] is True


async def test_it_survives_a_restart_and_is_given_again(tmp_path):
    clock = FakeClock()
    async with open_house(tmp_path, clock) as house:
        await house.hold("heater/on", True, 600.0)
    clock.advance(300)
    async with open_house(tmp_path, clock) as house:
        assert house.told["heater"]["on"]["value"] is True
        await house.overrides.check()
        await house.act()
        assert house.is_now["heater/on"] is True
        clock.advance(301)
        await house.overrides.check()
        await house.act()
        assert house.is_now["heater/on"] is False
    async with open_house(tmp_path, clock) as house:
        assert house.overrides.active == {}


async def test_a_channel_that_loses_its_value_is_given_it_again_ever_more_seldom(house):
    await house.hold("heater/on", True, 100_000.0)
    house.broken.add("heater/on")
    house.is_now["heater/on"] = False
    tries = 0
    for _ in range(400):
        house.clock.advance(5)
        await house.overrides.check()
        tries += len(await house.act())
    assert 5 <= tries <= 12
    assert "heater/on" in house.overrides.active
    house.broken.clear()
    house.clock.advance(600)
    await house.overrides.check()
    await house.act()
    assert house.is_now["heater/on"] is True


async def test_what_could_not_be_done_at_all_is_not_held(house):
    house.broken.add("heater/on")
    decided, _ = await house.overrides.hold("heater/on", True, "pi", 60.0)
    await house.act()
    assert (await house.overrides.outcome(decided, 0.0)).source is Source.HAND
    await house.overrides.check()
    assert house.overrides.active == {}
    assert house.is_now["heater/on"] is False


async def test_a_disk_that_takes_nothing_holds_nothing(house):
    await house.database.write(("DROP TABLE override", [()]))
    with pytest.raises(StoreError):
        await house.overrides.hold("heater/on", True, "pi", 60.0)
    assert house.overrides.active == {}
    assert await house.act() == []


async def test_stamps_go_on_after_a_restart_with_a_clock_that_went_back(tmp_path):
    clock = FakeClock()
    async with open_house(tmp_path, clock) as house:
        await house.hold("heater/on", True)
        before = house.agreement.stamp()
    kept_until = before.ms
    async with open_database(tmp_path, stamp="x") as database:
        kept = await load_kept(database, "gw")
    agreement = Agreement(kept, lambda: 5.0)
    assert agreement.stamp().ms == kept_until
    assert agreement.heard(Write(1, Stamp(2**47, 0, "twin"))).stamp == Stamp()
    assert agreement.stamp().ms == kept_until


async def test_what_the_twin_wants_and_cannot_be_any_more_is_refused_in_its_shadow(house):
    await house.agree("climate/setpoint", 99)
    await house.hold("climate/setpoint", 25.0)
    refused = []
    house.overrides.refused = lambda *word: refused.append(word)
    await house.overrides.end("climate/setpoint", "released", "pi")
    assert [word[:3] for word in refused] == [("climate/setpoint", 99, "OUT_OF_RANGE")]
    assert (await load_kept(house.database, "gw")).overrides == {}


async def test_an_end_that_the_disk_does_not_take_is_none(house):
    await house.agree("climate/setpoint", 21)
    await house.hold("climate/setpoint", 25.0, 60.0)
    refused = []
    house.overrides.refused = lambda *word: refused.append(word)
    await house.database.write(("ALTER TABLE override RENAME TO elsewhere", [()]))
    house.clock.advance(61)
    with pytest.raises(StoreError):
        await house.overrides.check()
    assert [word[2] for word in refused] == ["LOCAL_OVERRIDE"]
    assert "climate/setpoint" in house.overrides.active
    await house.database.write(("ALTER TABLE elsewhere RENAME TO override", [()]))
    await house.overrides.check()
    await house.act()
    assert house.is_now["climate/setpoint"] == 21.0

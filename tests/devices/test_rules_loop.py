"""Rules among the others: they ask by the common way, until it is so, and remember what has to outlive a restart."""

from __future__ import annotations

import json

import msgspec
import pytest
from structlog.testing import capture_logs

from gateway.core.command import ReasonCode, Source
from gateway.core.rules import Kind
from gateway.core.wire import CommandStatus
from gateway.devices.attempt import ASK_AGAIN_S
from gateway.errors import StoreError
from gateway.store.admission import Judgement
from gateway.store.held import load_held
from tests.devices.ruled import COLD, House


@pytest.fixture
def house(plant):
    return House(plant)


async def events(plant, kind):
    return [json.loads(data) for (data,) in await plant.database.read("SELECT data FROM event WHERE kind = ?", (kind,))]


async def test_a_rule_asks_once_with_its_priority_and_says_why(house, plant):
    assert await house.room_is(4.0) == [("heater/on", True, 3)]
    assert await house.room_is(3.0) == []
    assert await house.room_is(8.0) == [("heater/on", False, 3)]
    first, second = await events(plant, "rule")
    assert (first["rule"], first["readings"], second["value"]) == ("cold", {"room/temperature": 4.0}, False)
    assert first["because"] == "room/temperature (4) below 5, clear 7"
    rows = await plant.database.read("SELECT id, source FROM command")
    assert {source for _, source in rows} == {Source.RULE.value}
    assert first["id"] in {identifier for identifier, _ in rows}


async def test_what_failed_is_asked_again_more_and_more_seldom_until_it_is_so(house, plant):
    house.broken = True
    assert await house.room_is(4.0) == [("heater/on", True, 3)]
    times = []
    for second in range(200):
        plant.clock.advance(1.0)
        if await house.room_is(4.0):
            times.append(second + 1)
    assert times[:4] == [ASK_AGAIN_S, 15, 35, 75]
    assert house.rules.report()["cold"]["withheld"] == {"heater/on": "no answer"}
    house.broken = False
    assert await house.stays(4.0, 60) == [("heater/on", True, 3)]
    assert await house.stays(4.0, 100) == []
    assert house.rules.report()["cold"]["withheld"] == {}


async def test_what_is_no_longer_wanted_is_not_asked_again(house, plant):
    house.broken = True
    await house.room_is(4.0)
    assert await house.room_is(9.0) == [("heater/on", False, 3)]
    house.broken = False
    plant.clock.advance(ASK_AGAIN_S)
    assert await house.decide() == [("heater/on", False, 3)]


async def test_a_part_that_came_back_with_its_safe_value_is_set_again(house, plant):
    await house.room_is(4.0)
    plant.clock.advance(1.0)
    house.post("heater/on", False)
    assert await house.decide() == []
    plant.clock.advance(ASK_AGAIN_S)
    house.post("room/temperature", 4.0)
    assert await house.decide() == [("heater/on", True, 3)]


async def test_somebody_else_who_set_the_channel_is_not_fought(house, plant):
    await house.room_is(4.0)
    other = plant.admission.local("by-hand", "heater/on", False, Source.HAND)
    house.rules.finished(other.finished(CommandStatus.SUCCEEDED, plant.now_s, result=False))
    plant.clock.advance(1.0)
    house.post("heater/on", False)
    assert await house.stays(4.0, 100) == []


async def test_what_is_held_by_hand_is_asked_for_until_it_is_let_go(house, plant):
    class Hand:
        holds = True

        def judge(self, _execution):
            return Judgement((ReasonCode.LOCAL_OVERRIDE, "set by hand")) if self.holds else Judgement()

        def settle(self, _execution):
            pass

    plant.admission.guard = Hand()
    assert await house.room_is(4.0) == []
    assert house.rules.report()["cold"]["withheld"] == {"heater/on": "set by hand"}
    assert await events(plant, "command") == []
    plant.admission.guard.holds = False
    plant.clock.advance(ASK_AGAIN_S)
    assert await house.room_is(4.0) == [("heater/on", True, 3)]


async def test_a_disk_that_fails_is_tried_again(house, plant, monkeypatch):
    async def broken(*_arguments):
        raise StoreError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(plant.inbox, "admit", broken)
        with pytest.raises(StoreError):
            await house.room_is(4.0)
    plant.clock.advance(ASK_AGAIN_S)
    assert await house.room_is(4.0) == [("heater/on", True, 3)]


async def test_a_time_that_was_kept_is_not_kept_again_after_a_restart(plant):
    at = msgspec.structs.replace(COLD, name="daily", when=None, at=("00:00",), otherwise={})
    house = House(plant, at)
    day_s = plant.now_s - plant.now_s % 86_400 + 86_400
    plant.clock.advance(day_s - plant.now_s + 1)
    assert await house.decide() == [("heater/on", True, 3)]
    again = House(plant, at, held=await load_held(plant.database))
    assert await again.decide() == []
    plant.clock.advance(86_400)
    assert len(await again.decide()) == 1


async def test_a_missed_time_is_in_the_event_log(plant):
    at = msgspec.structs.replace(COLD, name="daily", when=None, at=("00:00",), otherwise={})
    house = House(plant, at)
    plant.clock.advance(2 * 86_400 - plant.now_s % 86_400 - 7200)
    house.rules.look()
    await house.rules.decide()
    [missed] = await events(plant, "rule_missed")
    assert (missed["rule"], missed["time"] % 86_400) == ("daily", 0)
    assert house.rules.report()["daily"]["missed"] == missed["time"]


async def test_a_fault_in_the_rules_is_said_and_keeps_nobody_else_from_the_reading(house, plant, monkeypatch):
    heard = []
    plant.board.listen(heard.append)

    def broken(*_arguments):
        raise ZeroDivisionError

    monkeypatch.setattr(house.rules.book, "take", broken)
    with capture_logs() as logs:
        house.post("room/temperature", 4.0)
    assert len(heard) == 1
    assert [one["event"] for one in logs] == ["rules failed"]
    assert house.rules.report()["cold"]["failure"] == "ZeroDivisionError()"


async def test_status_says_what_a_rule_is_up_to(house, plant):
    told = house.rules.report()["cold"]
    assert (told["armed"], told["holds"], told["fired"], told["true_for_s"]) == (True, False, 0, None)
    await house.room_is(4.0)
    plant.clock.advance(3.0)
    told = house.rules.report()["cold"]
    assert (told["armed"], told["holds"], told["fired"], told["true_for_s"], told["fired_ago_s"]) == (
        False, True, 1, 3.0, 3.0,
    )  # fmt: skip
    assert told["due_in_s"] == 27.0


async def test_the_loop_sleeps_until_something_can_be_due(house):
    await house.room_is(20.0)
    assert house.rules._pause_s() == 30.0
    with capture_logs() as logs:
        house.post("room/temperature", 4.0)
    assert logs[0]["what"] == Kind.FIRED.value
    assert house.rules._wake.is_set()


async def test_a_reading_that_no_rule_looks_at_wakes_nobody(house):
    house.post("door/closed", True)
    assert not house.rules._wake.is_set()


async def test_an_operation_of_the_device_has_its_way_too(house, plant):
    await house.room_is(4.0)
    local = plant.admission.local("toggle", "heater", False, Source.HAND)
    toggle = msgspec.structs.replace(local, operation="Toggle")
    house.rules.finished(toggle.finished(CommandStatus.SUCCEEDED, plant.now_s))
    assert house.rules.asked("heater/on")["state"] == "overtaken"
    assert house.rules.marks.by_channel == {}


async def test_a_newer_order_that_takes_the_place_of_a_rules_has_its_way(house, plant):
    house.post("room/temperature", 4.0)
    house.rules.look()
    await house.rules.decide()
    waiting = plant.inbox.take()
    house.rules.finished(waiting.rejected(ReasonCode.SUPERSEDED, "a newer one came", plant.now_s))
    assert await house.stays(4.0, 100) == []


async def test_what_safety_refuses_is_said_once_and_again_only_for_another_reason(house):
    house.refused = (ReasonCode.INTERLOCK, "the tank is full")
    assert await house.room_is(4.0) == [("heater/on", True, 3)]
    assert await house.stays(4.0, 600) == []
    assert house.rules.asked("heater/on")["reason"] == "the tank is full"
    house.refused = (ReasonCode.LINK_LOST, "nobody watches")
    assert await house.stays(4.0, 600) == [("heater/on", True, 3)]
    assert house.rules.asked("heater/on")["reason"] == "nobody watches"
    house.refused = None
    assert await house.stays(4.0, 600) == [("heater/on", True, 3)]
    assert house.rules.asked("heater/on")["state"] == "done"


async def test_a_new_wish_is_said_to_be_in_vain_too(house):
    house.refused = (ReasonCode.INTERLOCK, "the tank is full")
    for temperature, value in ((4.0, True), (8.0, False), (4.0, True)):
        house.plant.clock.advance(10.0)
        assert await house.room_is(temperature) == [("heater/on", value, 3)]

"""Commands without a clock that could say whether they are in time: one outcome each, as soon as it is certain."""

from __future__ import annotations

import asyncio

import pytest

from gateway.core.admit import CLOCK_SKEW_S_MAX
from gateway.core.command import ReasonCode, Source, execution_of
from gateway.core.reading import ClockState
from gateway.core.wire import CommandRequest, CommandStatus
from gateway.store.inbox import Inbox
from tests.devices.desk import Desk
from tests.devices.hall import Hall


@pytest.fixture
async def hall(plant, bus):
    made = Hall(plant, bus)
    yield made
    if made.task is not None:
        await made.stop()


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    """What is looked at again is looked at soon."""
    monkeypatch.setattr("gateway.devices.operator.RETRY_S", 0.001)
    monkeypatch.setattr("gateway.devices.actuator.RETRY_S", 0.001)


def lose_the_clock(plant):
    plant.clock.reboot()
    plant.clock.clock_state = ClockState.UNSYNCHRONISED
    plant.clock.wall -= 3600 * 10**9


def find_the_clock(plant):
    plant.clock.wall += 3600 * 10**9
    plant.clock.clock_state = ClockState.SYNCHRONISED


async def test_an_interrupted_one_is_told_at_once_whatever_the_clock_says(hall, plant):
    await hall.order("o1", "Home")
    await hall.operator._begin(plant.inbox.take_operation())
    lose_the_clock(plant)
    hall.start(await Inbox.open(plant.database))
    await hall.run()
    assert hall.outcomes == [("o1", "FAILED", "INTERRUPTED")]
    assert "operate Home" not in hall.part.asked


async def test_one_that_has_not_begun_waits_for_a_clock_and_then_acts_once(hall, plant):
    await hall.order("o1", "Home")
    lose_the_clock(plant)
    hall.start(await Inbox.open(plant.database))
    await hall.run()
    assert (hall.outcomes, await plant.commands()) == ([], [("o1", "IN_PROGRESS", "", False)])
    find_the_clock(plant)
    await hall.until_finished()
    assert hall.outcomes == [("o1", "SUCCEEDED", "")]
    assert hall.part.asked.count("operate Home") == 1


async def test_where_no_clock_ever_comes_it_ends_once_it_has_waited_for_longer_than_it_was_good(hall, plant):
    await hall.order("o1", "Home")
    lose_the_clock(plant)
    hall.start(await Inbox.open(plant.database))
    await hall.run()
    plant.clock.advance(60 + CLOCK_SKEW_S_MAX - 1)
    await hall.quiet()
    assert hall.outcomes == []
    plant.clock.advance(1)
    await hall.until_finished()
    assert hall.outcomes == [("o1", "TIMED_OUT", "EXPIRED")]
    assert "operate Home" not in hall.part.asked


async def test_one_that_waits_for_a_clock_can_be_cancelled(hall, plant, monkeypatch):
    monkeypatch.setattr("gateway.devices.operator.RETRY_S", 1e9)
    await hall.order("o1", "Home")
    plant.clock.clock_state = ClockState.UNSYNCHRONISED
    await hall.run()
    plant.clock.clock_state = ClockState.SYNCHRONISED
    await hall.cancel("o1")
    await hall.quiet()
    assert min(await plant.commands()) == ("o1", "REJECTED", "CANCELLED", False)
    assert "operate Home" not in hall.part.asked


async def test_a_newer_order_takes_the_place_of_one_that_waits_for_a_clock(plant):
    desk = Desk(plant)
    await desk.order("old", value=True)
    plant.clock.clock_state = ClockState.UNSYNCHRONISED
    await desk.work()
    await plant.admission.submit(plant.admission.local("here", "heater/on", False, Source.HAND))
    await desk.work()
    plant.clock.clock_state = ClockState.SYNCHRONISED
    await desk.work()
    assert desk.driven == [("heater/on", False)]
    assert (await plant.commands())[0] == ("old", "REJECTED", "SUPERSEDED", False)


async def test_a_channel_is_told_too_when_it_has_waited_for_longer_than_it_was_good(plant):
    desk = Desk(plant)
    await desk.order("c1", lasts_s=10.0)
    lose_the_clock(plant)
    inbox = await Inbox.open(plant.database)
    desk.actuator = desk.new(inbox)
    await desk.work()
    plant.clock.advance(10 + CLOCK_SKEW_S_MAX)
    await desk.work()
    assert (desk.driven, desk.outcomes) == ([], [("c1", "TIMED_OUT", "EXPIRED")])


async def test_an_urgent_one_without_a_date_does_not_stop_what_is_under_way(hall, plant):
    await hall.order("o1", "Cycle")
    await hall.run()
    now_s = plant.now_s
    request = CommandRequest(device="mill", operation="Home", issued=now_s, expires=now_s + 60, priority=0)
    plant.clock.clock_state = ClockState.UNSYNCHRONISED
    plant.inbox.put_back(execution_of("o2", request, Source.TWIN, now_s))
    await hall.quiet()
    assert (hall.outcomes, plant.inbox.pressing()) == ([], set())


async def test_what_is_cancelled_between_its_turn_and_its_beginning_does_not_begin(hall, plant):
    await hall.order("o1", "Home")
    taken = plant.inbox.take_operation()
    await hall.cancel("o1")
    await hall.operator._perform(taken)
    assert hall.outcomes == [("o1", "FAILED", "CANCELLED")]
    assert "operate Home" not in hall.part.asked


async def test_an_outcome_that_was_not_taken_by_the_disk_does_not_wait_for_silence(hall, plant):
    """Other commands may come all the time, each of which wakes whoever looks."""
    await hall.order("o1", "Home")
    done = plant.inbox.take_operation().failed(CommandStatus.FAILED, ReasonCode.DEVICE_ERROR, "no answer", plant.now_s)
    hall.operator._later = [(0.0, done)]
    hall.task = asyncio.create_task(hall.operator.run())
    hall.inbox.operation_arrived.set()
    await hall.until_finished()
    assert [one.id for one in hall.finished] == ["o1"]

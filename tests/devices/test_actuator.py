"""The actuator: one command at a time, in time, recorded before anybody hears of it, and never half done."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from drivers.base import BadValueError, NoAnswerError
from gateway.core.command import Source
from gateway.core.reading import ClockState
from gateway.core.wire import CommandStatus
from gateway.devices.actuator import Actuator
from gateway.errors import StoreError
from gateway.store.inbox import Inbox
from tests.devices.desk import Desk


@pytest.fixture
def desk(plant):
    return Desk(plant)


async def test_a_command_is_done_and_its_outcome_recorded_and_told(desk, plant):
    await desk.order("c1")
    await desk.work()
    assert desk.driven == [("heater/on", True)]
    assert await plant.commands() == [("c1", "SUCCEEDED", "", True)]
    assert desk.outcomes == [("c1", "SUCCEEDED", "")]
    assert (await plant.inbox.untold())[0].result is True


async def test_the_most_urgent_goes_first_then_the_oldest(desk, plant):
    channels = ("heater/on", "fan/on", "climate/setpoint", "pump/on")
    for channel, (identifier, priority) in zip(channels, (("c1", 5), ("c2", 9), ("c3", 0), ("c4", 5)), strict=True):
        await desk.order(identifier, channel, 21.0 if channel == "climate/setpoint" else True, priority=priority)
        plant.clock.advance(0.001)
    await desk.work()
    assert [one.id for one in desk.finished] == ["c3", "c1", "c4", "c2"]


async def test_a_command_that_arrives_while_nothing_is_to_do_wakes_it(desk):
    running = asyncio.create_task(desk.actuator.run())
    await desk.quiet()
    await desk.order("c1")
    await desk.quiet()
    assert desk.outcomes == [("c1", "SUCCEEDED", "")]
    running.cancel()


async def test_expiry_is_checked_once_more_before_it_acts(desk, plant):
    await desk.order("c1", lasts_s=10.0)
    await desk.order("c2", "fan/on", lasts_s=11.0)
    plant.clock.advance(10.0)
    await desk.work()
    assert desk.driven == [("fan/on", True)]
    assert sorted(desk.outcomes) == [("c1", "TIMED_OUT", "EXPIRED"), ("c2", "SUCCEEDED", "")]


@pytest.mark.parametrize("error", [NoAnswerError("no answer at 0x20"), BadValueError("not this one")])
async def test_a_part_that_fails_is_a_failed_command_with_the_reason(desk, plant, error):
    desk.raises = error
    await desk.order("c1")
    await desk.work()
    assert desk.outcomes == [("c1", "FAILED", "DEVICE_ERROR")]
    assert (await plant.inbox.find("c1")).reason == str(error)


async def test_one_failure_does_not_keep_the_next_command_from_acting(desk):
    desk.raises = NoAnswerError("gone")
    await desk.order("c1")
    await desk.work()
    desk.raises = None
    await desk.order("c2")
    await desk.work()
    assert desk.outcomes == [("c1", "FAILED", "DEVICE_ERROR"), ("c2", "SUCCEEDED", "")]


async def test_a_channel_that_is_gone_after_a_change_of_the_configuration_is_said_to_be(desk, plant):
    await desk.order("c1")
    actuator = Actuator(plant.inbox, plant.events, {}, plant.clock, plant.trusted)
    await actuator.perform(plant.inbox.take())
    assert (await plant.inbox.find("c1")).reason_code == "UNKNOWN_CHANNEL"


async def test_it_is_on_the_disk_that_it_is_about_to_be_done_before_it_is_done(desk, plant):
    seen = []

    async def look():
        seen.extend(await plant.commands())

    desk.before = look
    await desk.order("c1")
    await desk.work()
    assert seen == [("c1", "IN_PROGRESS", "", True)]


async def test_outcome_and_event_are_one_transaction(desk, plant):
    await desk.order("c1")
    await desk.work()
    rows = await plant.database.read("SELECT kind, data FROM event ORDER BY id")
    assert [kind for kind, _ in rows] == ["command", "outcome"]
    assert '"status":"SUCCEEDED"' in rows[1][1]


def fail_after(plant, monkeypatch, good):
    """The disk takes so many more records of the inbox, then none."""
    update, left = plant.inbox.update, [good]

    async def broken(*arguments):
        if left[0] == 0:
            raise StoreError("disk full", hint="make room")
        left[0] -= 1
        await update(*arguments)

    monkeypatch.setattr(plant.inbox, "update", broken)


async def test_what_cannot_be_recorded_beforehand_is_not_done_but_waits(desk, plant, monkeypatch):
    await desk.order("c1")
    fail_after(plant, monkeypatch, good=0)
    with capture_logs() as logs:
        await desk.work()
    assert desk.driven == []
    assert desk.finished == []
    assert logs[0]["event"] == "command not recorded"
    monkeypatch.undo()
    # It waited for the next try when it was stopped; the next start finds it.
    desk.actuator = desk.new(await Inbox.open(plant.database))
    await desk.work()
    assert desk.driven == [("heater/on", True)]


async def test_what_was_done_and_could_not_be_recorded_is_not_done_again_only_recorded(desk, plant, monkeypatch):
    monkeypatch.setattr("gateway.devices.actuator.RETRY_S", 0.0)
    await desk.order("c1", value=True)
    fail_after(plant, monkeypatch, good=1)
    running = asyncio.create_task(desk.actuator.run())
    await desk.quiet()
    # Meanwhile somebody asks for the opposite, and more urgently.
    await desk.order("c2", value=False, priority=0)
    monkeypatch.setattr(plant.inbox, "update", type(plant.inbox).update.__get__(plant.inbox))
    plant.clock.advance(3600)
    await desk.quiet()
    running.cancel()
    assert desk.driven == [("heater/on", True)]
    assert sorted(desk.outcomes) == [("c1", "SUCCEEDED", ""), ("c2", "TIMED_OUT", "EXPIRED")]


async def test_a_stop_in_the_middle_waits_until_the_outcome_is_recorded(desk, plant):
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def hold():
        begun.set()
        await go_on.wait()

    desk.before = hold
    await desk.order("c1")
    running = asyncio.create_task(desk.actuator.run())
    await begun.wait()
    running.cancel()
    await desk.quiet()
    # It is not over before the command is: what comes next is the safe value, and then the end of the store.
    assert not running.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await plant.commands() == [("c1", "SUCCEEDED", "", True)]
    assert desk.driven == [("heater/on", True)]


async def test_a_stop_while_the_disk_fails_ends_all_the_same_and_says_what_was_not_recorded(desk, plant, monkeypatch):
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def hold():
        begun.set()
        await go_on.wait()

    desk.before = hold
    await desk.order("c1")
    fail_after(plant, monkeypatch, good=1)
    running = asyncio.create_task(desk.actuator.run())
    await begun.wait()
    with capture_logs() as logs:
        running.cancel()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert [line["event"] for line in logs] == ["command not recorded"]


async def test_nothing_is_started_after_a_stop(desk, plant):
    await desk.order("c1")
    await desk.order("c2", "fan/on")
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def hold():
        begun.set()
        await go_on.wait()

    desk.before = hold
    running = asyncio.create_task(desk.actuator.run())
    await begun.wait()
    running.cancel()
    go_on.set()
    await asyncio.gather(running, return_exceptions=True)
    assert [status for _, status, _, _ in await plant.commands()] == ["SUCCEEDED", "IN_PROGRESS"]


async def test_a_command_of_our_own_needs_no_clock_but_ours(desk, plant):
    plant.clock.clock_state = ClockState.UNSYNCHRONISED
    await plant.admission.submit(plant.admission.local("here", "heater/on", True, Source.CONTROL))
    await desk.work()
    assert desk.outcomes == [("here", "SUCCEEDED", "")]


async def test_the_status_of_an_execution_is_one_of_the_protocols(desk):
    await desk.order("c1")
    await desk.work()
    assert isinstance(desk.finished[0].status, CommandStatus)

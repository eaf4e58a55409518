"""A command and a crash between any two steps: after the next start it acts in time, or it is said why not."""

from __future__ import annotations

import pytest

from drivers.base import DriverError
from gateway.core.command import Source
from gateway.core.reading import ClockState
from gateway.errors import StoreError
from gateway.store.inbox import Inbox
from tests.devices.desk import Desk


class CrashError(BaseException):
    """The process is gone."""


STEPS = ("before the start is recorded", "before it is done", "after it is done", "after the outcome is recorded")


@pytest.fixture
def desk(plant):
    return Desk(plant)


async def crash(desk, plant, monkeypatch, step):
    """Do the command that waits, up to the step at which the process dies."""
    update, calls = plant.inbox.update, []

    async def recorded(*arguments):
        calls.append(arguments)
        if (step, len(calls)) in ((STEPS[0], 1), (STEPS[2], 2)):
            raise CrashError
        await update(*arguments)
        if (step, len(calls)) in ((STEPS[1], 1), (STEPS[3], 2)):
            raise CrashError

    with monkeypatch.context() as patched:
        patched.setattr(plant.inbox, "update", recorded)
        with pytest.raises(CrashError):
            await desk.actuator.perform(plant.inbox.take())


async def restart(desk, plant):
    desk.finished.clear()
    desk.driven.clear()
    desk.actuator = desk.new(await Inbox.open(plant.database))
    await desk.work()


@pytest.mark.parametrize("step", STEPS)
async def test_after_a_crash_in_time_it_is_done_and_told(desk, plant, monkeypatch, step):
    await desk.order("c1")
    await crash(desk, plant, monkeypatch, step)
    await restart(desk, plant)
    # `set` may be done twice: what counts is that it is so, and that it is told.
    assert desk.driven == ([] if step == STEPS[3] else [("heater/on", True)])
    assert [status for _, status, _, _ in await plant.commands()] == ["SUCCEEDED"]
    assert [one.id for one in await plant.inbox.untold()] == ["c1"]


@pytest.mark.parametrize(("step", "outcome"), [
    (STEPS[0], ("TIMED_OUT", "EXPIRED")),
    (STEPS[1], ("FAILED", "INTERRUPTED")),
    (STEPS[2], ("FAILED", "INTERRUPTED")),
    (STEPS[3], ("SUCCEEDED", "")),
])  # fmt: skip
async def test_after_a_crash_and_too_late_it_is_not_done_and_said_why(desk, plant, monkeypatch, step, outcome):
    await desk.order("c1")
    await crash(desk, plant, monkeypatch, step)
    plant.clock.advance(3600)
    await restart(desk, plant)
    assert desk.driven == []
    assert [(status, code) for _, status, code, _ in await plant.commands()] == [outcome]


async def test_without_a_clock_to_trust_it_waits_until_there_is_one(desk, plant):
    """After a power cut the clock of a board without a battery is behind: by it nothing ever expires."""
    await desk.order("late", lasts_s=10.0)
    await desk.order("good", "fan/on", lasts_s=7200.0)
    plant.clock.clock_state = ClockState.UNSYNCHRONISED
    plant.clock.wall -= 3600 * 10**9
    await restart(desk, plant)
    assert desk.driven == []
    assert [status for _, status, _, _ in await plant.commands()] == ["IN_PROGRESS", "IN_PROGRESS"]
    plant.clock.wall += 2 * 3600 * 10**9
    plant.clock.clock_state = ClockState.SYNCHRONISED
    await restart(desk, plant)
    assert sorted(desk.outcomes) == [("good", "SUCCEEDED", ""), ("late", "TIMED_OUT", "EXPIRED")]


async def test_what_waits_for_a_clock_holds_nobody_else_up_and_is_looked_at_again(desk, plant, monkeypatch):
    monkeypatch.setattr("gateway.devices.actuator.RETRY_S", 0.001)
    await desk.order("c1", lasts_s=7200.0)
    plant.clock.clock_state = ClockState.UNSYNCHRONISED
    await plant.admission.submit(plant.admission.local("here", "fan/on", True, Source.CONTROL))
    await desk.work()
    assert desk.driven == [("fan/on", True)]
    plant.clock.clock_state = ClockState.SYNCHRONISED
    await desk.work()
    assert desk.driven == [("fan/on", True), ("heater/on", True)]


async def test_what_the_run_before_left_is_done_in_the_order_of_its_urgency(desk, plant):
    for identifier, channel, priority in (("c1", "heater/on", 9), ("c2", "fan/on", 0), ("c3", "pump/on", 5)):
        await desk.order(identifier, channel, priority=priority)
    await restart(desk, plant)
    assert [one.id for one in desk.finished] == ["c2", "c3", "c1"]


def test_a_crash_is_nothing_that_anybody_here_catches():
    assert not issubclass(CrashError, StoreError | DriverError | Exception)

"""An operation and a crash between any two steps: never twice, never silent."""

from __future__ import annotations

import contextlib

import pytest

from gateway.errors import StoreError
from gateway.store.inbox import Inbox
from tests.devices.hall import Hall


@pytest.fixture
async def hall(plant, bus):
    made = Hall(plant, bus)
    yield made
    if made.task is not None:
        await made.stop()


class CrashError(BaseException):
    """The process is gone."""


STEPS = ("before the start is recorded", "before it is done", "after it is done", "after the outcome is recorded")


@pytest.mark.parametrize("operation", ["Home", "Level"])
@pytest.mark.parametrize("step", STEPS)
async def test_a_crash_between_any_two_steps_is_never_twice_and_never_silent(hall, plant, monkeypatch, step, operation):
    await hall.order("o1", operation)
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
        with contextlib.suppress(CrashError):
            await hall.operator._perform(plant.inbox.take_operation())
    hall.start(await Inbox.open(plant.database))
    await hall.run()
    done = hall.part.asked.count(f"operate {operation}")
    ((_, status, code, _),) = await plant.commands()
    interrupted = operation == "Home" and step in (STEPS[1], STEPS[2])
    assert (status, code) == (("FAILED", "INTERRUPTED") if interrupted else ("SUCCEEDED", ""))
    assert done <= (1 if operation == "Home" else 2)
    assert done >= (0 if interrupted else 1)


async def test_a_cancellation_holds_over_a_crash(hall, plant):
    await hall.order("o1", "Level")
    taken = plant.inbox.take_operation()
    await hall.operator._begin(taken)
    await hall.cancel("o1")
    hall.start(await Inbox.open(plant.database))
    await hall.run()
    assert hall.outcomes == [("o1", "FAILED", "CANCELLED")]
    assert "operate Level" not in hall.part.asked


async def test_what_cannot_be_recorded_beforehand_is_not_done(hall, plant, monkeypatch):
    async def broken(*_):
        raise StoreError("disk full")

    monkeypatch.setattr(plant.inbox, "update", broken)
    await hall.order("o1", "Home")
    await hall.run()
    assert "operate Home" not in hall.part.asked
    assert [status for _, status, _, _ in await plant.commands()] == ["IN_PROGRESS"]

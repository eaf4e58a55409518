"""Operations: one at a time on each device, recorded before and after, stopped in order."""

from __future__ import annotations

import pytest

from drivers.base import BadValueError, NoAnswerError
from gateway.core.command import ReasonCode
from tests.devices.hall import Hall


@pytest.fixture
async def hall(plant, bus):
    made = Hall(plant, bus)
    yield made
    if made.task is not None:
        await made.stop()


async def test_an_operation_is_done_and_its_result_recorded(hall, plant):
    assert not (await hall.order("o1", "Home")).final
    await hall.run()
    assert hall.outcomes == [("o1", "SUCCEEDED", "")]
    assert await plant.commands() == [("o1", "SUCCEEDED", "", True)]
    assert (await plant.inbox.find("o1")).result == "Home"


@pytest.mark.parametrize(("operation", "parameters", "code"), [
    ("Explode", {}, "UNKNOWN_OPERATION"),
    ("Cycle", {"speed": 10}, "OUT_OF_RANGE"),
    ("Cycle", {"speed": "fast"}, "WRONG_TYPE"),
    ("Cycle", {"depth": 1}, "UNKNOWN_PARAMETER"),
])  # fmt: skip
async def test_what_the_device_cannot_do_is_refused(hall, operation, parameters, code):
    assert (await hall.order("o1", operation, parameters=parameters)).reason_code == code


async def test_a_value_beside_an_operation_is_refused_for_nobody_knows_what_was_meant(hall):
    refused = await hall.order("o1", "Home", value=True)
    assert (refused.reason_code, refused.reason) == (
        ReasonCode.UNKNOWN_PARAMETER,
        "Home takes no value, found on",
    )


async def test_a_long_one_tells_how_far_it_is_and_can_be_cancelled_on_its_way(hall, plant):
    await hall.order("o1", "Cycle")
    await hall.run()
    assert hall.progress == [("o1", 10)]
    assert hall.part.values["on"] is True
    execution, set_s = hall.operator.driving("mill/on")
    assert (execution.id, set_s, hall.operator.driving("mill/speed")) == ("o1", plant.now_s, None)
    assert (await hall.cancel("o1")).status.value == "SUCCEEDED"
    await hall.until_finished()
    assert hall.outcomes == [("o1", "FAILED", "CANCELLED")]
    assert (hall.part.left_alone, hall.part.values["on"]) == (1, False)
    assert hall.operator.driving("mill/on") is None
    assert min(await plant.commands()) == ("o1", "FAILED", "CANCELLED", True)


async def test_one_that_has_not_begun_never_begins_after_its_cancellation(hall, plant):
    await hall.order("o1", "Home")
    await hall.cancel("o1")
    await hall.run()
    assert "operate Home" not in hall.part.asked
    assert (await plant.inbox.find("o1")).reason_code is ReasonCode.CANCELLED


@pytest.mark.parametrize("identifier", ["nothing", "o1"])
async def test_what_has_ended_or_never_was_cannot_be_cancelled(hall, identifier):
    await hall.order("o1", "Home")
    await hall.run()
    assert (await hall.cancel(identifier)).reason_code is ReasonCode.NOT_CANCELLABLE


async def test_while_one_is_under_way_others_of_its_device_wait_and_a_more_urgent_one_stops_it(hall):
    await hall.order("o1", "Cycle", priority=5)
    await hall.run()
    await hall.order("o2", "Home", priority=5)
    await hall.quiet()
    assert hall.outcomes == []
    await hall.order("o3", "Level", priority=0)
    await hall.until_finished(3)
    assert hall.outcomes == [("o1", "FAILED", "SUPERSEDED"), ("o3", "SUCCEEDED", ""), ("o2", "SUCCEEDED", "")]


async def test_one_that_takes_too_long_is_stopped(hall):
    await hall.order("o1", "Stuck")
    await hall.run()
    await hall.until_finished()
    assert hall.outcomes == [("o1", "TIMED_OUT", "TIME_LIMIT")]


async def test_a_step_asks_as_a_command_would_before_it_sets_a_channel(hall):
    hall.refusal = (ReasonCode.LOCAL_OVERRIDE, "set by hand")
    await hall.order("o1", "Cycle")
    await hall.run()
    assert hall.outcomes == [("o1", "FAILED", "LOCAL_OVERRIDE")]
    assert "write on True" not in hall.part.asked


@pytest.mark.parametrize("error", [NoAnswerError("gone"), BadValueError("not now"), RuntimeError("a bug")])
async def test_a_part_that_fails_is_a_failed_operation(hall, error):
    hall.part.errors["operate"] = error
    await hall.order("o1", "Home")
    await hall.run()
    assert hall.outcomes == [("o1", "FAILED", "DEVICE_ERROR")]


async def test_a_stop_of_the_daemon_leaves_the_part_in_order_and_says_interrupted(hall, plant):
    await hall.order("o1", "Cycle")
    await hall.run()
    await hall.stop()
    assert (hall.part.left_alone, hall.part.values["on"]) == (1, False)
    assert await plant.commands() == [("o1", "FAILED", "INTERRUPTED", True)]

"""A device tells what was driven, whoever did it, and what may or may not have been: safety goes by nothing else."""

from __future__ import annotations

import pytest

from drivers.base import BadValueError, NoAnswerError
from tests.fakes.parts import SWITCH, FakePart, device_of


@pytest.fixture
def facts():
    return []


@pytest.fixture
def part():
    return FakePart(SWITCH, on=True)


@pytest.fixture
def device(part, bus, clock, facts):
    made = device_of(part, bus, clock, name="pump")
    made.driven = lambda series, value: facts.append((series, value))
    made.doubted = lambda series: facts.append((series, "in doubt"))
    return made


async def test_the_safe_value_at_the_opening_is_a_fact(device, facts):
    await device.read()
    assert facts == [("pump/on", False)]


async def test_a_write_is_a_fact(device, facts):
    await device.write("on", value=True)
    assert facts == [("pump/on", False), ("pump/on", True)]


async def test_the_safe_value_at_the_end_is_a_fact(device, facts):
    await device.write("on", value=True)
    await device.close({"on": False})
    assert facts[-1] == ("pump/on", False)


async def test_a_write_that_fails_leaves_it_in_doubt_until_it_is_opened_again(device, part, facts, clock):
    await device.read()
    part.errors["write"] = NoAnswerError("gone")
    with pytest.raises(NoAnswerError):
        await device.write("on", value=True)
    assert facts[-1] == ("pump/on", "in doubt")
    del part.errors["write"]
    clock.advance(60)
    await device.read()
    assert facts[-1] == ("pump/on", False)


async def test_a_value_that_the_part_cannot_take_is_no_reason_for_doubt(device, part, facts):
    await device.read()
    part.errors["write"] = BadValueError("not this one")
    with pytest.raises(BadValueError):
        await device.write("on", value=True)
    assert facts == [("pump/on", False)]


async def test_an_opening_that_fails_leaves_all_of_it_in_doubt(device, part, facts):
    part.errors["write"] = NoAnswerError("gone")
    assert await device.read() is None
    assert facts == [("pump/on", "in doubt")]

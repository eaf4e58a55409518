"""A wish that stands in the document for long, and an order that was given since."""

from __future__ import annotations

import pytest

from gateway.core.command import Execution, Source
from gateway.core.wire import CommandStatus
from tests.app.held import open_house
from tests.app.test_arbiter import SET, Court


@pytest.fixture
async def court(tmp_path):
    async with open_house(tmp_path) as house:
        yield Court(house)


def order_of(at_s, status=CommandStatus.SUCCEEDED, source=Source.TWIN):
    result = 19.0 if status is CommandStatus.SUCCEEDED else None
    return Execution(id="order-1", channel=SET, value=19.0, priority=5, issued_s=at_s, expires_s=at_s + 60,
                     source=source, status=status, result=result)  # fmt: skip


async def test_a_wish_from_before_an_order_does_not_undo_what_that_has_set(court):
    now_s = court.house.wall_s()
    court.arbiter.obeyed(order_of(now_s))
    await court.want(21, now_s - 5)
    await court.house.act()
    assert court.house.is_now[SET] == 18.0
    assert court.errors == {"setpoint": ("SUPERSEDED", 21)}


@pytest.mark.parametrize("case", ["wished later", "in the same second", "failed", "a rule's"])
async def test_any_other_wish_is_followed(court, case):
    now_s = float(round(court.house.wall_s()))
    status = CommandStatus.FAILED if case == "failed" else CommandStatus.SUCCEEDED
    source = Source.RULE if case == "a rule's" else Source.TWIN
    court.arbiter.obeyed(order_of(now_s + 0.5 if case == "in the same second" else now_s, status, source))
    await court.want(21, {"wished later": now_s + 5, "in the same second": now_s}.get(case, now_s - 5))
    await court.house.act()
    assert court.house.is_now[SET] == 21.0

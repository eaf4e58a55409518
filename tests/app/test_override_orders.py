"""Orders of the twin against values set by hand: each is a conflict, and the policy of the channel decides."""

from __future__ import annotations

import pytest

from gateway.core.command import Execution, ReasonCode, Source
from gateway.store.shadows import Share, load_kept
from tests.app.held import P, open_house


@pytest.fixture
async def house(tmp_path):
    async with open_house(tmp_path) as opened:
        yield opened


async def order(house, value, issued_s):
    execution = Execution(
        id=f"twin-{value}", channel="climate/setpoint", value=value, priority=5, issued_s=issued_s,
        expires_s=issued_s + 600, source=Source.TWIN, changed_s=issued_s,
    )  # fmt: skip
    return await house.admission.submit(execution)


@pytest.mark.parametrize(("policy", "later_s", "stands"), [
    (P.PHYSICAL_PRIORITY, 10, True),
    (P.TWIN_PRIORITY, -10, False),
    (P.LAST_WRITE_WINS, 10, False),
    (P.LAST_WRITE_WINS, -10, True),
    (P.MERGE, 10, False),
])  # fmt: skip
async def test_an_order_of_the_twin_is_a_conflict_and_the_policy_decides(tmp_path, policy, later_s, stands):
    async with open_house(tmp_path, policy=policy) as house:
        await house.hold("climate/setpoint", 25.0)
        decided = await order(house, 22.0, house.wall_s() + later_s)
        await house.act()
        assert (decided.reason_code is ReasonCode.LOCAL_OVERRIDE) is stands
        assert house.is_now["climate/setpoint"] == (25.0 if stands else 22.0)
        assert bool(house.overrides.active) is stands
        assert bool((await load_kept(house.database, "gw")).overrides) is stands
        [event] = await house.events_of("conflict")
        assert (event["site"], event["twin"], event["policy"]) == (25.0, 22.0, policy.value)
        assert event["outcome"] == house.is_now["climate/setpoint"]
        assert house.agreement.tally.conflicts == 1
        assert (await load_kept(house.database, "gw")).tally == house.agreement.tally


async def test_an_order_for_the_same_value_is_no_conflict(house):
    await house.hold("climate/setpoint", 25.0)
    assert (await order(house, 25.0, house.wall_s())).reason_code is ReasonCode.NONE
    assert await house.events_of("conflict") == []
    assert house.agreement.tally.of("climate") == Share(changes=1, conflicts=0)


async def test_every_order_that_is_taken_is_a_change_so_that_the_rate_is_one(house):
    for value in (20.0, 21.0, 20.0):  # The last has an id that is known.
        await order(house, value, house.wall_s())
    assert (await order(house, 1000.0, house.wall_s())).reason_code is ReasonCode.OUT_OF_RANGE
    await house.hold("climate/setpoint", 25.0)
    await order(house, 22.0, house.wall_s())
    assert house.agreement.tally.of("climate") == Share(changes=3, conflicts=1)
    assert (await load_kept(house.database, "gw")).tally == house.agreement.tally

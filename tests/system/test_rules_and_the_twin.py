"""A rule sets what the twin desired otherwise: the later of the two has its way, and the twin hears why."""

from __future__ import annotations

import pytest

from demo.broker import mosquitto
from demo.waiting import until
from tests.system.theatre import START_S, a_running_stage, status, twin

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(mosquitto() is None, reason="mosquitto is not installed"),
]

EVERY_S = 12
RULE = f"rules:\n  night: {{every: {EVERY_S}s, then: {{climate/setpoint: 14}}}}\n\n"


async def until_reported(stage, holds):
    seen = {}

    async def look():
        seen.update((await twin(stage, "state"))["shadows"].get("climate", {}))
        return seen if holds(seen.get("reported", {})) else None

    assert await until(look, START_S) is not None, seen
    return seen["reported"]


async def test_an_older_wish_of_the_twin_does_not_undo_a_rule_and_a_new_one_is_followed(tmp_path):
    changes = [("thermostats:\n", f"{RULE}thermostats:\n")]
    async with a_running_stage(tmp_path, changes=changes) as stage:
        await twin(stage, "desire", device="climate", state={"setpoint": 19})
        await until_reported(stage, lambda reported: reported.get("setpoint") == 19)
        said = await until_reported(stage, lambda reported: "setpoint" in reported.get("_errors", {}))
        assert said["setpoint"] == 14
        assert said["_errors"]["setpoint"] == {
            "code": "LOCAL_RULE", "want": 19, "reason": "the rule night has set climate/setpoint since",
        }  # fmt: skip
        await twin(stage, "desire", device="climate", state={"setpoint": 21})
        await until_reported(stage, lambda reported: reported.get("setpoint") == 21)
        assert status(stage)["rules"]["night"]["fired"] >= 1

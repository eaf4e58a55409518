"""What programs here would ask for in vain is known beforehand."""

from __future__ import annotations

import pytest

from gateway.core.command import ReasonCode
from gateway.core.settings_safety import ConditionSettings, InterlockSettings, SafetySettings
from gateway.devices.in_vain import InVain
from tests.devices.guarded import Guarded

HEATER = "heater/on"
FULL = InterlockSettings(unless=ConditionSettings(channel="tank/level", below=90.0))


@pytest.mark.parametrize(("settings", "code"), [
    ({}, None),
    ({"interlock": (FULL,)}, ReasonCode.INTERLOCK),
    ({"min_off_s": 300.0}, ReasonCode.MIN_OFF),
    ({"min_off_s": 30.0}, None),
])  # fmt: skip
async def test_it_is_what_the_actuator_would_say(plant, settings, code):
    guarded = Guarded(plant, {HEATER: (False, SafetySettings(**settings))})
    await guarded.start()
    guarded.read("tank/level", 95.0)
    found = guarded.outputs.refuses(HEATER, True)
    assert (None if found is None else found[0]) is code
    assert guarded.outputs.refuses(HEATER, False) is None
    assert guarded.outputs.refuses("lamp/on", True) is None


def test_the_same_reason_is_not_told_again_before_another_or_none():
    wish, full, lost = InVain(), (ReasonCode.INTERLOCK, "full"), (ReasonCode.LINK_LOST, "lost")
    said = [wish.again(one) for one in (full, full, (ReasonCode.INTERLOCK, "fuller"), lost, lost, None, None, lost)]
    assert said == [False, True, True, False, True, False, False, False]

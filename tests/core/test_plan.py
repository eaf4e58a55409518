"""What settings come to: the tree of `auto`, percent, and how far a budget may stretch them."""

from __future__ import annotations

import pytest

from gateway.core.plan import Limits, make_plan
from gateway.core.settings import ChannelSettings, Mode

S = 1_000_000_000


@pytest.mark.parametrize(("freshness_s", "every_s", "mode"), [
    (0.05, 0.01, Mode.REALTIME),
    (0.1, 0.01, Mode.EVENT),
    (1.0, 1.0, Mode.REALTIME),
    (10.0, 1.0, Mode.EVENT),
    (60.0, 59.0, Mode.EVENT),
    (60.0, 60.0, Mode.REALTIME),
    (60.1, 1.0, Mode.PERIODIC),
])  # fmt: skip
def test_auto_chooses_by_freshness_and_rate(freshness_s, every_s, mode):
    plan = make_plan(ChannelSettings(mode=Mode.AUTO, freshness_s=freshness_s), every_s, None, None)
    assert plan.mode is mode
    assert plan.why.startswith(f"freshness {freshness_s:g} s")


@pytest.mark.parametrize("every_s", [1.0, 2.0, 60.0, 86_400.0])
def test_a_channel_of_which_nothing_is_said_sends_every_reading(every_s):
    plan = make_plan(ChannelSettings(), every_s, None, None)
    assert plan.mode is Mode.REALTIME
    assert "freshness 1 s" in plan.why


def test_auto_makes_windows_of_the_freshness():
    plan = make_plan(ChannelSettings(mode=Mode.AUTO, freshness_s=900.0), 1.0, None, None)
    assert plan.configured.window_ns == 900 * S


def test_auto_holds_nothing_back_for_longer_than_the_freshness():
    plan = make_plan(ChannelSettings(mode=Mode.AUTO, freshness_s=30.0, swinging_door=1.0), 1.0, None, None)
    assert plan.configured.silence_ns == 30 * S


def test_a_deadband_in_percent_is_of_the_range():
    plan = make_plan(ChannelSettings(mode=Mode.EVENT, deadband_percent=2.0), 1.0, -40.0, 60.0)
    assert plan.configured.deviation == pytest.approx(2.0)


def test_a_stretch_goes_from_what_is_configured_to_the_users_limits():
    settings = ChannelSettings(mode=Mode.EVENT, deadband=1.0, deadband_max=3.0, max_silence_max_s=900.0)
    plan = make_plan(settings, 1.0, None, None)
    assert plan.elastic
    assert plan.limits(0.0) == Limits(1.0, 300 * S, 60 * S)
    assert plan.limits(0.5) == Limits(2.0, 600 * S, 60 * S)
    assert plan.limits(7.0) == Limits(3.0, 900 * S, 60 * S)


@pytest.mark.parametrize("settings", [
    {"mode": Mode.EVENT, "deadband": 1.0},
    {"mode": Mode.REALTIME, "deadband_max": 9.0, "window_max_s": 999.0},
    {"mode": Mode.EVENT, "window_max_s": 999.0},
    {"mode": Mode.PERIODIC, "deadband_max": 9.0, "max_silence_max_s": 999.0},
])  # fmt: skip
def test_without_a_limit_that_the_mode_uses_nothing_stretches(settings):
    plan = make_plan(ChannelSettings(**settings), 1.0, None, None)
    assert not plan.elastic
    assert plan.limits(1.0) == plan.configured

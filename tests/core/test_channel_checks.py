"""Settings of a channel that contradict each other or its part are found, and so are those that would do nothing."""

from __future__ import annotations

import pytest

from gateway.core.channel_checks import ChannelKind, useless_settings, wrong_settings
from gateway.core.settings import AlarmSettings, ChannelSettings, Mode, Part

NUMBER = ChannelKind("number", -40.0, 60.0, writable=True)
OPEN_ENDED = ChannelKind("number")
SWITCH = ChannelKind("boolean")


def wrong(kind=NUMBER, **settings):
    return [".".join(place) for place, _, _ in wrong_settings(kind, ChannelSettings(**settings))]


def useless(kind=NUMBER, **settings):
    return {key for key, _ in useless_settings(kind, ChannelSettings(**settings))}


@pytest.mark.parametrize(("settings", "place"), [
    ({"mode": Mode.EVENT, "deadband": 1.0, "swinging_door": 1.0}, "swinging_door"),
    ({"mode": Mode.EVENT, "deadband_percent": 1.0, "swinging_door": 1.0}, "swinging_door"),
    ({"mode": Mode.EVENT, "deadband": 1.0, "deadband_percent": 1.0}, "deadband_percent"),
    ({"mode": Mode.EVENT, "deadband": 2.0, "deadband_max": 1.0}, "deadband_max"),
    ({"mode": Mode.EVENT, "swinging_door": 2.0, "deadband_max": 1.0}, "deadband_max"),
    ({"mode": Mode.EVENT, "deadband_percent": 10.0, "deadband_max": 9.0}, "deadband_max"),
    ({"mode": Mode.PERIODIC, "window_s": 60.0, "window_max_s": 59.0}, "window_max"),
    ({"mode": Mode.EVENT, "max_silence_max_s": 299.0}, "max_silence_max"),
    ({"mode": Mode.HYBRID, "aggregates": (Part.INTEGRAL,)}, "aggregates"),
    ({"alarm": AlarmSettings()}, "alarm"),
    ({"alarm": AlarmSettings(above=1.0, clear=2.0)}, "alarm.clear"),
])  # fmt: skip
def test_what_contradicts_itself_is_found_at_its_place(settings, place):
    assert wrong(**settings) == [place]


def test_a_percentage_needs_a_range():
    assert wrong(OPEN_ENDED, mode=Mode.EVENT, deadband_percent=1.0) == ["deadband_percent"]
    assert wrong(mode=Mode.EVENT, deadband_percent=1.0) == []


def test_a_switch_has_no_limits():
    assert wrong(SWITCH, alarm=AlarmSettings(above=1.0)) == ["alarm"]


@pytest.mark.parametrize(("mode", "key", "is_useless"), [
    (Mode.REALTIME, "deadband", True),
    (Mode.REALTIME, "window", True),
    (Mode.PERIODIC, "deadband", True),
    (Mode.PERIODIC, "window", False),
    (Mode.PERIODIC, "max_silence", True),
    (Mode.EVENT, "window", True),
    (Mode.EVENT, "deadband", False),
    (Mode.HYBRID, "window", False),
    (Mode.HYBRID, "freshness", True),
    (Mode.AUTO, "freshness", False),
    (Mode.AUTO, "window", False),
])  # fmt: skip
def test_what_a_mode_does_not_ask_for_does_nothing(mode, key, is_useless):
    assert (key in useless(mode=mode)) is is_useless


@pytest.mark.parametrize(("every_s", "settings", "key", "is_useless"), [
    (1.0, {}, "deadband", True),
    (0.5, {}, "deadband", False),
    (1.0, {"freshness_s": 10.0}, "deadband", False),
    (1.0, {"freshness_s": 10.0}, "window", True),
    (1.0, {"freshness_s": 90.0}, "window", True),
    (1.0, {"freshness_s": 90.0}, "aggregates", False),
    (1.0, {"freshness_s": 90.0}, "freshness", False),
])  # fmt: skip
def test_what_auto_does_not_ask_for_does_nothing_either(every_s, settings, key, is_useless):
    told = dict(useless_settings(NUMBER, ChannelSettings(**settings), every_s))
    assert (key in told) is is_useless
    assert not is_useless or "auto chose it" in told[key]


def test_a_switch_has_no_deadband_and_a_door_needs_no_previous_value():
    assert "deadband" in useless(SWITCH, mode=Mode.EVENT)
    assert "previous" in useless(mode=Mode.EVENT, swinging_door=1.0)
    assert "previous" not in useless(mode=Mode.EVENT, deadband=1.0)


def test_only_what_can_be_written_has_conflicts():
    assert "conflict" in useless(SWITCH)
    assert "conflict" not in useless(NUMBER)

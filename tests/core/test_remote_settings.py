"""Settings that the twin asks for: by the types of the configuration, taken or refused, and merged with edits."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.channel_checks import ChannelKind
from gateway.core.patience import Patience
from gateway.core.reading import Lane
from gateway.core.remote_settings import after_edit, apply_settings, changed_channel, site_document
from gateway.core.settings import AlarmSettings, ChannelSettings, ConflictPolicy, DeviceSettings, Mode
from gateway.core.settings_quality import CalibrateSettings, SmoothSettings

NUMBER = ChannelKind("number", -40.0, 125.0)
KINDS = {"temperature": NUMBER, "closed": ChannelKind("boolean")}
CONFIGURED = ChannelSettings(lane=Lane.HIGH, mode=Mode.EVENT, deadband=0.1, conflict=ConflictPolicy.MERGE)
ROOM = DeviceSettings(name="room", driver="sht4x", bus="b", every_s=2.0, channels={"temperature": CONFIGURED})


def test_what_is_asked_for_lies_over_the_configuration_key_by_key():
    asked = {"every": 5, "channels": {"temperature": {"deadband": 0.5, "max_silence": 60}}}
    applied = apply_settings(ROOM, KINDS, asked)
    assert applied.every_s == 5.0
    assert applied.channels == {
        "temperature": ChannelSettings(
            lane=Lane.HIGH, mode=Mode.EVENT, deadband=0.5, max_silence_s=60.0, conflict=ConflictPolicy.MERGE
        )
    }
    assert applied.taken == asked
    assert applied.refused == {}


@pytest.mark.parametrize(("asked", "place", "reason"), [
    ({"every": 0}, "every", "at least 0.01"),
    ({"every": "5s"}, "every", "a number"),
    ({"every": True}, "every", "a number"),
    ({"speed": 3}, "speed", "unknown key"),
    ({"channels": {"pressure": {}}}, "pressure", "no such channel"),
    ({"channels": {"temperature": 5}}, "temperature", "object"),
    ({"channels": {"temperature": {"mode": "loud"}}}, "temperature", "loud"),
    ({"channels": {"temperature": {"deadband": -1}}}, "temperature", "at least 0"),
    ({"channels": {"temperature": {"colour": "red"}}}, "temperature", "colour"),
    ({"channels": {"temperature": {"lane": "critical"}}}, "temperature", "only the configuration"),
    ({"channels": {"temperature": {"calibrate": {"offset": 1}}}}, "temperature", "only the configuration"),
    ({"channels": {"temperature": {"quality": {}}}}, "temperature", "only the configuration"),
    ({"channels": {"temperature": {"conflict": "merge"}}}, "temperature", "only the configuration"),
    ({"channels": {"temperature": {"alarm": {"above": 30, "below": 5}}}}, "temperature", "above or below"),
    ({"channels": {"temperature": {"alarm": {"above": 30, "clear": 31}}}}, "temperature", "at most 30"),
    ({"channels": {"closed": {"alarm": {"above": 1}}}}, "closed", "no limits"),
])  # fmt: skip
def test_what_the_configuration_would_refuse_is_refused_with_its_reason(asked, place, reason):
    applied = apply_settings(ROOM, KINDS, asked)
    assert reason in applied.refused[place][1]
    assert (applied.every_s, applied.channels, applied.taken) == (2.0, {}, {})


@pytest.mark.parametrize(("keys", "unused"), [
    ({"mode": "realtime", "deadband": 0.5}, {"deadband"}),
    ({"mode": "periodic", "window": 30, "max_silence": 60}, {"max_silence"}),
    ({"mode": "event", "freshness": 5}, {"freshness"}),
    ({"mode": "auto", "freshness": 90, "window": 30}, {"window"}),
    ({"deadband": 0.5}, set()),
])  # fmt: skip
def test_what_would_do_nothing_is_explained_and_the_rest_of_its_channel_is_done(keys, unused):
    applied = apply_settings(ROOM, KINDS, {"channels": {"temperature": keys}})
    assert applied.taken == {"channels": {"temperature": {key: keys[key] for key in keys if key not in unused}}}
    assert {place for place, (code, _) in applied.refused.items() if code == "UNUSED"} == {
        f"temperature.{key}" for key in unused
    }
    assert applied.channels["temperature"].mode == keys.get("mode", "event")


def test_what_does_nothing_follows_from_the_interval_that_is_asked_for_with_it():
    asked = {"channels": {"closed": {"mode": "auto", "freshness": 10, "max_silence": 60}}}
    assert apply_settings(ROOM, KINDS, asked).refused == {}
    assert set(apply_settings(ROOM, KINDS, asked | {"every": 20}).refused) == {"closed.max_silence"}


def test_a_device_stays_read_often_enough_for_whoever_looks_at_it():
    patience = Patience(30.0, "the thermostat climate")
    assert apply_settings(ROOM, KINDS, {"every": 29.9}, patience).every_s == 29.9
    applied = apply_settings(ROOM, KINDS, {"every": 30}, patience)
    assert (applied.every_s, applied.taken) == (2.0, {})
    assert applied.refused["every"][1] == "every: found 30, allowed below 30, for the thermostat climate"


def test_one_bad_channel_harms_no_other_wish():
    asked = {"every": 3, "channels": {"temperature": {"deadband": -1}, "closed": {"mode": "event"}}}
    applied = apply_settings(ROOM, KINDS, asked)
    assert applied.taken == {"every": 3, "channels": {"closed": {"mode": "event"}}}
    assert set(applied.refused) == {"temperature"}


def test_an_alarm_is_taken_whole():
    settings = ChannelSettings(alarm=AlarmSettings(above=30.0, clear=28.0))
    assert changed_channel(settings, NUMBER, {"alarm": {"below": 5}}).alarm == AlarmSettings(below=5.0)


words = st.sampled_from(["every", "channels", "temperature", "mode", "deadband", "alarm"])
json_values = st.recursive(
    st.booleans() | st.integers(-5, 100) | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda below: st.lists(below, max_size=2) | st.dictionaries(words, below, max_size=3),
    max_leaves=6,
)


@given(json_values)
def test_whatever_is_asked_for_nothing_is_raised_and_everything_is_taken_or_refused(asked):
    applied = apply_settings(ROOM, KINDS, asked)
    if isinstance(asked, dict):
        assert set(applied.taken) <= set(asked)
        assert applied.every_s == ROOM.every_s or "every" in applied.taken


def document(**temperature):
    return {"every": 2.0, "channels": {"temperature": temperature}}


ASKED = {"every": 5, "channels": {"temperature": {"deadband": 0.5}}}


def test_without_an_edit_the_wish_stays_as_it_is():
    base = site_document(ROOM, ["temperature"])
    assert after_edit(base, base, ASKED) == (ASKED, [])


def test_an_edit_of_another_key_does_not_meet_it():
    base, now = document(deadband=0.1, max_silence=300), document(deadband=0.1, max_silence=60)
    assert after_edit(base, now, ASKED) == (ASKED, [])


def test_where_both_changed_a_key_the_site_s_own_file_is_right():
    left, overlaps = after_edit(document(deadband=0.1), document(deadband=0.2), ASKED)
    assert left == {"every": 5}
    assert overlaps == [(("channels", "temperature", "deadband"), 0.1, 0.2, 0.5)]


def test_an_edit_to_what_was_asked_for_is_no_conflict():
    assert after_edit(document(deadband=0.1), document(deadband=0.5), ASKED) == (ASKED, [])


def test_a_wish_leaves_what_is_made_of_the_readings_as_it_is():
    own = {"calibrate": CalibrateSettings(offset=1.0), "smooth": SmoothSettings(median=3)}
    settings = msgspec.structs.replace(CONFIGURED, **own)
    found = changed_channel(settings, ChannelKind("number"), {"deadband": 0.5})
    assert (found.calibrate, found.smooth, found.deadband) == (own["calibrate"], own["smooth"], 0.5)

"""What comes over the wire as settings: the same limits as in the configuration, and words for every mistake."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.settings import AlarmSettings, ChannelSettings, Mode, ThermostatSettings
from gateway.core.settings_channel import Part
from gateway.core.settings_reader import read


def test_every_kind_of_value_is_read():
    given_ = {
        "mode": "hybrid", "deadband": 1, "previous": True, "window": 30, "aggregates": ["last"],
        "alarm": {"above": 30, "clear": 28.5}, "window_max": None,
    }  # fmt: skip
    assert read(ChannelSettings, given_) == ChannelSettings(
        mode=Mode.HYBRID, deadband=1.0, previous=True, window_s=30.0, aggregates=(Part.LAST,),
        alarm=AlarmSettings(above=30.0, clear=28.5),
    )  # fmt: skip


@pytest.mark.parametrize(("value", "message"), [
    ({"mode": "loud"}, "mode: found 'loud', allowed realtime, periodic, event, hybrid, auto"),
    ({"mode": ["event"]}, "mode: found"),
    ({"deadband": -1}, "deadband: found '-1.0', allowed at least 0"),
    ({"deadband": True}, "deadband: found 'True', allowed a number"),
    ({"deadband": float("inf")}, "allowed a number"),
    ({"deadband": 10**400}, "allowed a number"),
    ({"window": 0}, "window: found '0.0', allowed above 0 and at most 604800"),
    ({"window": 100_000}, "at most 86400"),
    ({"previous": 1}, "previous: found '1', allowed true or false"),
    ({"aggregates": "last"}, "aggregates: found 'last', allowed an array"),
    ({"aggregates": ["first"]}, "aggregates.0: found 'first'"),
    ({"alarm": 5}, "alarm: found '5', allowed an object"),
    ({"alarm": {"over": 5}}, "alarm.over: unknown key; known are above, below, clear"),
    ([], "found '[]', allowed an object"),
])  # fmt: skip
def test_a_mistake_is_told_with_its_place_and_what_is_allowed(value, message):
    with pytest.raises(ValueError, match=r"found|unknown") as caught:
        read(ChannelSettings, value)
    assert message in str(caught.value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda below: st.lists(below, max_size=2) | st.dictionaries(st.sampled_from(["mode", "alarm", "above"]), below),
    max_leaves=6,
)


@given(st.sampled_from([ChannelSettings, ThermostatSettings]), json_values)
def test_nothing_else_is_raised(kind, value):
    try:
        read(kind, value)
    except ValueError:
        pass
    except TypeError as error:  # A key that is required and missing.
        assert "required" in str(error)  # noqa: PT017 - what is raised is the point

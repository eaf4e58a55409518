"""When a property was desired, as a stock client leaves it to the service and as others say it themselves."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.device_shadow import DeviceShadow
from gateway.core.hybrid_clock import NEVER, Stamp, text_of
from gateway.core.shadow import ShadowDocument, apply_update
from gateway.core.shadow_report import Refusal
from gateway.core.shadow_stamps import newest_s, stamp_for, taken
from gateway.core.shadow_wishes import Wishes
from twin.shadow_answers import outward

PHONE = Stamp(1_000_500, 2, "phone")


def noted(**times):
    return {name: {"timestamp": at_s} for name, at_s in times.items()}


def test_of_a_stock_client_the_second_counts_that_the_service_noted():
    assert stamp_for("setpoint", noted(setpoint=1000), {"setpoint": 22}) == (1_000_000, 0, "twin")


def test_a_stamp_beside_the_value_is_more_exact():
    state = {"setpoint": 22, "_stamps": {"setpoint": text_of(PHONE)}}
    assert stamp_for("setpoint", noted(setpoint=1000) | {"_stamps": noted(setpoint=1000)}, state) == PHONE


def test_a_stamp_is_not_believed_once_somebody_else_wrote_the_value():
    state = {"setpoint": 23, "_stamps": {"setpoint": text_of(PHONE)}}
    found = stamp_for("setpoint", noted(setpoint=1010) | {"_stamps": noted(setpoint=1000)}, state)
    assert found == (1_010_000, 0, "twin")


@pytest.mark.parametrize("metadata", [{}, {"setpoint": None}, {"setpoint": {"timestamp": "x"}}, {"setpoint": []}])
def test_where_no_time_is_noted_it_is_earlier_than_everything(metadata):
    assert stamp_for("setpoint", metadata, {"setpoint": 22, "_stamps": 5}) == NEVER


def test_of_an_object_the_newest_part_counts():
    assert newest_s({"a": {"timestamp": 5}, "b": [{"timestamp": 7}, {"timestamp": 6}]}) == 7


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(["timestamp", "a"]), below, max_size=2),
)


@given(
    st.dictionaries(st.sampled_from(["x", "_stamps"]), json_values), st.dictionaries(st.just("_stamps"), json_values)
)
def test_whatever_stands_there_it_is_a_stamp(metadata, state):
    assert isinstance(stamp_for("x", metadata, state), Stamp)
    assert isinstance(taken(state), dict)


def test_only_stamps_that_can_be_read_are_told_back():
    assert taken({"_stamps": {"a": text_of(PHONE), "b": "soon", "c": 5}}) == {"a": text_of(PHONE)}


def test_a_refused_value_is_news_again_when_it_is_desired_anew():
    wishes = Wishes()
    [wish] = wishes.differ({"on": True}, {}, noted(on=5), retry=False)
    wishes.pending[wish.channel] = wish.value
    wishes.refuse("on", Refusal("LOCAL_OVERRIDE", True))
    assert wishes.differ({"on": True}, {}, noted(on=5), retry=False) == []
    assert wishes.differ({"on": True}, {}, noted(on=6), retry=False) == [("on", True, Stamp(6000, 0, "twin"))]


def test_what_is_reserved_is_a_wish_for_no_channel():
    assert Wishes().differ({"_settings": {}, "_stamps": {}}, {}, {}, retry=True) == []


def test_all_that_is_desired_is_known_update_by_update():
    wishes = Wishes()
    wishes.fetched({"on": True, "level": 3}, 5)
    wishes.written({"desired": {"level": None, "x": {"y": 1}}}, 6)
    wishes.written({"desired": {"level": 4}}, 6)
    wishes.written({"reported": {"on": True}}, 7)
    assert wishes.desired == {"on": True, "x": {"y": 1}}
    wishes.written({"desired": None}, 8)
    assert wishes.desired == {}
    wishes.written({"desired": {"on": False}}, 9)
    wishes.written(None, 10)
    assert wishes.desired == {}


def test_a_stamp_is_told_back_so_that_it_is_in_no_delta_for_ever():
    """A document as the service keeps it, a writer who stamps, and the gateway's side."""
    document = ShadowDocument()

    def write(state):
        nonlocal document
        request = json.dumps({"state": state}).encode()
        document, answer = apply_update(document, request, 1000)
        return answer.delta

    write({"desired": {"setpoint": 22, "_stamps": {"setpoint": text_of(PHONE), "other": "soon"}}})
    shadow = DeviceShadow()
    shadow.connected("s")
    asked = shadow.next_request()
    fetched = {
        "state": {"desired": document.desired, "delta": document.desired},
        "metadata": {"desired": outward(document.desired_metadata)},
        "version": document.version,
        "clientToken": asked.document["clientToken"],
    }
    [wish] = shadow.on_get_accepted(fetched, asked.document["clientToken"])
    assert wish == ("setpoint", 22, PHONE)
    shadow.is_now("setpoint", 22.0)
    left = write(shadow.next_request().document["state"])
    assert left == {"_stamps": {"other": "soon"}}

"""What the gateway refuses: visible in the document, explained, never tried in a loop, never more than it can carry."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.device_shadow import Wish
from gateway.core.shadow import merge
from gateway.core.shadow_report import ERRORS_BYTES_MAX, Detail, Facts, Refusal, patch, reported
from tests.fakes.shadow_service import known


def refused(pair, channel, want, code="OUT_OF_RANGE"):
    pair.deliver(pair.service.desire(**{channel: want}))
    pair.shadow.refuse(channel, want, code)
    pair.settle()


def test_a_refused_wish_stays_visible_and_is_explained():
    pair = known(level=3.0)
    refused(pair, "level", 99)
    assert pair.reported == {"level": 3.0, "_errors": {"level": {"code": "OUT_OF_RANGE", "want": 99}}}
    assert pair.shadow.settled


def test_a_refused_wish_is_not_tried_again_for_every_repetition_but_on_the_next_connection():
    pair = known(level=3.0, on=False)
    refused(pair, "level", 99)
    pair.wishes.clear()
    pair.shadow.is_now("on", True)
    assert pair.settle() == []
    pair.shadow.no_answer()
    assert pair.settle() == []
    pair.shadow.connected("again")
    assert pair.settle() == [Wish("level", 99)]


def test_another_wish_after_a_refused_one_is_explained_anew_and_the_talk_ends():
    pair = known(level=3.0)
    for want in (99, 98, "high", 97):
        refused(pair, "level", want)
        assert pair.reported["_errors"] == {"level": {"code": "OUT_OF_RANGE", "want": want}}


def test_the_error_is_over_when_another_wish_is_fulfilled():
    pair = known(level=3.0)
    refused(pair, "level", 99)
    pair.deliver(pair.service.desire(level=7.0))
    pair.shadow.is_now("level", 7.0)
    pair.settle()
    assert pair.reported == {"level": 7.0}


@pytest.mark.parametrize("desired", [3.0, 3, None])
def test_the_error_is_over_when_the_wish_is_taken_back(desired):
    """Then nothing differs any more, and there is no delta to say so."""
    pair = known(level=3.0)
    refused(pair, "level", 99)
    pair.deliver(pair.service.desire(level=desired))
    assert pair.reported == {"level": 3.0}


def test_the_error_is_over_when_the_wish_was_taken_back_while_we_were_away():
    pair = known(level=3.0)
    refused(pair, "level", 99)
    pair.service.desire(level=3.0)
    pair.shadow.connected("again")
    pair.settle()
    assert pair.reported == {"level": 3.0}


def test_the_old_value_read_again_is_no_answer_to_a_wish():
    pair = known(on=False)
    pair.deliver(pair.service.desire(on=True))
    pair.shadow.is_now("on", False)
    pair.service.update({"state": {"reported": {"other": 1}}})
    pair.shadow.no_answer()
    assert pair.settle() == [Wish("on", True)]


@pytest.mark.parametrize("desired", [False, None])
def test_the_refusal_of_a_wish_that_was_taken_back_says_nothing(desired):
    pair = known(on=False)
    pair.deliver(pair.service.desire(on="maybe"))
    pair.deliver(pair.service.desire(on=desired))
    pair.shadow.refuse("on", "maybe", "WRONG_TYPE")
    pair.settle()
    assert pair.reported == {"on": False}


def test_the_refusal_of_a_wish_that_a_newer_one_replaced_says_nothing():
    pair = known(on=False)
    pair.deliver(pair.service.desire(on="maybe"))
    pair.deliver(pair.service.desire(on=True))
    pair.shadow.refuse("on", "maybe", "WRONG_TYPE")
    pair.shadow.is_now("on", True)
    pair.settle()
    assert pair.reported == {"on": True}


def test_a_wish_that_could_not_become_a_command_is_as_new_when_it_comes_again():
    pair = known(on=False)
    (wish,) = pair.deliver(pair.service.desire(on=True))
    pair.shadow.unwanted(wish)
    pair.shadow.give_up()
    assert pair.shadow.next_request() is None
    pair.shadow.no_answer()
    pair.wishes.clear()
    assert pair.settle() == [wish]


STRANGE = [
    {"deep": {"null": None}},
    {},
    [1, None, {}],
    [],
    "x" * 7000,
    10**400,
    2**60,
    -1e300,
    "",
    True,
]


@pytest.mark.parametrize("want", STRANGE, ids=lambda want: repr(want)[:20])
def test_however_strange_a_refused_value_is_the_talk_ends_and_the_service_takes_it(want):
    pair = known(on=False)
    wishes = pair.shadow.on_delta({"state": {"odd": want}, "version": 2})
    assert wishes == [Wish("odd", want)]
    pair.shadow.wanted(wishes[0])
    pair.shadow.refuse("odd", want, "UNKNOWN_CHANNEL")
    pair.settle()
    assert pair.shadow.settled
    assert pair.reported["_errors"]["odd"]["code"] == "UNKNOWN_CHANNEL"


def test_many_refusals_do_not_make_the_document_too_large():
    pair = known(on=False)
    desired = {f"{number:04d}": "y" * 20 for number in range(180)} | {"k" * 500: 1}
    pair.deliver(pair.service.desire(**desired))
    for channel, want in desired.items():
        pair.shadow.refuse(channel, want, "UNKNOWN_CHANNEL")
    pair.settle()
    assert pair.shadow.settled
    assert 10 < len(pair.reported["_errors"]) < 180
    assert pair.reported["_omitted"] == ["reasons"]


def test_of_many_refusals_as_many_are_explained_as_there_is_room_for():
    many = {f"{number:04d}": Refusal("UNKNOWN_CHANNEL", "y" * 20) for number in range(180)}
    document = reported(Facts({}, refused=many))
    assert 40 < len(document["_errors"]) < 180
    assert len(json.dumps(document["_errors"], separators=(",", ":"))) <= ERRORS_BYTES_MAX


def test_a_number_that_is_none_is_not_reported_and_does_not_differ_for_ever():
    pair = known(level=1.0)
    pair.shadow.is_now("level", float("nan"))
    pair.settle()
    assert pair.reported == {}


leaves = st.booleans() | st.integers(-5, 5) | st.floats(-5, 5) | st.sampled_from(["", "a", "b"])
inner = st.dictionaries(st.sampled_from("abc"), leaves, min_size=1)
middle = st.dictionaries(st.sampled_from("abc"), leaves | inner, min_size=1)
objects = st.dictionaries(st.sampled_from("abcd"), leaves | middle)


@given(objects, objects)
def test_a_patch_makes_the_one_into_the_other_and_is_empty_only_where_they_are_the_same(known_, should):
    changes = patch(known_, should)
    assert merge(known_, changes) == should
    assert patch(should, merge(known_, changes)) == {}


refusals = st.dictionaries(
    st.text(max_size=80), st.builds(Refusal, st.sampled_from(["A", "B"]), st.sampled_from(STRANGE), st.text())
)


@given(refusals, st.sampled_from(Detail))
def test_what_is_reported_of_refusals_is_small_and_comes_back_from_json_as_it_was(errors, detail):
    document = reported(Facts({"on": True}, refused=errors), detail)
    text = json.dumps(document)
    assert json.loads(text) == document
    assert len(json.dumps(document, ensure_ascii=False).encode()) < 8192


def test_a_sentence_stands_beside_the_code_and_is_not_endless():
    pair = known(level=3.0)
    pair.deliver(pair.service.desire(level=99))
    pair.shadow.refuse("level", 99, "OUT_OF_RANGE", "99 is not within 5 to 30 " * 100)
    pair.settle()
    error = pair.reported["_errors"]["level"]
    assert error["reason"].startswith("99 is not within 5 to 30")
    assert len(error["reason"]) == 160

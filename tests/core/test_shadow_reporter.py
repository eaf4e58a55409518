"""What the service does not take: of a document that is full something is left out, of a bad request what is bad."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.device_shadow import Phase
from gateway.core.shadow_report import Detail, Facts, Refusal, reported
from gateway.core.shadow_reporter import Reporter
from tests.fakes.shadow_service import Pair


def full(pair, room):
    """A service whose document holds no more than `room` bytes."""
    update = pair.service.update

    def limited(request):
        before = pair.service.document
        said = update(request)
        if len(json.dumps(pair.service.document.reported)) <= room:
            return said
        pair.service.document = before
        return [("update/rejected", {"code": 413, "message": "full", "clientToken": request["clientToken"]})]

    pair.service.update = limited


FACTS = Facts(
    {"on": False, "level": 3.5, "noise": 40.0},
    {"noise": "timeout"},
    {"on": Refusal("WRONG_TYPE", "maybe", "a boolean is wanted here")},
    {"on"},
)
ERROR = {"code": "WRONG_TYPE", "want": "maybe"}


@pytest.mark.parametrize(
    ("detail", "should"),
    [
        (
            Detail.ALL,
            {
                "on": False,
                "level": 3.5,
                "noise": 40.0,
                "_bad": {"noise": "timeout"},
                "_errors": {"on": ERROR | {"reason": "a boolean is wanted here"}},
            },
        ),
        (
            Detail.NO_REASONS,
            {
                "on": False,
                "level": 3.5,
                "noise": 40.0,
                "_bad": {"noise": "timeout"},
                "_errors": {"on": ERROR},
                "_omitted": ["reasons"],
            },
        ),
        (Detail.NO_READINGS, {"on": False, "_errors": {"on": ERROR}, "_omitted": ["reasons", "readings"]}),
        (Detail.DRIVEN_ONLY, {"on": False, "_omitted": ["reasons", "readings", "errors"]}),
    ],
)
def test_what_a_full_document_has_no_room_for_is_left_out_in_order(detail, should):
    assert reported(FACTS, detail) == should


@pytest.mark.parametrize(
    ("room", "omitted"),
    [(400, None), (150, ["reasons"]), (115, ["reasons", "readings"]), (70, ["reasons", "readings", "errors"])],
)
def test_a_full_document_gets_less_until_it_fits_and_the_talk_ends(room, omitted):
    pair = Pair(driven={"on"})
    full(pair, room)
    pair.deliver(pair.service.desire(on="maybe"))
    pair.shadow.refuse("on", "maybe", "WRONG_TYPE", "a boolean is wanted here, and that is what this is not")
    for channel, value in (("on", False), ("level", 3.5), ("noise", 40.0)):
        pair.shadow.is_now(channel, value)
    pair.settle()
    assert pair.shadow.settled
    assert pair.reported.get("_omitted") == omitted
    assert pair.reported["on"] is False


def test_after_the_next_connection_everything_is_tried_again():
    pair = Pair(driven={"on"}, on=False, level="x" * 60)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(pair.service, "update", pair.service.update)
        full(pair, 70)
        pair.settle()
    assert "level" not in pair.reported
    pair.shadow.connected("again")
    pair.settle()
    assert pair.reported == {"on": False, "level": "x" * 60}


def test_where_even_the_least_has_no_room_it_is_asked_again_only_later():
    pair = Pair(driven={"on"}, on=False)
    full(pair, 5)
    pair.settle()
    assert pair.shadow.phase is Phase.REFUSED
    assert pair.reported == {}


def test_of_a_bad_request_one_key_after_the_other_is_tried_and_only_what_is_bad_is_kept_back():
    pair = Pair(driven={"on"}, on=False, level=3.5, odd="x")
    sent = refuse_with_400(pair, lambda said: "x" in said.values())
    pair.settle()
    assert pair.reported == {"on": False, "level": 3.5}
    assert pair.shadow.settled
    pair.shadow.connected("again")
    pair.shadow.is_now("on", True)
    pair.settle()
    assert pair.reported == {"on": True, "level": 3.5}
    assert sent.count({"odd": "x"}) == 1
    pair.shadow.is_now("odd", "y")
    pair.settle()
    assert pair.reported == {"on": True, "level": 3.5, "odd": "y"}


def refuse_with_400(pair, is_bad):
    """The service finds fault with some updates; returns all that it was sent."""
    update, sent = pair.service.update, []

    def picky(request):
        said = request["state"]["reported"]
        sent.append(said)
        if is_bad(said):
            return [("update/rejected", {"code": 400, "message": "bad", "clientToken": request["clientToken"]})]
        return update(request)

    pair.service.update = picky
    return sent


@given(st.sets(st.sampled_from("abcdef")))
def test_whatever_is_bad_all_the_rest_arrives_and_no_request_is_repeated(bad):
    pair = Pair(**dict.fromkeys("abcdef", 1.0))
    sent = refuse_with_400(pair, lambda said: not bad.isdisjoint(said))
    pair.settle()
    assert pair.reported.keys() == set("abcdef") - bad
    texts = [json.dumps(said) for said in sent]
    assert len(set(texts)) == len(texts)


CHANNELS = st.sampled_from("abc")
STEPS = st.one_of(
    st.tuples(st.just("is_now"), CHANNELS, st.sampled_from([0.0, False, 1, True, "x"])),
    st.tuples(st.just("is_bad"), CHANNELS, st.sampled_from(["range", "timeout"])),
    st.tuples(st.just("note"), st.just("_note"), st.dictionaries(CHANNELS, st.integers(0, 2))),
    st.tuples(st.just("known"), st.dictionaries(CHANNELS, st.sampled_from([0.0, True]))),
    st.tuples(st.sampled_from(["landed", "had_no_room", "was_bad", "begin"])),
    st.tuples(st.just("take"), st.sampled_from([{}, {"a": Refusal("WRONG_TYPE", 1)}])),
)


@given(st.lists(STEPS, max_size=30))
def test_what_is_remembered_of_the_difference_is_always_the_difference(steps):
    reporter = Reporter({"a"})
    for name, *arguments in steps:
        getattr(reporter, name)(*arguments)
        assert reporter.changes({}) == reporter._look({})

"""Requests to a shadow: what they change, when the version grows, and what is refused with which reason."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.shadow import (
    STATE_BYTES_MAX,
    Accepted,
    ErrorCode,
    Refused,
    ShadowDocument,
    apply_delete,
    apply_update,
    delta,
    look_up,
    stamp,
)

NOW_S = 1_795_417_300
keys = st.sampled_from(["a", "b", "timestamp"])
leaves = st.one_of(st.none(), st.booleans(), st.integers(-3, 3), st.lists(st.integers(0, 1), max_size=2))
patches = st.recursive(
    st.dictionaries(keys, leaves, max_size=3),
    lambda below: st.dictionaries(keys, st.one_of(leaves, below), max_size=3),
)


def update(document, *, version=None, token=None, now_s=NOW_S, **state):
    request = {"state": state}
    if version is not None:
        request["version"] = version
    if token is not None:
        request["clientToken"] = token
    return apply_update(document, json.dumps(request).encode(), now_s)


def shape(value):
    """The tree without its leaves."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    return [shape(item) for item in value] if isinstance(value, list) else None


@given(st.lists(st.dictionaries(st.sampled_from(["desired", "reported"]), patches, max_size=2), max_size=6))
def test_every_accepted_update_raises_the_version_and_a_refused_one_changes_nothing(updates):
    document = ShadowDocument()
    for number, state in enumerate(updates):
        after, answer = update(document, now_s=NOW_S + number, **state)
        if isinstance(answer, Refused):
            assert after is document
            continue
        assert after.version == document.version + 1
        assert after.exists
        assert answer.delta == delta(after.desired, after.reported)
        document = after


@given(st.lists(st.fixed_dictionaries({"desired": patches, "reported": patches}), max_size=5))
def test_metadata_have_the_shape_of_their_state(updates):
    document = ShadowDocument()
    for state in updates:
        document, _ = update(document, **state)
        assert shape(document.desired_metadata) == shape(document.desired)
        assert shape(document.reported_metadata) == shape(document.reported)


def test_only_what_an_update_names_gets_a_new_time():
    document, _ = update(ShadowDocument(), desired={"fan": {"rpm": 900, "on": True}, "levels": [1, [2]]})
    document, _ = update(document, now_s=NOW_S + 5, desired={"fan": {"rpm": 950}})
    assert document.desired_metadata == {"fan": {"rpm": NOW_S + 5, "on": NOW_S}, "levels": [NOW_S, [NOW_S]]}
    assert document.reported_metadata == {}


def test_the_stamps_of_a_patch_say_what_is_removed():
    assert stamp({"a": None, "b": [1], "c": {"d": None}}, 7) == {"a": None, "b": [7], "c": {"d": None}}
    assert stamp({"a": None}, 7, removed=7) == {"a": 7}


def test_null_removes_a_section_or_both():
    document, _ = update(ShadowDocument(), desired={"a": 1}, reported={"b": 2})
    without, _ = update(document, desired=None)
    assert (without.desired, without.desired_metadata, without.reported) == ({}, {}, {"b": 2})
    empty, answer = apply_update(document, b'{"state":null}', NOW_S)
    assert (empty.desired, empty.reported, empty.version) == ({}, {}, 2)
    assert isinstance(answer, Accepted)
    assert answer.said is None


def test_an_update_that_says_nothing_still_counts():
    document, answer = apply_update(ShadowDocument(), b'{"state":{}}', NOW_S)
    assert document.version == 1
    assert answer == Accepted(said={}, delta={}, token=None)


def test_a_delta_sent_back_is_ignored():
    document, answer = update(ShadowDocument(), reported={"a": 1}, delta={"a": 2})
    assert document.reported == {"a": 1}
    assert answer.said == {"reported": {"a": 1}}


def test_what_the_service_does_not_know_beside_the_state_is_ignored():
    document, answer = apply_update(ShadowDocument(), b'{"state":{"desired":{"a":1}},"metadata":{},"x":[null]}', NOW_S)
    assert document.desired == {"a": 1}
    assert answer.said == {"desired": {"a": 1}}


def test_the_token_comes_back():
    _, accepted = update(ShadowDocument(), token="b1-2", reported={"a": 1})
    _, refused = update(ShadowDocument(), token="b1-2", version=7, reported={"a": 1})
    assert accepted.token == refused.token == "b1-2"


def test_an_update_based_on_another_version_is_refused():
    document, _ = update(ShadowDocument(), desired={"a": 1})
    document, _ = update(document, version=1, desired={"a": 2})
    after, answer = update(document, version=1, desired={"a": 3})
    assert after is document
    assert (answer.code, answer.message) == (ErrorCode.VERSION_CONFLICT, "Version conflict: the shadow is at version 2")


def test_a_shadow_that_never_was_can_only_become_version_1():
    assert update(ShadowDocument(), version=1, desired={"a": 1})[0].version == 1
    _, answer = update(ShadowDocument(), version=2, desired={"a": 1})
    assert answer.code is ErrorCode.BAD_REQUEST
    assert answer.message.startswith("Invalid version")


@pytest.mark.parametrize("body", [b'{"state":{"desired":{"a":"\xff"}}}', '{"state":{}}'.encode("utf-16")])
def test_a_request_that_is_no_utf_8_is_refused_as_such(body):
    document = ShadowDocument()
    after, answer = apply_update(document, body, NOW_S)
    assert after is document
    assert answer.code is ErrorCode.UNSUPPORTED_ENCODING


@pytest.mark.parametrize(
    ("request_body", "message"),
    [
        (b"", "Invalid JSON"),
        (b"{", "Invalid JSON"),
        (b"[]", "Invalid JSON: not an object"),
        (b'{"state":{"desired":{"a":NaN}}}', "Invalid JSON"),
        (b'{"state":{"desired":{"a":1e999}}}', "Invalid JSON"),
        (b'{"state":{"desired":{"a":"\\ud800"}}}', "Invalid JSON"),
        (b'{"state":{"desired":{"a":' + b"[" * 50_000, "Invalid JSON"),
        (b'{"state":{"desired":{"a":1,"a":2}}}', "Invalid JSON: a key stands twice"),
        (b"{}", "Missing required node: state"),
        (b'{"state":5}', "State node must be an object"),
        (b'{"state":{"desired":5}}', "Desired node must be an object"),
        (b'{"state":{"reported":[]}}', "Reported node must be an object"),
        (b'{"state":{"wanted":{}}}', "State contains an invalid node: 'wanted'"),
        (b'{"state":{"desired":{"a":[1,null]}}}', "State contains an invalid node: null in an array"),
        (b'{"state":{"desired":{"a":[{"b":[null]}]}}}', "State contains an invalid node: null in an array"),
        (b'{"state":{},"version":"1"}', "Invalid version"),
        (b'{"state":{},"version":true}', "Invalid version"),
        (b'{"state":{},"version":1.0}', "Invalid version"),
        (b'{"state":{},"version":0}', "Invalid version"),
        (b'{"state":{},"clientToken":7}', "Invalid clientToken"),
        ('{"state":{},"clientToken":"' + "ä" * 33 + '"}', "Invalid clientToken"),
    ],
)
def test_a_bad_request_is_refused_with_the_reason(request_body, message):
    body = request_body if isinstance(request_body, bytes) else request_body.encode()
    document = ShadowDocument()
    after, answer = apply_update(document, body, NOW_S)
    assert after is document
    assert answer.code is ErrorCode.BAD_REQUEST
    assert answer.message.startswith(message)


@pytest.mark.parametrize("wrap", [lambda below: {"k": below}, lambda below: [below]])
def test_six_levels_are_taken_and_seven_are_not(wrap):
    def nested(levels):
        value = 1
        for _ in range(levels - 1):
            value = wrap(value)
        return {"top": value}

    assert isinstance(update(ShadowDocument(), desired=nested(6))[1], Accepted)
    _, answer = update(ShadowDocument(), desired=nested(7))
    assert answer.message == "JSON contains too many levels of nesting; maximum is 6"


def test_a_token_of_sixty_four_bytes_is_taken():
    assert isinstance(update(ShadowDocument(), token="ä" * 32, desired={})[1], Accepted)


def test_the_size_limit_is_on_the_merged_document():
    full = {"text": "x" * (STATE_BYTES_MAX - len('{"text":""}{}'))}
    document, answer = update(ShadowDocument(), desired=full)
    assert isinstance(answer, Accepted)
    after, answer = update(document, reported={"a": 1})
    assert after is document
    assert answer.code is ErrorCode.TOO_LARGE
    assert "at most 8192" in answer.message


def test_a_request_beyond_the_payload_limit_is_refused_unread():
    _, answer = apply_update(ShadowDocument(), b" " * 200_000, NOW_S)
    assert answer.code is ErrorCode.TOO_LARGE


@settings(max_examples=300)
@given(st.one_of(st.binary(max_size=60), st.text(alphabet='{}[]":,0123e-nultre state', max_size=60).map(str.encode)))
def test_whatever_arrives_is_answered(body):
    document = ShadowDocument(desired={"a": 1}, desired_metadata={"a": 1}, version=3, exists=True)
    after, answer = apply_update(document, body, NOW_S)
    assert isinstance(answer, Accepted) or after is document
    assert isinstance(look_up(document, body, "io"), Accepted | Refused)
    assert isinstance(apply_delete(document, body, "io")[1], Accepted | Refused)


# Get and delete


def test_what_does_not_exist_is_not_found():
    for answer in (look_up(ShadowDocument(), b"", "io"), apply_delete(ShadowDocument(), b"", "io")[1]):
        assert answer == Refused(code=ErrorCode.NOT_FOUND, message="No shadow exists with name: 'io'")


def test_a_get_answers_the_difference_and_the_token():
    document, _ = update(ShadowDocument(), desired={"a": 1, "b": 2}, reported={"a": 1})
    assert look_up(document, b'{"clientToken":"t"}', "io") == Accepted(said=None, delta={"b": 2}, token="t")
    assert look_up(document, b"", "io").token is None


def test_a_get_with_a_bad_body_is_refused():
    document, _ = update(ShadowDocument(), desired={"a": 1})
    assert look_up(document, b"[", "io").code is ErrorCode.BAD_REQUEST
    assert look_up(document, b'{"clientToken":1}', "io").message.startswith("Invalid clientToken")


def test_a_deleted_shadow_keeps_its_version_and_nothing_else():
    document, _ = update(ShadowDocument(), desired={"a": 1})
    document, _ = update(document, reported={"a": 1})
    gone, answer = apply_delete(document, b'{"clientToken":"t"}', "io")
    assert gone == ShadowDocument(version=2)
    assert answer.token == "t"
    again, _ = update(gone, version=2, desired={"a": 2})
    assert (again.version, again.desired, again.exists) == (3, {"a": 2}, True)
    assert update(gone, version=1, desired={})[1].code is ErrorCode.VERSION_CONFLICT

"""The shadow's laws: how documents merge, and what a delta is."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.shadow import delta, equal, merge

keys = st.sampled_from(["a", "b", "c", "timestamp", ""])
leaves = st.one_of(st.booleans(), st.integers(-3, 3), st.sampled_from([0.0, 1.0, 2.5]), st.text(max_size=2))
arrays = st.lists(leaves, max_size=3)


def objects(leaf):
    return st.recursive(
        st.dictionaries(keys, leaf, max_size=3), lambda below: st.dictionaries(keys, st.one_of(leaf, below), max_size=3)
    )


patches = objects(st.one_of(st.none(), leaves, arrays))
states = patches.map(lambda patch: merge({}, patch))
"""What a document can hold: no null, no empty object."""


def merge_patch(target, patch):
    """RFC 7396, word for word."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge_patch(merged.get(key), value)
    return merged


def pruned(state):
    """Without empty objects."""
    below = {key: pruned(value) if isinstance(value, dict) else value for key, value in state.items()}
    return {key: value for key, value in below.items() if value != {}}


def agrees(wanted, found):
    """Whether everything that is wanted is found so, said another way than delta does."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(
            key in found and agrees(want, found[key]) for key, want in wanted.items()
        )
    return json.dumps(normal(wanted), sort_keys=True) == json.dumps(normal(found), sort_keys=True)


def normal(value):
    """Every number as a float, so that text can be compared."""
    if isinstance(value, list):
        return [normal(item) for item in value]
    if isinstance(value, dict):
        return {key: normal(item) for key, item in value.items()}
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


# Merge


@given(states, patches)
def test_merging_the_same_patch_twice_changes_nothing_more(target, patch):
    once = merge(target, patch)
    assert merge(once, patch) == once


@given(states, patches)
def test_merge_is_the_rfc_7396_merge_without_empty_objects(target, patch):
    assert merge(target, patch) == pruned(merge_patch(target, patch))


@given(states, patches)
def test_merging_leaves_its_arguments_alone(target, patch):
    before = copy.deepcopy((target, patch))
    merge(target, patch)
    assert (target, patch) == before


@given(states)
def test_an_empty_patch_changes_nothing(target):
    assert merge(target, {}) == target


@pytest.mark.parametrize(
    ("target", "patch", "merged"),
    [
        ({}, {"z": {"w": None}}, {}),
        ({}, {"k": {}}, {}),
        ({"o": {"x": 1}}, {"o": {"x": None}}, {}),
        ({"o": {"x": 1}}, {"o": {}}, {"o": {"x": 1}}),
        ({"o": {"x": 1}}, {"o": 5}, {"o": 5}),
        ({"o": 5}, {"o": {"x": 1}}, {"o": {"x": 1}}),
        ({"a": [1, 2, 3]}, {"a": [4]}, {"a": [4]}),
        ({"a": 1}, {"b": None}, {"a": 1}),
    ],
)
def test_merge_by_example(target, patch, merged):
    assert merge(target, patch) == merged


# Delta


@given(states, states)
def test_the_delta_is_empty_exactly_when_everything_wanted_is_so(desired, reported):
    assert (delta(desired, reported) == {}) == agrees(desired, reported)


@given(states, states)
def test_reporting_what_is_desired_closes_the_delta(desired, reported):
    assert delta(desired, merge(reported, desired)) == {}


@given(states, states)
def test_doing_what_the_delta_says_closes_it(desired, reported):
    assert delta(desired, merge(reported, delta(desired, reported))) == {}


@given(states, states)
def test_a_delta_holds_nothing_that_is_not_desired(desired, reported):
    assert agrees(delta(desired, reported), desired)


@given(states)
def test_nothing_differs_from_itself(state):
    assert delta(state, state) == {}
    assert delta(state, {}) == state


@pytest.mark.parametrize(
    ("desired", "reported", "differing"),
    [
        ({"relay": True}, {"relay": 1}, {"relay": True}),
        ({"relay": 0}, {"relay": False}, {"relay": 0}),
        ({"rpm": 1}, {"rpm": 1.0}, {}),
        ({"rpm": "1"}, {"rpm": 1}, {"rpm": "1"}),
        ({"a": [1, True]}, {"a": [1.0, True]}, {}),
        ({"a": [1]}, {"a": [True]}, {"a": [1]}),
        ({"a": [{"x": 1}]}, {"a": [{"x": 1.0}]}, {}),
        ({"a": [1, 2]}, {"a": [1]}, {"a": [1, 2]}),
        ({"o": {"x": 1, "y": 2}}, {"o": {"x": 1, "z": 3}}, {"o": {"y": 2}}),
        ({"o": {"x": 1}}, {"o": 5}, {"o": {"x": 1}}),
        ({"o": 5}, {"o": {"x": 1}}, {"o": 5}),
        ({"o": {}}, {"o": {"x": 1}}, {}),
        ({}, {"x": 1}, {}),
    ],
)
def test_delta_by_example(desired, reported, differing):
    assert delta(desired, reported) == differing


@given(st.one_of(leaves, arrays, states), st.one_of(leaves, arrays, states))
def test_equality_is_that_of_json(one, other):
    assert equal(one, other) == (json.dumps(normal(one), sort_keys=True) == json.dumps(normal(other), sort_keys=True))
    assert equal(one, copy.deepcopy(one))

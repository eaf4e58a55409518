"""Three-way merging: worked examples, and the laws that make both sides end equal."""

from __future__ import annotations

import copy

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.three_way import ABSENT, same, three_way

leaves = st.booleans() | st.integers(-3, 3) | st.sampled_from(["a", "b"]) | st.lists(st.integers(0, 2), max_size=2)
names = st.lists(st.sampled_from(["x", "y", "z"]), unique=True, max_size=3)
keys = st.sampled_from(["k", "l", "m"])
documents = st.recursive(leaves | names, lambda inner: st.dictionaries(keys, inner, max_size=3), max_leaves=8)
objects = st.dictionaries(keys, documents, max_size=3)


def first(overlap):
    return overlap.one


def second(overlap):
    return overlap.other


def largest(overlap):
    """A choice that does not care who is who."""
    return max((overlap.one, overlap.other), key=repr)


def test_what_each_side_changed_is_kept_and_the_overlap_is_chosen():
    merged = three_way({"a": 1, "b": 1, "c": 1}, {"a": 2, "b": 1, "c": 5}, {"a": 1, "b": 3, "c": 7}, second)
    assert merged.value == {"a": 2, "b": 3, "c": 7}
    assert merged.overlaps == [(("c",), 1, 5, 7)]


def test_a_removal_is_a_change():
    merged = three_way({"a": 1, "b": 1}, {"b": 1}, {"a": 1, "b": 2, "n": 9}, first)
    assert merged == ({"b": 2, "n": 9}, [])


def test_different_keys_of_one_object_do_not_overlap():
    base = {"o": {"x": 1, "y": 1}}
    assert three_way(base, {"o": {"x": 2, "y": 1}}, {"o": {"x": 1, "y": 3}}, first) == ({"o": {"x": 2, "y": 3}}, [])


def test_a_removal_against_a_change_is_an_overlap():
    merged = three_way({"a": 1}, {}, {"a": 2}, first)
    assert merged == (ABSENT, [(("a",), 1, ABSENT, 2)])
    assert three_way({"a": 1}, {}, {"a": 2}, second).value == {"a": 2}


def test_sets_of_texts_combine():
    merged = three_way({"s": ["a", "b"]}, {"s": ["b", "c"]}, {"s": ["a", "b", "d"]}, first)
    assert merged == ({"s": ["b", "c", "d"]}, [])


def test_arrays_of_numbers_are_one_value():
    assert len(three_way([1, 2], [1, 3], [0, 2], first).overlaps) == 1


def test_numbers_are_the_same_by_value_and_true_is_not_one():
    assert three_way(1, 1.0, 2, first) == (2, [])
    assert len(three_way(1, True, 2, first).overlaps) == 1


def test_a_value_against_an_object_is_one_overlap():
    assert len(three_way({"a": {"x": 1}}, {"a": 5}, {"a": {"x": 2, "y": 1}}, first).overlaps) == 1


@given(documents, documents, documents)
def test_it_is_the_same_every_time_and_changes_no_argument(base, one, other):
    before = copy.deepcopy((base, one, other))
    assert three_way(base, one, other, first) == three_way(base, one, other, first)
    assert (base, one, other) == before


@given(documents, documents, documents)
def test_both_sides_come_to_the_same_whoever_is_called_first(base, one, other):
    assert same(three_way(base, one, other, largest).value, three_way(base, other, one, largest).value)
    assert same(three_way(base, one, other, first).value, three_way(base, other, one, second).value)


@given(documents, documents, documents)
def test_merging_again_what_came_of_it_changes_nothing(base, one, other):
    merged = three_way(base, one, other, second).value
    assert same(three_way(base, one, merged, second).value, merged)
    assert three_way(merged, merged, merged, first) == (merged, [])
    assert same(three_way(base, merged, merged, first).value, merged)


@given(documents, documents)
def test_what_only_one_side_changed_is_taken_as_it_is(base, one):
    tidy = three_way(one, one, one, first).value
    assert three_way(base, one, base, second) == (tidy, [])
    assert three_way(base, base, one, first) == (tidy, [])


def flat(value, path=()):
    """Every leaf by its path; an object has none of its own."""
    if not isinstance(value, dict):
        return {path: value}
    return {where: leaf for key, below in value.items() for where, leaf in flat(below, (*path, key)).items()}


@given(objects, objects, objects)
def test_no_change_that_overlaps_with_none_is_lost(base, one, other):
    merged = three_way(base, one, other, second)
    result = flat(merged.value) if merged.value is not ABSENT else {}
    base_leaves, one_leaves, other_leaves = flat(base), flat(one), flat(other)
    for path in one_leaves.keys() | base_leaves.keys():
        before, mine, theirs = (leaves.get(path, ABSENT) for leaves in (base_leaves, one_leaves, other_leaves))
        apart = any(path[: len(overlap.path)] == overlap.path for overlap in merged.overlaps)
        crossed = any(where[: len(path)] == path and where != path for where in other_leaves)
        crossed = crossed or any(path[: len(where)] == where and where != path for where in other_leaves)
        if same(before, theirs) and not same(before, mine) and not apart and not crossed:
            assert same(result.get(path, ABSENT), mine), path


@given(objects, objects, objects)
def test_an_overlap_was_changed_on_both_sides_and_differently(base, one, other):
    for overlap in three_way(base, one, other, first).overlaps:
        assert not same(overlap.base, overlap.one)
        assert not same(overlap.base, overlap.other)
        assert not same(overlap.one, overlap.other)

"""A set of ranges is a set: whatever is done to it, it answers as a plain set of numbers would."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.intervals import IntervalSet

SPAN = 60
ranges = st.tuples(st.integers(1, SPAN), st.integers(0, 12)).map(lambda pair: (pair[0], pair[0] + pair[1]))
many_ranges = st.lists(ranges, max_size=25)


def numbers(first: int, last: int) -> set[int]:
    return set(range(first, last + 1))


def spread(held: list[tuple[int, int]]) -> set[int]:
    return {number for first, last in held for number in range(first, last + 1)}


@given(many_ranges)
def test_it_holds_what_a_plain_set_holds(added):
    held, plain = IntervalSet(), set()
    for first, last in added:
        new = numbers(first, last) - plain
        assert held.add(first, last) == len(new)
        plain |= new
        assert held.count == len(plain)
    assert spread(held.ranges()) == plain
    assert held.last == (max(plain) if plain else None)


@given(many_ranges)
def test_its_ranges_are_sorted_and_never_touch(added):
    held = IntervalSet.from_ranges(added).ranges()
    for first, last in held:
        assert first <= last
    for (_, last), (first, _) in itertools.pairwise(held):
        assert last + 1 < first


@given(many_ranges, ranges)
def test_what_is_missing_and_what_is_held_make_the_whole(added, asked):
    held, plain = IntervalSet.from_ranges(added), spread(added)
    holes = held.missing(*asked)
    assert spread(holes) == numbers(*asked) - plain
    assert holes == sorted(holes)
    assert held.contains(*asked) == (not holes)


@given(many_ranges, ranges)
def test_filling_the_holes_leaves_none(added, asked):
    held = IntervalSet.from_ranges(added)
    before = held.count
    filled = sum(held.add(*hole) for hole in held.missing(*asked))
    assert held.missing(*asked) == []
    assert held.count == before + filled


@given(many_ranges, st.lists(st.tuples(st.booleans(), ranges), max_size=15))
def test_what_is_put_in_and_taken_out_is_what_a_plain_set_would_hold(added, steps):
    held, plain = IntervalSet.from_ranges(added), spread(added)
    for put, (first, last) in steps:
        asked = numbers(first, last)
        if put:
            assert held.add(first, last) == len(asked - plain)
            plain |= asked
        else:
            assert held.remove(first, last) == len(asked & plain)
            plain -= asked
        assert (held.count, spread(held.ranges())) == (len(plain), plain)
        assert held == IntervalSet.from_ranges(held.ranges())


def test_the_middle_of_a_range_can_be_taken_out():
    held = IntervalSet.from_ranges([(1, 9)])
    assert held.remove(4, 5) == 2
    assert held.ranges() == [(1, 3), (6, 9)]
    assert held.remove(4, 5) == 0


@given(many_ranges, ranges)
def test_what_overlaps_is_every_range_that_has_one_of_the_numbers(added, asked):
    held = IntervalSet.from_ranges(added)
    expected = [found for found in held.ranges() if numbers(*found) & numbers(*asked)]
    assert held.overlapping(*asked) == expected


@given(many_ranges, st.randoms(use_true_random=False))
def test_order_and_repetition_do_not_matter(added, random):
    other = added + added[: len(added) // 2]
    random.shuffle(other)
    assert IntervalSet.from_ranges(other) == IntervalSet.from_ranges(added)


@given(many_ranges, st.integers(0, SPAN + 15))
def test_around_finds_the_range_of_a_number(added, number):
    held = IntervalSet.from_ranges(added)
    found = held.around(number)
    if number in spread(added):
        assert found in held.ranges()
        assert found[0] <= number <= found[1]
    else:
        assert found is None


@given(many_ranges)
def test_it_survives_being_written_down(added):
    held = IntervalSet.from_ranges(added)
    assert IntervalSet.from_ranges(held.ranges()) == held


def test_a_hundred_thousand_numbers_in_order_are_one_range():
    held = IntervalSet()
    for seq in range(1, 100_001, 100):
        assert held.add(seq, seq + 99) == 100
    assert held.ranges() == [(1, 100_000)]
    assert len(held) == 1


def test_an_empty_set_holds_nothing():
    held = IntervalSet()
    assert (held.count, held.last, held.ranges(), len(held)) == (0, None, [], 0)
    assert held.missing(3, 5) == [(3, 5)]
    assert not held.contains(1, 1)
    assert repr(held) == "IntervalSet([])"


def test_it_is_equal_only_to_a_set_of_its_kind():
    assert IntervalSet.from_ranges([(1, 2)]) != [(1, 2)]
    assert IntervalSet.from_ranges([(1, 2)]) != IntervalSet.from_ranges([(1, 3)])


@pytest.mark.parametrize("name", ["add", "remove", "contains", "missing", "overlapping"])
def test_a_range_that_ends_before_it_begins_is_refused(name):
    with pytest.raises(ValueError, match="ends before it begins: 5 to 4"):
        getattr(IntervalSet(), name)(5, 4)

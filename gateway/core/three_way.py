"""Merging what two sides made of one document, given the last document that both agreed on.

What only one side changed is taken from that side; what both changed alike is taken; only what both changed and
differently is an overlap, and somebody has to say who wins. Objects are merged key by key. An array of distinct texts
is a set: what either side added is in it, what either side removed is not. Every other value is one thing; so is a
place where one of the three is no object. As in a shadow, an empty object and an absent one are the same.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import NamedTuple

from gateway.core.shadow import equal

Path = tuple[str, ...]
"""The keys that lead to a value."""


class Absent(enum.Enum):
    """What stands where nothing does; `None` is a value of JSON."""

    ABSENT = 0


ABSENT = Absent.ABSENT


class Overlap(NamedTuple):
    """One place that both sides changed, and differently. A value that is not there is `ABSENT`."""

    path: Path
    base: object
    one: object
    other: object


class Merged(NamedTuple):
    """What came of it; `value` is `ABSENT` where nothing is left."""

    value: object
    overlaps: list[Overlap]


Choose = Callable[[Overlap], object]
"""Says which of the two values of an overlap is taken."""


def three_way(base: object, one: object, other: object, choose: Choose) -> Merged:
    """`one` and `other` together, as changes of `base`. No argument is changed.

    The same for the same arguments; with the sides exchanged, and `choose` with them, the same value.
    """
    overlaps: list[Overlap] = []
    value = _merge((), _tidy(base), _tidy(one), _tidy(other), _Walk(choose, overlaps))
    return Merged(value, overlaps)


class _Walk(NamedTuple):
    choose: Choose
    overlaps: list[Overlap]


def same(one: object, other: object) -> bool:
    """Whether two values, either of which may be absent, are the same to a twin."""
    if one is ABSENT or other is ABSENT:
        return one is other
    return equal(one, other)


def _merge(path: Path, base: object, one: object, other: object, walk: _Walk) -> object:
    if same(one, other) or same(base, other):
        return one
    if same(base, one):
        return other
    keyed = [side for side in map(_keys_of, (base, one, other)) if side is not None]
    if len(keyed) == len((base, one, other)):
        return _merge_objects(path, keyed, walk)
    if _is_set(base) and _is_set(one) and _is_set(other):
        return _merge_sets(base, one, other)
    overlap = Overlap(path, base, one, other)
    walk.overlaps.append(overlap)
    return walk.choose(overlap)


def _merge_objects(path: Path, sides: list[dict[str, object]], walk: _Walk) -> object:
    merged: dict[str, object] = {}
    for key in sorted({key for side in sides for key in side}):  # In an order of its own, whoever comes first.
        base, one, other = (side.get(key, ABSENT) for side in sides)
        value = _merge((*path, key), base, one, other, walk)
        if value is not ABSENT:
            merged[key] = value
    return merged or ABSENT


def _keys_of(value: object) -> dict[str, object] | None:
    """`value` where it is an object, also an empty one; else None."""
    return {} if value is ABSENT else value if isinstance(value, dict) else None


def _is_set(value: object) -> bool:
    """Numbers in an array have places that mean something, such as a lowest and a highest; texts are names."""
    if not isinstance(value, list):
        return value is ABSENT
    return all(isinstance(member, str) for member in value) and len(set(value)) == len(value)


def _merge_sets(base: object, one: object, other: object) -> list[str]:
    before, here, there = (side if isinstance(side, list) else [] for side in (base, one, other))
    kept = [member for member in before if member in here and member in there]
    return kept + sorted({*here, *there} - {*before})


def _tidy(value: object) -> object:
    """`value` without empty objects: nothing in a shadow tells them from absent ones."""
    if not isinstance(value, dict):
        return value
    below = {key: _tidy(member) for key, member in value.items()}
    return {key: member for key, member in below.items() if member is not ABSENT} or ABSENT

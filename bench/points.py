"""A series as points in time, and how far one that was thinned is from it when it is drawn again."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple


class Point(NamedTuple):
    """A value at a time."""

    at_s: float
    value: float


def held(kept: Sequence[Point], at_s: float) -> float:
    """The value at a time where each holds until the next; before the first its own."""
    return kept[max(0, bisect_right(kept, at_s, key=_at_s) - 1)].value


def drawn(kept: Sequence[Point], at_s: float) -> float:
    """The value at a time on the lines between the points; beyond them that of the nearest."""
    after = bisect_right(kept, at_s, key=_at_s)
    if after == 0 or after == len(kept):
        return kept[-1 if after else 0].value
    left, right = kept[after - 1], kept[after]
    return left.value + (right.value - left.value) * (at_s - left.at_s) / (right.at_s - left.at_s)


def _at_s(point: Point) -> float:
    return point.at_s

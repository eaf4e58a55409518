"""The swinging door as it is usually written: when the doors are parallel, the last point before is kept."""

from __future__ import annotations

from collections.abc import Sequence

from bench.points import Point


def classic_door(points: Sequence[Point], deviation: float) -> list[Point]:
    """What it keeps of `points`, the first and the last among it.

    Both doors turn about the point that was kept last, one `deviation` above and one below it, and only ever open; when
    they are parallel, the point before is kept. It need not lie in the corridor itself, hence the error.
    """
    if not points:
        return []
    kept, before = [points[0]], points[0]
    upper, lower = float("-inf"), float("inf")
    for point in points[1:]:
        pivot = kept[-1]
        apart_s = point.at_s - pivot.at_s
        upper = max(upper, (point.value - pivot.value - deviation) / apart_s)
        lower = min(lower, (point.value - pivot.value + deviation) / apart_s)
        if upper > lower:
            kept.append(before)
            apart_s = point.at_s - before.at_s
            upper = (point.value - before.value - deviation) / apart_s
            lower = (point.value - before.value + deviation) / apart_s
        before = point
    return kept if kept[-1] == before else [*kept, before]

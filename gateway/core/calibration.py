"""From what a part says to what is so."""

from __future__ import annotations

from bisect import bisect_right
from operator import itemgetter

from gateway.core.settings_quality import CalibrateSettings


def calibrated(value: float, settings: CalibrateSettings) -> float:
    """What is so where a part says `value`, both in the channel's unit; of a number too large, no finite one."""
    if not settings.points:
        return value * settings.scale + settings.offset
    after = min(max(bisect_right(settings.points, value, key=itemgetter(0)), 1), len(settings.points) - 1)
    (left, low), (right, high) = settings.points[after - 1], settings.points[after]
    slope = (high - low) / (right - left)
    # From the nearer end, so that a point is met exactly.
    if abs(value - left) <= abs(right - value):
        return low + (value - left) * slope
    return high + (value - right) * slope


def calibrated_range(
    low: float | None, high: float | None, settings: CalibrateSettings | None
) -> tuple[float | None, float | None]:
    """The range of a part as it is after its calibration, which turns it round where it falls."""
    if settings is None:
        return low, high
    one, other = (None if end is None else calibrated(end, settings) for end in (low, high))
    rises = settings.points[0][1] < settings.points[-1][1] if settings.points else settings.scale > 0
    return (one, other) if rises else (other, one)

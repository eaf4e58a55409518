"""What drivers whose channels are `raw * scale + offset` have in common: which scale and offset make a value."""

from __future__ import annotations

import math

from drivers.base import BadValueError, Value

SCALE_MIN, SCALE_MAX = 1e-12, 1e12
"""Beyond, steps vanish or ranges overflow; no unit is so far from another."""
OFFSET_MAX = 1e15
"""Larger ones leave no digit of a double for the value itself."""


def check_scale(scale: float, offset: float) -> None:
    """Accept a scale and an offset.

    Raises:
        ValueError: of some raw number they make no finite value, or of all the same.
    """
    if not SCALE_MIN <= abs(scale) <= SCALE_MAX:
        raise ValueError(f"scale {scale:g}; allowed: {SCALE_MIN:g} to {SCALE_MAX:g}, or the same below 0")
    if not abs(offset) <= OFFSET_MAX:
        raise ValueError(f"offset {offset:g}; allowed: -{OFFSET_MAX:g} to {OFFSET_MAX:g}")


def value_of(raw: int, scale: float, offset: float) -> float:
    """The channel's value for a raw number, without the digits that a double does not hold."""
    return float(f"{raw * scale + offset:.15g}")


def ends_of(least: int, most: int, scale: float, offset: float) -> tuple[float, float]:
    """The least and the most that the channel can be, where raw goes from `least` to `most`."""
    low, high = sorted(raw * scale + offset for raw in (least, most))
    return low, high


def raw_range(bits: int, *, signed: bool) -> tuple[int, int]:
    """The least and the most of a whole number of so many bits."""
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)


def in_mask(raw: int, mask: int) -> int:
    """The bits of `raw` that are in `mask`, the lowest of them as bit 0."""
    return (raw & mask) // (mask & -mask)


def check_number(value: Value, low: float, high: float) -> float:
    """A value that is to be written, if it is a number from `low` to `high`.

    Raises:
        BadValueError: it is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadValueError(f"{value!r} is no number")
    if not low <= value <= high:
        raise BadValueError(f"{value!r} is outside {low:g} to {high:g}")
    return value

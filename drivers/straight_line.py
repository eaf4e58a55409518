"""What drivers whose channels are `raw * scale + offset` have in common: which scale and offset make a value."""

from __future__ import annotations

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

"""Platinum resistance thermometers: what a PT100 or PT1000 has at a temperature, and the way back. Pure functions.

Source: IEC 60751:2008, section 4.2 (equations and constants) and table 1.
"""

from __future__ import annotations

import math

A = 3.9083e-3
"""Per Cel."""
B = -5.775e-7
"""Per Cel squared."""
C = -4.183e-12
"""Per Cel to the fourth power; below zero only."""

LOWEST_CEL, HIGHEST_CEL = -200.0, 850.0
"""The range of the equations."""
FREEZING_CEL = 0.0
STEPS = 3
"""Of Newton's method below zero. It starts 2.4 Cel off at most; two steps leave 1e-8 Cel, three 1e-12."""


def ratio_at(celsius: float) -> float:
    """The resistance at a temperature from -200 to 850 Cel as a multiple of that at 0 Cel."""
    quadratic = 1 + A * celsius + B * celsius**2
    return quadratic if celsius >= FREEZING_CEL else quadratic + C * (celsius - 100) * celsius**3


LOWEST_RATIO, HIGHEST_RATIO = ratio_at(LOWEST_CEL), ratio_at(HIGHEST_CEL)


def celsius_at(ratio: float) -> float:
    """The temperature in Cel at which the resistance is so many times that at 0 Cel; the inverse of `ratio_at`.

    Raises:
        ValueError: no temperature from -200 to 850 Cel has it.
    """
    if not LOWEST_RATIO <= ratio <= HIGHEST_RATIO:
        raise ValueError(f"found {ratio:.4f}, allowed {LOWEST_RATIO:.4f} to {HIGHEST_RATIO:.4f}")
    celsius = (-A + math.sqrt(A * A - 4 * B * (1 - ratio))) / (2 * B)
    if ratio < 1:
        for _ in range(STEPS):
            slope = A + 2 * B * celsius + C * (4 * celsius**3 - 300 * celsius**2)
            celsius -= (ratio_at(celsius) - ratio) / slope
    return min(HIGHEST_CEL, max(LOWEST_CEL, celsius))

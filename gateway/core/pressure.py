"""When the processor cannot keep up: who is read less often, so that the others are read in time. Pure.

A loop that wants to look once a second and comes late says how long everything waits. What is late for some seconds is
pressure; then parts of which every channel is of the low lane are read less often, and if that does not help, those of
the normal lane. High and critical ones never are. A reading that is not taken needs no account.
"""

from __future__ import annotations

import enum

from gateway.core.reading import Lane

LATE_S_MAX = 0.25
"""On average. A reading that waits longer than this before it is even taken is no longer of its time."""
CALM_S_MAX = 0.05
"""Below this for `CALM_LOOKS` the pressure is over; between the two everything stays as it is."""
PRESSED_LOOKS, CALM_LOOKS = 5, 30
"""Looks in a row before a step up and a step down: a moment is no pressure, and its end is not trusted at once."""
SMOOTHING = 0.3
SELDOM, RARE = 8.0, 64.0
"""By how much the intervals grow, in the first step and where a second follows."""


class Level(enum.IntEnum):
    """How much gives way."""

    CALM = 0
    LOW_YIELDS = 1
    NORMAL_YIELDS = 2


SLOWER = {
    Level.CALM: {},
    Level.LOW_YIELDS: {Lane.LOW: SELDOM},
    Level.NORMAL_YIELDS: {Lane.LOW: RARE, Lane.NORMAL: SELDOM},
}


class Pressure:
    """The pressure now."""

    def __init__(self) -> None:
        self.level = Level.CALM
        self.late_s = 0.0
        """How late the looks are, smoothed."""
        self._looks = 0

    def look(self, late_s: float) -> bool:
        """Take in how late the last look was; whether the level has changed."""
        self.late_s += SMOOTHING * (max(late_s, 0.0) - self.late_s)
        up = self.late_s > LATE_S_MAX and self.level < Level.NORMAL_YIELDS
        down = self.late_s < CALM_S_MAX and self.level > Level.CALM
        direction = up - down
        if direction == 0 or direction * self._looks < 0:
            self._looks = 0
        self._looks += direction
        if -CALM_LOOKS < self._looks < PRESSED_LOOKS:
            return False
        self.level, self._looks = Level(self.level + direction), 0
        return True

    def slower(self, lane: Lane) -> float:
        """By how much the interval of a part is longer whose most urgent channel is of `lane`."""
        return SLOWER[self.level].get(lane, 1.0)

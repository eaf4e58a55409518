"""A tank of water: a pump fills it, people draw from it by day, a valve empties it."""

from __future__ import annotations

from drivers.simulated.climate import DAY_S
from drivers.simulated.world_settings import WorldSettings

EMPTY_V, FULL_V = 0.25, 2.25
"""A pressure probe at the bottom, of 0.5 to 4.5 V, behind a divider by two."""
FLOAT_OPENS_AT = 0.95
"""The float switch at the top is closed while the level, a share of the full tank, is below this."""
LID_M, DEPTH_M = 0.25, 1.5
"""Between the full tank and its lid, and between full and empty."""
DRAWN_HOURS = (6.0, 22.0)
"""Between these nobody sleeps."""


class Tank:
    """How full it is, exactly, as long as `flow` stays the same."""

    def __init__(self, settings: WorldSettings) -> None:
        self.level = settings.tank_level
        self._settings = settings

    @property
    def has_room(self) -> bool:
        """Whether the float switch at its top is closed."""
        return self.level < FLOAT_OPENS_AT

    @property
    def voltage(self) -> float:
        """What the pressure probe gives, V."""
        return EMPTY_V + (FULL_V - EMPTY_V) * self.level

    @property
    def gap(self) -> float:
        """From a part under its lid to the water, m."""
        return LID_M + DEPTH_M * (1 - self.level)

    def flow(self, day_s: float, *, pump: float, valve: float) -> float:
        """What comes in and goes out in a second, as a share of the full tank; pump and valve are on by a share."""
        settings = self._settings
        first, last = DRAWN_HOURS
        drawn = first <= day_s % DAY_S / 3600 < last
        return (
            pump / settings.tank_fills_in_s
            - valve / settings.tank_empties_in_s
            - (1 / settings.tank_lasts_s if drawn else 0.0)
        )

    def move(self, flow: float, seconds: float) -> None:
        """Let `flow` go on for so long; what is too much runs over."""
        self.level = min(1.0, max(0.0, self.level + flow * seconds))

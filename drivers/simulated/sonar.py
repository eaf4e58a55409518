"""A simulated HC-SR04: a sound goes out when the trigger falls, and the echo pin is high for as long as it is away.

Source: Elecfreaks, HC-SR04 datasheet.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

from drivers.base import Clock
from drivers.simulated.faults import Faults
from drivers.simulated.pulses import EdgeSource

BURST_S = 0.0005
"""From the trigger to the beginning of the echo pin's pulse: the sound itself, and the part's start."""
NOTHING_S = 0.19
"""How long the echo pin stays high where nothing comes back."""
RANGE_M = 4.5
WILD_SHARE = 0.4
"""Of the way, where a sound comes back from something else."""


class SimulatedSonar(EdgeSource):
    """One HC-SR04; what is on its echo pin.

    Args:
        distance: to what is before it, in m.
        temperature: of the air on the way, in Cel.
        faults: `absent`; `stuck`; `corrupt_every`, so many echoes come from something nearer.
    """

    def __init__(
        self, distance: Callable[[], float], temperature: Callable[[], float], clock: Clock, faults: Faults
    ) -> None:
        self._distance = distance
        self._temperature = temperature
        self._clock = clock
        self._faults = faults
        self._triggered = False
        self._coming: list[tuple[float, bool]] = []
        self._level = False

    def trigger(self, level: bool) -> None:
        """Take the level of the trigger pin."""
        fell, self._triggered = self._triggered and not level, level
        if fell and not self._faults.absent and not self._coming:
            begins_s = self._clock.now_s() + BURST_S
            self._coming = [(begins_s, True), (begins_s + self._away_s(), False)]

    def _away_s(self) -> float:
        distance: float = self._faults.measured("distance", self._distance)
        if self._faults.corrupts():
            distance *= WILD_SHARE
        if distance > RANGE_M:
            return NOTHING_S
        return 2 * distance / (331.3 * math.sqrt(1 + self._temperature() / 273.15))

    def edges(self) -> Iterator[tuple[float, bool]]:
        """What of the echo has come, and the level that it has left."""
        now_s = self._clock.now_s()
        while self._coming and self._coming[0][0] <= now_s:
            at_s, self._level = self._coming.pop(0)
            yield at_s, self._level
        yield now_s, self._level

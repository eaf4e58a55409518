"""How long an acknowledgement takes: smoothed, at its shortest, and at its longest worth waiting for.

Source: RFC 6298 sections 2 and 3, for the smoothing, the time-out and what may be measured.
"""

from __future__ import annotations

ALPHA, BETA, DEVIATIONS = 1 / 8, 1 / 4, 4.0
"""RFC 6298 section 2: weights of a new measurement, and how many mean deviations a late answer may need."""
GRAIN_S = 0.01
"""What a round trip is never said to be shorter than; below this, the scheduling of processes is measured."""
TIMEOUT_MIN_S = 3.0
"""Nobody is asked again sooner. RFC 6298 says 1 s; ours waits for a commit to a disk too, which may stall longer."""
TRIPS_MIN = 2.0
"""No time-out is shorter than so many smoothed round trips: a slow link must not be sent everything twice."""


class RoundTrip:
    """Measured round trips of one connection, in seconds. Only what was sent once is measured (Karn, section 3)."""

    def __init__(self) -> None:
        self.smoothed_s: float | None = None
        """None until one was measured."""
        self.base_s = float("inf")
        """The shortest one, which is the way itself without any queue; infinite until one was measured."""
        self._deviation_s = 0.0

    def measured(self, trip_s: float, *, alone: bool = False) -> None:
        """One more round trip. What was `alone` on its way met no queue: the base begins anew with it."""
        trip_s = max(trip_s, GRAIN_S)
        if self.smoothed_s is None:
            self.smoothed_s, self._deviation_s = trip_s, trip_s / 2
        else:
            self._deviation_s += BETA * (abs(self.smoothed_s - trip_s) - self._deviation_s)
            self.smoothed_s += ALPHA * (trip_s - self.smoothed_s)
        self.base_s = trip_s if alone else min(self.base_s, trip_s)

    def timeout_s(self, limit_s: float) -> float:
        """How long to wait for an answer: `limit_s` until something was measured.

        Then between `TIMEOUT_MIN_S` and `limit_s`, except that it is never shorter than `TRIPS_MIN` smoothed round
        trips, also where that is beyond the limit, and never longer than the limit where the limit is the smallest.
        """
        if self.smoothed_s is None:
            return limit_s
        wanted_s = max(TIMEOUT_MIN_S, self.smoothed_s + max(GRAIN_S, DEVIATIONS * self._deviation_s))
        return max(min(wanted_s, limit_s), TRIPS_MIN * self.smoothed_s)

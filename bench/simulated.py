"""A clock that moves when it is told to, so that a week passes in a minute."""

from __future__ import annotations

from gateway.clock import NS_PER_S
from gateway.core.reading import ClockState

START_NS = 1_795_417_200 * NS_PER_S
"""An ordinary moment; times of today have as many digits."""


class SimulatedClock:
    """A `gateway.clock.Clock`."""

    boot_id = "simulated"

    def __init__(self) -> None:
        self._now_ns = NS_PER_S

    def advance(self, ns: int) -> None:
        """Let `ns` nanoseconds pass."""
        self._now_ns += ns

    def boottime_ns(self) -> int:
        """See `Clock`."""
        return self._now_ns

    def wall_ns(self) -> int:
        """See `Clock`."""
        return START_NS + self._now_ns

    def state(self) -> ClockState:
        """See `Clock`."""
        return ClockState.SYNCHRONISED

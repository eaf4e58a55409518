"""What happens to the wall clock: it becomes known, it is set, it disagrees with the twin's. Pure; asked once a second.

Boottime does not jump and does not drift from the wall clock by more than a few hundred microseconds a second, so a
change of their difference that is larger than that is somebody setting the clock.
"""

from __future__ import annotations

from typing import NamedTuple

from gateway.core.offset import Sample
from gateway.core.reading import ClockState
from gateway.core.time_repair import Now

STEP_S_MIN = 0.2
"""A smaller change between two looks may be slewing (at most 0.5 ms/s) or a look that took its time."""
DISAGREES_S_MIN = 2.0
"""Two clocks that are both synchronised over the internet are closer than this; beyond its own error, one is wrong."""


class ClockEvent(NamedTuple):
    """Something for the event log: `clock_synchronised`, `clock_unsynchronised`, `clock_step` or `clock_disagrees`."""

    kind: str
    seconds: float | None = None
    """By how much the clock was set, or how far the twin's is ahead of it."""


class ClockWatch:
    """Remembers the last look."""

    def __init__(self) -> None:
        self._last: Now | None = None
        self._disagrees = False

    def look(self, now: Now, twin: Sample | None = None) -> list[ClockEvent]:
        """What has happened since the last look; `now` by our own clock, `twin` how far the twin's is ahead of it."""
        last, self._last = self._last, now
        events = []
        if last is not None and last.boot_id == now.boot_id:
            step_s = ((now.wall_ns - now.boottime_ns) - (last.wall_ns - last.boottime_ns)) / 1e9
            if abs(step_s) >= STEP_S_MIN:
                events.append(ClockEvent("clock_step", round(step_s, 3)))
        if last is not None and last.clock is not now.clock:
            known = now.clock is ClockState.SYNCHRONISED
            events.append(ClockEvent("clock_synchronised" if known else "clock_unsynchronised"))
        return [*events, *self._compare(now, twin)]

    def _compare(self, now: Now, twin: Sample | None) -> list[ClockEvent]:
        """Said once when it begins: who of the two is wrong cannot be known here."""
        before = self._disagrees
        if twin is None or now.clock is not ClockState.SYNCHRONISED:
            self._disagrees = False
            return []
        self._disagrees = abs(twin.offset_s) > twin.error_s + DISAGREES_S_MIN
        return [ClockEvent("clock_disagrees", round(twin.offset_s, 3))] if self._disagrees and not before else []

    @property
    def disagrees(self) -> bool:
        """Whether our clock and the twin's both claim to be right, and differ."""
        return self._disagrees

"""Report by exception: single readings, chosen so that a reader can rebuild the others within a stated deviation.

A deviation may change from reading to reading (the budget widens it); each dropped reading lies within the one of its
own moment.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from gateway.core.aggregate import Item
from gateway.core.news import differs, plain
from gateway.core.plan import Limits
from gateway.core.reading import Reading


class Outcome(NamedTuple):
    """What becomes of a reading and of what was held before it."""

    send: tuple[Item, ...] = ()
    """To be sent now, oldest first."""
    held: tuple[Item, ...] = ()
    """All that waits now."""
    dropped: tuple[Reading, ...] = ()
    """No news."""
    closed: int = 0
    """So many of `send`, the first, come from the windows of a hybrid."""
    open: int = 0
    """So many of `held`, the first, are its open window."""


def _silent(last: Reading, now_ns: int, limits: Limits) -> bool:
    return now_ns - last.boottime_ns >= limits.silence_ns


class Changes:
    """Report by exception: a number that left the deadband around the last one sent, any other change, a heartbeat.

    A reader that holds each value until the next is never wrong by more than the deadband. With `previous`, the last
    reading before a change goes with it, so that who draws lines sees a step as a step.
    """

    open = 0

    def __init__(self, *, previous: bool = False) -> None:
        self.held: tuple[Item, ...] = ()
        self._previous = previous
        self._last: Reading | None = None
        self._before: Reading | None = None

    def take(self, reading: Reading, limits: Limits) -> Outcome:
        """Decide about the next reading."""
        last, before = self._last, self._before
        if last is None or differs(last, reading, limits.deviation):
            return self.admit(reading)
        dropped = () if before is None else (before,)
        if _silent(last, reading.boottime_ns, limits):
            self._last = reading
            self._keep(None)
            return Outcome((reading,), (), dropped)
        if not self._previous:
            return Outcome((), (), (reading,))
        self._keep(reading)
        return Outcome((), self.held, dropped)

    def admit(self, reading: Reading) -> Outcome:
        """Send it whatever it is; the next is compared with it."""
        send = (*self.held, reading)
        self._last = reading
        self._keep(None)
        return Outcome(send)

    def overdue(self, now_ns: int, limits: Limits) -> tuple[Item, ...]:
        """The last reading before a silence that nobody meant."""
        before = self._before
        if before is None or not _silent(before, now_ns, limits):
            return ()
        self._last = before
        self._keep(None)
        return (before,)

    def _keep(self, reading: Reading | None) -> None:
        self._before = reading
        self.held = () if reading is None else (reading,)


class Door:
    """The swinging door in its strict form: every dropped number lies within the deviation of the line that is sent.

    From the last one sent, the pivot, each new number leaves a sector of slopes from which all so far are seen within
    the deviation. The newest is held. One that lies outside the sector sends the held one, which becomes the pivot.
    What is no good number is sent as it changes, and interrupts the line.
    """

    open = 0

    def __init__(self) -> None:
        self.held: tuple[Item, ...] = ()
        self._pivot: Reading | None = None
        self._candidate: Reading | None = None
        self._low, self._high = -math.inf, math.inf

    def take(self, reading: Reading, limits: Limits) -> Outcome:
        """Decide about the next reading."""
        pivot, candidate = self._pivot, self._candidate
        if pivot is None or not (plain(pivot) and plain(reading)):
            if pivot is None or candidate is not None or differs(pivot, reading, limits.deviation):
                return self.admit(reading)
            return self.admit(reading) if self._is_silent(reading, limits) else Outcome((), (), (reading,))
        last = pivot if candidate is None else candidate
        if reading.boottime_ns <= last.boottime_ns:  # No line goes through two numbers at one time.
            return self.admit(reading)
        slope = _slope(pivot, reading, 0.0)
        if candidate is not None and not self._low <= slope <= self._high:
            self._turn(candidate)
            self._swing(candidate, reading, limits.deviation)
            return Outcome((candidate,), self.held)
        dropped = () if candidate is None else (candidate,)
        if self._is_silent(reading, limits) or not math.isfinite(slope):
            self._turn(reading)
            return Outcome((reading,), (), dropped)
        self._swing(pivot, reading, limits.deviation)
        return Outcome((), self.held, dropped)

    def admit(self, reading: Reading) -> Outcome:
        """Send it whatever it is, and what waits before it; it is the next pivot."""
        send = (*self.held, reading)
        self._turn(reading)
        return Outcome(send)

    def overdue(self, now_ns: int, limits: Limits) -> tuple[Item, ...]:
        """The last number before a silence that nobody meant."""
        candidate = self._candidate
        if candidate is None or not _silent(candidate, now_ns, limits):
            return ()
        self._turn(candidate)
        return (candidate,)

    def _is_silent(self, reading: Reading, limits: Limits) -> bool:
        return self._pivot is not None and _silent(self._pivot, reading.boottime_ns, limits)

    def _turn(self, pivot: Reading) -> None:
        self._pivot, self._candidate, self.held = pivot, None, ()
        self._low, self._high = -math.inf, math.inf

    def _swing(self, pivot: Reading, reading: Reading, deviation: float) -> None:
        self._low = max(self._low, _slope(pivot, reading, -deviation))
        self._high = min(self._high, _slope(pivot, reading, deviation))
        self._candidate, self.held = reading, (reading,)


def _slope(pivot: Reading, reading: Reading, offset: float) -> float:
    """Unit per nanosecond from the pivot to a number `offset` beside the reading."""
    return (float(reading.value) + offset - float(pivot.value)) / (reading.boottime_ns - pivot.boottime_ns)

"""What of one channel is sent, what waits for a decision, and what is only counted. One gate for each mode.

The law of these files: what was held before, and the reading that came, is what is sent, held or dropped now. An
aggregate is one of the readings that it is made of; the others count as dropped.
"""

from __future__ import annotations

from typing import Protocol

from gateway.core.aggregate import Item
from gateway.core.gate_events import Changes, Door, Outcome
from gateway.core.gate_windows import Windows
from gateway.core.news import plain
from gateway.core.plan import Limits, Plan
from gateway.core.reading import Reading
from gateway.core.settings_channel import Mode, Part

__all__ = ["Changes", "Door", "Gate", "Hybrid", "Outcome", "Windows", "gate_of"]


class Gate(Protocol):
    """The state of one channel."""

    held: tuple[Item, ...]
    """What waits; it is replaced by as much, sent, or grows at its end."""
    open: int
    """So many of it, the first, are the window of a hybrid."""

    def take(self, reading: Reading, limits: Limits) -> Outcome:
        """Decide about the next reading."""

    def admit(self, reading: Reading) -> Outcome:
        """Send it whatever it is, and what waits before it; the next is compared with it."""

    def overdue(self, now_ns: int, limits: Limits) -> tuple[Item, ...]:
        """What has waited for too long, where nothing is read any more; it waits no longer."""


def gate_of(plan: Plan) -> Gate | None:
    """The gate for a plan; None where every reading is sent."""
    if plan.mode is Mode.PERIODIC:
        return Windows(plan.aggregates)
    if plan.mode is Mode.EVENT:
        return _events(plan)
    # Over time only the sum of all readings is one, not that of what is no event.
    parts = tuple(part for part in plan.aggregates if part is not Part.INTEGRAL)
    # A window closes after events that are newer than it: what it holds has to be told from a reading that is late.
    return Hybrid(_events(plan), Windows(parts, alone=False)) if plan.mode is Mode.HYBRID else None


def _events(plan: Plan) -> Changes | Door:
    return Door() if plan.door else Changes(previous=plan.previous)


class Hybrid:
    """Events, and of what they leave out one aggregate per window: each reading is in one of the two."""

    def __init__(self, events: Changes | Door, windows: Windows) -> None:
        self.held: tuple[Item, ...] = ()
        self.open = 0
        self._events = events
        self._windows = windows

    def take(self, reading: Reading, limits: Limits) -> Outcome:
        """Decide about the next reading."""
        events = self._events.take(reading, limits)
        closed: tuple[Item, ...] = ()
        dropped: tuple[Reading, ...] = ()
        for one in events.dropped:
            if plain(one):
                joined = self._windows.take(one, limits)
                closed += joined.send
                dropped += joined.dropped
            else:
                dropped += (one,)
        closed += self._windows.overdue(reading.boottime_ns, limits)
        return self._outcome(closed, events.send, dropped)

    def admit(self, reading: Reading) -> Outcome:
        """Send the open window as it is, what waits, and the reading."""
        closed = self._windows.flush()
        return self._outcome(closed, self._events.admit(reading).send, ())

    def overdue(self, now_ns: int, limits: Limits) -> tuple[Item, ...]:
        """What has waited for too long."""
        late = (*self._windows.overdue(now_ns, limits), *self._events.overdue(now_ns, limits))
        self._gather()
        return late

    def _outcome(self, closed: tuple[Item, ...], events: tuple[Item, ...], dropped: tuple[Reading, ...]) -> Outcome:
        self._gather()
        return Outcome((*closed, *events), self.held, dropped, len(closed), self.open)

    def _gather(self) -> None:
        self.held, self.open = (*self._windows.held, *self._events.held), len(self._windows.held)

"""One aggregate of a channel for each window of time."""

from __future__ import annotations

from gateway.core.aggregate import Gathering, Item
from gateway.core.gate_events import Outcome
from gateway.core.news import differs, plain
from gateway.core.plan import Limits
from gateway.core.reading import Reading
from gateway.core.settings_channel import Part


class Windows:
    """One aggregate for each window of boottime. What is no good number is sent as it changes, and once per window."""

    open = 0

    def __init__(self, parts: tuple[Part, ...], *, alone: bool = True) -> None:
        self.held: tuple[Item, ...] = ()
        self._parts = parts
        self._alone = alone
        self._open: Gathering | None = None
        self._before: Reading | None = None
        """The last good number of the window before, from where the sum over time goes on."""
        self._other: Reading | None = None
        """What was sent last, where that was no good number."""

    def take(self, reading: Reading, limits: Limits) -> Outcome:
        """Decide about the next reading."""
        if not plain(reading):
            return self._interrupt(reading, limits)
        self._other = None
        closed: tuple[Item, ...] = ()
        if self._open is not None and reading.boottime_ns >= self._open.end_ns:
            closed = self.flush()
        joined = self._open is not None
        if self._open is None:
            self._open = Gathering(self._parts, reading.boottime_ns, limits.window_ns, self._before, alone=self._alone)
        self._open.add(reading)
        item = self._open.item()
        self.held = () if item is None else (item,)
        return Outcome(closed, self.held, (reading,) if joined else ())

    def admit(self, reading: Reading) -> Outcome:
        """Send the open window as it is, and the reading."""
        closed = self.flush()
        if plain(reading):
            self._other = None
        else:  # No sum over time goes on behind it.
            self._before, self._other = None, reading
        return Outcome((*closed, reading))

    def flush(self) -> tuple[Item, ...]:
        """The open window as it is; it waits no longer."""
        closed, self.held = self.held, ()
        if self._open is not None:
            self._before, self._open = self._open.last, None
        return closed

    def overdue(self, now_ns: int, limits: Limits) -> tuple[Item, ...]:  # noqa: ARG002 - a window knows its own end
        """The open window, where it is over."""
        return self.flush() if self._open is not None and now_ns >= self._open.end_ns else ()

    def _interrupt(self, reading: Reading, limits: Limits) -> Outcome:
        other = self._other
        if other is None or differs(other, reading, 0.0):
            return self.admit(reading)
        is_due = reading.boottime_ns - other.boottime_ns >= limits.window_ns
        return self.admit(reading) if is_due else Outcome((), (), (reading,))

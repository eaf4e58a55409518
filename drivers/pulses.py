"""The pulses of a contact that bounces: how many there were, and how fast they come. Pure: it sees levels and times."""

from __future__ import annotations


class PulseTrain:
    """Counts pulses and tells their rate.

    A pulse begins with an edge to the active level after a time of quiet. So bounces, which follow an edge at once, are
    not counted, neither where the contact closes nor where it opens again, and a pulse may be shorter than its quiet.

    Args:
        quiet_s: how long there was no edge before one that counts.
        still_after_s: without a pulse for so long, the rate is zero.
        now_s: from when on it counts; seconds that never go back, as in every call.
    """

    def __init__(self, quiet_s: float, still_after_s: float, now_s: float) -> None:
        self._quiet_s = quiet_s
        self._still_after_s = still_after_s
        self._edge_s = float("-inf")
        self._since_s = now_s
        self._last_s: float | None = None
        self._first_s = now_s
        self._news = 0
        self._rate: float | None = None

    def edge(self, level: bool, at_s: float) -> bool:
        """Take in an edge to `level`; True where it is a pulse that counts."""
        quiet = at_s - self._edge_s >= self._quiet_s
        self._edge_s = at_s
        if not (level and quiet):
            return False
        before_s, self._last_s = self._last_s, at_s
        self._news += 1
        if self._news == 1:
            self._first_s = at_s
            if before_s is not None and at_s > before_s:
                self._rate = 1.0 / (at_s - before_s)
        return True

    def rate(self, now_s: float) -> float | None:
        """Pulses in a second; None while nothing can be said.

        That of the intervals since the last call, by the times of the pulses themselves; of the last interval where
        there was no other. Without a new pulse it sinks: were it higher, the next pulse would have come.
        """
        if self._last_s is not None and self._news > 1 and self._last_s > self._first_s:
            self._rate = (self._news - 1) / (self._last_s - self._first_s)
        self._news = 0
        silent_s = now_s - (self._since_s if self._last_s is None else self._last_s)
        if silent_s > self._still_after_s:
            return 0.0
        if self._rate is None or silent_s <= 0:
            return self._rate
        return min(self._rate, 1.0 / silent_s)

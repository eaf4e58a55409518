"""A clock that only moves when somebody waits, so that a day passes in no time."""

from __future__ import annotations

import threading


class VirtualClock:
    """A `drivers.base.Clock` whose `sleep` moves time on and returns at once. Safe to share between threads."""

    def __init__(self, start_s: float = 0.0) -> None:
        self._now_s = start_s
        self._lock = threading.Lock()

    def now_s(self) -> float:
        """Seconds, as far as they were slept."""
        with self._lock:
            return self._now_s

    def sleep(self, seconds: float) -> None:
        """Move on by `seconds`; below zero counts as zero."""
        with self._lock:
            self._now_s += max(0.0, seconds)

"""How many decisions are kept: a bucket of tokens that fills slowly, so that no sender can fill disk and log."""

from __future__ import annotations

from collections import Counter

BURST = 500
"""Commands that may come at once: an application that sets up a large site."""
PER_S = 5.0
"""What may come for ever: some commands a second are more than any site's actuators can follow."""
TELL_EVERY_S = 60.0


class Flood:
    """What may be kept, and a count of what was not."""

    def __init__(self, burst: int = BURST, per_s: float = PER_S) -> None:
        self._burst = burst
        self._per_s = per_s
        self._tokens = float(burst)
        self._filled_s: float | None = None
        self._told_s: float | None = None
        self.refused: Counter[str] = Counter()
        """What was refused and not kept since the last report, by reason."""

    def admits(self, now_s: float) -> bool:
        """Whether one more may be kept; `now_s` is of a clock that never goes back."""
        if self._filled_s is not None:
            self._tokens = min(self._burst, self._tokens + (now_s - self._filled_s) * self._per_s)
        self._filled_s = now_s
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def report(self, now_s: float) -> dict[str, int]:
        """What was refused and not kept, at most once a minute; empty where there is nothing to tell yet."""
        if not self.refused or (self._told_s is not None and now_s - self._told_s < TELL_EVERY_S):
            return {}
        self._told_s = now_s
        counts, self.refused = dict(self.refused), Counter()
        return counts

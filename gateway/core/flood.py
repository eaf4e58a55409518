"""How many decisions are kept: a bucket of tokens that fills slowly, so that no sender can fill disk and log."""

from __future__ import annotations

import math
from collections import Counter

from gateway.core.command import Execution, ReasonCode

BURST = 500
"""Commands that may come at once: an application that sets up a large site."""
PER_S = 5.0
"""What may come for ever: some commands a second are more than any site's actuators can follow."""
TELL_EVERY_S = 60.0
REMEMBERED_MAX = 1000
"""Refusals that are remembered in memory, a few hundred bytes each."""
REASON_CHARACTERS = 200
"""Of a refusal's reason so much is remembered: it may quote the order."""


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
        self._said: dict[str, tuple[ReasonCode, str, float]] = {}
        """What was answered to ids that are not on the disk, oldest first."""
        self._forgotten_s = -math.inf
        """No order that was issued later is among those that had been refused for coming too fast and are forgotten."""

    def remember(self, refused: Execution) -> None:
        """What is answered to an id now is answered to it again."""
        self._said[refused.id] = (refused.reason_code, refused.reason[:REASON_CHARACTERS], refused.issued_s)
        while len(self._said) > REMEMBERED_MAX:
            code, _, issued_s = self._said.pop(next(iter(self._said)))
            if code is ReasonCode.RATE_LIMITED:
                self._forgotten_s = max(self._forgotten_s, issued_s)

    def said(self, execution: Execution) -> Execution | None:
        """What was answered to its id before; None where nothing was."""
        found = self._said.get(execution.id)
        return None if found is None else execution.rejected(found[0], found[1], execution.changed_s)

    def may_have_refused(self, execution: Execution) -> bool:
        """Whether it may have been refused before, and that be forgotten."""
        return execution.issued_s <= self._forgotten_s

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

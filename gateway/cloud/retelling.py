"""Which events go out now: new ones at once, those that nobody answers again, ever less often. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.core.wire import Event

AGAIN_S, AGAIN_S_MAX = 10.0, 600.0
"""An answer takes a round trip and a commit of the twin. A twin that is silent for hours is not sent the same every
ten seconds: a metered link pays for each."""


class Retelling:
    """What was told on one connection."""

    def __init__(self) -> None:
        self._last = 0
        self._told_s = 0.0
        self._again_s = AGAIN_S

    def due(self, untold: Sequence[Event], now_s: float) -> Sequence[Event]:
        """What of the events that the twin has not acknowledged, oldest first, is to be sent now."""
        if not untold:
            return untold
        new = [event for event in untold if event.id > self._last]
        if len(new) == len(untold):  # What was told before has arrived.
            self._told_s, self._again_s = now_s, AGAIN_S
        elif now_s - self._told_s >= self._again_s:
            self._told_s, self._again_s = now_s, min(2 * self._again_s, AGAIN_S_MAX)
            new = list(untold)
        self._last = max([self._last, *(event.id for event in new)])
        return new

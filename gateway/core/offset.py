"""How far the twin's clock is from ours, from its acknowledgements."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

SAMPLES_KEPT = 16
"""Round trips that are looked back on; the shortest of them is the most exact."""
ROUND_TRIP_S_MAX = 30.0
"""A longer one was queued somewhere and says nothing."""


class Sample(NamedTuple):
    """One exchange: the twin's clock minus ours, true to within `error_s`."""

    offset_s: float
    error_s: float


class OffsetEstimate:
    """The best of the last samples (Cristian 1989, with both of the twin's stamps as in RFC 5905 section 8)."""

    def __init__(self) -> None:
        self._samples: deque[Sample] = deque(maxlen=SAMPLES_KEPT)

    def add(self, sent_s: float, received_there_s: float, sent_there_s: float, received_s: float) -> None:
        """Take in one exchange; `sent_s` and `received_s` are by our wall clock, the others by the twin's."""
        round_trip_s = (received_s - sent_s) - (sent_there_s - received_there_s)
        if not 0 <= round_trip_s <= ROUND_TRIP_S_MAX:  # A step of either clock in between, or a stale answer.
            return
        offset_s = ((received_there_s - sent_s) + (sent_there_s - received_s)) / 2
        self._samples.append(Sample(offset_s, round_trip_s / 2))

    def best(self) -> Sample | None:
        """The sample with the smallest error, or None before the first."""
        return min(self._samples, key=lambda sample: sample.error_s, default=None)

    def forget(self) -> None:
        """Our clock was stepped: what was learnt is void."""
        self._samples.clear()


def trusted_now_s(wall_s: float, synchronised: bool, estimate: Sample | None) -> float | None:
    """Unix seconds to judge an expiry by, or None where no clock can be trusted.

    The twin stamps expiries, so its clock is asked first; a synchronised clock of our own is as good.
    """
    if estimate is not None:
        return wall_s + estimate.offset_s
    return wall_s if synchronised else None

"""How far the twin's clock is from ours, from its acknowledgements."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

SAMPLES_KEPT = 16
"""Round trips that are looked back on; the shortest of them is the most exact."""
ROUND_TRIP_S_MAX = 30.0
"""A longer one was queued somewhere and says nothing."""
TRUSTED_ERROR_S_MAX = 5.0
"""A synchronised clock of our own is better than an estimate that is worse than this."""
TIME_MIN_S, TIME_MAX_S = 1_577_836_800.0, 4_102_444_800.0
"""From 2020 to 2100: a twin that says another time has a clock that was never set, or no good intentions."""


DRIFT = 200e-6
"""Seconds a second by which an undisciplined quartz may be off; what was learnt long ago is worth less."""


class Sample(NamedTuple):
    """One exchange: the twin's clock minus ours, true to within `error_s`, at the time `at_s` of ours."""

    offset_s: float
    error_s: float
    at_s: float = 0.0

    def aged(self, now_s: float) -> Sample:
        """What it is still worth at another time of the same clock."""
        return self._replace(error_s=self.error_s + DRIFT * abs(now_s - self.at_s), at_s=now_s)


class OffsetEstimate:
    """The best of the last samples (Cristian 1989, with both of the twin's stamps as in RFC 5905 section 8)."""

    def __init__(self) -> None:
        self._samples: deque[Sample] = deque(maxlen=SAMPLES_KEPT)

    def add(self, sent_s: float, received_there_s: float, sent_there_s: float, received_s: float) -> None:
        """Take in one exchange; `sent_s` and `received_s` are by a clock of ours, the others by the twin's."""
        if not TIME_MIN_S <= received_there_s <= sent_there_s <= TIME_MAX_S:
            return
        round_trip_s = (received_s - sent_s) - (sent_there_s - received_there_s)
        if not 0 <= round_trip_s <= ROUND_TRIP_S_MAX:  # A step of either clock in between, or a stale answer.
            return
        offset_s = ((received_there_s - sent_s) + (sent_there_s - received_s)) / 2
        self._samples.append(Sample(offset_s, round_trip_s / 2, received_s))

    def best(self, now_s: float) -> Sample | None:
        """The sample with the smallest error at a time of our clock, or None before the first."""
        return min((sample.aged(now_s) for sample in self._samples), key=lambda sample: sample.error_s, default=None)

    def to_wall(self, wall_s: float, boottime_s: float) -> Sample | None:
        """The best sample of exchanges that were timed by boottime, against the wall clock of this very moment.

        Boottime never jumps, so what was learnt stays true when the wall clock is set.
        """
        best = self.best(boottime_s)
        return None if best is None else best._replace(offset_s=best.offset_s - (wall_s - boottime_s))


def trusted_now_s(wall_s: float, synchronised: bool, estimate: Sample | None) -> float | None:
    """Unix seconds to judge an expiry by, or None where no clock can be trusted.

    The twin stamps expiries, so its clock is asked first, and where that is known less well than `TRUSTED_ERROR_S_MAX`
    our own, if it is synchronised. It may be later than said by the error of the estimate, and is taken to be.
    """
    if estimate is not None and (estimate.error_s <= TRUSTED_ERROR_S_MAX or not synchronised):
        return wall_s + estimate.offset_s + estimate.error_s
    return wall_s if synchronised else None

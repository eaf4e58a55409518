"""How long readings take, as a histogram: bounded memory, and quantiles within three percent."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

LOWEST_MS = 0.01
"""Everything faster, and everything from the future of a clock that runs ahead, counts as this."""

STEPS = 16
"""Bins for each doubling: neighbouring bins differ by a factor of 2^(1/16), 4.4 percent."""

BINS = STEPS * 40
"""Enough for forty doublings from a hundredth of a millisecond: four months."""


class Histogram:
    """Counts of latencies in milliseconds, in bins that grow in proportion."""

    __slots__ = ("_bins", "_count")

    def __init__(self, bins: Mapping[int, int] | None = None) -> None:
        self._bins: dict[int, int] = dict(bins or {})
        self._count = sum(self._bins.values())

    @property
    def count(self) -> int:
        """How many were added."""
        return self._count

    @property
    def bins(self) -> dict[int, int]:
        """Bin -> count, where there is any: what a new histogram can be made from."""
        return dict(self._bins)

    def add(self, latencies_ms: Iterable[float]) -> None:
        """Count each of `latencies_ms`."""
        bins, log2, floor = self._bins, math.log2, LOWEST_MS
        for latency_ms in latencies_ms:
            place = 0 if latency_ms <= floor else min(int(log2(latency_ms / floor) * STEPS) + 1, BINS)
            bins[place] = bins.get(place, 0) + 1
            self._count += 1

    def quantile_ms(self, share: float) -> float | None:
        """The latency that `share` (0 to 1) of all did not exceed, within three percent; None where there are none."""
        seen = 0
        for place in sorted(self._bins):
            seen += self._bins[place]
            if seen >= share * self._count:
                return round(LOWEST_MS * 2 ** (max(place - 0.5, 0.0) / STEPS), 4)
        return None

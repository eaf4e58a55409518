"""How well a device's twin is kept: latency over the last hour, availability over the last day, what is missed. Pure.

A histogram with a ring of slots costs less than a kilobyte for each device, however much is read.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable
from typing import NamedTuple

from gateway.core.settings_objectives import ObjectivesSettings

NS_PER_S = 1_000_000_000
SLOT_S = 300.0
SLOTS = 12
"""Twelve slots of five minutes: the last hour, forgotten five minutes at a time."""
LEAST_S = 0.001
"""Faster counts as this."""
GROWTH = 1.5
"""From one class to the next: a quantile is told too high by at most half of it."""
CLASSES = 40
"""From 1 ms to two hours."""
COUNT_MAX = 65_535
DAY_SLOTS = 24
DAY_SLOT_S = 3600.0

Cell = tuple[int, int, int]
Hour = tuple[int, float, float]


class LastHour:
    """Quantiles of what was added in the last hour."""

    def __init__(self) -> None:
        self._counts = array("H", bytes(2 * SLOTS * CLASSES))
        self._slot = -1

    def add(self, seconds: float, now_s: float) -> None:
        """Take in one duration; `now_s` is by a clock that does not jump."""
        self._turn(now_s)
        level = 0 if seconds <= LEAST_S else math.ceil(math.log(seconds / LEAST_S) / math.log(GROWTH))
        place = self._slot % SLOTS * CLASSES + min(level, CLASSES - 1)
        self._counts[place] = min(self._counts[place] + 1, COUNT_MAX)

    def quantile(self, share: float, now_s: float) -> float | None:
        """The duration that a share of all did not exceed, seconds; the upper edge of its class. None of nothing."""
        self._turn(now_s)
        totals = [sum(self._counts[level::CLASSES]) for level in range(CLASSES)]
        needed, seen = max(1, math.ceil(share * sum(totals))), 0
        for level, count in enumerate(totals):
            seen += count
            if seen >= needed:
                return float(LEAST_S * GROWTH**level)
        return None

    def cells(self, now_s: float) -> list[Cell]:
        """What was added: how many slots ago, in which class, how often."""
        self._turn(now_s)
        return [
            (age, level, count)
            for age in range(SLOTS)
            for level in range(CLASSES)
            if (count := self._counts[(self._slot - age) % SLOTS * CLASSES + level])
        ]

    def restore(self, cells: Iterable[Cell], older: int, now_s: float) -> None:
        """Take in what an earlier run has kept, `older` slots ago."""
        self._turn(now_s)
        for age, level, count in cells:
            if 0 <= age + older < SLOTS and 0 <= level < CLASSES:
                self._counts[(self._slot - age - older) % SLOTS * CLASSES + level] = min(max(count, 0), COUNT_MAX)

    def _turn(self, now_s: float) -> None:
        slot = int(now_s // SLOT_S)
        for old in range(max(self._slot + 1, slot - SLOTS + 1), slot + 1):
            start = old % SLOTS * CLASSES
            self._counts[start : start + CLASSES] = array("H", bytes(2 * CLASSES))
        self._slot = max(self._slot, slot)


class LastDay:
    """The share of the last day in which something held; of the time since the first look where that is less."""

    def __init__(self) -> None:
        self._held = [0.0] * DAY_SLOTS
        self._seen = [0.0] * DAY_SLOTS
        self._slot = -1
        self._last_s: float | None = None

    def look(self, now_s: float, *, holds: bool) -> None:
        """Count the time since the last look as one in which it held or did not."""
        slot = int(now_s // DAY_SLOT_S)
        for old in range(max(self._slot + 1, slot - DAY_SLOTS + 1), slot + 1):
            self._held[old % DAY_SLOTS] = self._seen[old % DAY_SLOTS] = 0.0
        self._slot = max(self._slot, slot)
        if self._last_s is not None:
            passed_s = now_s - self._last_s
            self._seen[slot % DAY_SLOTS] += passed_s
            self._held[slot % DAY_SLOTS] += passed_s if holds else 0.0
        self._last_s = now_s

    def hours(self, now_s: float) -> list[Hour]:
        """What was seen: how many slots ago, for how long it held, and for how long it was looked at, seconds."""
        slot = int(now_s // DAY_SLOT_S)
        return [
            (slot - one, round(self._held[one % DAY_SLOTS], 1), round(self._seen[one % DAY_SLOTS], 1))
            for one in range(self._slot, self._slot - DAY_SLOTS, -1)
            if slot - one < DAY_SLOTS and self._seen[one % DAY_SLOTS] > 0
        ]

    def restore(self, hours: Iterable[Hour], older: int, missing_s: float, now_s: float) -> None:
        """Take in what an earlier run has kept, `older` slots ago; in the last `missing_s` it did not hold."""
        slot = self._slot = int(now_s // DAY_SLOT_S)
        for age, held_s, seen_s in hours:
            if 0 <= age + older < DAY_SLOTS and 0.0 <= held_s <= seen_s <= DAY_SLOT_S * DAY_SLOTS:
                at = (slot - age - older) % DAY_SLOTS
                self._held[at] += held_s
                self._seen[at] += seen_s
        for old in range(slot - DAY_SLOTS + 1, slot + 1):
            begin_s, end_s = max(old * DAY_SLOT_S, now_s - missing_s), min((old + 1) * DAY_SLOT_S, now_s)
            self._seen[old % DAY_SLOTS] += max(0.0, end_s - begin_s)
        self._last_s = now_s

    @property
    def share(self) -> float | None:
        """0 to 1; None before any time has passed."""
        seen_s = sum(self._seen)
        return sum(self._held) / seen_s if seen_s > 0 else None


class Level(NamedTuple):
    """How one device stands; None where nothing is known yet."""

    latency_p50_s: float | None
    latency_p99_s: float | None
    freshness_s: float | None
    availability: float | None
    planned_s: float = 0.0
    """How much of the freshness is a planned sleep of the link, which is no breach."""


def breaches(level: Level, conflict_rate: float, objectives: ObjectivesSettings) -> list[str]:
    """The objectives that are missed, by their names in the configuration."""
    missed = {
        "latency": level.latency_p99_s is not None and level.latency_p99_s > objectives.latency_s,
        "freshness": level.freshness_s is not None and level.freshness_s - level.planned_s > objectives.freshness_s,
        "conflict_rate": conflict_rate > objectives.conflict_rate,
        "availability": level.availability is not None and level.availability < objectives.availability,
    }
    return [name for name, is_missed in missed.items() if is_missed]

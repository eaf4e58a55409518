"""The wall time of a segment, from what is known now (not from what was known when it was taken).

Boottime is exact within one boot of the machine. So the time of everything that was taken in a boot is known as soon
as it is known when that boot began by the wall clock, however late that is. A boot that never knew lies between its
neighbours: after the last moment that is known of an earlier boot, before the beginning of a later one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gateway.core.offset import Sample
from gateway.core.reading import ClockState
from gateway.core.segment import Base

OFFSET_ERROR_S_MAX = 1.0
"""The twin's time is taken for the true one where it is known at least so well; a sensor's reading is no finer."""
FLOOR_NS = 1_767_225_600_000_000_000
"""2026-01-01: older than any edgetwin, so no reading was taken before it. A SenML time below 2^28 s, which a clock that
starts in 1970 would give, means a time relative to now (RFC 8428 section 4.5.3)."""
BOOTS_MAX = 64
"""Boots that are remembered; what waited for longer keeps the bounds of the oldest."""
MOVED_NS_MIN = 100_000_000
"""The beginning of a boot is learnt anew where it moved by this: finer is the slewing of a clock that is right."""


class Now(NamedTuple):
    """This moment by all clocks."""

    boot_id: str
    boottime_ns: int
    wall_ns: int
    clock: ClockState


class Boot(NamedTuple):
    """One run of the machine, from power to power."""

    boot_id: str
    began_ns: int | None = None
    """Unix time at its boottime 0; None while nobody knew."""
    last_ns: int = 0
    """A boottime that it certainly reached."""


class Dated(NamedTuple):
    """A moment by the wall clock. It is `wall_ns` where the clock is known, else between the bounds that are known."""

    wall_ns: int
    clock: ClockState
    earliest_ns: int | None = None
    latest_ns: int | None = None


def best_now(now: Now, estimate: Sample | None) -> Now:
    """This moment with the best wall clock there is: our own if it is synchronised, else the twin's if it is known."""
    if now.clock is ClockState.SYNCHRONISED or estimate is None or estimate.error_s > OFFSET_ERROR_S_MAX:
        return now
    return now._replace(wall_ns=now.wall_ns + round(estimate.offset_s * 1e9), clock=ClockState.SYNCHRONISED)


class Boots:
    """The boots that segments may be from, in their order; the last one is the present one."""

    def __init__(self, known: Sequence[Boot], present: str) -> None:
        boots = [boot for boot in known if boot.boot_id != present]
        self._boots = {boot.boot_id: boot for boot in boots[-BOOTS_MAX + 1 :]}
        # One that is in the list is the last one there: a boot does not come back.
        self._boots[present] = next((boot for boot in known if boot.boot_id == present), Boot(present))
        self._kept_ns = self._boots[present].began_ns

    def all(self) -> list[Boot]:
        """All of them, oldest first."""
        return list(self._boots.values())

    def learn(self, now: Now) -> bool:
        """Take in what this moment says of the present boot. Whether it is news that is worth keeping."""
        before = self._boots[now.boot_id]
        began_ns = before.began_ns
        if now.clock is ClockState.SYNCHRONISED:
            began_ns = now.wall_ns - now.boottime_ns
        self._boots[now.boot_id] = Boot(now.boot_id, began_ns, max(before.last_ns, now.boottime_ns))
        if began_ns is None or (self._kept_ns is not None and abs(began_ns - self._kept_ns) < MOVED_NS_MIN):
            return False
        self._kept_ns = began_ns
        return True

    @property
    def present(self) -> Boot:
        """The boot that is now."""
        return self._boots[next(reversed(self._boots))]

    def date(self, base: Base) -> Dated:
        """When a segment's base was: exact where its clock was right or its boot is known, else bounded.

        The guess between the bounds is what the wrong clock said, moved by as little as they ask for; within one boot
        everything is moved by the same amount, as far as the clock was not set in it.
        """
        boot = self._boots.get(base.boot_id)
        if base.clock is ClockState.SYNCHRONISED:
            return Dated(base.wall_ns, ClockState.SYNCHRONISED)
        if boot is not None and boot.began_ns is not None:
            return Dated(boot.began_ns + base.boottime_ns, ClockState.SYNCHRONISED)
        earliest_ns, latest_ns = self._bounds(base)
        wall_ns = base.wall_ns if latest_ns is None else min(base.wall_ns, latest_ns)
        return Dated(max(wall_ns, earliest_ns), ClockState.UNSYNCHRONISED, earliest_ns, latest_ns)

    def _bounds(self, base: Base) -> tuple[int, int | None]:
        """The earliest and the latest that a moment of a boot that never knew the time can have been."""
        order = list(self._boots)
        place = order.index(base.boot_id) if base.boot_id in self._boots else 0
        earlier = [self._boots[name] for name in order[:place]]
        later = [self._boots[name] for name in order[place:]]
        ends = [one.began_ns + one.last_ns for one in earlier if one.began_ns is not None]
        earliest_ns = max([FLOOR_NS, *(end + base.boottime_ns for end in ends)])
        begins = [one.began_ns for one in later if one.began_ns is not None and one.boot_id != base.boot_id]
        if not begins:
            return earliest_ns, None
        last_ns = max(self._boots.get(base.boot_id, Boot("")).last_ns, base.boottime_ns)
        latest_ns = min(begins) - (last_ns - base.boottime_ns)
        return min(earliest_ns, latest_ns), latest_ns

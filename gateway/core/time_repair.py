"""The wall time of a segment, from what is known now (not from what was known when it was taken)."""

from __future__ import annotations

from typing import NamedTuple

from gateway.core.offset import Sample
from gateway.core.reading import ClockState
from gateway.core.segment import Base


class Now(NamedTuple):
    """This moment by all clocks."""

    boot_id: str
    boottime_ns: int
    wall_ns: int
    clock: ClockState


OFFSET_ERROR_S_MAX = 1.0
"""The twin's time is taken for the true one where it is known at least so well; a sensor's reading is no finer."""


def best_now(now: Now, estimate: Sample | None) -> Now:
    """This moment with the best wall clock there is: our own if it is synchronised, else the twin's if it is known."""
    if now.clock is ClockState.SYNCHRONISED or estimate is None or estimate.error_s > OFFSET_ERROR_S_MAX:
        return now
    return now._replace(wall_ns=now.wall_ns + round(estimate.offset_s * 1e9), clock=ClockState.SYNCHRONISED)


def base_time(base: Base, now: Now) -> tuple[int, ClockState]:
    """Unix nanoseconds of a segment's base, and whether they can be trusted.

    A segment taken while the clock was not known to be right is put right once the same boot knows the time: the
    boottime that has passed since is exact, and the wall clock now is right. One of an earlier boot keeps what it had.
    """
    if base.clock is ClockState.SYNCHRONISED:
        return base.wall_ns, ClockState.SYNCHRONISED
    if base.boot_id == now.boot_id and now.clock is ClockState.SYNCHRONISED:
        return now.wall_ns - (now.boottime_ns - base.boottime_ns), ClockState.SYNCHRONISED
    return base.wall_ns, ClockState.UNSYNCHRONISED

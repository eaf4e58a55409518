"""The wall time of a segment, from what is known now (not from what was known when it was taken)."""

from __future__ import annotations

from typing import NamedTuple

from gateway.core.reading import ClockState
from gateway.core.segment import Base


class Now(NamedTuple):
    """This moment by all clocks."""

    boot_id: str
    boottime_ns: int
    wall_ns: int
    clock: ClockState


def base_time(base: Base, now: Now) -> tuple[int, ClockState]:
    """Unix nanoseconds of a segment's base, and whether they can be trusted.

    A segment taken while the clock was wrong is put right once the same boot knows the time: the boottime that has
    passed since is exact, and the wall clock now is right. A segment of an earlier boot keeps what it had.
    """
    if base.clock is ClockState.SYNCHRONISED:
        return base.wall_ns, ClockState.SYNCHRONISED
    if base.boot_id == now.boot_id and now.clock is ClockState.SYNCHRONISED:
        return now.wall_ns - (now.boottime_ns - base.boottime_ns), ClockState.SYNCHRONISED
    return base.wall_ns, ClockState.UNSYNCHRONISED

"""The one who knows what time it is: our clocks, what the twin says of its own, and the boots before this one."""

from __future__ import annotations

from collections.abc import Callable

from gateway.clock import NS_PER_S, Clock
from gateway.core.clock_watch import ClockEvent, ClockWatch
from gateway.core.command import Moment
from gateway.core.offset import OffsetEstimate, Sample, trusted_now_s
from gateway.core.reading import ClockState
from gateway.core.segment import Base
from gateway.core.time_repair import FLOOR_NS, Boots, Dated, Now, best_now


class Timekeeper:
    """Asked by everybody who needs more than a clock that may be wrong."""

    def __init__(self, clock: Clock, boots: Boots) -> None:
        self.clock = clock
        self.boots = boots
        self.offset = OffsetEstimate()
        """What acknowledgements tell of the twin's clock, timed by our boottime."""
        self.watch = ClockWatch()

    def own(self) -> Now:
        """This moment by our own clocks."""
        clock = self.clock
        return Now(clock.boot_id, clock.boottime_ns(), clock.wall_ns(), clock.state())

    def best(self) -> Now:
        """This moment by the best wall clock there is."""
        own = self.own()
        return own if own.clock is ClockState.SYNCHRONISED else best_now(own, self.twin_clock())

    def twin_clock(self) -> Sample | None:
        """How far the twin's clock is from our wall clock now, as far as its acknowledgements told."""
        return self.offset.to_wall(self.clock.wall_ns() / NS_PER_S, self.clock.boottime_ns() / NS_PER_S)

    def trusted_s(self) -> float | None:
        """Unix seconds to judge an expiry by; None where no clock can be trusted."""
        synchronised = self.clock.state() is ClockState.SYNCHRONISED
        return trusted_now_s(self.clock.wall_ns() / NS_PER_S, synchronised, self.twin_clock())

    def said_s(self, wall_s: float) -> float | None:
        """What our wall clock said a while ago, by the best clock there is; None where none is known to be right."""
        own, best = self.own(), self.best()
        if best.clock is not ClockState.SYNCHRONISED:
            return None
        said_s = wall_s + (best.wall_ns - own.wall_ns) / NS_PER_S
        return said_s if said_s >= FLOOR_NS / NS_PER_S else None

    def date(self, base: Base) -> Dated:
        """When `base` was, from what was known at the last `look`."""
        return self.boots.date(base)

    def base(self) -> Base:
        """This moment, to be dated later."""
        now = self.own()
        return Base(now.boot_id, now.boottime_ns, now.wall_ns, now.clock)

    def look(self) -> tuple[list[ClockEvent], bool]:
        """What has happened to the clocks, and whether the present boot should be kept anew."""
        events = self.watch.look(self.own(), self.twin_clock())
        return events, self.boots.learn(self.best())


def moment_of(clock: Clock, trusted: Callable[[], float | None]) -> Moment:
    """This moment, as commands are judged by it."""
    return Moment(clock.boot_id, clock.boottime_ns(), trusted(), clock.wall_ns() / NS_PER_S)

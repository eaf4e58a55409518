"""One local rule: what it waits for, and what it has done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gateway.core.condition import NS_PER_S, Condition, Ground
from gateway.core.reading import Reading
from gateway.core.schedule import Passed, Timetable
from gateway.core.settings_rules import RuleSettings


class Moment(NamedTuple):
    """This moment: boottime, and Unix seconds where a clock can be trusted."""

    boottime_ns: int
    wall_s: float | None


class Rule:
    """A rule and its state. It begins armed: what is already so at the start counts as having become so."""

    def __init__(self, settings: RuleSettings, ground: Ground, kept: Sequence[float] = ()) -> None:
        self.settings = settings
        self.condition = None if settings.when is None else Condition(settings.when, ground)
        self.timetable = Timetable(ground.calendar, settings.at, settings.days, kept) if settings.at else None
        self._calendar = ground.calendar
        self._every_ns = None if settings.every_s is None else round(settings.every_s * NS_PER_S)
        self.struck_ns = 0 if self._every_ns is None else _next_multiple(ground.began_ns, self._every_ns)
        """When `every` is due."""
        self.armed = True
        """Whether it may fire: its condition was not true since it fired last."""
        self.active = False
        """Whether it fired and what it set is still its wish."""
        self.until_ns: int | None = None
        """When `lasts` is over."""
        self.fired_ns: int | None = None
        self.count = 0
        """Firings since the start."""
        self.missed_s: float | None = None
        """The last time that was passed over."""

    @property
    def scheduled(self) -> bool:
        """Whether it fires at times, and not when its condition becomes true."""
        return self.timetable is not None or self._every_ns is not None

    @property
    def cool_ns(self) -> int:
        """When it may fire again."""
        return 0 if self.fired_ns is None else self.fired_ns + round(self.settings.cooldown_s * NS_PER_S)

    def channels(self) -> set[str]:
        """Every channel that it looks at."""
        return set() if self.condition is None else set(self.condition.channels())

    def due_ns(self, now: Moment) -> int | None:
        """When it may have to do something without a reading; None where never."""
        dues = [self.until_ns, None if self.condition is None else self.condition.due_ns]
        if self._every_ns is not None:
            dues.append(self.struck_ns)
        if self.timetable is not None and now.wall_s is not None:
            dues.append(now.boottime_ns + round((self.timetable.next_s(now.wall_s) - now.wall_s) * NS_PER_S))
        if self.armed and not self.scheduled and self.condition is not None and self.condition.holds:
            dues.append(self.cool_ns)
        return min((due for due in dues if due is not None), default=None)

    def strikes(self, at_ns: int, now: Moment) -> tuple[bool, Passed | None]:
        """Whether its time has come at `at_ns`, and which time that is.

        Of several that came at once, as after a sleep of the machine, only the last counts.
        """
        came = None if self.timetable is None or now.wall_s is None else self.timetable.pass_to(now.wall_s)
        strikes = came is not None and not came.missed
        if came is not None and came.missed:
            self.missed_s = came.moment_s
        if self._every_ns is not None and at_ns >= self.struck_ns:
            self.struck_ns = _next_multiple(now.boottime_ns, self._every_ns)
            strikes = strikes or self._is_its_day(now)
        return strikes, came

    def _is_its_day(self, now: Moment) -> bool:
        days = self.settings.days
        if not days:
            return True
        return now.wall_s is not None and self._calendar.day(now.wall_s).strftime("%a").lower() in days

    def why(self, latest: dict[str, Reading]) -> Iterator[tuple[str, str | None]]:
        """What made it fire, in words, each with the channel that it is about."""
        if self.condition is not None:
            yield from self.condition.why(latest)


def _next_multiple(now_ns: int, every_ns: int) -> int:
    """Counted from the start of the machine, so that a restart of the daemon moves nothing."""
    return (now_ns // every_ns + 1) * every_ns

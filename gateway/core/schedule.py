"""Times of day as moments: when a schedule is due, in a time zone, over changes of its clocks and leaps of ours.

A local time that a day does not have, or has twice, is taken as RFC 5545 section 3.3.5 does: by the offset that was
valid before. So 02:30 is 03:30 on the day when clocks go forward at two, and the first of the two when they go back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import NamedTuple

from gateway.core.settings_rules import Day

GRACE_S = 600.0
"""A time that was passed over (a leap of the clock, a restart) is made up for if it is no longer past than this."""
REMEMBERED_MAX = 16
"""Times that are known to have been kept, so that a clock that goes back does not bring them a second time."""
WALL_S_MIN, WALL_S_MAX = 0.0, 4_102_444_800.0
"""1970 to 2100: what a calendar is asked about. A clock beyond is not known."""
_UNITS_S = {"s": 1, "m": 60, "h": 3600}
_DAY = timedelta(days=1)
_FORM = re.compile(r"(?P<word>sunrise|sunset)(?P<offset>[+-][0-9]+[smh])?|(?P<clock>[0-9:]+)")
_WEEK_DAYS = 8
"""Days that are looked through: every schedule has a day in a week."""

Sun = Callable[[date, str], float | None]
"""Unix seconds of `sunrise` or `sunset` of a local day, None where the sun does neither."""


class TimeOfDay(NamedTuple):
    """A time of day by the clock, or by the sun with an offset."""

    clock: time | None
    sun: str
    offset_s: int

    @classmethod
    def parse(cls, text: str) -> TimeOfDay:
        """The time in a text such as `06:30`, `sunrise` or `sunset-30m`.

        Raises:
            ValueError: it is none.
        """
        match = _FORM.fullmatch(text)
        if match is None:
            raise ValueError(f"found {text!r}, allowed a time of day such as 06:30, sunrise or sunset-30m")
        if match["clock"]:
            return cls(time.fromisoformat(match["clock"]), "", 0)
        offset = match["offset"] or "+0s"
        return cls(None, match["word"], int(offset[:-1]) * _UNITS_S[offset[-1]])


def no_sun(_day: date, _event: str) -> float | None:
    """For sites without a place."""
    return None


class Calendar:
    """The days of one place."""

    def __init__(self, zone: tzinfo = UTC, sun: Sun = no_sun) -> None:
        self._zone = zone
        self._sun = sun

    def day(self, wall_s: float) -> date:
        """The local date at a moment."""
        return datetime.fromtimestamp(wall_s, self._zone).date()

    def moment(self, day: date, at: TimeOfDay) -> float | None:
        """Unix seconds of a time on a local day; None where it has none."""
        if at.clock is not None:
            return datetime.combine(day, at.clock, self._zone).timestamp()
        found = self._sun(day, at.sun)
        return None if found is None else found + at.offset_s

    def moments(self, times: Iterable[TimeOfDay], days: Sequence[Day], first: date, last: date) -> list[float]:
        """Every moment of `times` on the `days` (all where empty) from the first date to the last, in order."""
        wanted = {list(Day).index(day) for day in days}
        times, found, day = tuple(times), set[float](), first
        while day <= last:
            if not wanted or day.weekday() in wanted:
                found |= {moment for at in times if (moment := self.moment(day, at)) is not None}
            day += _DAY
        return sorted(found)

    def within(self, start: TimeOfDay, end: TimeOfDay, wall_s: float) -> tuple[bool, float]:
        """Whether a moment lies between two times of day, and until when that answer holds."""
        today = self.day(wall_s)
        starts = self.moments((start,), (), today - 2 * _DAY, today + 2 * _DAY)
        ends = self.moments((end,), (), today - 2 * _DAY, today + 2 * _DAY)
        began = max((one for one in starts if one <= wall_s), default=None)
        ended = max((one for one in ends if one <= wall_s), default=None)
        inside = began is not None and (ended is None or began > ended)
        changes = [one for one in (*starts, *ends) if one > wall_s]
        return inside, min(changes, default=wall_s + _DAY.total_seconds())


class Passed(NamedTuple):
    """A time that has come: kept in time, or missed because it was passed over for too long."""

    moment_s: float
    missed: bool


class Timetable:
    """The times of one rule, each of which comes once."""

    def __init__(
        self, calendar: Calendar, times: Sequence[str], days: Sequence[Day], kept: Sequence[float] = ()
    ) -> None:
        self._calendar = calendar
        self._times = tuple(TimeOfDay.parse(text) for text in times)
        self._days = tuple(days)
        self.kept = list(kept)[-REMEMBERED_MAX:]
        """Times that were kept, oldest first."""
        self._seen_s = max(self.kept, default=None)
        self._next_s: float | None = None

    def next_s(self, wall_s: float) -> float:
        """When to ask again: the first time after what was seen, or a day later where a week has none."""
        if self._seen_s is None or wall_s < self._seen_s:
            # The clock was set back, or is known for the first time: what was kept is remembered by itself.
            self._seen_s, self._next_s = wall_s, None
        if self._next_s is None:
            seen = self._calendar.day(self._seen_s)
            found = self._calendar.moments(self._times, self._days, seen - _DAY, seen + _WEEK_DAYS * _DAY)
            later = (one for one in found if one > self._seen_s and one not in self.kept)
            self._next_s = next(later, self._seen_s + _DAY.total_seconds())
        return self._next_s

    def pass_to(self, wall_s: float) -> Passed | None:
        """What has come since this was asked last: the latest of several. It is kept unless it was missed."""
        due = self.next_s(wall_s)
        if due > wall_s:
            return None
        day = self._calendar.day(wall_s)
        recent = self._calendar.moments(self._times, self._days, day - _WEEK_DAYS * _DAY, day + _DAY)
        latest = max((one for one in recent if due <= one <= wall_s and one not in self.kept), default=None)
        self._seen_s, self._next_s = wall_s, None
        if latest is None:
            return None
        missed = wall_s - latest > GRACE_S
        if not missed:
            self.kept = [*self.kept, latest][-REMEMBERED_MAX:]
        return Passed(latest, missed)

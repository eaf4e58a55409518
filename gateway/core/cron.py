"""Cron expressions of five fields, in UTC: minute, hour, day of the month, month, day of the week. Pure.

A field is `*` or a list of numbers and ranges, each with a step where wanted: `0,30`, `8-18/2`, `*/15`; `*` and a range
take one. Sunday is 0 and 7. As cron has always had it, a day matches when either of both day fields does, where both
are restricted, that is, neither begins with `*` (crontab(5)).
"""

from __future__ import annotations

import re
from typing import NamedTuple

FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))
DAYS_MAX = 8 * 366 + 31
"""So far ahead is looked: from 29 February 2096 to the next there are eight years."""
MINUTE_S, DAY_S = 60, 86_400
_PART = re.compile(r"(?:(\*)|([0-9]{1,2})(?:-([0-9]{1,2}))?)(?:/([0-9]{1,2}))?", re.ASCII)


class Cron(NamedTuple):
    """What an expression allows."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool
    """Whether one of both day fields is enough."""


def cron_of(text: str) -> Cron:
    """The expression in `text`.

    Raises:
        ValueError: it is none, or no day ever matches; the message says what was found and what is allowed.
    """
    texts = text.split()
    if len(texts) != len(FIELDS):
        raise ValueError(f"found {len(texts)} fields, allowed 5: minute, hour, day, month, weekday")
    minutes, hours, days, months, weekdays = (_field(one, *field) for one, field in zip(texts, FIELDS, strict=True))
    either = not (texts[2].startswith("*") or texts[4].startswith("*"))
    cron = Cron(minutes, hours, days, months, frozenset(day % 7 for day in weekdays), either)
    if next_after(cron, 0.0) is None:
        raise ValueError("no day ever matches, such as 30 February")
    return cron


def _field(text: str, name: str, low: int, high: int) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        match = _PART.fullmatch(part)
        star, first, last, step = match.groups() if match else (None, None, None, None)
        begin, end = (low, high) if star else (int(first or -1), int(last or first or -1))
        if not low <= begin <= end <= high or (step is not None and (int(step) == 0 or not (star or last))):
            raise ValueError(f"{name}: found {part!r}, allowed {low} to {high}, such as *, {low}, {low}-{high} or */2")
        found.update(range(begin, end + 1, int(step or 1)))
    return frozenset(found)


def next_after(cron: Cron, unix_s: float) -> float | None:
    """The first whole minute after `unix_s` (Unix seconds) that matches, None where there is none for eight years."""
    first = int(unix_s // MINUTE_S + 1) * MINUTE_S
    for day in range(first // DAY_S, first // DAY_S + DAYS_MAX):
        if not _day_matches(cron, day):
            continue
        for hour in sorted(cron.hours):
            for minute in sorted(cron.minutes):
                at = day * DAY_S + hour * 3600 + minute * MINUTE_S
                if at >= first:
                    return float(at)
    return None


def _day_matches(cron: Cron, days: int) -> bool:
    month, day = month_and_day(days)
    if month not in cron.months:
        return False
    of_month, of_week = day in cron.days, (days + 4) % 7 in cron.weekdays  # 1 January 1970 was a Thursday.
    return (of_month or of_week) if cron.either else (of_month and of_week)


def month_and_day(days: int) -> tuple[int, int]:
    """Month and day of the Gregorian date that is `days` after 1 January 1970.

    Counted from a 1 March, so that the leap day is the last of its year (H. Hinnant, date algorithms).
    """
    of_era = (days + 719_468) % 146_097
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    return (month + 3 if month < 10 else month - 9), of_year - (153 * month + 2) // 5 + 1  # noqa: PLR2004 - March is 0

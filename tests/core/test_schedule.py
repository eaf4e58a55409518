"""Times of day as moments, over changes of the clocks, leap days and days without a sunrise."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.schedule import GRACE_S, Calendar, TimeOfDay, Timetable
from gateway.core.settings_rules import Day

BERLIN, ZONES = ZoneInfo("Europe/Berlin"), ("UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe")
DAY_S = 86_400.0


def utc(*parts):
    return datetime(*parts, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(("text", "expected"), [
    ("sunset-30m", ("sunset", -1800)), ("sunrise+1h", ("sunrise", 3600)), ("sunrise", ("sunrise", 0)),
])  # fmt: skip
def test_times_by_the_sun_have_an_offset(text, expected):
    assert TimeOfDay.parse(text)[1:] == expected


@pytest.mark.parametrize("text", ["", "noon", "sunset-30", "25:00", "sunset 30m", "06:30x"])
def test_other_texts_are_no_times(text):
    with pytest.raises(ValueError, match=r"allowed|hour"):
        TimeOfDay.parse(text)


@pytest.mark.parametrize(("day", "expected"), [
    (date(2026, 3, 28), utc(2026, 3, 28, 1, 30)),
    (date(2026, 3, 29), utc(2026, 3, 29, 1, 30)),  # 02:30 does not exist: 03:30.
    (date(2026, 10, 25), utc(2026, 10, 25, 0, 30)),  # It exists twice: the first.
    (date(2026, 10, 26), utc(2026, 10, 26, 1, 30)),
])  # fmt: skip
def test_a_time_that_a_day_lacks_or_has_twice_is_one_moment(day, expected):
    assert Calendar(BERLIN).moment(day, TimeOfDay.parse("02:30")) == expected


def test_a_leap_day_is_a_day():
    moments = Calendar().moments([TimeOfDay.parse("12:00")], (), date(2028, 2, 28), date(2028, 3, 1))
    assert moments == [utc(2028, 2, 28, 12), utc(2028, 2, 29, 12), utc(2028, 3, 1, 12)]


@given(
    st.sampled_from(ZONES), st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.times().map(lambda t: t.strftime("%H:%M"))
)
def test_a_week_has_every_time_seven_times_a_day_apart_whatever_the_clocks_do(zone, first, text):
    found = Calendar(ZoneInfo(zone)).moments([TimeOfDay.parse(text)], (), first, first + timedelta(days=6))
    assert len(found) == 7
    assert all(DAY_S - 3600 <= later - sooner <= DAY_S + 3600 for sooner, later in itertools.pairwise(found))


@given(
    st.sampled_from(ZONES),
    st.floats(utc(2025, 1, 1), utc(2027, 1, 1)),
    st.lists(st.floats(1, 3 * DAY_S), min_size=1, max_size=30),
    st.sampled_from([(), (Day.MON,), (Day.SAT, Day.SUN)]),
)
def test_each_time_comes_once_or_is_missed_and_never_late(zone, start, steps, days):
    table = Timetable(Calendar(ZoneInfo(zone)), ["06:30", "18:00"], days)
    table.pass_to(start)
    kept, wall = [], start
    for step in steps:
        wall += step
        came = table.pass_to(wall)
        if came is not None:
            assert came.missed == (wall - came.moment_s > GRACE_S)
            assert start < came.moment_s <= wall
            kept.append(came.moment_s)
    assert kept == sorted(set(kept))


@given(st.lists(st.floats(-2 * DAY_S, 2 * DAY_S), min_size=1, max_size=12))
def test_however_the_clock_leaps_no_time_is_kept_twice(leaps):
    table, wall, kept = Timetable(Calendar(), ["06:30"], ()), utc(2026, 3, 2), []
    table.pass_to(wall)
    for leap in leaps:
        wall += leap
        came = table.pass_to(wall)
        if came is not None and not came.missed:
            kept.append(came.moment_s)
    assert len(kept) == len(set(kept))


def test_where_the_sun_stays_up_there_is_no_time_and_it_is_looked_for_again():
    sunny = utc(2026, 6, 10)

    def sun(day, _event):
        return None if day < date(2026, 6, 20) else datetime(day.year, day.month, day.day, 3, 0, tzinfo=UTC).timestamp()

    table = Timetable(Calendar(UTC, sun), ["sunrise"], ())
    wall, came = sunny, None
    while came is None:
        assert wall < sunny + 15 * DAY_S
        came = table.pass_to(wall)
        wall = max(wall, table.next_s(wall))
    assert came == (utc(2026, 6, 20, 3), False)


@pytest.mark.parametrize(("now", "inside", "until"), [
    (utc(2026, 3, 2, 23), True, utc(2026, 3, 3, 6)),
    (utc(2026, 3, 3, 5, 59), True, utc(2026, 3, 3, 6)),
    (utc(2026, 3, 3, 6), False, utc(2026, 3, 3, 22)),
    (utc(2026, 3, 2, 22), True, utc(2026, 3, 3, 6)),
])  # fmt: skip
def test_a_window_may_go_over_midnight(now, inside, until):
    window = TimeOfDay.parse("22:00"), TimeOfDay.parse("06:00")
    assert Calendar().within(*window, now) == (inside, until)

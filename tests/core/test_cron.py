"""Cron expressions, held against a library that is used by many, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cronsim import CronSim
from hypothesis import assume, given
from hypothesis import strategies as st

from gateway.core.cron import FIELDS, cron_of, month_and_day, next_after

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def following(text, moment):
    found = next_after(cron_of(text), at(moment))
    return datetime.fromtimestamp(found, UTC).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(("text", "moment", "expected"), [
    ("* * * * *", "2026-11-25 12:00:00", "2026-11-25 12:01"),
    ("*/15 * * * *", "2026-11-25 12:00:01", "2026-11-25 12:15"),
    ("0 6,18 * * *", "2026-11-25 18:00:00", "2026-11-26 06:00"),
    ("30 8-16/4 * * 1-5", "2026-11-27 16:30:00", "2026-11-30 08:30"),
    ("0 0 1 1 *", "2026-11-25 12:00:00", "2027-01-01 00:00"),
    ("0 0 29 2 *", "2096-02-29 00:00:00", "2104-02-29 00:00"),
    ("0 0 13 * 5", "2026-11-25 12:00:00", "2026-11-27 00:00"),
    ("0 0 */2 * 1", "2026-11-25 12:00:00", "2026-12-07 00:00"),
    ("0 0 * * 7", "2026-11-25 12:00:00", "2026-11-29 00:00"),
])  # fmt: skip
def test_the_next_minute_that_matches(text, moment, expected):
    assert following(text, moment) == expected


@pytest.mark.parametrize(("text", "said"), [
    ("", "found 0 fields, allowed 5"),
    ("* * * *", "found 4 fields"),
    ("60 * * * *", "minute: found '60', allowed 0 to 59"),
    ("* * 0 * *", "day: found '0', allowed 1 to 31"),
    ("* * * 13 *", "month: found '13'"),
    ("* * * * 8", "weekday: found '8', allowed 0 to 7"),
    ("30-10 * * * *", "minute: found '30-10'"),
    ("*/0 * * * *", "minute: found '*/0'"),
    ("5/10 * * * *", "minute: found '5/10'"),
    ("1,,2 * * * *", "minute: found ''"),
    ("-1 * * * *", "minute: found '-1'"),
    ("* * * jan *", "month: found 'jan'"),
    ("\u0661 * * * *", "minute: found"),
    ("0 0 30 2 *", "no day ever matches"),
])  # fmt: skip
def test_what_is_no_expression_is_refused_with_the_field_and_what_is_allowed(text, said):
    with pytest.raises(ValueError, match=r"allowed|no day") as raised:
        cron_of(text)
    assert said in str(raised.value)


@given(st.text("0123456789*/,- ", max_size=40))
def test_whatever_is_written_is_an_expression_or_refused(text):
    try:
        cron = cron_of(text)
    except ValueError:
        return
    assert next_after(cron, 0.0) > 0


def parts(low, high):
    number = st.integers(low, high)
    # The library takes a range of one number with a step for one that is open: those are left out.
    pairs = st.tuples(number, number).filter(lambda one: one[0] != one[1])
    span = pairs.map(sorted).map(lambda one: f"{one[0]}-{one[1]}")
    step = st.integers(1, 30)
    part = st.one_of(
        st.just("*"),
        number.map(str),
        span,
        st.tuples(st.one_of(st.just("*"), span), step).map(lambda one: f"{one[0]}/{one[1]}"),
    )
    return st.lists(part, min_size=1, max_size=3).map(",".join)


EXPRESSIONS = st.tuples(*(parts(low, high) for _, low, high in FIELDS)).map(" ".join)


@given(EXPRESSIONS, st.integers(0, 4_000_000_000))
def test_it_is_what_the_library_says(text, unix_s):
    try:
        cron = cron_of(text)
    except ValueError:
        assume(False)
    theirs = next(CronSim(text, EPOCH + timedelta(seconds=unix_s)))
    assert next_after(cron, unix_s) == theirs.timestamp()


@given(EXPRESSIONS, st.floats(0, 4e9))
def test_the_next_is_later_a_whole_minute_and_itself_the_next_of_the_moment_before(text, unix_s):
    try:
        cron = cron_of(text)
    except ValueError:
        assume(False)
    found = next_after(cron, unix_s)
    assert found > unix_s
    assert found % 60 == 0
    assert next_after(cron, found - 0.001) == found


@given(st.integers(0, 200_000))
def test_dates_are_those_of_the_calendar(days):
    date = (EPOCH + timedelta(days=days)).date()
    assert month_and_day(days) == (date.month, date.day)

"""What the last hour and day were like goes on over a restart, and nothing is made up for the time between."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.level_history import History, Lately, Moment, Since, since
from gateway.core.service_level import CLASSES, DAY_SLOT_S, DAY_SLOTS, SLOT_S, SLOTS, LastDay, LastHour

KEPT = History("boot", 1000.0, 5_000_000.0, ended=True)
TIMES = st.integers(0, round(40 * DAY_SLOT_S))


@given(TIMES, st.lists(st.tuples(st.floats(0, 600), st.floats(0.001, 100)), max_size=40), st.floats(0, 2000))
def test_latency_goes_on_over_a_restart_as_if_there_had_been_none(start_s, added, off_s):
    before, after, now_s = LastHour(), LastHour(), start_s
    for wait_s, latency_s in added:
        now_s += wait_s
        before.add(latency_s, now_s)
    passed = since(History("boot", now_s, None, ended=True), Moment("boot", now_s + off_s, None))
    after.restore(before.cells(now_s), passed.latency_slots, now_s + off_s)
    for share in (0.5, 0.99):
        assert after.quantile(share, now_s + off_s) == before.quantile(share, now_s + off_s)


@given(TIMES, st.lists(st.tuples(st.integers(0, 4000), st.booleans()), max_size=40), st.integers(0, 10_000))
def test_a_day_goes_on_and_the_time_off_counts_as_not_available(start_s, looks, off_s):
    before, after, now_s = LastDay(), LastDay(), start_s
    before.look(now_s, holds=True)
    for wait_s, holds in looks:
        now_s += wait_s
        before.look(now_s, holds=holds)
    later_s = now_s + off_s
    kept = before.hours(now_s)
    passed = since(History("boot", now_s, None, ended=True), Moment("boot", later_s, None))
    after.restore(kept, passed.day_slots, passed.missing_s, later_s)
    young = [one for one in kept if one[0] + passed.day_slots < DAY_SLOTS]
    seen_s = sum(seen for _, _, seen in young) + off_s
    assert after.share == (None if seen_s == 0 else pytest.approx(sum(held for _, held, _ in young) / seen_s))


def test_what_was_long_ago_is_forgotten():
    hour, day = LastHour(), LastDay()
    hour.add(1.0, 0.0)
    day.look(0.0, holds=True)
    day.look(100.0, holds=True)
    again, later = LastHour(), LastDay()
    again.restore(hour.cells(100.0), SLOTS, 100.0 + SLOTS * SLOT_S)
    later.restore(day.hours(100.0), DAY_SLOTS, 0.0, 100.0 + DAY_SLOTS * DAY_SLOT_S)
    assert again.quantile(0.5, 100.0 + SLOTS * SLOT_S) is None
    assert later.share is None


def test_of_a_week_off_no_more_than_a_day_counts():
    day = LastDay()
    day.restore([], 168, 7 * 86_400.0, 8 * 86_400.0)
    assert sum(day._seen) <= DAY_SLOTS * DAY_SLOT_S
    assert day.share == 0.0


@pytest.mark.parametrize(
    ("moment", "passed"),
    [
        (Moment("boot", 1900.0, None), Since(3, 0, 900.0)),
        (Moment("boot", 900.0, None), Since(0, 0, 0.0)),
        (Moment("other", 5.0, 5_007_200.0), Since(24, 2, 7200.0)),
        (Moment("other", 5.0, None), Since(0, 0, 0.0)),
        (Moment("other", 5.0, 4_000_000.0), Since(0, 0, 0.0)),
    ],
)
def test_how_long_nothing_ran_is_by_the_clock_that_knows(moment, passed):
    assert since(KEPT, moment) == passed


def test_after_a_crash_nobody_says_for_how_long_nothing_ran():
    crashed = msgspec.structs.replace(KEPT, ended=False)
    assert since(crashed, Moment("boot", 1900.0, None)) == Since(3, 0, 0.0)


@given(
    st.lists(st.tuples(st.integers(-5, 50), st.integers(-5, 99), st.integers(-5, 99_999)), max_size=9),
    st.lists(st.tuples(st.integers(-5, 50), st.floats(), st.floats()), max_size=9),
)
def test_whatever_lies_on_the_disk_is_no_impossible_figure(cells, hours):
    hour, day = LastHour(), LastDay()
    hour.restore(cells, 0, 100.0)
    day.restore(hours, 0, 0.0, 100.0)
    assert hour.quantile(0.5, 100.0) is None or all(0 <= level < CLASSES for _, level, _ in hour.cells(100.0))
    assert day.share is None or 0.0 <= day.share <= 1.0


def test_of_one_device_it_takes_at_most_about_a_kilobyte():
    hour, day = LastHour(), LastDay()
    day.look(0.0, holds=True)
    for second in range(0, 86_400, 10):
        hour.add(0.02 + 0.01 * (second % 7), second)
        day.look(second, holds=True)
    lately = Lately(hour.cells(86_400), day.hours(86_400))
    assert len(msgspec.json.encode(lately)) < 1100

"""What a shadow is told of readings: the newest of every channel, rarely, and a change of quality soon."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.reading import Quality, Reading, Reason
from gateway.core.shadow_readings import RareReports

EVERY_S = 300.0


def reading(at_s, value=20.0, channel="temperature", *, bad=False):
    quality, reason = (Quality.BAD, Reason.RANGE) if bad else (Quality.GOOD, Reason.NONE)
    return Reading(f"room/{channel}", value, round(at_s * 1e9), 0, quality, reason)


def told(reports, *readings):
    """What is reported after each reading, as {channel: value}."""
    return [{one.series.partition("/")[2]: one.value for one in reports.take(each)} for each in readings]


@pytest.fixture
def reports():
    return RareReports(EVERY_S, {"room/temperature": 0.5})


def test_what_is_said_for_the_first_time_is_said_at_once(reports):
    first = [reading(0), reading(0.1, 50.0, "humidity")]
    assert told(reports, *first) == [{"temperature": 20.0}, {"humidity": 50.0}]


def test_later_the_newest_of_all_channels_goes_together_and_rarely(reports):
    told(reports, reading(0), reading(0, 50.0, "humidity"))
    assert told(
        reports,
        reading(10, 21.0),
        reading(11, 51.0, "humidity"),
        reading(299, 22.0),
        reading(300, 52.0, "humidity"),
        reading(301, 23.0),
    ) == [{}, {}, {}, {"temperature": 22.0, "humidity": 52.0}, {}]


def test_what_moved_by_less_than_the_deadband_is_no_news(reports):
    told(reports, reading(0))
    assert told(reports, reading(400, 20.5), reading(500, 20.6)) == [{}, {"temperature": 20.6}]


def test_what_came_back_meanwhile_is_no_news(reports):
    told(reports, reading(0), reading(0, 50.0, "humidity"))
    assert told(reports, reading(100, 25.0), reading(200, 20.1), reading(301, 50.0, "humidity")) == [{}, {}, {}]


def test_a_channel_that_cannot_be_read_is_told_soon_and_not_in_a_flood(reports):
    told(reports, reading(0))
    flapping = [reading(at_s, bad=at_s % 2 == 1) for at_s in range(1, 32)]
    assert [at_s for at_s, said in enumerate(told(reports, *flapping), 1) if said] == [11, 22]


def test_the_value_of_a_bad_reading_is_no_news(reports):
    told(reports, reading(0, bad=True))
    assert told(reports, reading(400, 99.0, bad=True)) == [{}]


def test_a_short_interval_holds_for_the_quality_too():
    reports = RareReports(2.0, {})
    told(reports, reading(0))
    assert told(reports, reading(1, bad=True), reading(2, bad=True)) == [{}, {"temperature": 20.0}]


seconds = st.integers(1, 60)
streams = st.lists(
    st.tuples(seconds, st.sampled_from(["temperature", "humidity"]), st.floats(0, 100), st.booleans()), max_size=60
)


@given(streams)
def test_reports_are_rare_and_what_is_told_last_is_never_wrong_for_longer_than_the_interval(stream):
    reports, at_s, times, known = RareReports(EVERY_S, {}), 0, [], {}
    for pause_s, channel, value, bad in stream:
        at_s += pause_s
        one = reading(at_s, value, channel, bad=bad)
        first = one.series not in known
        due = reports.take(one)
        if due and not first:
            times.append(at_s)
        known |= {each.series: each for each in due}
        if times and at_s - times[-1] >= EVERY_S:
            assert known[one.series].value == one.value or bad
    assert all(later - earlier >= 10 for earlier, later in pairwise(times))

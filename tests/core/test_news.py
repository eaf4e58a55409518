"""What is news: every reading, or what leaves the deadband; and what a value is worth."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.news import News, judge, moved
from gateway.core.reading import Quality, Reading, Reason
from gateway.core.settings import ChannelSettings, Mode

S = 1_000_000_000


def reading(value, at_s=0.0, quality=Quality.GOOD):
    return Reading("a/b", value, round(at_s * S), 0, quality)


def event(deadband=1.0, max_silence=300.0):
    return News(ChannelSettings(mode=Mode.EVENT, deadband=deadband, max_silence_s=max_silence))


def test_in_realtime_every_reading_is_news():
    news = News(ChannelSettings())
    assert all(news.is_news(reading(20.0)) for _ in range(3))


def test_the_first_reading_is_news():
    assert event().is_news(reading(20.0))


def test_a_change_within_the_deadband_is_none():
    news = event(deadband=1.0)
    assert [news.is_news(reading(value)) for value in (20.0, 20.9, 21.0, 21.01)] == [True, False, False, True]


def test_small_steps_in_one_direction_add_up():
    """What is compared is the last value that was sent, not the last that was read."""
    news = event(deadband=1.0)
    sent = [step for step in range(31) if news.is_news(reading(step * 0.4))]
    assert sent == [0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30]


def test_without_a_deadband_every_other_value_is_news_and_the_same_is_not():
    news = event(deadband=0.0)
    assert [news.is_news(reading(value)) for value in (1.0, 1.0, 1.0000001)] == [True, False, True]


@pytest.mark.parametrize(("values", "sent"), [
    ((True, True, False, False, True), [True, False, True, False, True]),
    (("a", "a", "b"), [True, False, True]),
    ((1.0, True, "True", 1.0), [True, True, True, True]),
])  # fmt: skip
def test_of_what_is_no_number_every_change_is_news(values, sent):
    news = event(deadband=100.0)
    assert [news.is_news(reading(value)) for value in values] == sent


def test_silence_ends_after_its_longest_time():
    news = event(max_silence=10.0)
    assert [news.is_news(reading(20.0, at)) for at in (0, 9.9, 10.0, 19.9, 20.0)] == [True, False, True, False, True]


def test_a_change_of_quality_is_news_and_a_lasting_fault_is_not():
    news = event()
    good, bad = Quality.GOOD, Quality.BAD
    sent = [
        news.is_news(reading(value, quality=quality))
        for value, quality in ((20.0, good), (math.nan, bad), (math.nan, bad), (20.0, good), (20.0, good))
    ]
    assert sent == [True, True, False, True, False]


def test_what_was_sent_for_another_reason_is_what_the_next_is_compared_with():
    news = event(deadband=1.0)
    news.is_news(reading(20.0))
    news.sent(reading(20.8))
    assert not news.is_news(reading(21.5))
    assert news.is_news(reading(19.7))


@given(st.lists(st.floats(-50, 50), min_size=1), st.floats(0, 5))
def test_who_holds_the_last_value_is_never_wrong_by_more_than_the_deadband(values, deadband):
    news, held = event(deadband), None
    for value in values:
        if news.is_news(reading(value)):
            held = value
        assert abs(value - held) <= deadband


@given(st.lists(st.tuples(st.floats(0, 40), st.floats(19, 21)), min_size=1))
def test_nothing_is_silent_for_longer_than_it_may(steps):
    news, at, last = event(deadband=0.5, max_silence=30.0), 0.0, 0.0
    for seconds, value in steps:
        at += seconds
        if news.is_news(reading(value, at)):
            last = at
        assert at - last < 30.0


@given(st.floats() | st.booleans() | st.text(max_size=3) | st.integers(), st.floats(0, 5))
def test_a_value_has_not_moved_from_itself(value, deadband):
    assert not moved(value, value, deadband)


@pytest.mark.parametrize(("value", "reason"), [
    (21.5, Reason.NONE),
    (-40.0, Reason.NONE),
    (125, Reason.NONE),
    (-40.1, Reason.RANGE),
    (125.1, Reason.RANGE),
    (10**400, Reason.RANGE),
    (math.nan, Reason.NOT_A_NUMBER),
    (math.inf, Reason.NOT_A_NUMBER),
    (-math.inf, Reason.NOT_A_NUMBER),
    (True, Reason.NONE),
    ("nan", Reason.NONE),
])  # fmt: skip
def test_a_number_is_bad_outside_the_parts_range_or_where_it_is_none(value, reason):
    assert judge(value, -40.0, 125.0) is reason


@given(st.floats())
def test_without_a_range_every_finite_number_is_good(value):
    assert (judge(value, None, None) is Reason.NONE) == math.isfinite(value)

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.pulses import PulseTrain

QUIET_S, STILL_S = 0.01, 3600.0


@pytest.fixture
def train():
    return PulseTrain(QUIET_S, STILL_S, 0.0)


def pulse(train, at_s: float, lasts_s: float = 0.005, bounces: int = 0) -> int:
    """One pulse with bounces at both of its ends; how many were counted."""
    edges = [
        (level is (number % 2 == 0), edge_s + number * 0.0002)
        for level, edge_s in ((True, at_s), (False, at_s + lasts_s))
        for number in range(2 * bounces + 1)
    ]
    return sum(train.edge(*edge) for edge in edges)


@pytest.mark.parametrize("bounces", [0, 1, 3])
@pytest.mark.parametrize("lasts_s", [0.002, 0.03, 0.5])
def test_a_pulse_counts_once_however_it_bounces_and_however_long_it_is(train, bounces, lasts_s):
    assert [pulse(train, at_s, lasts_s, bounces) for at_s in (1.0, 2.0, 3.0)] == [1, 1, 1]


def test_a_train_that_is_as_fast_as_its_quiet_allows_is_counted_whole(train):
    assert sum(pulse(train, number * 0.016, 0.005) for number in range(100)) == 100


def test_a_pulse_whose_end_was_never_told_is_still_one(train):
    assert [train.edge(True, at_s) for at_s in (1.0, 2.0)] == [True, True]


def test_nothing_is_said_of_the_rate_until_two_pulses_have_come(train):
    assert train.rate(5.0) is None
    pulse(train, 6.0)
    assert train.rate(7.0) is None
    pulse(train, 8.0)
    assert train.rate(8.0) == pytest.approx(0.5)


def test_the_rate_is_that_of_the_last_interval_whenever_it_is_read(train):
    pulse(train, 10.0)
    pulse(train, 14.0)
    assert [train.rate(now_s) for now_s in (14.5, 16.0, 18.0)] == [pytest.approx(0.25)] * 3


def test_the_rate_of_many_pulses_is_their_mean_and_leaves_out_the_pause_before_them(train):
    pulse(train, 10.0)
    assert train.rate(1000.0) is None
    for at_s in (1001.0, 1001.1, 1001.3, 1001.5):
        pulse(train, at_s)
    assert train.rate(1001.5) == pytest.approx(3 / 0.5)


def test_without_a_pulse_the_rate_sinks_as_far_as_the_silence_says(train):
    pulse(train, 10.0)
    pulse(train, 11.0)
    assert [train.rate(now_s) for now_s in (11.5, 12.0, 15.0, 111.0)] == [
        1.0, 1.0, pytest.approx(0.25), pytest.approx(0.01),
    ]  # fmt: skip


@pytest.mark.parametrize("pulses", [0, 1, 2, 5])
def test_after_a_long_silence_it_is_zero(train, pulses):
    for number in range(pulses):
        pulse(train, 1.0 + number)
    last_s = float(pulses)
    assert train.rate(last_s + STILL_S + 0.1) == 0.0


def test_pulses_of_one_moment_have_no_rate():
    train = PulseTrain(0.0, STILL_S, 0.0)
    assert [train.edge(True, 1.0) for _ in range(3)] == [True, True, True]
    assert train.rate(1.0) is None
    train.edge(True, 1.5)
    assert train.rate(1.5) == pytest.approx(2.0)


@given(st.lists(st.tuples(st.booleans(), st.floats(0.0, 2.0)), max_size=60), st.floats(0.0, 10.0))
def test_whatever_comes_counted_pulses_are_apart_and_the_rate_is_below_what_the_silence_allows(edges, later_s):
    train, now_s, counted = PulseTrain(QUIET_S, STILL_S, 0.0), 0.0, []
    for level, after_s in edges:
        now_s += after_s
        if train.edge(level, now_s):
            assert level
            counted.append(now_s)
    assert all(after_s - before_s >= QUIET_S * 0.999 for before_s, after_s in pairwise(counted))
    rate = train.rate(now_s + later_s)
    assert (rate is None) == (len(counted) < 2)
    if rate is not None:
        assert 0 < rate <= 1 / QUIET_S * 1.001
        assert rate * (now_s + later_s - counted[-1]) <= 1.000001


@given(st.floats(0.02, 100.0), st.integers(2, 50), st.integers(1, 50))
def test_a_steady_train_has_its_rate_however_often_it_is_read(every_s, pulses, each):
    train = PulseTrain(QUIET_S, STILL_S, 0.0)
    for number in range(pulses):
        pulse(train, (number + 1) * every_s)
        if number % each == 0:
            train.rate((number + 1) * every_s)
    assert train.rate(pulses * every_s) == pytest.approx(1 / every_s)

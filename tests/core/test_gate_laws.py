"""What a reader rebuilds lies within the stated deviation of what was read, whatever was read, restarts and all."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.aggregate import Aggregate
from gateway.core.news import differs, plain
from gateway.core.reading import Reading
from gateway.core.settings_channel import Mode
from tests.core.gate_run import Run, steps

ROUNDING = 1e-9
many = st.lists(steps, min_size=1, max_size=60)
widths = st.sampled_from([0.0, 0.5, 2.0, 30.0])


SETTINGS = [
    {"mode": Mode.EVENT, "deadband": 2.0, "deadband_max": 9.0},
    {"mode": Mode.EVENT, "deadband": 2.0, "previous": True},
    {"mode": Mode.EVENT, "swinging_door": 2.0, "deadband_max": 9.0},
    {"mode": Mode.PERIODIC, "window_s": 30.0, "window_max_s": 90.0},
    {"mode": Mode.HYBRID, "deadband": 2.0, "previous": True, "window_s": 30.0},
    {"mode": Mode.HYBRID, "swinging_door": 2.0, "window_s": 30.0, "max_silence_s": 45.0},
]


@pytest.mark.parametrize("settings", SETTINGS)
@given(many)
def test_every_reading_is_sent_held_or_dropped(settings, given_steps):
    Run(**settings).feed(given_steps)


@given(many, widths, st.booleans())
def test_who_holds_the_last_value_is_never_wrong_by_more_than_the_deadband(given_steps, deadband, previous):
    run = Run(mode=Mode.EVENT, deadband=deadband, previous=previous).feed(given_steps)
    sent = {id(one) for one in run.sent}
    held = None
    for reading in run.read:
        held = reading if id(reading) in sent else held
        assert held is not None
        assert not differs(held, reading, deadband)


@given(many, widths)
def test_who_draws_lines_is_never_wrong_by_more_than_the_deviation(given_steps, deviation):
    run = Run(mode=Mode.EVENT, swinging_door=deviation).feed(given_steps)
    sent = {id(one) for one in run.sent}
    places = [place for place, reading in enumerate(run.read) if id(reading) in sent]
    assert places[0] == 0
    for begin, end in pairwise([*places, len(run.read)]):
        first = run.read[begin]
        for reading in run.read[begin + 1 : end]:
            if plain(reading):
                last = run.read[end]
                share = (reading.boottime_ns - first.boottime_ns) / (last.boottime_ns - first.boottime_ns)
                line = first.value + share * (last.value - first.value)
                assert abs(line - reading.value) <= deviation + ROUNDING
            else:
                assert not differs(first, reading, deviation)


@given(many)
def test_a_stretched_door_stays_within_the_users_limit(given_steps):
    run = Run(mode=Mode.EVENT, swinging_door=0.5, deadband_max=4.0).feed(given_steps)
    sent = {id(one) for one in run.sent}
    places = [place for place, reading in enumerate(run.read) if id(reading) in sent]
    for begin, end in pairwise(places):
        first, last = run.read[begin], run.read[end]
        for reading in filter(plain, run.read[begin + 1 : end]):
            share = (reading.boottime_ns - first.boottime_ns) / (last.boottime_ns - first.boottime_ns)
            assert abs(first.value + share * (last.value - first.value) - reading.value) <= 4.0 + ROUNDING


@given(many)
def test_every_number_is_sent_itself_or_lies_between_the_extremes_of_its_window(given_steps):
    run = Run(mode=Mode.PERIODIC, window_s=30.0, window_max_s=60.0).feed(given_steps)
    aggregates = [one for one in run.sent if isinstance(one, Aggregate)]
    singles = [one for one in run.sent if not isinstance(one, Aggregate)]
    numbers = [reading for reading in run.read if plain(reading)]
    for one in aggregates:
        assert one.low <= one.value <= one.high
        assert one.high_ns - one.low_ns < 60_000_000_000
    assert sum(one.samples for one in aggregates) + sum(map(plain, singles)) == len(numbers)
    left = [reading for reading in numbers if reading not in singles]
    for reading in left:
        assert any(one.low <= reading.value <= one.high for one in aggregates)


@given(many)
def test_in_hybrid_every_number_is_an_event_or_in_an_aggregate(given_steps):
    run = Run(mode=Mode.HYBRID, deadband=2.0, window_s=30.0).feed(given_steps)
    samples = sum(one.samples for one in run.sent if isinstance(one, Aggregate))
    singles = sum(plain(one) for one in run.sent if not isinstance(one, Aggregate))
    assert samples + singles == sum(map(plain, run.read))


@given(many, st.sampled_from([{"deadband": 5.0}, {"swinging_door": 5.0}]))
def test_nothing_is_silent_for_longer_than_it_may(given_steps, settings):
    run = Run(mode=Mode.EVENT, max_silence_s=45.0, **settings)
    now_ns, heard_ns = 0, 0
    for value, (quality, reason), apart_ms, _, _ in given_steps:
        now_ns += apart_ms * 1_000_000
        reading = Reading("a/b", value, now_ns, 0, quality, reason)
        if run.take(reading).send:
            heard_ns = now_ns
        assert now_ns - heard_ns < 45_000_000_000


@pytest.mark.parametrize("settings", SETTINGS)
@given(many)
def test_readings_leave_in_the_order_in_which_they_were_read(settings, given_steps):
    """Only an aggregate may be older than what was sent before it: it says of itself that it stands for a window."""
    sent = [one.boottime_ns for one in Run(**settings).feed(given_steps).sent if isinstance(one, Reading)]
    assert sent == sorted(sent)

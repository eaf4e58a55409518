"""What of a channel is sent: deadband, previous value, swinging door, windows, and both together."""

from __future__ import annotations

import pytest

from gateway.core.aggregate import Aggregate
from gateway.core.gate import gate_of
from gateway.core.plan import make_plan
from gateway.core.reading import Quality
from gateway.core.settings_channel import ChannelSettings, Mode, Part
from tests.core.gate_run import Run, at, times

TRACE = (20.0, 20.1, 20.3, 20.4, 20.6, 20.7, 22.0, 23.4, 23.5, 23.5, 23.4)
"""A slow rise, a step, and a rest; one reading per second."""


def run(values, **settings):
    done = Run(**settings)
    for second, value in enumerate(values):
        done.take(at(value, second))
    return done


def event(values, **settings):
    return run(values, mode=Mode.EVENT, **settings)


def test_in_realtime_there_is_no_gate():
    assert gate_of(make_plan(ChannelSettings(), 1.0, None, None)) is None


def test_a_deadband_sends_what_left_it():
    assert times(event(TRACE, deadband=0.5)) == [0, 4, 6, 7]


def test_small_steps_in_one_direction_add_up():
    """What is compared is the last value that was sent, not the last that was read."""
    sent = times(event([step * 0.4 for step in range(31)], deadband=1.0))
    assert sent == [0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30]


def test_with_the_previous_value_a_step_has_both_ends():
    assert times(event(TRACE, deadband=0.5, previous=True)) == [0, 3, 4, 5, 6, 7]


def test_a_heartbeat_needs_no_previous_value():
    done = event([1.0] * 12, deadband=1.0, previous=True, max_silence_s=5.0)
    assert times(done) == [0, 5, 10]


def test_silence_ends_after_its_longest_time():
    done = Run(mode=Mode.EVENT, deadband=1.0, max_silence_s=10.0)
    for second in (0, 9.9, 10.0, 19.9, 20.0):
        done.take(at(20.0, second))
    assert times(done) == [0, 10.0, 20.0]


def test_a_change_of_quality_is_news_and_a_lasting_fault_is_not():
    done = Run(mode=Mode.EVENT, deadband=1.0)
    good, bad = Quality.GOOD, Quality.BAD
    for second, (value, quality) in enumerate([(20.0, good), (float("nan"), bad), (float("nan"), bad), (20.0, good)]):
        done.take(at(value, second, quality))
    assert times(done) == [0, 1, 3]


@pytest.mark.parametrize(("values", "sent"), [
    ((True, True, False, False, True), [0, 2, 4]),
    (("a", "a", "b"), [0, 2]),
    ((1.0, True, "True", 1.0), [0, 1, 2, 3]),
])  # fmt: skip
@pytest.mark.parametrize("settings", [{"deadband": 100.0}, {"swinging_door": 100.0}])
def test_of_what_is_no_number_every_change_is_news(values, sent, settings):
    assert times(event(values, **settings)) == sent


def test_the_strict_door_keeps_the_corners():
    done = event(TRACE, swinging_door=0.5)
    assert times(done) == [0, 5, 7]
    assert [one.boottime_ns for one in done.gate.held] == [10_000_000_000]


def test_a_bad_reading_ends_the_line_with_the_number_before_it():
    done = Run(mode=Mode.EVENT, swinging_door=0.5)
    for second, value in enumerate((1.0, 2.0, 3.0)):
        done.take(at(value, second))
    outcome = done.take(at(float("nan"), 3, Quality.BAD))
    assert [one.boottime_ns // 10**9 for one in outcome.send] == [2, 3]
    assert not outcome.held


def test_a_door_is_never_silent_for_longer_than_it_may():
    assert times(event([1.0] * 12, swinging_door=0.5, max_silence_s=5.0)) == [0, 5, 10]


def test_what_waits_when_a_part_falls_silent_is_sent_in_the_end():
    for settings in ({"swinging_door": 0.5}, {"deadband": 9.0, "previous": True}):
        done = event([1.0, 2.0, 3.0], max_silence_s=30.0, **settings)
        limits = done.plan.limits(0.0)
        assert done.gate.overdue(31_000_000_000, limits) == ()
        assert [one.value for one in done.gate.overdue(32_000_000_000, limits)] == [3.0]
        assert done.gate.held == ()
        assert done.gate.overdue(99_000_000_000, limits) == ()


def test_a_window_is_one_aggregate():
    done = run((1.0, 5.0, 3.0, 7.0), mode=Mode.PERIODIC, window_s=3.0)
    (one,) = done.sent
    assert (one.value, one.samples, one.low, one.high, one.last) == (3.0, 3, 1.0, 5.0, 3.0)
    assert (one.boottime_ns, one.low_ns, one.high_ns) == (10**9, 0, 10**9)
    assert done.gate.held == (at(7.0, 3),)


def test_a_window_with_one_reading_is_that_reading():
    done = Run(mode=Mode.PERIODIC, window_s=3.0)
    for second in (0, 3, 6):
        done.take(at(1.5, second))
    assert done.sent == [at(1.5, 0), at(1.5, 3)]


def test_the_sum_over_time_has_no_hole_between_two_windows():
    """A rate of 2 units per second for 11 seconds is 22 units, whatever the windows are."""
    done = run([2.0] * 12, mode=Mode.PERIODIC, window_s=4.0, aggregates=(Part.INTEGRAL,))
    total = sum(one.integral for one in (*done.sent, *done.gate.held))
    assert total == pytest.approx(22.0)


def test_the_sum_over_time_knows_nothing_of_a_long_silence():
    done = Run(mode=Mode.PERIODIC, window_s=4.0, aggregates=(Part.INTEGRAL,))
    for second in (0, 1, 100, 101):
        done.take(at(2.0, second))
    assert sum(one.integral for one in (*done.sent, *done.gate.held)) == pytest.approx(4.0)


def test_a_window_ends_where_a_reading_is_bad_and_the_fault_is_told_once_per_window():
    done = Run(mode=Mode.PERIODIC, window_s=10.0)
    for second, quality in enumerate([Quality.GOOD] * 2 + [Quality.BAD] * 14):
        done.take(at(1.0, second, quality))
    assert [type(one) is Aggregate for one in done.sent] == [True, False, False]
    assert times(done)[1:] == [2, 12]


def test_a_window_of_a_part_that_fell_silent_is_sent_when_it_is_over():
    done = run((1.0, 5.0), mode=Mode.PERIODIC, window_s=10.0)
    limits = done.plan.limits(0.0)
    assert done.gate.overdue(9_999_999_999, limits) == ()
    assert [one.samples for one in done.gate.overdue(10_000_000_000, limits)] == [2]


def test_hybrid_sends_events_and_an_aggregate_of_the_others():
    done = run((1.0, 1.1, 9.0, 9.1, 9.3, 9.2, 9.2), mode=Mode.HYBRID, deadband=1.0, window_s=6.0)
    events = [one.value for one in done.sent if not isinstance(one, Aggregate)]
    (aggregate,) = [one for one in done.sent if isinstance(one, Aggregate)]
    assert events == [1.0, 9.0]
    assert (aggregate.samples, aggregate.low, aggregate.high) == (4, 1.1, 9.3)


def test_what_is_sent_for_another_reason_takes_with_it_what_waits():
    done = run((1.0, 1.1, 1.2), mode=Mode.HYBRID, swinging_door=1.0)
    outcome = done.gate.admit(at(99.0, 3))
    assert [one.value for one in outcome.send] == [1.1, 1.2, 99.0]
    assert outcome.held == ()

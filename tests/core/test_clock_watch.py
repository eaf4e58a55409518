"""What happens to the wall clock is noticed: set, known, no longer known, at odds with the twin's; and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.clock_watch import DISAGREES_S_MIN, STEP_S_MIN, ClockEvent, ClockWatch
from gateway.core.offset import Sample
from gateway.core.reading import ClockState
from gateway.core.time_repair import Now

RIGHT, WRONG = ClockState.SYNCHRONISED, ClockState.UNSYNCHRONISED
START_S = 1_795_417_200.0


def at(boottime_s, ahead_s=0.0, clock=RIGHT, boot_id="b"):
    return Now(boot_id, round(boottime_s * 1e9), round((START_S + boottime_s + ahead_s) * 1e9), clock)


@pytest.mark.parametrize("hours", [-5, -0.001, 0.001, 3, 50_000])
def test_a_clock_that_is_set_is_a_step_by_that_much_once(hours):
    watch = ClockWatch()
    assert watch.look(at(1)) == []
    assert watch.look(at(2, hours * 3600)) == [ClockEvent("clock_step", pytest.approx(hours * 3600))]
    assert watch.look(at(3, hours * 3600)) == []


@given(st.floats(-1, 1), st.lists(st.floats(0.5, 300), max_size=30))
@settings(max_examples=60, deadline=None)
def test_a_quartz_that_is_off_by_200_ppm_is_no_step_however_seldom_one_looks(share, pauses):
    watch, boottime_s = ClockWatch(), 0.0
    for pause_s in pauses:
        boottime_s += pause_s
        assert watch.look(at(boottime_s, share * 200e-6 * boottime_s)) == []


def test_suspension_and_a_long_time_without_a_look_are_no_step():
    watch = ClockWatch()
    watch.look(at(1))
    assert watch.look(at(90_000)) == []


def test_becoming_known_and_no_longer_known_are_told():
    watch = ClockWatch()
    watch.look(at(1, -1e8, WRONG))
    assert watch.look(at(2, 0.0, RIGHT)) == [ClockEvent("clock_step", 1e8), ClockEvent("clock_synchronised")]
    assert watch.look(at(3, 0.0, WRONG)) == [ClockEvent("clock_unsynchronised")]


def test_two_clocks_that_both_claim_to_be_right_and_differ_are_told_once():
    watch = ClockWatch()
    far = Sample(DISAGREES_S_MIN + 0.6, 0.5)
    assert watch.look(at(1), far) == [ClockEvent("clock_disagrees", DISAGREES_S_MIN + 0.6)]
    assert watch.look(at(2), far) == []
    assert watch.disagrees
    assert watch.look(at(3), Sample(0.1, 0.5)) == []
    assert not watch.disagrees
    assert watch.look(at(4), far) != []


@pytest.mark.parametrize(
    ("clock", "sample"), [(WRONG, Sample(1e6, 0.1)), (RIGHT, Sample(DISAGREES_S_MIN + 4, 4.5)), (RIGHT, None)]
)
def test_a_clock_that_claims_nothing_and_an_estimate_that_is_vague_do_not_disagree(clock, sample):
    assert ClockWatch().look(at(1, clock=clock), sample) == []


def test_a_step_below_the_bound_is_slewing():
    watch = ClockWatch()
    watch.look(at(1))
    assert watch.look(at(2, STEP_S_MIN - 0.001)) == []

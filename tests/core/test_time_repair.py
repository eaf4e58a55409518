"""The wall time of a segment: right at once where the clock was right, and repaired where it became right later."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.offset import Sample
from gateway.core.reading import ClockState
from gateway.core.segment import Base
from gateway.core.time_repair import OFFSET_ERROR_S_MAX, Now, base_time, best_now

RIGHT, WRONG = ClockState.SYNCHRONISED, ClockState.UNSYNCHRONISED
TRUE_NS = 1_795_417_200_000_000_000
WRONG_NS = 30_000_000_000  # A box without a battery, half a minute after 1970.
BOOT_NS = 5_000_000_000


def base(clock, boot_id="this boot", wall_ns=WRONG_NS):
    return Base(boot_id, BOOT_NS, wall_ns, clock)


def now(clock, after_s=0.0, wall_ns=TRUE_NS, boot_id="this boot"):
    return Now(boot_id, BOOT_NS + round(after_s * 1e9), wall_ns, clock)


@pytest.mark.parametrize("at", [now(RIGHT, 60), now(WRONG, 60), now(RIGHT, 60, boot_id="a later boot")])
def test_a_time_that_was_right_stays_as_it_is(at):
    assert base_time(base(RIGHT, wall_ns=TRUE_NS), at) == (TRUE_NS, RIGHT)


def test_a_time_that_was_wrong_is_put_right_when_the_same_boot_knows_better():
    assert base_time(base(WRONG), now(RIGHT, 90)) == (TRUE_NS - 90_000_000_000, RIGHT)


@pytest.mark.parametrize("at", [now(WRONG, 90), now(RIGHT, 90, boot_id="a later boot")])
def test_a_time_that_cannot_be_known_is_kept_and_marked(at):
    assert base_time(base(WRONG), at) == (WRONG_NS, WRONG)


@given(st.integers(0, 10**18), st.integers(0, 10**18), st.integers(-(10**18), 10**18))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_whatever_the_clock_said_the_repaired_time_is_the_true_one(boot_ns, later_ns, wrong_by_ns):
    taken = Base("this boot", boot_ns, TRUE_NS + wrong_by_ns, WRONG)
    known = Now("this boot", boot_ns + later_ns, TRUE_NS + later_ns, RIGHT)
    assert base_time(taken, known) == (TRUE_NS, RIGHT)


def test_the_twins_time_is_taken_only_where_our_own_is_not_known_and_it_is_good_enough():
    close, vague = Sample(100.0, OFFSET_ERROR_S_MAX), Sample(100.0, OFFSET_ERROR_S_MAX + 0.1)
    ours, lost = now(RIGHT), now(WRONG)
    assert best_now(ours, close) == ours
    assert best_now(lost, None) == best_now(lost, vague) == lost
    assert best_now(lost, close) == Now("this boot", BOOT_NS, TRUE_NS + 100_000_000_000, RIGHT)

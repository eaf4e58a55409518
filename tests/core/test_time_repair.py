"""When something was: right at once where the clock was right, repaired where it became known, bounded where never."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.offset import Sample
from gateway.core.reading import ClockState
from gateway.core.segment import Base
from gateway.core.time_repair import BOOTS_MAX, FLOOR_NS, MOVED_NS_MIN, OFFSET_ERROR_S_MAX, Boot, Boots, Now, best_now

RIGHT, WRONG = ClockState.SYNCHRONISED, ClockState.UNSYNCHRONISED
S = 1_000_000_000
TRUE_NS = 1_795_417_200 * S
WRONG_NS = 30 * S  # A box without a battery, half a minute after 1970.
BOOT_NS = 5 * S


def base(clock, boot_id="this", wall_ns=WRONG_NS, boottime_ns=BOOT_NS):
    return Base(boot_id, boottime_ns, wall_ns, clock)


def now(clock, after_s=0.0, wall_ns=TRUE_NS, boot_id="this"):
    return Now(boot_id, BOOT_NS + round(after_s * S), wall_ns, clock)


def test_a_time_that_was_right_stays_as_it_is():
    assert Boots((), "this").date(base(RIGHT, wall_ns=TRUE_NS)) == (TRUE_NS, RIGHT, None, None)


def test_a_time_that_was_wrong_is_put_right_when_the_same_boot_knows_better():
    boots = Boots((), "this")
    boots.learn(now(RIGHT, 90))
    assert boots.date(base(WRONG)) == (TRUE_NS - 90 * S, RIGHT, None, None)


def test_it_is_put_right_even_after_a_power_cut_where_its_boot_knew_before_it_ended():
    boots = Boots([Boot("before", TRUE_NS, 3600 * S)], "this")
    assert boots.date(base(WRONG, "before")) == (TRUE_NS + BOOT_NS, RIGHT, None, None)


def test_a_boot_that_never_knew_lies_between_its_neighbours():
    boots = Boots([Boot("first", TRUE_NS, 100 * S), Boot("dark", None, 50 * S)], "this")
    boots.learn(Now("this", 10 * S, TRUE_NS + 1000 * S, RIGHT))
    dated = boots.date(base(WRONG, "dark"))
    assert dated.clock is WRONG
    assert dated.earliest_ns == TRUE_NS + 100 * S + BOOT_NS
    assert dated.latest_ns == TRUE_NS + 990 * S - 45 * S, "45 s before the last moment that it certainly had"
    assert dated.wall_ns == dated.earliest_ns, "what the clock said was before that"


@pytest.mark.parametrize(("said_ns", "guess"), [(TRUE_NS + 500 * S, TRUE_NS + 500 * S), (TRUE_NS * 2, None)])
def test_what_the_wrong_clock_said_counts_as_far_as_the_bounds_allow(said_ns, guess):
    boots = Boots([Boot("first", TRUE_NS, 100 * S), Boot("dark", None, BOOT_NS)], "this")
    boots.learn(Now("this", 0, TRUE_NS + 1000 * S, RIGHT))
    dated = boots.date(base(WRONG, "dark", said_ns))
    assert dated.wall_ns == (guess or dated.latest_ns)


def test_a_time_of_which_nothing_is_known_is_never_before_the_software_was_there():
    dated = Boots((), "this").date(base(WRONG))
    assert dated == (FLOOR_NS, WRONG, FLOOR_NS, None)
    assert dated.wall_ns / S > 2**28, "SenML would take it for a time relative to now"


def test_a_boot_that_is_forgotten_still_ends_before_those_that_are_known():
    boots = Boots([Boot("second", TRUE_NS, 0)], "this")
    assert boots.date(base(WRONG, "first", TRUE_NS + S)).wall_ns == TRUE_NS


def test_bounds_that_contradict_each_other_do_not_put_a_reading_after_a_later_boot():
    boots = Boots(
        [Boot("first", TRUE_NS, 500 * S), Boot("dark", None, BOOT_NS), Boot("next", TRUE_NS + 10 * S, 0)], "this"
    )
    dated = boots.date(base(WRONG, "dark"))
    assert dated.earliest_ns == dated.latest_ns == dated.wall_ns == TRUE_NS + 10 * S


def test_a_boot_is_worth_keeping_when_it_becomes_known_and_when_it_moves():
    boots = Boots((), "this")
    assert not boots.learn(now(WRONG))
    assert boots.learn(now(RIGHT))
    assert not boots.learn(now(RIGHT, 5, TRUE_NS + 5 * S + MOVED_NS_MIN - 1))
    assert boots.learn(now(RIGHT, 6, TRUE_NS + 6 * S + MOVED_NS_MIN))
    assert boots.present == Boot("this", TRUE_NS - BOOT_NS + MOVED_NS_MIN, BOOT_NS + 6 * S)


def test_slow_slewing_is_kept_when_it_has_become_a_tenth_of_a_second():
    boots = Boots((), "this")
    news = [boots.learn(now(RIGHT, second, TRUE_NS + round(second * 1.0005 * S))) for second in range(401)]
    assert sum(news) == 3, "at once, and twice in 400 s at 0.5 ms/s"


def test_a_clock_that_is_no_longer_known_keeps_what_the_boot_had_learnt():
    boots = Boots((), "this")
    boots.learn(now(RIGHT))
    assert not boots.learn(now(WRONG, 10, WRONG_NS))
    assert boots.date(base(WRONG)).clock is RIGHT


def test_only_the_newest_boots_are_remembered_and_the_present_one_always():
    boots = Boots([Boot(str(number)) for number in range(2 * BOOTS_MAX)], "this")
    assert len(boots.all()) == BOOTS_MAX
    assert boots.all()[-1] == boots.present == Boot("this")


@given(st.integers(0, 10**18), st.integers(0, 10**18), st.integers(-(10**18), 10**18))
@settings(max_examples=60, deadline=None)
def test_whatever_the_clock_said_the_repaired_time_is_the_true_one(boot_ns, later_ns, wrong_by_ns):
    boots = Boots((), "this")
    boots.learn(Now("this", boot_ns + later_ns, TRUE_NS + later_ns, RIGHT))
    assert boots.date(Base("this", boot_ns, TRUE_NS + wrong_by_ns, WRONG)) == (TRUE_NS, RIGHT, None, None)


class Run(NamedTuple):
    """One boot as it truly was."""

    off_s: int
    on_s: int
    wrong_by_s: int
    known_at_s: int | None


RUNS = st.builds(
    Run, st.integers(1, 10**6), st.integers(1, 10**6), st.integers(-(10**8), 10**8), st.none() | st.integers(0, 10**6)
)


@given(st.lists(RUNS, min_size=1, max_size=8))
@settings(max_examples=150, deadline=None)
def test_the_true_time_is_known_or_lies_between_the_bounds_and_the_order_of_boots_is_kept(runs):
    """A machine that is switched on and off; in some boots the time becomes known, in others never."""
    known, taken, at_s = [], [], TRUE_NS // S
    for number, run in enumerate(runs):
        at_s += run.off_s
        boots = Boots(known, str(number))
        for second in sorted({0, run.on_s // 2, run.on_s}):
            right = run.known_at_s is not None and second >= run.known_at_s
            wall_s = at_s + second + (0 if right else run.wrong_by_s)
            moment = Now(str(number), second * S, wall_s * S, RIGHT if right else WRONG)
            boots.learn(moment)
            taken.append((Base(*moment), (at_s + second) * S))
        known = boots.all()
        at_s += run.on_s
    dated = [(boots.date(one), true_ns) for one, true_ns in taken]
    for one, true_ns in dated:
        if one.clock is RIGHT:
            assert one.wall_ns == true_ns
        else:
            assert one.earliest_ns <= true_ns
            assert one.latest_ns is None or true_ns <= one.latest_ns
            assert one.earliest_ns <= one.wall_ns <= (one.latest_ns or one.wall_ns)
    for (earlier, _), (later, _) in pairwise(dated):
        if RIGHT in {earlier.clock, later.clock}:
            assert earlier.wall_ns <= later.wall_ns


def test_the_twins_time_is_taken_only_where_our_own_is_not_known_and_it_is_good_enough():
    close, vague = Sample(100.0, OFFSET_ERROR_S_MAX), Sample(100.0, OFFSET_ERROR_S_MAX + 0.1)
    ours, lost = now(RIGHT), now(WRONG)
    assert best_now(ours, close) == ours
    assert best_now(lost, None) == best_now(lost, vague) == lost
    assert best_now(lost, close) == Now("this", BOOT_NS, TRUE_NS + 100 * S, RIGHT)

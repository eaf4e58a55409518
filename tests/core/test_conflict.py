"""Conflicts: what each policy makes of them, and the laws that hold for all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.conflict import ConflictPolicy, Side, Write, changed, resolve
from gateway.core.hybrid_clock import Stamp, receive, tick
from gateway.core.three_way import ABSENT, same

P = ConflictPolicy
EARLY, MIDDLE, LATE = Stamp(1000, 0, "twin"), Stamp(2000, 0, "site"), Stamp(3000, 0, "twin")

values = st.integers(0, 3) | st.booleans() | st.dictionaries(st.sampled_from("abc"), st.integers(0, 2), max_size=3)
stamps = st.builds(Stamp, st.integers(0, 4), st.integers(0, 2), st.sampled_from(["site", "twin"]))
writes = st.builds(Write, values | st.just(ABSENT), stamps)
policies = st.sampled_from(P)


@pytest.mark.parametrize(("policy", "stamp", "value", "side"), [
    (P.PHYSICAL_PRIORITY, LATE, 25, Side.SITE),
    (P.TWIN_PRIORITY, EARLY, 22, Side.TWIN),
    (P.LAST_WRITE_WINS, EARLY, 25, Side.SITE),
    (P.LAST_WRITE_WINS, LATE, 22, Side.TWIN),
    (P.MERGE, EARLY, 25, Side.SITE),
    (P.MERGE, LATE, 22, Side.TWIN),
])  # fmt: skip
def test_of_two_set_points_the_policy_takes_one(policy, stamp, value, side):
    outcome = resolve(policy, Write(18, Stamp(500)), Write(25, MIDDLE), Write(22, stamp))
    assert (outcome.value, outcome.side) == (value, side)
    assert outcome.conflicts == [((), 18, 25, 22, side)]


def test_what_only_the_site_changed_is_no_conflict():
    outcome = resolve(P.TWIN_PRIORITY, Write(18, EARLY), Write(25, MIDDLE), Write(18, EARLY))
    assert outcome == (25, Side.SITE, [])


def test_what_only_the_twin_changed_is_no_conflict():
    assert resolve(P.PHYSICAL_PRIORITY, Write(18, EARLY), Write(18, EARLY), Write(22, LATE)) == (22, Side.TWIN, [])


def test_the_same_change_on_both_sides_is_no_conflict():
    assert resolve(P.PHYSICAL_PRIORITY, Write(18, EARLY), Write(22, MIDDLE), Write(22.0, LATE)).conflicts == []


def test_who_says_the_same_again_later_has_said_something():
    """An app that writes 18 once more, after somebody at the site had set 25, means it."""
    outcome = resolve(P.LAST_WRITE_WINS, Write(18, EARLY), Write(25, MIDDLE), Write(18, LATE))
    assert (outcome.value, len(outcome.conflicts)) == (18, 1)


def test_settings_that_do_not_overlap_are_merged_without_a_conflict():
    base = Write({"every": 1, "deadband": 0.1}, EARLY)
    site, twin = Write({"every": 5, "deadband": 0.1}, MIDDLE), Write({"every": 1, "deadband": 0.5}, LATE)
    assert resolve(P.MERGE, base, site, twin) == ({"every": 5, "deadband": 0.5}, Side.BOTH, [])


def test_only_the_key_that_overlaps_is_decided():
    base = Write({"every": 1, "deadband": 0.1}, EARLY)
    site, twin = Write({"every": 5, "deadband": 0.2}, MIDDLE), Write({"every": 1, "deadband": 0.5}, LATE)
    outcome = resolve(P.MERGE, base, site, twin)
    assert outcome.value == {"every": 5, "deadband": 0.5}
    assert outcome.conflicts == [(("deadband",), 0.1, 0.2, 0.5, Side.TWIN)]


@given(policies, writes, writes, writes)
def test_there_is_a_conflict_only_where_both_changed_it_and_differently(policy, base, site, twin):
    outcome = resolve(policy, base, site, twin)
    if outcome.conflicts:
        assert not same(site.value, twin.value)
        assert changed(site, base)
        assert changed(twin, base)
    for one in outcome.conflicts:
        assert not same(one.site, one.twin)


@given(policies, writes, writes, writes)
def test_the_outcome_is_one_side_s_or_merged_and_never_something_third(policy, base, site, twin):
    outcome = resolve(policy, base, site, twin)
    assert outcome == resolve(policy, base, site, twin)
    if policy is not P.MERGE:
        assert same(outcome.value, site.value if outcome.side is Side.SITE else twin.value)


@given(policies, writes, writes, writes)
def test_once_resolved_there_is_nothing_left_to_resolve(policy, base, site, twin):
    """Both sides write down the outcome; an old word that comes again finds it there."""
    outcome = resolve(policy, base, site, twin)
    settled = Write(outcome.value, max(base.stamp, site.stamp, twin.stamp))
    again = resolve(policy, settled, settled, settled)
    assert same(again.value, outcome.value)
    assert again.conflicts == []


@given(
    st.permutations(range(5)), st.permutations(range(5)), st.lists(st.tuples(values, stamps), min_size=5, max_size=5)
)
def test_by_last_write_two_sides_end_equal_whatever_the_order_of_arrival(one_order, other_order, said):
    """Every write reaches both sides, each in an order of its own; the later write is kept."""
    said = [Write(value, Stamp(stamp.ms, number, stamp.node)) for number, (value, stamp) in enumerate(said)]
    ends = []
    for order in (one_order, other_order):
        held = Write()
        for number in order:
            held = Write(*_later(held, said[number]))
        ends.append(held)
    assert same(ends[0].value, ends[1].value)


def _later(held, heard):
    outcome = resolve(P.LAST_WRITE_WINS, Write(), held, heard)
    if same(held.value, heard.value):
        return held.value, max(held.stamp, heard.stamp)
    return (held.value, held.stamp) if outcome.side is Side.SITE else (heard.value, heard.stamp)


@given(st.integers(0, 50_000), st.integers(0, 5000), st.integers(-5000, 5000))
def test_who_answers_what_he_has_heard_of_wins_however_his_clock_goes(now, later, skew):
    """Causality: the second write was made knowing the first."""
    twin = tick(Stamp(node="twin"), now)
    site_now = max(0, now + later + skew)
    site = tick(receive(Stamp(node="site"), twin, max(site_now, now)), site_now)
    assert resolve(P.LAST_WRITE_WINS, Write(1), Write(2, site), Write(3, twin)).side is Side.SITE

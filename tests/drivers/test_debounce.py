from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from drivers.debounce import Debounce

HOLD_S = 0.05

samples = st.lists(st.tuples(st.booleans(), st.floats(0, 0.2)), max_size=50)


def fed(samples_given, hold_s=HOLD_S, level=False):
    """The changes, with their times, that a contact gives."""
    debounce = Debounce(level=level, hold_s=hold_s)
    now_s, changes = 0.0, []
    for sample, after_s in samples_given:
        now_s += after_s
        if debounce.feed(sample, now_s):
            changes.append((debounce.level, now_s))
    return changes, debounce.level


def test_the_first_change_is_taken_at_once_and_its_bounces_are_not():
    bounces = [(True, 1.0), (False, 0.002), (True, 0.001), (False, 0.004), (True, 0.001)]
    assert fed(bounces) == ([(True, 1.0)], True)


def test_a_later_change_counts_again():
    assert fed([(True, 1.0), (False, 0.051)])[0] == [(True, 1.0), (False, 1.051)]


def test_a_pulse_shorter_than_the_hold_is_put_right_by_the_next_look():
    changes, level = fed([(True, 1.0), (False, 0.01), (False, 1.0)])
    assert [change for change, _ in changes] == [True, False]
    assert level is False


@given(samples)
def test_changes_alternate_and_keep_their_distance(given_samples):
    changes, _ = fed(given_samples)
    assert [change for change, _ in changes] == [index % 2 == 0 for index in range(len(changes))]
    times = [at_s for _, at_s in changes]
    assert all(later - earlier >= HOLD_S - 1e-9 for earlier, later in pairwise(times))


@given(samples, st.booleans())
def test_a_contact_that_rests_is_known_after_the_hold(given_samples, final):
    _, level = fed([*given_samples, (final, 0.0), (final, HOLD_S * 1.01)])
    assert level is final


@given(samples)
def test_without_a_hold_every_change_counts(given_samples):
    changes, _ = fed(given_samples, hold_s=0.0)
    levels = [False, *(sample for sample, _ in given_samples)]
    assert len(changes) == sum(before is not after for before, after in pairwise(levels))

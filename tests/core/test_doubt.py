"""That readings are in doubt is said once, and so is the end; what comes and goes does not fill a log."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.doubt import WELL_S, Doubt
from gateway.core.reading import Quality, Reading, Reason

S = 1_000_000_000


def told(*, good, every_s=1.0):
    """What is said of readings of which each is good or not: (its number, whether it begins, how many were not)."""
    doubt, found = Doubt(), []
    for at, is_good in enumerate(good):
        quality, reason = (Quality.GOOD, Reason.NONE) if is_good else (Quality.UNCERTAIN, Reason.RATE)
        said = doubt.take(Reading("a/b", 1.0, round(at * every_s * S), 0, quality, reason))
        if said is not None:
            assert (said.quality, said.reason) == (Quality.UNCERTAIN, Reason.RATE)
            found.append((at, said.begins, said.readings))
    return found


def test_nothing_is_said_while_all_is_well():
    assert told(good=[True] * 99) == []


def test_the_beginning_is_said_at_once_and_the_end_when_all_was_well_for_a_minute():
    assert told(good=[True, False, False, *[True] * 99]) == [(1, True, 1), (2 + WELL_S, False, 2)]


def test_the_next_time_is_said_again():
    found = told(good=[False, True, False, True], every_s=WELL_S)
    assert found == [(0, True, 1), (1, False, 1), (2, True, 1), (3, False, 1)]


@given(st.lists(st.booleans(), max_size=200), st.floats(0.1, 100))
def test_beginnings_and_ends_take_turns_and_are_few(good, every_s):
    found = told(good=good, every_s=every_s)
    assert [begins for _, begins, _ in found] == [number % 2 == 0 for number in range(len(found))]
    assert len(found) <= 2 + 2 * len(good) * every_s / WELL_S

"""After a loss: every number that was given waits or is in a gap, and none is in both."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.ledger_events import Gap
from gateway.core.reading import Lane
from gateway.core.unaccounted import unaccounted
from gateway.core.wire import FinishedEpoch

N, L = Lane.NORMAL, Lane.LOW


def test_what_does_not_wait_is_a_gap_up_to_the_end_of_its_epoch():
    finished = [FinishedEpoch("e-1", {"normal": 10, "low": 3})]
    gaps = list(unaccounted(finished, [("e-1", N, 3, 4), ("e-1", N, 7, 10)], "damaged"))
    assert gaps == [
        Gap("e-1", N, 1, 2, "damaged", {}),
        Gap("e-1", N, 5, 6, "damaged", {}),
        Gap("e-1", L, 1, 3, "damaged", {}),
    ]


def test_of_an_epoch_whose_end_is_not_known_only_what_lies_between_is_a_gap():
    assert list(unaccounted([], [("e-1", N, 3, 4), ("e-1", N, 6, 6)], "r")) == [
        Gap("e-1", N, 1, 2, "r", {}),
        Gap("e-1", N, 5, 5, "r", {}),
    ]


def test_where_everything_waits_there_is_no_gap():
    assert list(unaccounted([FinishedEpoch("e-1", {"normal": 4})], [("e-1", N, 1, 4)], "r")) == []


@given(st.sets(st.integers(1, 40)), st.integers(0, 40))
def test_every_number_waits_or_is_in_one_gap(waiting, last):
    waits = [("e-1", N, number, number) for number in waiting]
    gaps = list(unaccounted([FinishedEpoch("e-1", {"normal": last})] if last else [], waits, "r"))
    given_up = [number for gap in gaps for number in range(gap.first, gap.last + 1)]
    assert len(given_up) == len(set(given_up))
    assert set(given_up) | waiting == set(range(1, max([last, *waiting]) + 1))
    assert not set(given_up) & waiting

"""The account of both sides: what is lost, twice, or out of order is found, and nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from demo.numbers import Readings, Received, Row
from demo.reckoning import reckon, steps_back

EPOCH = "3f2a9c1b7d10e644"


def rows(*numbers, starts=1, lane="normal"):
    return [Row(time=float(number), epoch=f"{EPOCH}-{starts}", lane=lane, seq=number) for number in numbers]


def accepted(count, waiting=0):
    return Readings(taken=count + 3, suppressed=2, shed=1, acknowledged=count - waiting, waiting=waiting)


def account(count, history, received=None, missing=0, late=0, waiting=0):
    held = sum(len(readings) for readings in history.values()) if received is None else received
    twin = Received(received=held, missing=missing, out_of_order=late)
    return reckon(accepted(count, waiting), twin, history)


def test_nothing_is_wrong_where_both_sides_agree():
    found = account(5, {"a": rows(1, 2, 4), "b": rows(3, 5)})
    assert found.clean
    assert str(found) == "0 lost, 0 duplicated, 0 out of order"


def test_a_reading_that_the_twin_never_got_is_lost_also_where_it_sees_no_hole():
    assert account(5, {"a": rows(1, 2, 3, 4)}).lost == 1


def test_a_hole_that_the_twin_sees_is_lost_also_where_the_daemon_does_not_miss_it():
    assert account(4, {"a": rows(1, 2, 4, 5)}, missing=1).lost == 1


def test_what_still_waits_is_not_lost():
    assert account(5, {"a": rows(1, 2)}, waiting=3).clean


def test_a_reading_that_is_held_twice_is_found():
    found = account(2, {"a": rows(1, 2, 2)}, received=2)
    assert (found.duplicated, found.lost, found.clean) == (1, 0, False)


def test_the_same_number_in_another_lane_or_epoch_is_another_reading():
    history = {"a": [*rows(1), *rows(1, starts=2)], "b": rows(1, lane="high")}
    assert account(3, history).clean


def test_order_is_judged_in_each_series_and_over_restarts():
    assert steps_back([*rows(7, 8), *rows(1, 2, starts=2)]) == 0
    assert steps_back([*rows(1, starts=2), *rows(7)]) == 1
    assert steps_back(rows(1, 3, 2, 4)) == 1
    assert account(4, {"a": rows(1, 3, 2, 4)}).out_of_order == 1


def test_what_the_twin_counts_as_late_is_out_of_order():
    assert account(2, {"a": rows(1, 2)}, late=4).out_of_order == 4


def test_a_reading_that_nobody_sent_is_told():
    found = account(1, {"a": rows(1, 2)})
    assert (found.unexplained, found.clean) == (1, False)
    assert str(found).endswith("1 unexplained")


def test_a_twin_that_counts_other_than_it_holds_is_told():
    assert account(2, {"a": rows(1, 2)}, received=3).unexplained == 1


@given(st.sets(st.integers(1, 50)), st.sets(st.integers(1, 50)), st.lists(st.integers(1, 50), max_size=5))
def test_what_is_taken_away_is_lost_and_what_is_put_in_again_is_duplicated(sent, dropped, again):
    arrived = sent - dropped
    repeated = [number for number in again if number in arrived]
    history = {"a": rows(*sorted([*arrived, *repeated]))}
    found = account(len(sent), history, received=len(arrived))
    assert (found.lost, found.duplicated) == (len(sent & dropped), len(repeated))
    assert found.out_of_order == found.unexplained == 0

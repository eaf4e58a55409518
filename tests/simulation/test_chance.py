from __future__ import annotations

import math
import statistics
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from drivers.simulated.chance import DoorTimes, Drift, normal

seeds = st.integers(0, 2**32 - 1)


@given(seeds)
def test_a_door_turns_ever_later_and_every_time(seed):
    door = DoorTimes(seed, opens_every_s=100.0, open_for_s=10.0)
    before_s, was_open = 0.0, False
    for _ in range(50):
        assert door.next_s > before_s
        assert door.is_open is was_open
        before_s, was_open = door.next_s, not was_open
        door.turn()


def test_a_door_keeps_its_means():
    door = DoorTimes(7, opens_every_s=100.0, open_for_s=10.0)
    lengths: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(4000):
        started_s, state = door.next_s, not door.is_open
        door.turn()
        lengths[state].append(door.next_s - started_s)
    assert 9 < statistics.mean(lengths[True]) < 11
    assert 90 < statistics.mean(lengths[False]) < 110


def test_a_door_may_stay_closed_for_ever():
    assert math.isinf(DoorTimes(1, opens_every_s=0.0, open_for_s=10.0).next_s)


@given(seeds, st.text(max_size=5))
def test_the_same_seed_and_name_wander_the_same_way(seed, name):
    first, second = Drift(seed, name, 0.1), Drift(seed, name, 0.1)
    for _ in range(10):
        first.step()
        second.step()
        assert first.factor(1.0) == second.factor(1.0) > 0


def test_a_drift_wanders_by_one_standard_deviation_and_slowly():
    drift = Drift(3, "dust", 0.05)
    values = []
    for _ in range(20_000):
        drift.step()
        values.append(math.log(drift.factor(1.0)))
    assert abs(statistics.mean(values)) < 0.3
    assert 0.8 < statistics.stdev(values) < 1.2
    steps = [abs(later - earlier) for earlier, later in pairwise(values)]
    assert statistics.mean(steps) < 0.4


def test_without_a_spread_nothing_wanders():
    assert Drift(3, "dust", 0.05).factor(0.0) == 1.0


def test_noise_belongs_to_its_key():
    assert normal("a") == normal("a")
    assert normal("a") != normal("b")
    values = [normal(str(number)) for number in range(2000)]
    assert abs(statistics.mean(values)) < 0.1
    assert 0.95 < statistics.stdev(values) < 1.05

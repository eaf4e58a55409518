"""The daily budget: never above it in any day but by what is critical, and most of it used."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.budget import HOURS, Budget
from gateway.core.reading import Lane

MB = 1_000_000
STEP_S = 60.0
DAY_STEPS = 1440
BATCH = 4000.0


class Site:
    """Readings that come, an outbox that holds them, and a link that may be down, minute by minute."""

    def __init__(self, limit, rates, gain=1.0, critical=0.0):
        self.budget = Budget(limit)
        self.rates, self.gain, self.critical = rates, gain, critical
        """Bytes that each lane wants in a minute as configured, and by what share a full stretch lessens that."""
        self.live = dict.fromkeys(Lane, 0.0)
        self.stored = 0.0
        self.minutes, self.critical_minutes, self.stretches = [], [], []

    def run(self, steps, up=True, burst=1.0):
        for _ in range(steps):
            self.budget.elapse(STEP_S)
            for lane, rate in self.rates.items():
                self.live[lane] += rate * burst * (1.0 - self.gain * self.budget.stretch)
            sent = critical = 0.0
            if up:
                critical = self.critical
                self.budget.spend(critical, live=True)
                sent += self.drain()
            self.stored += sum(self.live.values()) if not up else 0.0
            if not up:
                self.live = dict.fromkeys(Lane, 0.0)
            self.minutes.append(sent + critical)
            self.critical_minutes.append(critical)
            self.stretches.append(self.budget.stretch)

    def drain(self):
        sent = 0.0
        for lane in Lane:
            while self.live[lane] > 0:
                size = min(BATCH, self.live[lane])
                if lane > self.budget.lowest_live(size):
                    break
                self.live[lane] -= size
                self.budget.spend(size, live=True)
                sent += size
        for _ in range(50):
            size = min(BATCH, self.stored)
            if size <= 0 or not self.budget.stored_may_go(size):
                break
            self.stored -= size
            self.budget.spend(size, live=False)
            sent += size
        return sent

    def worst_day(self, minutes):
        return max(sum(minutes[at : at + DAY_STEPS]) for at in range(0, max(1, len(minutes) - DAY_STEPS + 1), 7))


def test_below_the_budget_nothing_is_stretched_and_nothing_waits():
    site = Site(20 * MB, {Lane.NORMAL: 5000.0})
    site.run(3 * DAY_STEPS)
    assert max(site.stretches) == 0.0
    assert sum(site.live.values()) == 0.0


def test_with_room_to_stretch_most_of_the_budget_is_used_and_nothing_waits_for_long():
    site = Site(20 * MB, {Lane.NORMAL: 40_000.0}, gain=0.9)
    site.run(5 * DAY_STEPS)
    last = sum(site.minutes[-DAY_STEPS:])
    assert 0.75 * 20 * MB < last <= 20 * MB
    assert site.worst_day(site.minutes) <= 20 * MB
    settled = site.stretches[2 * DAY_STEPS :]
    assert max(settled) - min(settled) < 0.15


def test_where_nothing_stretches_readings_wait_the_lowest_lane_first():
    site = Site(20 * MB, {Lane.HIGH: 3000.0, Lane.NORMAL: 9000.0, Lane.LOW: 9000.0}, gain=0.0)
    site.run(4 * DAY_STEPS)
    assert site.worst_day(site.minutes) <= 20 * MB
    assert sum(site.minutes[-DAY_STEPS:]) > 0.9 * 20 * MB
    assert site.live[Lane.HIGH] == 0.0
    assert site.live[Lane.LOW] > site.live[Lane.NORMAL] >= 0.0


def test_after_an_outage_the_backlog_goes_with_what_live_readings_leave():
    site = Site(20 * MB, {Lane.NORMAL: 6000.0}, gain=0.9)
    site.run(DAY_STEPS)
    site.run(DAY_STEPS, up=False)
    backlog = site.stored
    site.run(2 * DAY_STEPS)
    assert site.worst_day(site.minutes) <= 20 * MB
    assert backlog > 5 * MB
    assert site.stored == 0.0
    assert sum(site.live.values()) == 0.0


def test_bursts_and_outages_for_days_stay_within_the_budget():
    chance, site = random.Random(7), Site(20 * MB, {Lane.HIGH: 1500.0, Lane.NORMAL: 9000.0, Lane.LOW: 4000.0}, gain=0.5)
    for _ in range(60):
        site.run(chance.randrange(30, 300), up=chance.random() < 0.8, burst=chance.choice([0.2, 1.0, 1.0, 4.0]))
    assert site.worst_day(site.minutes) <= 20 * MB
    assert max(sum(site.minutes[at : at + DAY_STEPS]) for at in range(0, len(site.minutes), 60)) > 0.8 * 20 * MB


def test_what_is_critical_goes_even_above_the_budget_and_the_others_make_room():
    site = Site(20 * MB, {Lane.NORMAL: 20_000.0}, gain=0.0, critical=30_000.0)
    site.run(3 * DAY_STEPS)
    assert min(site.critical_minutes) == 30_000.0
    others = [all_ - critical for all_, critical in zip(site.minutes, site.critical_minutes, strict=True)]
    assert sum(others[-DAY_STEPS:]) == 0.0


def test_a_downtime_longer_than_a_day_forgets_what_was_spent():
    budget = Budget(MB)
    budget.spend(900_000, live=True)
    budget.elapse(30 * 3600.0)
    assert (budget.spent, budget.left) == (0.0, MB)


@given(st.lists(st.tuples(st.floats(0, 20_000), st.floats(0, 200_000), st.booleans()), max_size=200))
def test_who_asks_before_sending_is_never_above_the_budget(asked):
    budget = Budget(MB)
    now, sent = 0.0, []
    for seconds, size, live in asked:
        now += seconds
        budget.elapse(seconds)
        may = budget.lowest_live(size) >= Lane.NORMAL if live else budget.stored_may_go(size)
        if may:
            budget.spend(size, live=live)
            sent.append((now, size))
        day = sum(size for at, size in sent if at > now - HOURS * 3600)
        assert day <= MB + 1e-6
        assert 0.0 <= budget.stretch <= 1.0


@pytest.mark.parametrize("seconds", [0.0, -5.0])
def test_no_time_changes_nothing(seconds):
    budget = Budget(MB)
    budget.spend(1000, live=True)
    budget.elapse(seconds)
    assert budget.spent == 1000

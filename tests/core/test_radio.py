"""When a link by schedule is opened and closed, and the laws that hold whatever happens."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.cron import cron_of
from gateway.core.radio import (
    FALLBACK_S,
    LINGER_S,
    SESSION_S_MAX,
    Act,
    Every,
    State,
    Verdict,
    decide,
    due_s,
    gives_not_up,
    linger_s,
    plan_of,
)

HOURLY = cron_of("0 * * * *")
NOON_S = datetime(2026, 11, 25, 12, tzinfo=UTC).timestamp()
TIMES = st.floats(0, 1e6)


@pytest.mark.parametrize(
    ("text", "seconds"), [("every 30s", 30), ("every 15m", 900), ("every 2h", 7200), ("every 7d", 604_800)]
)
def test_an_interval_is_read(text, seconds):
    assert plan_of(text) == Every(seconds)


def test_the_link_that_is_kept_has_no_plan():
    assert plan_of("always") is None


def test_anything_of_five_fields_is_cron():
    assert plan_of("0 * * * *") == HOURLY


@pytest.mark.parametrize(
    "text", ["", "never", "every", "every 0m", "every 15", "every 15 m", "every 8d", "15m", "* * *"]
)
def test_what_is_no_schedule_is_refused_with_what_is_allowed(text):
    with pytest.raises(ValueError, match="allowed"):
        plan_of(text)


@given(TIMES, st.floats(0, 1e6), st.integers(1, 604_800))
def test_an_interval_keeps_to_its_grid_whatever_a_session_takes(started, later, seconds):
    due = due_s(Every(seconds), started, started + later, started + later, None)
    assert started + later - 1e-6 <= due <= started + later + seconds + 1e-6
    steps = (due - started) / seconds
    assert steps == pytest.approx(round(steps), abs=1e-6)


@given(TIMES, st.floats(0, 10_000))
def test_an_interval_cares_for_no_wall_clock(since, passed):
    times = [due_s(Every(900), 0.0, since, since + passed, wall) for wall in (None, 0.0, NOON_S)]
    assert len(set(times)) == 1


def test_cron_is_by_the_wall_clock_as_it_is_known_now():
    assert due_s(HOURLY, 0.0, 100.0, 160.0, NOON_S + 60) == pytest.approx(3700.0)
    # It was set meanwhile, and the hour turns out to be over soon.
    assert due_s(HOURLY, 0.0, 100.0, 160.0, NOON_S + 3590) == pytest.approx(170.0)


def test_cron_without_a_clock_is_an_interval():
    assert due_s(HOURLY, 0.0, 100.0, 160.0, None) == 100.0 + FALLBACK_S


@given(st.integers(0, 4_000_000_000).map(lambda whole: whole + 0.5), st.floats(0, 10_000))
def test_a_session_that_is_due_stays_due_until_it_is_opened(wall, passed):
    """However late somebody looks: what was due is not put off to the next hour."""
    first = due_s(HOURLY, 0.0, 1000.0, 1000.0, wall)
    later = due_s(HOURLY, 0.0, 1000.0, 1000.0 + passed, wall + passed)
    assert later == pytest.approx(first, abs=1e-3)


def test_a_session_ends_when_all_is_said_after_a_linger():
    said = State(connected=True, began_s=0.0, urgent=False, quiet_since_s=10.0)
    assert decide(said, 10.0) == Verdict(Act.STAY, 10.0 + LINGER_S)
    assert decide(said, 10.0 + LINGER_S).act is Act.CLOSE


def test_a_session_in_which_something_is_unsaid_lasts_as_long_as_one_may():
    unsaid = State(connected=True, began_s=5.0, urgent=False)
    assert decide(unsaid, 6.0) == Verdict(Act.STAY, 5.0 + SESSION_S_MAX)
    assert decide(unsaid, 5.0 + SESSION_S_MAX).act is Act.CLOSE


@given(TIMES, TIMES)
def test_a_session_does_not_end_while_a_critical_reading_waits(began, quiet):
    assert decide(State(True, began, urgent=True, quiet_since_s=quiet), 1e9).act is Act.STAY


def test_after_a_planned_end_the_next_is_by_schedule_or_at_once():
    asleep = State(connected=False, began_s=0.0, urgent=False, due_s=900.0)
    assert decide(asleep, 10.0) == Verdict(Act.OPEN, 900.0)
    assert decide(asleep._replace(urgent=True), 10.0) == Verdict(Act.OPEN, 10.0)
    assert decide(asleep, 950.0) == Verdict(Act.OPEN, 950.0)


def test_attempts_that_fail_go_on_for_as_long_as_a_session_may_last_and_then_wait_for_the_schedule():
    failed = State(connected=False, began_s=0.0, urgent=False, due_s=900.0, retry_s=20.0)
    assert decide(failed, 10.0) == Verdict(Act.OPEN, 20.0)
    late = failed._replace(retry_s=SESSION_S_MAX + 1)
    assert not gives_not_up(late)
    assert decide(late, SESSION_S_MAX - 10) == Verdict(Act.OPEN, 900.0)


def test_what_is_urgent_is_tried_again_and_again_but_never_without_the_wait():
    failed = State(connected=False, began_s=0.0, urgent=True, due_s=900.0, retry_s=SESSION_S_MAX + 60)
    assert decide(failed, SESSION_S_MAX) == Verdict(Act.OPEN, SESSION_S_MAX + 60)


STATES = st.builds(
    State,
    connected=st.booleans(),
    began_s=TIMES,
    urgent=st.booleans(),
    due_s=st.one_of(TIMES, st.just(math.inf)),
    retry_s=st.one_of(TIMES, st.none()),
    quiet_since_s=st.one_of(TIMES, st.none()),
)


@given(STATES, TIMES, st.floats(0, 100))
def test_what_is_decided_holds_until_its_time_and_fits_the_connection(state, now, linger):
    verdict = decide(state, now, linger)
    assert (verdict.act is Act.OPEN) != state.connected
    assert verdict.at_s >= now
    if verdict.act is Act.STAY and verdict.at_s < math.inf:
        assert decide(state, math.nextafter(verdict.at_s, math.inf), linger).act is Act.CLOSE
    if verdict.act is Act.OPEN and verdict.at_s < math.inf:
        assert decide(state, verdict.at_s, linger) == verdict


@given(STATES, TIMES)
def test_urgency_never_delays_an_opening(state, now):
    if not state.connected:
        assert decide(state._replace(urgent=True), now).at_s <= decide(state._replace(urgent=False), now).at_s


def test_a_slow_link_lingers_longer():
    assert linger_s(None) == linger_s(0.1) == LINGER_S
    assert linger_s(2.0) == 6.0

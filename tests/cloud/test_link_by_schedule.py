"""A link by schedule, day after day in simulated time: how often it is opened, when it is closed, what wakes it."""

from __future__ import annotations

import pytest

from gateway.cloud.radio import LOOK_EVERY_S
from gateway.cloud.session import LinkState
from gateway.core.radio import FALLBACK_S, LINGER_S, SESSION_S_MAX
from gateway.errors import LinkError, LinkRefusedError
from tests.cloud.day import played

DAY_S = 86_400.0
SESSION_S = LINGER_S + 2 * LOOK_EVERY_S
"""A session in which there is nothing to say lasts no longer than this."""


def test_a_quiet_day_is_a_session_every_quarter_of_an_hour_and_a_few_minutes_of_radio():
    async def script(day):
        await day.passes(DAY_S - 1)
        assert len(day.opened_s) == 96
        assert day.opened_s == pytest.approx([900.0 * number for number in range(96)], abs=0.001)
        assert sum(closed - opened for opened, closed in zip(day.opened_s, day.closed_s, strict=True)) <= 96 * SESSION_S
        asleep = [LinkState.CONNECTING, LinkState.CONNECTED, LinkState.ASLEEP]
        assert day.states == asleep * 96
        assert {one["event"] for one in day.logs} == {"connected", "asleep"}

    played(script)


def test_an_alarm_connects_at_once_and_the_schedule_goes_on_as_it_was():
    async def script(day):
        await day.passes(100)
        day.urgent = True
        day.radio.look()
        await day.passes(5)
        assert day.opened_s == pytest.approx([0.0, 100.0], abs=0.001)
        assert day.connection.state is LinkState.CONNECTED, "until the twin has it"
        day.urgent = False
        await day.passes(800)
        assert day.opened_s == pytest.approx([0.0, 100.0, 900.0], abs=0.001)

    played(script)


def test_what_only_may_be_urgent_and_is_not_does_not_connect():
    async def script(day):
        await day.passes(100)
        day.radio.look()
        await day.passes(100)
        assert len(day.opened_s) == 1

    played(script)


def test_a_value_set_by_hand_connects_at_once_and_one_in_a_session_does_not_make_another():
    async def script(day):
        await day.passes(100)
        day.radio.wake()
        await day.passes(0.5)
        assert day.opened_s == pytest.approx([0.0, 100.0], abs=0.001)
        day.radio.wake()
        await day.passes(700)
        assert len(day.opened_s) == len(day.closed_s) == 2

    played(script)


def test_a_session_goes_on_while_something_is_unsaid_and_while_the_twin_speaks():
    async def script(day):
        day.unsaid = "readings"
        await day.passes(20)
        assert day.closed_s == []
        day.unsaid = ""
        for _ in range(10):
            await day.passes(LINGER_S / 2)
            day.heard += 1
        assert day.closed_s == []
        await day.passes(SESSION_S)
        assert len(day.closed_s) == 1

    played(script)


def test_a_session_in_which_nobody_answers_ends_and_says_what_was_unsaid():
    async def script(day):
        day.unsaid = "shadows"
        await day.passes(SESSION_S_MAX + 1)
        assert day.closed_s == pytest.approx([SESSION_S_MAX], abs=2 * LOOK_EVERY_S)
        (said,) = [one for one in day.logs if one["log_level"] == "warning"]
        assert said["unsaid"] == "shadows"

    played(script)


def test_attempts_that_fail_back_off_for_a_while_and_then_wait_for_the_schedule():
    async def script(day):
        await day.passes(100)
        day.fails = LinkError("away")
        await day.passes(4 * 3600)
        tries = [at for at in day.tried_s if at > 100]
        rounds = [at // 900 for at in tries]
        assert set(rounds) == set(range(1, 16 + 1))
        assert all(at % 900 <= SESSION_S_MAX for at in tries)
        assert all(rounds.count(number) > 3 for number in range(1, 16))
        assert day.connection.state is LinkState.WAITING, "that is no sleep by plan"
        day.fails = None
        await day.passes(901)
        assert day.connection.state is LinkState.ASLEEP

    played(script)


def test_after_any_number_of_planned_sessions_the_first_wait_is_a_short_one():
    async def script(day):
        await day.passes(20 * 900 - 1)
        day.fails = LinkError("away")
        await day.passes(SESSION_S_MAX)
        first, second, third, *_ = day.tried_s[20:]
        assert second - first <= 2.0
        assert third - second <= 4.0

    played(script)


def test_a_value_set_by_hand_that_cannot_be_told_waits_for_the_schedule_in_the_end():
    async def script(day):
        await day.passes(100)
        day.fails = LinkError("away")
        day.radio.wake()
        await day.passes(799)
        assert len(day.tried_s) > 3
        assert max(day.tried_s) <= 100 + SESSION_S_MAX

    played(script)


def test_an_alarm_goes_on_trying_with_the_usual_waits():
    async def script(day):
        day.fails, day.urgent = LinkError("away"), True
        await day.passes(DAY_S)
        assert 24 * 60 < len(day.tried_s) < 24 * 60 * 4, "up to a minute, drawn at random"

    played(script)


def test_a_refusal_is_not_asked_again_at_once_even_for_an_alarm():
    async def script(day):
        day.fails, day.urgent = LinkRefusedError("no", caps=5), True
        for _ in range(60):
            day.radio.look()
            await day.passes(5)
        assert len(day.tried_s) <= 2

    played(script)


def test_a_session_that_is_lost_is_tried_again_within_the_schedule():
    async def script(day):
        day.unsaid = "readings"
        await day.passes(10)
        day.loses.set()
        await day.passes(10)
        assert len(day.opened_s) == 2
        assert LinkState.WAITING in day.states
        assert LinkState.ASLEEP not in day.states

    played(script)


def test_brief_sessions_by_plan_are_not_taken_for_those_that_somebody_ends():
    async def script(day):
        await day.passes(3600)
        assert day.connection.reason == day.connection.hint == ""

    played(script)


def test_the_next_session_is_known_while_it_sleeps():
    async def script(day):
        await day.passes(100)
        assert day.connection.retry_in_s == pytest.approx(800.0, abs=0.001)

    played(script)


def test_cron_opens_at_the_minute_of_the_wall_clock():
    async def script(day):
        start_s = day.clock.wall_ns() / 1e9
        await day.passes(DAY_S)
        assert all((start_s + at) % 3600 < 0.01 for at in day.opened_s[1:])
        assert len(day.opened_s) in (24, 25)

    played(script, connect="0 * * * *")


def test_until_the_clock_is_known_cron_is_every_quarter_of_an_hour_and_then_what_it_says():
    async def script(day):
        day.trusted = False
        await day.passes(3 * FALLBACK_S + 100)
        assert len(day.opened_s) == 4
        day.trusted = True
        before_s = day.clock.wall_ns() / 1e9
        await day.passes(DAY_S)
        assert 1 <= len(day.opened_s[4:]) <= 2
        assert all((before_s - 3 * FALLBACK_S - 100 + at) % DAY_S < 60 for at in day.opened_s[4:])

    played(script, connect="0 0 * * *")

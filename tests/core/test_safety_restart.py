"""Safety over a restart: what nobody knows for sure counts as the unsafe case."""

from __future__ import annotations

import msgspec
import pytest

from gateway.core.command import ReasonCode
from gateway.core.override import Now
from gateway.core.safety import Surroundings, Verb
from gateway.core.safety_judge import judge
from gateway.core.safety_state import Output, driven, remembered
from tests.core.safety_case import ask, at, off, rules, take


def restarted(output, value, now, rest_s=0.0):
    kept = msgspec.json.decode(msgspec.json.encode(output), type=Output)
    return driven(remembered(kept), value, now, rest_s)


def wait(one, output, now):
    return round(judge(one, output, True, Surroundings(now)).wait_s, 3)


def test_off_before_and_off_after_a_restart_is_one_time_off():
    one = rules(min_off_s=300.0)
    assert wait(one, restarted(off(one), False, at(200)), at(200)) == 100.0


def test_over_a_reboot_the_wall_clock_counts_where_it_is_trusted():
    one = rules(min_off_s=300.0)
    later = Now("b", 5_000_000_000, 1_800_000_200.0)
    assert wait(one, restarted(off(one), False, later), later) == 100.0


@pytest.mark.parametrize("wall", [None, 1_700_000_000.0])
def test_over_a_reboot_without_a_clock_only_the_time_since_the_start_counts(wall):
    one = rules(min_off_s=300.0)
    later = Now("b", 5_000_000_000, wall)
    assert wait(one, restarted(off(one), False, later), later) == 295.0


def test_what_was_on_at_the_end_is_off_from_the_start_on():
    one = rules(min_off_s=300.0)
    on = take(one, off(one), True, 400)
    assert wait(one, restarted(on, False, at(2000)), at(2000)) == 300.0


def test_what_was_about_to_be_switched_counts_as_switched():
    one = rules(min_off_s=300.0)
    doubtful = msgspec.structs.replace(off(one), attempted=True)
    assert wait(one, restarted(doubtful, False, at(2000)), at(2000)) == 300.0


def test_the_first_start_ever_waits_for_all_of_it():
    one = rules(min_off_s=300.0)
    assert wait(one, off(one, 50), at(50)) == 300.0


def test_a_motor_rests_after_a_restart_where_nobody_knows_how_long_it_ran():
    one = rules(max_on_s=60.0, rest_s=30.0)
    on = take(one, off(one), True, 100)
    later = Now("b", 1_000_000_000, None)
    assert wait(one, restarted(on, False, later, 30.0), later) == 30.0
    known = Now("b", 1_000_000_000, 1_800_000_120.0)
    assert wait(one, restarted(on, False, known, 30.0), known) == 0.0


def test_an_output_that_nobody_drove_yet_is_not_judged_by_what_it_was():
    one = rules(min_off_s=1.0)
    assert ask(one, remembered(off(one)), True, 500)[:2] == (Verb.HOLD, ReasonCode.DEVICE_DOWN)

"""Safety: what an output may take, what it must take, and what it has to wait for."""

from __future__ import annotations

import pytest

from gateway.core.command import ReasonCode
from gateway.core.safety import Seen, Verb, demand, rules_of
from gateway.core.safety_judge import judge
from gateway.core.safety_state import Output, driven, in_doubt
from gateway.core.settings_safety import (
    ConditionSettings,
    Fallback,
    InterlockSettings,
    LimitSettings,
    LinkLossSettings,
    SafetySettings,
    StaleSettings,
)
from tests.core.safety_case import around, ask, at, off, rules, take

ALLOW = (Verb.ALLOW, ReasonCode.NONE, 0.0)


def test_an_output_without_conditions_takes_everything():
    one = rules()
    assert ask(one, off(one), True, 0) == ALLOW


def test_min_off_holds_for_what_is_left_of_it():
    one = rules(min_off_s=300.0)
    assert ask(one, off(one), True, 100) == (Verb.HOLD, ReasonCode.MIN_OFF, 200.0)
    assert ask(one, off(one), True, 300) == ALLOW


def test_min_on_holds_the_way_off():
    one = rules(min_on_s=60.0)
    on = take(one, off(one), True, 10)
    assert ask(one, on, False, 20) == (Verb.HOLD, ReasonCode.MIN_ON, 50.0)
    assert ask(one, on, False, 70) == ALLOW


def test_who_asks_for_what_is_so_need_not_wait():
    one = rules(min_off_s=300.0)
    assert ask(one, off(one), False, 1) == ALLOW


def test_max_on_is_demanded_and_its_rest_is_held():
    one = rules(max_on_s=60.0, rest_s=30.0)
    on = take(one, off(one), True, 100)
    assert demand(one, on, around(159)) is None
    assert demand(one, on, around(160))[:2] == (False, ReasonCode.MAX_ON)
    tired = take(one, on, False, 160)
    assert ask(one, tired, True, 170) == (Verb.HOLD, ReasonCode.MAX_ON, 20.0)
    assert ask(one, tired, True, 190) == ALLOW


def test_a_short_pause_does_not_give_the_whole_time_again():
    one = rules(max_on_s=60.0, rest_s=30.0)
    output = take(one, off(one), True, 100)
    output = take(one, output, False, 150)
    output = take(one, output, True, 155)
    assert demand(one, output, around(164)) is None
    assert demand(one, output, around(165)).code is ReasonCode.MAX_ON


def test_max_on_goes_before_min_on():
    one = rules(max_on_s=60.0, min_on_s=50.0, rest_s=30.0)
    output = take(one, take(one, off(one), True, 100), False, 120)
    # 40 s are left, fewer than it would have to stay on.
    assert ask(one, output, True, 125) == (Verb.HOLD, ReasonCode.MAX_ON, 25.0)


def test_a_rate_counts_changes_and_leaves_the_way_to_the_safe_value_free():
    one = rules(rate="3 per 1m")
    output = off(one)
    for second, value in ((10, True), (11, False), (12, True)):
        assert ask(one, output, value, second) == ALLOW
        output = take(one, output, value, second)
    assert ask(one, output, False, 13) == ALLOW
    output = take(one, output, False, 13)
    assert ask(one, output, True, 14) == (Verb.HOLD, ReasonCode.RATE_LIMIT, 57.0)
    assert ask(one, output, True, 71) == ALLOW


def test_limits_refuse():
    one = rules(safe=0.0, limits=LimitSettings(min=0.0, max=50.0))
    assert ask(one, off(one), 51.0, 0)[:2] == (Verb.REFUSE, ReasonCode.OUT_OF_RANGE)
    assert ask(one, off(one), 50.0, 0) == ALLOW


def test_a_slew_goes_in_steps():
    one = rules(safe=0.0, slew="10 per 1s")
    output, second = off(one), 5.0
    seen = []
    while (verdict := judge(one, output, 25.0, around(second))).verb is Verb.HOLD:
        assert verdict.code is ReasonCode.SLEW_LIMIT
        if verdict.step is not None:
            output = take(one, output, verdict.step, second)
            seen.append(output.value)
        second += verdict.wait_s
    assert (seen, second) == ([10.0, 20.0], 7.0)


@pytest.mark.parametrize(("begins", "ends"), [(0.3, 0.4), (0.4, 0.3), (0.7, 0.8), (1.1, 1.2)])
def test_one_step_is_one_step_whatever_binary_numbers_make_of_it(begins, ends):
    one = rules(safe=0.0, slew="0.1 per 1s")
    output = take(one, off(one), begins, 1)
    assert ask(one, output, ends, 5) == ALLOW
    assert ask(one, output, ends + (ends - begins) / 1000, 5)[:2] == (Verb.HOLD, ReasonCode.SLEW_LIMIT)


@pytest.mark.parametrize(("level", "good", "age", "allowed"), [
    (50.0, True, 0, True),
    (95.0, True, 0, False),
    (90.0, True, 0, False),
    (50.0, False, 0, False),
    (50.0, True, 31, False),
    ("low", True, 0, False),
    (None, True, 0, False),
])  # fmt: skip
def test_an_interlock_holds_only_while_it_is_known_to(level, good, age, allowed):
    one = rules(interlock=(InterlockSettings(unless=ConditionSettings(channel="tank/level", below=90.0)),))
    inputs = {} if level is None else {"tank/level": Seen(level, good, at(100 - age).boottime_ns)}
    verdict = ask(one, off(one), True, 100, inputs=inputs)
    assert verdict == (ALLOW if allowed else (Verb.REFUSE, ReasonCode.INTERLOCK, 0.0))
    on = take(one, off(one), True, 99)
    found = demand(one, on, around(100, inputs=inputs))
    assert found is None if allowed else found[:2] == (False, ReasonCode.INTERLOCK)


def test_an_interlock_on_a_contact():
    one = rules(interlock=(InterlockSettings(unless=ConditionSettings(channel="door/closed", is_=True)),))
    for closed, verb in ((True, Verb.ALLOW), (False, Verb.REFUSE)):
        inputs = {"door/closed": Seen(closed, True, at(0).boottime_ns)}
        assert ask(one, off(one), True, 0, inputs=inputs)[0] is verb


def test_a_lost_link_is_forgiven_for_its_grace():
    one = rules(on_link_loss=LinkLossSettings(after_s=60.0))
    on, lost = take(one, off(one), True, 10), at(20).boottime_ns
    assert demand(one, on, around(79, link_lost_ns=lost)) is None
    assert demand(one, on, around(80, link_lost_ns=lost))[:2] == (False, ReasonCode.LINK_LOST)
    assert ask(one, off(one), True, 80, link_lost_ns=lost)[:2] == (Verb.REFUSE, ReasonCode.LINK_LOST)
    assert ask(one, off(one), True, 80) == ALLOW


def test_hold_asks_for_nothing():
    one = rules(
        on_link_loss=LinkLossSettings(to=Fallback.HOLD), on_stale=StaleSettings(channel="a/b", to=Fallback.HOLD)
    )
    assert demand(one, take(one, off(one), True, 1), around(9999, link_lost_ns=0)) is None


def test_a_fan_may_go_on_where_its_sensor_is_lost():
    one = rules(on_stale=StaleSettings(channel="roof/temperature", after_s=30.0, to=Fallback.ON))
    seen = {"roof/temperature": Seen(20.0, True, at(0).boottime_ns)}
    assert demand(one, off(one), around(29, inputs=seen)) is None
    assert demand(one, off(one), around(30, inputs=seen))[:2] == (True, ReasonCode.STALE_INPUT)


STALE = StaleSettings(channel="roof/temperature", after_s=30.0, to=Fallback.ON)
UNTIL = InterlockSettings(unless=ConditionSettings(channel="tank/level", below=90.0, stale_after_s=30.0))


@pytest.mark.parametrize(("settings", "code"), [
    ({"on_stale": STALE}, ReasonCode.STALE_INPUT),
    ({"interlock": (UNTIL,)}, ReasonCode.INTERLOCK),
])  # fmt: skip
def test_before_a_first_reading_could_have_come_it_stays_safe_and_who_asks_waits(settings, code):
    one, began = rules(**settings), at(0).boottime_ns
    assert demand(one, off(one), around(29, began_ns=began))[:2] == (False, code)
    assert demand(one, off(one), around(29, began_ns=began)).early
    assert ask(one, off(one), True, 29, began_ns=began) == (Verb.HOLD, code, 1.0)
    assert ask(one, off(one), False, 29, began_ns=began) == ALLOW
    assert not demand(one, off(one), around(30, began_ns=began)).early
    bad = {name: Seen(50.0, False, at(1).boottime_ns) for name in ("roof/temperature", "tank/level")}
    assert not demand(one, off(one), around(2, began_ns=began, inputs=bad)).early


def test_of_exclusive_outputs_one_may_be_on_whoever_named_whom():
    found = rules_of({
        "valve_a/on": (False, SafetySettings(exclusive=("valve_a/on", "valve_b/on"))),
        "valve_b/on": (False, SafetySettings()),
    })  # fmt: skip
    states = {name: driven(Output(), False, at(0)) for name in found}
    for one, other in (("valve_a/on", "valve_b/on"), ("valve_b/on", "valve_a/on")):
        assert ask(found[one], states[one], True, 1, outputs=states) == ALLOW
        on = states | {other: driven(states[other], True, at(1))}
        assert ask(found[one], states[one], True, 1, outputs=on)[:2] == (Verb.REFUSE, ReasonCode.EXCLUSIVE)
        unknown = states | {other: in_doubt(states[other])}
        assert ask(found[one], states[one], True, 1, outputs=unknown)[:2] == (Verb.HOLD, ReasonCode.EXCLUSIVE)

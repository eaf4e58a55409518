"""Whether a command may act: every reason as a table, and what no command can ever do as a law."""

from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.admit import CLOCK_SKEW_S_MAX, LIFETIME_S_MAX, admit, before_acting, check_value
from gateway.core.command import Execution, Moment, ReasonCode, Source, Target, execution_of
from gateway.core.wire import CommandRequest, CommandStatus

NOW_S = 1_795_417_200.0
SETPOINT = Target(channel="climate/setpoint", kind="number", low=5.0, high=30.0, writable=True)
RELAY = Target(channel="room/relay", kind="boolean", writable=True)
LABEL = Target(channel="panel/text", kind="text", writable=True)
SENSOR = Target(channel="room/temperature", kind="number")


def at(now_s):
    """A moment by the wall clock, where it can be trusted."""
    return Moment("boot-1", 5_000_000_000, now_s, NOW_S)


def order(value=21.0, *, issued=NOW_S, expires=NOW_S + 60, **parts):
    return Execution(
        id="one", channel="climate/setpoint", value=value, priority=5, issued_s=issued, expires_s=expires,
        source=Source.TWIN, **parts
    )  # fmt: skip


ADMITTED = {
    "in the middle": (order(), SETPOINT),
    "at the low end": (order(5.0), SETPOINT),
    "at the high end": (order(30.0), SETPOINT),
    "a whole number": (order(22), SETPOINT),
    "a number where no limits are known": (order(-1e9), msgspec.structs.replace(SENSOR, writable=True)),
    "on": (order(True), RELAY),
    "off": (order(False), RELAY),
    "a text": (order("warm"), LABEL),
    "an empty text": (order(""), LABEL),
    "until the last moment": (order(expires=NOW_S + 1e-3), SETPOINT),
    "as long as anything may be good": (order(expires=NOW_S + LIFETIME_S_MAX), SETPOINT),
    "from a clock that is a little ahead": (order(issued=NOW_S + CLOCK_SKEW_S_MAX, expires=NOW_S + 900), SETPOINT),
}

REFUSED = {
    "a channel that there is not": (order(), None, NOW_S, ReasonCode.UNKNOWN_CHANNEL),
    "a sensor": (order(), SENSOR, NOW_S, ReasonCode.NOT_WRITABLE),
    "too low": (order(4.999), SETPOINT, NOW_S, ReasonCode.OUT_OF_RANGE),
    "too high": (order(30.001), SETPOINT, NOW_S, ReasonCode.OUT_OF_RANGE),
    "no number": (order(math.nan), SETPOINT, NOW_S, ReasonCode.OUT_OF_RANGE),
    "infinite": (order(math.inf), msgspec.structs.replace(SENSOR, writable=True), NOW_S, ReasonCode.OUT_OF_RANGE),
    "an integer beyond every number": (order(10**400), SETPOINT, NOW_S, ReasonCode.OUT_OF_RANGE),
    "a text for a number": (order("21"), SETPOINT, NOW_S, ReasonCode.WRONG_TYPE),
    "a boolean for a number": (order(True), SETPOINT, NOW_S, ReasonCode.WRONG_TYPE),
    "a number for a boolean": (order(1.0), RELAY, NOW_S, ReasonCode.WRONG_TYPE),
    "a number for a text": (order(1.0), LABEL, NOW_S, ReasonCode.WRONG_TYPE),
    "at the moment of expiry": (order(expires=NOW_S), SETPOINT, NOW_S, ReasonCode.EXPIRED),
    "after it": (order(expires=NOW_S - 1), SETPOINT, NOW_S, ReasonCode.EXPIRED),
    "an endless one": (order(expires=math.inf), SETPOINT, NOW_S, ReasonCode.MALFORMED),
    "a longer one than any may be": (order(expires=NOW_S + LIFETIME_S_MAX + 1), SETPOINT, NOW_S, ReasonCode.MALFORMED),
    "from the future": (order(issued=NOW_S + CLOCK_SKEW_S_MAX + 1, expires=NOW_S + 900), SETPOINT, NOW_S,
                        ReasonCode.CLOCK_UNKNOWN),
    "issued at no time": (order(issued=math.nan), SETPOINT, NOW_S, ReasonCode.CLOCK_UNKNOWN),
    "no clock here": (order(), SETPOINT, None, ReasonCode.CLOCK_UNKNOWN),
}  # fmt: skip


@pytest.mark.parametrize(("execution", "target"), ADMITTED.values(), ids=ADMITTED)
def test_what_may_act_is_left_as_it_is(execution, target):
    assert admit(execution, target, at(NOW_S), retained=False) is execution


@pytest.mark.parametrize(("execution", "target", "now_s", "code"), REFUSED.values(), ids=REFUSED)
def test_what_may_not_act_is_refused_with_its_reason(execution, target, now_s, code):
    refused = admit(execution, target, at(now_s), retained=False)
    assert (refused.status, refused.reason_code, refused.final) == (CommandStatus.REJECTED, code, True)
    assert refused.reason
    assert refused.changed_s == (NOW_S if now_s else execution.changed_s)


def test_the_first_reason_that_applies_is_given():
    wrong = order("hot", expires=0.0)
    strange = msgspec.structs.replace(wrong, operation="explode")
    fits = msgspec.structs.replace(wrong, value=21.0)
    codes = [
        admit(strange, None, at(None), retained=True).reason_code,
        admit(strange, None, at(None), retained=False).reason_code,
        admit(wrong, None, at(None), retained=False).reason_code,
        admit(wrong, SENSOR, at(None), retained=False).reason_code,
        admit(wrong, SETPOINT, at(None), retained=False).reason_code,
        admit(fits, SETPOINT, at(None), retained=False).reason_code,
    ]
    assert codes == [
        ReasonCode.RETAINED,
        ReasonCode.UNKNOWN_OPERATION,
        ReasonCode.UNKNOWN_CHANNEL,
        ReasonCode.NOT_WRITABLE,
        ReasonCode.WRONG_TYPE,
        ReasonCode.CLOCK_UNKNOWN,
    ]


any_number = st.floats() | st.integers(-(10**320), 10**320)
any_value = any_number | st.booleans() | st.text(max_size=5)
any_time = st.floats() | st.floats(NOW_S - 1e6, NOW_S + 1e6)
executions = st.builds(order, any_value, issued=any_time, expires=any_time)
targets = st.none() | st.builds(
    Target,
    channel=st.just("climate/setpoint"),
    kind=st.sampled_from(["number", "boolean", "text"]),
    low=st.none() | st.floats(-100, 0),
    high=st.none() | st.floats(0, 100),
    writable=st.booleans(),
)


@given(executions, st.sampled_from(["set", "toggle", ""]), targets, st.none() | any_time, st.booleans())
@settings(max_examples=400, deadline=None, derandomize=True)
def test_whatever_is_asked_nothing_acts_that_may_not(execution, operation, target, now_s, retained):
    execution = msgspec.structs.replace(execution, operation=operation)
    decided = admit(execution, target, at(now_s), retained=retained)
    assert decided.final or decided is execution or math.isnan(execution.expires_s)
    execution = msgspec.structs.replace(execution, expires_s=decided.expires_s)
    if not decided.final:
        assert not retained
        assert target is not None
        assert target.writable
        assert now_s is not None
        assert now_s < execution.expires_s <= execution.issued_s + LIFETIME_S_MAX
        assert check_value(execution.value, target) is None
        if target.kind == "number":
            assert math.isfinite(execution.value)
            low, high = (-math.inf if target.low is None else target.low), target.high
            assert low <= execution.value <= (math.inf if high is None else high)


@pytest.mark.parametrize(
    ("started", "now_s", "status", "code"),
    [
        (False, NOW_S, CommandStatus.IN_PROGRESS, ReasonCode.NONE),
        (True, NOW_S, CommandStatus.IN_PROGRESS, ReasonCode.NONE),
        (False, NOW_S + 60, CommandStatus.TIMED_OUT, ReasonCode.EXPIRED),
        (True, NOW_S + 60, CommandStatus.FAILED, ReasonCode.INTERRUPTED),
        (True, None, CommandStatus.IN_PROGRESS, ReasonCode.NONE),
    ],
)
def test_what_a_start_makes_of_what_was_left_unfinished(started, now_s, status, code):
    left = order(started=started)
    after = before_acting(left, at(now_s))
    assert (after.status, after.reason_code) == (status, code)
    assert after.final or after is left


def test_a_request_becomes_an_execution_that_nothing_is_decided_about():
    request = CommandRequest(channel="room/relay", value=True, issued=NOW_S, expires=NOW_S + 5, priority=2)
    made = execution_of("an-id", request, Source.TWIN, NOW_S + 1)
    assert (made.id, made.channel, made.value, made.priority) == ("an-id", "room/relay", True, 2)
    assert (made.issued_s, made.expires_s, made.changed_s) == (NOW_S, NOW_S + 5, NOW_S + 1)
    assert (made.final, made.started, made.source) == (False, False, Source.TWIN)


def test_priority_goes_before_the_time_of_issue():
    urgent, early, late = order(issued=9.0), order(issued=1.0), order(issued=2.0)
    urgent = msgspec.structs.replace(urgent, priority=0)
    assert sorted([late, early, urgent], key=lambda one: one.urgency) == [urgent, early, late]


def test_an_end_is_final_and_says_when_and_why():
    done = order().finished(CommandStatus.SUCCEEDED, NOW_S + 1, result=20.5)
    assert (done.final, done.result, done.changed_s) == (True, 20.5, NOW_S + 1)
    failed = order().failed(CommandStatus.FAILED, ReasonCode.DEVICE_ERROR, "no answer", NOW_S + 2)
    assert (failed.final, failed.reason_code, failed.reason) == (True, ReasonCode.DEVICE_ERROR, "no answer")

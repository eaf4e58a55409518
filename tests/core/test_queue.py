"""Whose turn it is: priority, then time of issue, on each device; a newer set takes the place of older ones."""

from __future__ import annotations

import math

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.admit import admit, before_acting, overdue_s
from gateway.core.command import Execution, Moment, ReasonCode, Source
from gateway.core.operation import Operation, Parameter, Refused, filled
from gateway.core.queue import is_set, next_of, superseded_by
from gateway.core.wire import CommandStatus

FINAL = {CommandStatus.SUCCEEDED, CommandStatus.FAILED, CommandStatus.REJECTED, CommandStatus.TIMED_OUT}

executions = st.builds(
    Execution,
    id=st.text("abcdefgh", min_size=4, max_size=8),
    channel=st.sampled_from(["a/x", "a/y", "b/x"]),
    value=st.booleans(),
    priority=st.integers(0, 9),
    issued_s=st.integers(0, 20).map(float),
    expires_s=st.integers(0, 40).map(float),
    source=st.sampled_from([Source.TWIN, Source.CONTROL]),
    operation=st.sampled_from(["set", "Home"]),
    idempotent=st.booleans(),
    started=st.booleans(),
)
lists = st.lists(executions, max_size=12, unique_by=lambda one: one.id)


@given(lists, st.sets(st.sampled_from(["a", "b"])))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_the_next_is_the_most_urgent_of_its_device_and_of_all_that_may_go(waiting, busy):
    for wanted in (is_set, lambda one: not is_set(one)):
        found = next_of(waiting, busy, wanted)
        free = [one for one in waiting if one.device not in busy]
        heads = [min((one for one in free if one.device == device), key=lambda one: one.urgency)
                 for device in {one.device for one in free}]  # fmt: skip
        assert found == min((one for one in heads if wanted(one)), key=lambda one: one.urgency, default=None)


@given(executions, lists)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_only_older_orders_for_the_very_same_channel_give_way(execution, waiting):
    ended = superseded_by(execution, waiting, 5.0)
    gone = {one.id for one in ended}
    for one in waiting:
        same = is_set(one) and is_set(execution) and one.channel == execution.channel
        newer = one.source is execution.source is Source.TWIN and one.issued_s > execution.issued_s
        assert (one.id in gone) == (same and not newer)
    assert all(one.reason_code is ReasonCode.SUPERSEDED and one.final for one in ended)
    assert all((one.status is CommandStatus.FAILED) == one.started for one in ended)


@given(executions, st.none() | st.integers(0, 60).map(float))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_what_has_begun_and_must_not_be_done_twice_never_acts_again(execution, trusted_s):
    after = before_acting(execution, Moment("b", 0, trusted_s, 7.0))
    if execution.started and not execution.idempotent:
        assert (after.status, after.reason_code) == (CommandStatus.FAILED, ReasonCode.INTERRUPTED)
    assert after is execution or after.status in FINAL
    if after is execution and trusted_s is not None:
        assert trusted_s < execution.expires_s


@given(st.integers(0, 200), st.integers(-(10**6), 10**6), st.booleans())
@settings(max_examples=200, deadline=None, derandomize=True)
def test_what_was_made_here_is_judged_by_boottime_whatever_the_wall_clock_does(later_s, step_s, rebooted):
    local = Execution(
        id="l", channel="a/x", value=True, priority=5, issued_s=1e9, expires_s=1e9 + 60, source=Source.CONTROL,
        boot_id="b", deadline_ns=60 * 10**9,
    )  # fmt: skip
    now = Moment("c" if rebooted else "b", later_s * 10**9, None, 1e9 + step_s)
    late_s = overdue_s(local, now)
    assert late_s == (math.inf if rebooted else later_s - 60)
    assert (before_acting(local, now) is local) == (late_s < 0)


PULSE = Operation(parameters={
    "for": Parameter(unit="s", low=0.01, high=60),
    "mode": Parameter(kind="text", choices=["soft", "hard"], default="soft"),
}, time_limit=70, idempotent=False)  # fmt: skip
values = st.floats() | st.booleans() | st.text(max_size=4) | st.sampled_from(["soft", "hard"])


@given(st.dictionaries(st.sampled_from(["for", "mode", "other"]), values))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_parameters_are_whole_typed_and_in_range_or_refused(given_):
    found = filled(given_, PULSE)
    if isinstance(found, Refused):
        assert found.reason
        return
    assert set(found) == {"for", "mode"}
    assert not isinstance(found["for"], bool | str)
    assert 0.01 <= found["for"] <= 60
    assert found["mode"] in ("soft", "hard")


def test_an_operation_is_admitted_with_its_defaults_and_what_it_is():
    order = Execution(id="o", channel="door", value="", priority=5, issued_s=10.0, expires_s=math.nan,
                      source=Source.TWIN, operation="Pulse", parameters={"for": 2.0})  # fmt: skip
    admitted = admit(order, PULSE, Moment("b", 0, 10.0, 10.0), retained=False)
    assert admitted == msgspec.structs.replace(
        order, parameters={"for": 2.0, "mode": "soft"}, idempotent=False, expires_s=310.0
    )

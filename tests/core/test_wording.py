"""Values as people read them."""

from __future__ import annotations

import math

import pytest

from gateway.core.admit import check_value
from gateway.core.command import Target
from gateway.core.operation import Operation, Parameter, filled
from gateway.core.wording import shown, span

SWITCH = Target("heater/on", "boolean", writable=True)
DIAL = Target("climate/setpoint", "number", 5.0, 30.0, writable=True)


@pytest.mark.parametrize(("value", "text"), [
    (True, "on"), (False, "off"), (1.0, "1"), (21.5, "21.5"), (1234567.25, "1234567.25"), (1e300, "1e+300"),
    (math.inf, "inf"), (10**400, "10000000000000000000..."), ("on", "'on'"), ("", "''"),
])  # fmt: skip
def test_a_value_is_written_as_people_write_it(value, text):
    assert shown(value) == text


@pytest.mark.parametrize(("low", "high", "text"), [
    (5.0, 30.0, "5 to 30"), (None, 30.0, "at most 30"), (0.5, None, "at least 0.5"), (None, None, "any number"),
])  # fmt: skip
def test_a_range_says_only_what_it_has(low, high, text):
    assert span(low, high) == text


@pytest.mark.parametrize(("target", "value", "reason"), [
    (SWITCH, "on", "heater/on takes a boolean, found 'on'"),
    (DIAL, True, "climate/setpoint takes a number, found on"),
    (DIAL, 40.0, "climate/setpoint takes 5 to 30, found 40"),
    (Target("fan/duty", "number", None, 100.0), 101.0, "fan/duty takes at most 100, found 101"),
])  # fmt: skip
def test_why_a_value_is_refused_is_told_in_these_words(target, value, reason):
    assert check_value(value, target)[1] == reason


@pytest.mark.parametrize(("parameter", "value", "reason"), [
    (Parameter(kind="boolean"), 1.0, "x takes a boolean, found 1"),
    (Parameter(kind="number"), False, "x takes a number, found off"),
    (Parameter(kind="text", choices=["slow", "fast"]), "on", "x takes one of 'slow', 'fast', found 'on'"),
    (Parameter(low=1.0, unit="s"), 0.5, "x takes at least 1 s, found 0.5"),
])  # fmt: skip
def test_why_a_parameter_is_refused_too(parameter, value, reason):
    operation = Operation(parameters={"x": parameter}, time_limit=1.0, idempotent=False)
    assert filled({"x": value}, operation).reason == reason

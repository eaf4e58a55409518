"""What `edgetwin status` says of rules."""

from __future__ import annotations

import pytest

from gateway.cli.status_rules import rule_lines

QUIET = {
    "armed": True, "holds": False, "true_for_s": None, "fired": 0, "fired_ago_s": None, "due_in_s": None,
    "missed": None, "waits_for_clock": False, "withheld": {}, "failure": "",
}  # fmt: skip


def said(**changed):
    [line] = rule_lines({"rules": {"fill": QUIET | changed}}, lambda seconds: f"{seconds:g} s")
    return line.removeprefix("rule      fill: ")


@pytest.mark.parametrize(("changed", "expected"), [
    ({}, "armed, fired 0 times"),
    ({"armed": False, "holds": True, "true_for_s": 9.0, "fired": 2, "fired_ago_s": 3.0},
     "holds, true for 9 s, fired 2 times, last 3 s ago"),
    ({"armed": False, "due_in_s": 60.0}, "waits until it is no longer true, fired 0 times, next look in 60 s"),
    ({"waits_for_clock": True, "due_in_s": 1.0}, "armed, fired 0 times, waits for a clock that can be trusted"),
    ({"withheld": {"pump/on": "no answer"}}, "armed, fired 0 times, cannot set pump/on: no answer"),
    ({"failure": "KeyError()"}, "armed, fired 0 times, FAILED: KeyError()"),
])  # fmt: skip
def test_a_line_for_every_rule(changed, expected):
    assert said(**changed) == expected


def test_a_missed_time_is_named():
    assert "missed 20" in said(missed=1_772_429_380.0)


def test_without_rules_there_is_no_line():
    assert list(rule_lines({}, str)) == []

"""Why an actuator is as it is: the story that the event log tells."""

from __future__ import annotations

import pytest

from gateway.core.command import BOOT, Execution, Source
from gateway.core.explain import Past, explain

PUMP = "pump/on"


class Log:
    def __init__(self):
        self.entries = []

    def note(self, kind, **data):
        self.entries.append(Past(float(len(self.entries)), kind, data))

    def asked(self, identifier, source, value=True, status="IN_PROGRESS", code="", channel=PUMP):
        self.note("command", id=identifier, channel=channel, value=value, source=source, status=status, code=code)

    def ended(self, identifier, status="SUCCEEDED", reason="", result=None, channel=PUMP):
        self.note("outcome", id=identifier, channel=channel, status=status, reason=reason, result=result, code="")

    def set_by(self, identifier, source, value=True):
        self.asked(identifier, source, value)
        self.ended(identifier, result=value)

    @property
    def told(self):
        return explain(PUMP, self.entries)


@pytest.fixture
def log():
    return Log()


def test_of_an_empty_log_nothing_is_said(log):
    assert log.told == {"channel": PUMP, "cause": None, "since": None, "withheld": []}


@pytest.mark.parametrize(("identifier", "source", "text"), [
    ("c-1", "twin", "an order of the twin, c-1"),
    ("s-1", "shadow", "what the twin wants it to be (its shadow)"),
    ("my-climate-0af3", "control", "the thermostat my-climate"),
    ("rule-fill-tank-0af3", "rule", "rule fill-tank"),
    ("h-1", "hand", "set by hand by somebody"),
    (f"{BOOT}0af3", "control", "given again after the start, as `safety.boot` says"),
    ("boot-0af3", "control", "the thermostat boot"),
])  # fmt: skip
def test_everybody_who_may_set_it_is_named(log, identifier, source, text):
    log.note("start")
    log.set_by(identifier, source)
    cause = log.told["cause"]
    assert (cause["by"], cause["text"], cause["value"], cause["time_s"]) == (source, text, True, 2.0)


def test_a_rule_is_told_with_what_made_it_fire(log):
    log.note("rule", id="rule-fill-1", rule="fill", channel=PUMP, because="tank/level (18) below 20", readings={"a": 1})
    log.set_by("rule-fill-1", "rule")
    cause = log.told["cause"]
    assert (cause["text"], cause["rule"], cause["readings"]) == (
        "rule fill: tank/level (18) below 20",
        "fill",
        {"a": 1},
    )


def test_who_set_it_by_hand_is_named_and_what_came_after(log):
    log.note("override", channel=PUMP, by="anna")
    log.set_by("h-1", "hand")
    assert log.told["cause"]["text"] == "set by hand by anna"
    log.note("override_ended", channel=PUMP, cause="expired")
    log.set_by("h-2", "hand", value=False)
    assert log.told["cause"]["text"] == "as it was before somebody set it by hand (expired)"


def test_safety_is_a_cause_of_its_own(log):
    log.set_by("c-1", "twin")
    log.note("forced", channel=PUMP, value=False, code="INTERLOCK", reason="tank/full is True")
    cause = log.told["cause"]
    assert (cause["by"], cause["text"], cause["value"]) == ("safety", "safety: tank/full is True", False)


def test_a_start_drives_the_safe_value(log):
    log.set_by("c-1", "twin")
    log.note("start")
    assert (log.told["cause"]["by"], log.told["since"]) == ("start", 2.0)


def test_since_when_goes_back_to_the_first_who_wanted_the_same(log):
    log.set_by("c-0", "twin", value=False)
    log.set_by("c-1", "twin")
    log.set_by("rule-fill-1", "rule")
    told = log.told
    assert (told["cause"]["id"], told["cause"]["time_s"], told["since"]) == ("rule-fill-1", 5.0, 3.0)


def test_what_was_refused_since_then_is_told_once_for_each_who_asked(log):
    log.asked("c-0", "twin", status="REJECTED", code="EXPIRED")
    log.set_by("c-1", "twin")
    log.asked("rule-dry-1", "rule", value=False)
    log.ended("rule-dry-1", status="REJECTED", reason="must not")
    log.asked("rule-dry-2", "rule", value=False)
    log.ended("rule-dry-2", status="FAILED", reason="no answer")
    log.asked("c-2", "twin", status="REJECTED", code="LOCAL_OVERRIDE")
    assert [(one["who"], one["value"], one["reason"]) for one in log.told["withheld"]] == [
        ("rule dry", False, "no answer"),
        ("an order of the twin, c-2", True, "LOCAL_OVERRIDE"),
    ]


def test_other_channels_do_not_count(log):
    log.asked("c-1", "twin", channel="fan/on")
    log.ended("c-1", channel="fan/on")
    assert log.told["cause"] is None


def test_an_entry_that_lacks_everything_harms_nothing(log):
    for kind in ("command", "rule", "outcome", "forced", "override", "override_ended"):
        log.note(kind, channel=PUMP)
    assert log.told["cause"]["by"] == "safety"


def test_a_set_point_keeps_its_value_over_a_start(log):
    log.set_by("c-1", "twin")
    log.note("start")
    assert explain(PUMP, log.entries, lasting=True)["cause"]["id"] == "c-1"


def test_an_operation_of_the_device_is_a_cause(log):
    log.note(
        "command", id="o-1", channel="pump", operation="Toggle", parameters={}, source="twin", status="IN_PROGRESS"
    )
    log.ended("o-1", channel="pump")
    assert log.told["cause"]["text"] == "the operation Toggle of pump, asked for by twin"


def toggle(log, status, code="", identifier="o-1"):
    log.note(
        "command", id=identifier, channel="pump", operation="Toggle", parameters={}, source="twin", status="IN_PROGRESS"
    )
    log.note("outcome", id=identifier, channel="pump", status=status, code=code, reason="why", result=None)


def running(at_s):
    execution = Execution(
        id="o-9", channel="pump", value="", priority=5, issued_s=0.0, expires_s=9.0, source=Source.TWIN,
        operation="Cycle",
    )  # fmt: skip
    return execution, at_s


def test_an_operation_under_way_goes_before_who_set_it_earlier(log):
    log.set_by("c-1", "twin")
    told = explain(PUMP, log.entries, under_way=running(7.0))
    text = "the operation Cycle of pump, asked for by twin, which is under way"
    assert (told["cause"]["text"], told["cause"]["time_s"], told["cause"]["id"]) == (text, 7.0, "o-9")


def test_what_safety_has_done_since_goes_before_an_operation_under_way(log):
    for _ in range(9):
        log.note("forced", channel=PUMP, value=False, code="INTERLOCK", reason="full")
    assert explain(PUMP, log.entries, under_way=running(7.0))["cause"]["by"] == "safety"


@pytest.mark.parametrize(("status", "code", "by"), [
    ("FAILED", "CANCELLED", "twin"),
    ("TIMED_OUT", "TIME_LIMIT", "twin"),
    ("FAILED", "LOCAL_OVERRIDE", "safety"),
    ("REJECTED", "CANCELLED", "safety"),
])  # fmt: skip
def test_an_operation_that_was_broken_off_has_left_it_as_it_is(log, status, code, by):
    log.note("forced", channel=PUMP, value=False, code="INTERLOCK", reason="full")
    toggle(log, status, code)
    told = log.told
    assert (told["cause"]["by"], bool(told["withheld"])) == (by, by == "safety")
    if by == "twin":
        assert told["cause"]["text"].endswith("asked for by twin, which was broken off: why")


def test_a_start_forgets_nothing_of_what_is_withheld(log):
    log.asked("c-1", "twin", status="REJECTED", code="INTERLOCK")
    log.note("start")
    assert [one["who"] for one in log.told["withheld"]] == ["an order of the twin, c-1"]
    log.set_by("c-2", "twin")
    assert log.told["withheld"] == []

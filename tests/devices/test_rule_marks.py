"""What rules have set last, and which wishes of the twin are older than that."""

from __future__ import annotations

import json

import pytest

from gateway.core.command import Execution, Source
from gateway.core.reading import Reading
from gateway.core.rules import Ask
from gateway.core.wire import CommandStatus
from gateway.devices.rule_marks import Marks

PUMP, SET = "pump/on", "climate/setpoint"
NOW_S = 1_772_429_380.7


def done(channel=PUMP, value=True, source=Source.RULE, status=CommandStatus.SUCCEEDED):
    return Execution(
        id="x", channel=channel, value=value, priority=5, issued_s=0, expires_s=9, source=source, status=status
    )


@pytest.fixture
def marks():
    found = Marks({}, [SET])
    found.finished(done(), PUMP, "fill", NOW_S)
    return found


@pytest.mark.parametrize(
    ("wished_s", "older"), [(NOW_S - 60, True), (NOW_S - 1, True), (NOW_S - 0.6, False), (NOW_S + 5, False)]
)
def test_a_wish_counts_if_it_is_no_older_than_the_second_of_the_rule(marks, wished_s, older):
    assert marks.older(PUMP, round(wished_s * 1000), anew=True) == ("fill" if older else "")


@pytest.mark.parametrize(("anew", "older"), [(True, ""), (False, "fill")])
def test_without_times_a_wish_counts_if_it_is_another_one(marks, anew, older):
    assert marks.older(PUMP, 0, anew) == older
    marks.finished(done(), PUMP, "fill", None)
    assert marks.older(PUMP, round(NOW_S * 1000) + 9000, anew) == older


def test_what_somebody_else_has_set_is_no_longer_the_rules(marks):
    marks.finished(done(source=Source.TWIN, status=CommandStatus.FAILED), PUMP, "", NOW_S)
    assert marks.older(PUMP, 1, anew=True) == "fill"
    marks.finished(done(source=Source.TWIN), PUMP, "", NOW_S)
    assert marks.older(PUMP, 1, anew=True) == ""


def test_what_a_part_has_lost_is_nobodys(marks):
    marks.read(Reading(PUMP, True, 1, 1))
    assert marks.older(PUMP, 1, anew=True) == "fill"
    marks.read(Reading(PUMP, False, 1, 1))
    assert marks.older(PUMP, 1, anew=True) == ""


@pytest.mark.parametrize(("held", "older"), [(14.0, "night"), (19.0, ""), (None, "")])
def test_a_set_point_is_remembered_over_a_restart_as_long_as_it_is_that(marks, held, older):
    ask = Ask(1, SET, 14.0, "night", 5, None, "", {})
    [(sql, [(key, text)])] = marks.keep(ask, NOW_S)
    assert "INSERT" in sql
    after = Marks({key: json.loads(text), SET: held}, [SET])
    assert after.older(SET, round(NOW_S * 1000) - 5000, anew=True) == older


def test_other_channels_go_to_their_safe_values_and_are_not_remembered(marks):
    assert marks.keep(Ask(1, PUMP, True, "fill", 5, None, "", {}), NOW_S) == ()


@pytest.mark.parametrize("text", ["", "{}", "nonsense", 3.0])
def test_what_cannot_be_read_is_no_mark(text):
    assert Marks({f"set:{SET}": text, SET: 14.0}, [SET]).by_channel == {}

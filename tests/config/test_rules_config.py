"""Rules in the file: what becomes of them, and every mistake with its place."""

from __future__ import annotations

import json

import jsonschema
import pytest

from gateway.config import rule_checks
from gateway.config.schema import site_schema
from gateway.core.settings_rules import Day
from tests.config.samples import CLIMATE, changed, problems_of, read

SITE = (
    changed(("thermostats:\n  " + CLIMATE + "\n", ""))
    + "  fan: {driver: digital_output, bus: header, pin: 22, safe: {on: false}}\n"
)
LINE = SITE.count("\n") + 2
"""Where the first rule stands."""


def with_rule(keys, top=""):
    return f"{SITE}rules:\n  one: {{{keys}}}\n{top}"


def problems(keys, top=""):
    """The problems of the one rule, without file and line."""
    found = problems_of(with_rule(keys, top))
    assert all(line.startswith("site.yaml:") for line in found)
    return [line.split(": ", 1)[1].removeprefix("rules.one") for line in found]


def rule_of(keys, top=""):
    site, found = read(with_rule(keys, top))
    assert found == []
    return site.rules[0]


def test_values_become_what_their_channels_take():
    rule = rule_of("when: {channel: door/closed, equals: off, for: 5m}, then: {heater/on: on, fan/on: no}")
    assert (rule.then, rule.when.equals, rule.when.for_s) == ({"heater/on": True, "fan/on": False}, False, 300)


def test_one_time_or_a_list_of_times():
    assert rule_of("at: 06:30, days: sat, then: {fan/on: on}").at == ("06:30",)
    several = rule_of("at: [06:30, 18:00:30], days: [mon, fri], then: {fan/on: on}")
    assert (several.at, several.days) == (("06:30", "18:00:30"), (Day.MON, Day.FRI))


def test_combinations_go_to_their_depth_and_no_deeper():
    either = "{any: [{channel: door/closed, equals: on}, {channel: room/temperature, above: 30}]}"
    two = f"{{all: [{either}, {{between: 08:00 to 18:00}}]}}"
    rule = rule_of(f"when: {two}, then: {{fan/on: on}}")
    assert rule.when.all_[0].any_[0].equals is True
    deeper = "{all: [{any: [{all: [{channel: door/closed, equals: on}]}]}]}"
    [found] = problems(f"when: {deeper}, then: {{fan/on: on}}")
    assert found.startswith(".when.all.0.any.0.all: unknown key")


COLD = "when: {channel: room/temperature, below: 5}"


@pytest.mark.parametrize(("keys", "expected"), [
    ("then: {fan/on: on}", ".when: missing: nothing makes it fire; give when, at or every"),
    (f"{COLD}, then: {{}}", ".then: sets nothing; allowed: channels and the values that they are given"),
    (f"{COLD}, then: {{fan/no: on}}", ".then.fan/no: unknown channel 'no' of 'fan'; allowed: on"),
    (f"{COLD}, then: {{fam/on: on}}", ".then.fam/on: unknown device 'fam'; did you mean 'fan/on'?"),
    (f"{COLD}, then: {{fan/on: 3}}", ".then.fan/on: found '3', allowed true or false, on or off, yes or no"),
    (f"{COLD}, then: {{room/humidity: 3}}",
     ".then.room/humidity: 'room/humidity' cannot be written; allowed: heater/on, fan/on"),
    (f"{COLD}, then: {{fan/on: on}}, lasts: 5s", ".lasts: does nothing without at or every; remove it"),
    (f"{COLD}, then: {{fan/on: on}}, days: mon", ".days: does nothing without at or every; remove it"),
    (f"{COLD}, then: {{fan/on: on}}, otherwise: {{heater/on: off}}",
     ".otherwise: sets 'heater/on', which then does not; allowed: fan/on"),
    ("at: 06:30, every: 5m, then: {fan/on: on}", ".every: given beside at; allowed: one of the two"),
    ("at: 06:30, then: {fan/on: on}, otherwise: {fan/on: off}",
     ".otherwise: never comes: what at and every set holds until somebody else sets it; give lasts"),
    ("every: 5m, lasts: 5m, then: {fan/on: on}", ".lasts: is never over; allowed: shorter than every"),
    ("at: sunset, then: {fan/on: on}",
     ".at: names the sun, but the file does not say where the site is; give location"),
    ("at: 6:30, then: {fan/on: on}",
     ".at.0: found '6:30', allowed a time of day such as 06:30, sunrise or sunset-30m"),
    ("when: {channel: room/temperatur, below: 5}, then: {fan/on: on}",
     ".when.channel: unknown channel 'temperatur' of 'room'; did you mean 'temperature'?"),
    ("when: {channel: room/temperature}, then: {fan/on: on}",
     ".when.channel: nothing is asked of it; allowed: one of above, below, equals, stale, bad, or above and below"),
    ("when: {channel: room/temperature, above: 5, bad: on}, then: {fan/on: on}",
     ".when.channel: found above, bad; allowed: one of above, below, equals, stale, bad, or above and below"),
    ("when: {channel: room/temperature, above: 5, clear: 6}, then: {fan/on: on}",
     ".when.clear: found 6, allowed at most 5, the limit"),
    ("when: {channel: room/temperature, below: 5, clear: 4}, then: {fan/on: on}",
     ".when.clear: found 4, allowed at least 5, the limit"),
    ("when: {channel: room/temperature, above: 5, below: 5}, then: {fan/on: on}",
     ".when.above: found 5, allowed below 5, the other limit"),
    ("when: {channel: room/temperature, stale: 1s}, then: {fan/on: on}",
     ".when.stale: found 1s, allowed longer than the channel is read, every 1s"),
    ("when: {channel: door/closed, above: 1}, then: {fan/on: on}",
     ".when.above: 'closed' is a boolean, allowed for numbers only; give equals"),
    ("when: {channel: door/closed, equals: 1}, then: {fan/on: on}",
     ".when.equals: found '1', allowed true or false, on or off, yes or no"),
    ("when: {for: 1s}, then: {fan/on: on}",
     ".when: says nothing that could be true; allowed: one of channel, between, all, any"),
    ("when: {all: []}, then: {fan/on: on}", ".when.all: found an empty list; allowed: at least one condition"),
    ("when: {between: 06:00 to 06:00}, then: {fan/on: on}",
     ".when.between: begins when it ends; allowed: two different times of day"),
    ("when: {any: [{channel: door/closed, equals: on}, {channel: soil/x, above: 1}]}, then: {fan/on: on}",
     ".when.any.1.channel: unknown channel 'x' of 'soil'; allowed: a0, a1, a2, a3"),
    ("when: {all: [{channel: door/closed, equals: on}], above: 3}, then: {fan/on: on}",
     ".when.above: does nothing without channel; remove it"),
])  # fmt: skip
def test_every_mistake_is_told_with_what_is_allowed(keys, expected):
    assert problems(keys) == [expected]


def test_a_mistake_has_its_line_and_column():
    [found] = problems_of(with_rule("when: {channel: room/temperatur, below: 5}, then: {fan/on: on}"))
    assert found.startswith(f"site.yaml:{LINE}:25: rules.one.when.channel:")


def test_what_a_thermostat_switches_is_not_for_rules():
    rules = (
        f"{name}: {{{COLD}, then: {{{then}}}}}"
        for name, then in (("one", "heater/on: on"), ("two", "climate/setpoint: 99"))
    )
    text = "\n  ".join((f"{changed()}rules:", *rules, ""))
    first, second = problems_of(text)
    assert "switched by the thermostat 'climate', which would win; set climate/setpoint instead" in first
    assert "rules.two.then.climate/setpoint: found 99, allowed 5 to 30" in second


@pytest.mark.parametrize("zone", ["Europe/Berlim", "../etc/passwd", "/etc/passwd", "Europe"])
def test_an_unknown_time_zone_is_told(zone):
    [found] = problems("at: 06:30, then: {fan/on: on}", f"time_zone: {zone}\n")
    assert "unknown time zone" in found


def test_the_sun_needs_a_place_and_its_library(monkeypatch):
    place = "location: {latitude: 52.5, longitude: 13.4}\ntime_zone: Europe/Berlin\n"
    dark = "when: {between: sunset to sunrise-10m}, then: {fan/on: on}"
    assert rule_of(dark, place).when.between == "sunset to sunrise-10m"
    assert "give location" in problems(dark)[0]
    monkeypatch.setattr(rule_checks, "SUN_LIBRARY", "a_library_that_nobody_has")
    assert problems(dark, place) == [
        ".when: names the sun, for which a_library_that_nobody_has is needed; pip install 'edgetwin[sun]'"
    ]


def pair(first, second):
    return problems_of(f"{SITE}rules:\n  a: {{{first}}}\n  b: {{{second}}}\n")


@pytest.mark.parametrize(("first", "second", "when"), [
    ("below: 20", "above: 10", "above 10 and below 20"),
    ("below: 20, clear: 50", "above: 40", "above 40 and below 50"),
    ("above: 20", "above: 30", "above 30"),
    ("below: 20", "below: 10", "below 10"),
])  # fmt: skip
def test_rules_that_contradict_are_told_of(first, second, when):
    low, high = f"when: {{channel: room/temperature, {first}}}", f"when: {{channel: room/temperature, {second}}}"
    [found] = pair(f"{low}, then: {{fan/on: on}}", f"{high}, then: {{fan/on: off}}")
    assert f"rules.b.then.fan/on: contradicts the rule 'a' while room/temperature is {when}; give the two" in found
    assert pair(f"{low}, then: {{fan/on: on}}, priority: 4", f"{high}, then: {{fan/on: off}}") == []
    assert pair(f"{low}, then: {{fan/on: on}}", f"{high}, then: {{fan/on: on}}") == []


@pytest.mark.parametrize(("first", "second"), [
    ("channel: room/temperature, below: 20", "channel: room/temperature, above: 20"),
    ("channel: room/temperature, below: 20", "channel: room/humidity, above: 10"),
    ("channel: door/closed, equals: on", "channel: door/closed, equals: off"),
])  # fmt: skip
def test_rules_that_exclude_each_other_are_good(first, second):
    assert pair(f"when: {{{first}}}, then: {{fan/on: on}}", f"when: {{{second}}}, then: {{fan/on: off}}") == []


def test_the_schema_takes_rules_and_refuses_what_is_none():
    validator = jsonschema.Draft202012Validator(site_schema())

    def good(text):
        return validator.is_valid({"gateway": "g", "rules": {"one": json.loads(text)}})

    assert good('{"at": "06:30", "then": {"fan/on": "on"}}')
    assert good('{"at": ["06:30", "sunset-30m"], "days": "mon", "then": {"fan/on": true}}')
    assert good('{"when": {"all": [{"any": [{"channel": "a/b", "above": 3}]}]}, "then": {"fan/on": true}}')
    assert not good('{"at": "6:30", "then": {"fan/on": "on"}}')
    assert not good('{"when": {"above": "x"}, "then": {"fan/on": "on"}}')

"""What only shows when a rule is seen with the channels that it looks at and sets, and with the other rules."""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Iterator, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from drivers.base import Channel
from gateway.config.condition_checks import check_condition, resolved_condition
from gateway.config.convert import convert
from gateway.config.devices import channel_shape
from gateway.config.draft import Draft
from gateway.config.nodes import Entry, Node
from gateway.config.problems import Path, Report, listing, quote
from gateway.config.series_checks import Mistake, series_of, unknown_series
from gateway.config.shapes import Kind, Number, Shape
from gateway.config.values import BAD
from gateway.core.rule_conflicts import contradiction, sun_times
from gateway.core.settings_rules import RULES_MAX, RuleSettings

SUN_LIBRARY = "astral"
_SETPOINT = "setpoint"
"""The one channel of a thermostat."""


def check_rules(draft: Draft) -> None:
    """Report what is wrong with rules, each and among one another."""
    _check_zone(draft)
    if len(draft.rules) > RULES_MAX:
        draft.problem(("rules",), f"found {len(draft.rules)} rules, allowed {RULES_MAX}")
        return
    n_problems = len(draft.report)
    for rule in draft.good_rules():
        path = ("rules", rule.name)
        for key, message, hint in (*_keys(draft, rule), *_sun(draft, rule)):
            draft.problem((*path, key), message, hint)
        if rule.when is not None:
            check_condition(draft, rule.when, (*path, "when"))
        for key in ("then", "otherwise"):
            _check_values(draft, getattr(rule, key), (*path, key))
    if len(draft.report) == n_problems:
        _check_contradictions(draft)


def resolved(draft: Draft, rule: RuleSettings, report: Report) -> RuleSettings:
    """A rule with values instead of what is written; for one that was checked."""
    then, otherwise = (
        {series: _value(draft, series, node, (), report) for series, node in written.items()}
        for written in (rule.then, rule.otherwise)
    )
    when = None if rule.when is None else resolved_condition(draft, rule.when, report)
    return replace(rule, when=when, then=then, otherwise=otherwise)


def _keys(draft: Draft, rule: RuleSettings) -> Iterator[Mistake]:
    """What is wrong with the keys of one rule, whatever else the file has."""
    scheduled = bool(rule.at) or rule.every_s is not None
    if not scheduled and rule.when is None:
        yield "when", "missing: nothing makes it fire", "give when, at or every"
    if rule.at and rule.every_s is not None:
        yield "every", "given beside at", "allowed: one of the two"
    if not rule.then:
        yield "then", "sets nothing", "allowed: channels and the values that they are given"
    for series in rule.otherwise:
        if series not in rule.then:
            yield "otherwise", f"sets {quote(series)}, which then does not", f"allowed: {listing(rule.then)}"
    yield from _times(draft, rule, scheduled)


def _times(draft: Draft, rule: RuleSettings, scheduled: bool) -> Iterator[Mistake]:
    """What is wrong with the keys that belong to `at` and `every`."""
    if not scheduled:
        for key in ("days", "lasts"):
            if draft.given(("rules", rule.name, key)):
                yield key, "does nothing without at or every", "remove it"
    if rule.otherwise and scheduled and rule.lasts_s is None:
        yield "otherwise", "never comes: what at and every set holds until somebody else sets it", "give lasts"
    if rule.lasts_s is not None and rule.every_s is not None and rule.lasts_s >= rule.every_s:
        yield "lasts", "is never over", "allowed: shorter than every"


def _check_zone(draft: Draft) -> None:
    zone = draft.values.get("time_zone", "UTC")
    if zone in ("UTC", BAD):
        return
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        hint = "allowed: a name of the IANA database, such as Europe/Berlin"
        draft.problem(("time_zone",), f"unknown time zone {quote(zone)}", hint)


def _sun(draft: Draft, rule: RuleSettings) -> Iterator[Mistake]:
    key = sun_times(rule)
    if key is None:
        return
    if draft.values.get("location") is None:
        yield key, "names the sun, but the file does not say where the site is", "give location"
    if importlib.util.find_spec(SUN_LIBRARY) is None:
        yield key, f"names the sun, for which {SUN_LIBRARY} is needed", "pip install 'edgetwin[sun]'"


def _check_values(draft: Draft, written: Mapping[str, Node], path: Path) -> None:
    driven = [*series_of(draft, lambda channel: channel.writable), *_setpoints(draft)]
    controlled = {one.actuator: one.name for one in draft.good_thermostats()}
    for series, node in written.items():
        channel = draft.channel(series)
        if series in controlled:
            message = f"{quote(series)} is switched by the thermostat {quote(controlled[series])}, which would win"
            draft.problem((*path, series), message, f"set {controlled[series]}/{_SETPOINT} instead")
            continue
        if series in _setpoints(draft) or (channel is not None and channel.writable):
            _value(draft, series, node, (*path, series), draft.report)
        elif channel is not None:
            draft.problem((*path, series), f"{quote(series)} cannot be written", f"allowed: {listing(driven)}")
        elif draft.thermostats.get(series.partition("/")[0]) is not BAD:
            for _, message, hint in unknown_series(draft, series, series, driven):
                draft.problem((*path, series), message, hint)


def _setpoints(draft: Draft) -> list[str]:
    return [f"{one.name}/{_SETPOINT}" for one in draft.good_thermostats()]


def _value(draft: Draft, series: str, node: Node, path: Path, report: Report) -> Any:
    shape = _shape(draft, series)
    return BAD if shape is None else convert(Entry(node.mark, node), shape, path, report)


def _shape(draft: Draft, series: str) -> Shape | None:
    for one in draft.good_thermostats():
        if series == f"{one.name}/{_SETPOINT}":
            return Number(kind=Kind.DECIMAL, low=one.low, high=one.high, unit="Cel")
    channel: Channel | None = draft.channel(series)
    return None if channel is None else channel_shape(channel)


def _check_contradictions(draft: Draft) -> None:
    """Rules of the same priority that can want different things of a channel at once: nobody could say who wins."""
    rules = [resolved(draft, rule, draft.report) for rule in draft.good_rules()]
    for first, second in itertools.combinations(rules, 2):
        found = contradiction(first, second)
        if found is not None:
            place = ("rules", second.name, "then", found.channel)
            message = f"contradicts the rule {quote(first.name)} while {found.when}"
            draft.problem(place, message, "give the two different priorities, or conditions that exclude each other")

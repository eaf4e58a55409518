"""A rule in words and figures, for who asks how it stands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gateway.clock import NS_PER_S
from gateway.core.rule import Moment, Rule
from gateway.devices.attempt import Attempt


def described(rule: Rule, attempts: Iterable[Attempt], now: Moment) -> dict[str, Any]:
    """A rule at this moment; durations in seconds, None where there is nothing to say."""
    name, now_ns, due_ns = rule.settings.name, now.boottime_ns, rule.due_ns(now)
    return {
        "armed": rule.armed,
        "holds": rule.active,
        "true_for_s": _since_s(None if rule.condition is None else rule.condition.true_ns, now_ns),
        "fired": rule.count,
        "fired_ago_s": _since_s(rule.fired_ns, now_ns),
        "due_in_s": None if due_ns is None else round(max(0, due_ns - now_ns) / NS_PER_S, 1),
        "missed": rule.missed_s,
        "waits_for_clock": rule.timetable is not None and now.wall_s is None,
        "withheld": {one.ask.channel: one.reason for one in attempts if one.ask.rule == name and one.reason},
    }


def _since_s(then_ns: int | None, now_ns: int) -> float | None:
    return None if then_ns is None else round((now_ns - then_ns) / NS_PER_S, 1)

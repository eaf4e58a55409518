"""Whether two rules can want different things of one channel at the same time, as far as that can be seen."""

from __future__ import annotations

import math
from typing import NamedTuple

from gateway.core.reading import Value
from gateway.core.settings_rules import ConditionSettings, InnerSettings, LeafSettings, RuleSettings


class Contradiction(NamedTuple):
    """Where two rules meet."""

    channel: str
    when: str
    """In words."""


def contradiction(first: RuleSettings, second: RuleSettings) -> Contradiction | None:
    """Where two rules of the same priority are sure to contradict each other; None where that cannot be said.

    Only rules that look at one and the same channel are compared; of others nobody can know what comes together.
    """
    if first.priority != second.priority or first.when is None or second.when is None:
        return None
    if any(rule.at or rule.every_s is not None for rule in (first, second)):
        return None  # What is set at a time does not hold: who comes later has his way.
    channel = next((one for one in first.then if one in second.then and first.then[one] != second.then[one]), None)
    if channel is None:
        return None
    when = _together(first.when, second.when)
    return None if when is None else Contradiction(channel, when)


def _together(one: LeafSettings, other: LeafSettings) -> str | None:
    if one.channel is None or one.channel != other.channel:
        return None
    if one.equals is not None and other.equals is not None:
        return f"{one.channel} is {str(one.equals).lower()}" if _same(one.equals, other.equals) else None
    first, second = _range(one), _range(other)
    if first is None or second is None:
        return None
    low, high = max(first[0], second[0]), min(first[1], second[1])
    if low >= high:
        return None
    ends = [f"above {low:g}"] if not math.isinf(low) else []
    ends += [f"below {high:g}"] if not math.isinf(high) else []
    return f"{one.channel} is {' and '.join(ends)}"


def _same(one: Value, other: Value) -> bool:
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def _range(leaf: LeafSettings) -> tuple[float, float] | None:
    """The values at which a condition can hold, up to where it clears."""
    if leaf.above is None and leaf.below is None:
        return None
    low = -math.inf if leaf.above is None else leaf.above
    high = math.inf if leaf.below is None else leaf.below
    if leaf.clear is not None:
        low, high = (leaf.clear if not math.isinf(bound) else bound for bound in (low, high))
    return low, high


def sun_times(rule: RuleSettings) -> str | None:
    """The key of a rule under which the sun is named; None where it is not."""
    if any(time.startswith("sun") for time in rule.at):
        return "at"
    return "when" if rule.when is not None and _names_sun(rule.when) else None


def _names_sun(condition: LeafSettings) -> bool:
    parts = (*condition.all_, *condition.any_) if isinstance(condition, ConditionSettings | InnerSettings) else ()
    return "sun" in (condition.between or "") or any(_names_sun(part) for part in parts)

"""Conditions of safety of one output that cannot be fulfilled together."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from drivers.base import Channel, ValueKind
from gateway.config.problems import quote
from gateway.config.wording import plain
from gateway.core.reading import Value
from gateway.core.safety import words
from gateway.core.safety_state import is_on
from gateway.core.settings_safety import ConditionSettings, Fallback, SafetySettings

Wrong = tuple[tuple[str, ...], str, str]
"""The keys to its place, what is wrong, and what is allowed."""


def conflicts(channel: Channel, settings: SafetySettings, safe: object) -> Iterator[Wrong]:
    """What contradicts itself in the conditions of the output `channel` with the safe value `safe`."""
    wanted = [one.unless for one in settings.interlock]
    for one, other in itertools.combinations(wanted, 2):
        if one.channel == other.channel and _exclude(one, other):
            both = f"{quote(one.channel)} is never both {words(one)} and {words(other)}"
            yield ("interlock",), both, "all of them have to be true at once"
    if isinstance(safe, bool | int | float):
        yield from _fallbacks(channel, settings, safe, wanted)


def _exclude(one: ConditionSettings, other: ConditionSettings) -> bool:
    """Whether two conditions on one channel, each of which can be true, cannot both be."""
    if one.is_ is not None and other.is_ is not None:
        return one.is_ is not other.is_
    alone = [each for each in (one, other) if (each.above, each.below) != (None, None)]
    if len(alone) < len((one, other)) or not all(_least(each) < _most(each) for each in alone):
        return False  # What is wrong with one of them is told elsewhere.
    return max(map(_least, alone)) >= min(map(_most, alone))


def _least(one: ConditionSettings) -> float:
    return -math.inf if one.above is None else one.above


def _most(one: ConditionSettings) -> float:
    return math.inf if one.below is None else one.below


class _Way(NamedTuple):
    """Where the output goes when something is lost; None where it stays."""

    key: str
    to: Value | None


def _fallbacks(
    channel: Channel, settings: SafetySettings, safe: Value, wanted: Iterable[ConditionSettings]
) -> Iterator[Wrong]:
    stale, link = settings.on_stale, settings.on_link_loss
    ways = [
        _Way(key, _value(channel, one.to, safe))
        for key, one in (("on_stale", stale), ("on_link_loss", link))
        if one is not None
    ]
    values = [one.to for one in ways if one.to is not None]
    if len(values) > 1 and is_on(values[0]) is not is_on(values[1]):
        message = "on_stale and on_link_loss want it on and off, and both may be lost at once"
        yield ("on_link_loss", "to"), message, "allowed: the same for both, or hold for one"
    for way in ways:
        yield from _beside(channel, settings, way)
    if stale is not None and any(one.channel == stale.channel for one in wanted):
        to = ways[0].to
        if to is None or to != safe:
            message = f"an interlock gives it the safe value when {quote(stale.channel)} is lost"
            yield ("on_stale", "to"), f"found {quote(stale.to.value)}, but {message}", "allowed: safe"


def _beside(channel: Channel, settings: SafetySettings, way: _Way) -> Iterator[Wrong]:
    """A value that other conditions of the output do not allow."""
    limits, to = settings.limits, way.to
    if to is None:
        return
    if settings.max_on_s is not None and is_on(to):
        yield (way.key, "to"), "keeps it on for longer than max_on", "allowed beside max_on: off, hold"
    if limits is None or isinstance(to, bool | str) or channel.kind is not ValueKind.NUMBER:
        return
    if (limits.min is not None and to < limits.min) or (limits.max is not None and to > limits.max):
        yield (way.key, "to"), f"{plain(to)} is outside limits", "allowed: safe, hold"


def _value(channel: Channel, to: Fallback, safe: Value) -> Value | None:
    off: Value = False if channel.kind is ValueKind.BOOLEAN else 0.0
    return {Fallback.SAFE: safe, Fallback.OFF: off, Fallback.ON: True, Fallback.HOLD: None}[to]

"""Whether an output may be driven: the conditions of safety, as pure decisions.

Two questions are asked. A wish, whoever has it: may it act now, later, or not at all (`judge`)? And without any wish:
which value does the output have to take now (`demand`)? A demand goes before everything else; what it forbids is
refused. What only comes too early is held, and done when it may be.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from gateway.core.change_rate import UNITS_S, change_rate
from gateway.core.command import ReasonCode
from gateway.core.override import NS_PER_S, Now
from gateway.core.reading import Value
from gateway.core.safety_state import Output, at_least_s, at_most_s, is_on
from gateway.core.settings_safety import (
    RATE_PATTERN,
    ConditionSettings,
    Fallback,
    InterlockSettings,
    SafetySettings,
)
from gateway.core.wording import shown

LOOK_AGAIN_S = 1.0
"""When what is not known yet (another output right after the start) is looked at again."""


class Verb(enum.Enum):
    """What becomes of a wish."""

    ALLOW = enum.auto()
    HOLD = enum.auto()
    REFUSE = enum.auto()


class Verdict(NamedTuple):
    """The answer to a wish."""

    verb: Verb
    code: ReasonCode = ReasonCode.NONE
    reason: str = ""
    wait_s: float = 0.0
    """With `HOLD`: until it is asked again."""
    step: Value | None = None
    """With `HOLD`: what it may be driven to now, on its way."""


class Demand(NamedTuple):
    """The value that an output has to have, and why."""

    value: Value
    code: ReasonCode
    reason: str
    early: bool = False
    """Only because nothing could have been read since the start: nobody has to hear of it, and who asks may wait."""


class Seen(NamedTuple):
    """The latest of a channel that a condition looks at."""

    value: Value
    good: bool
    boottime_ns: int


class Surroundings(NamedTuple):
    """What counts beside the output itself."""

    now: Now
    link_lost_ns: int | None = None
    """The boottime at which the link was lost; None while it is up."""
    inputs: Mapping[str, Seen] = {}
    outputs: Mapping[str, Output] = {}
    began_ns: int | None = None
    """Since which boottime inputs are listened to; None for always."""


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """The conditions of one output, ready to be asked."""

    channel: str
    safe: Value
    settings: SafetySettings = SafetySettings()
    exclusive: frozenset[str] = frozenset()
    """The others of which none may be on while it is."""
    rate: tuple[int, float] | None = None
    """A count and seconds."""
    slew: tuple[float, float] | None = None
    """An amount and seconds."""

    @property
    def off(self) -> Value:
        """The value at which it does nothing."""
        return False if isinstance(self.safe, bool) else 0.0

    @property
    def rest_s(self) -> float:
        """How long it rests after `max_on`."""
        return self.settings.rest_s or 0.0

    @property
    def keep(self) -> int:
        """How many changes have to be remembered."""
        return max(self.rate[0] if self.rate else 0, 1 if self.slew else 0)


def rules_of(settings: Mapping[str, tuple[Value, SafetySettings]]) -> dict[str, Rules]:
    """The rules of every output, from its safe value and settings; who names another as exclusive is named by it."""
    pairs = {frozenset((one, other)) for one, (_, found) in settings.items() for other in _group(one, found)}
    return {
        channel: Rules(
            channel=channel,
            safe=safe,
            settings=found,
            exclusive=frozenset(other for pair in pairs if channel in pair for other in pair - {channel}),
            rate=_rate(found.rate),
            slew=change_rate(found.slew),
        )
        for channel, (safe, found) in settings.items()
    }


def _group(channel: str, settings: SafetySettings) -> frozenset[str]:
    return frozenset(settings.exclusive) - {channel}


def _rate(text: str | None) -> tuple[int, float] | None:
    match = re.fullmatch(RATE_PATTERN, text or "")
    return (int(match[1]), float(match[2]) * UNITS_S[match[3]]) if match else None


# --- what has to be ---


def demand(rules: Rules, output: Output, around: Surroundings) -> Demand | None:
    """The value that the output has to have now; None where it may have any."""
    settings = rules.settings
    for interlock in settings.interlock:
        if why := missing(interlock, around):
            unless = interlock.unless
            return Demand(rules.safe, ReasonCode.INTERLOCK, why, _unread(unless.channel, unless.stale_after_s, around))
    stale = settings.on_stale
    if stale is not None and stale.to is not Fallback.HOLD:
        seen = around.inputs.get(stale.channel)
        if _unread(stale.channel, stale.after_s, around):
            reason = f"{stale.channel} has not been read yet since the start"
            return Demand(rules.safe, ReasonCode.STALE_INPUT, reason, early=True)
        if seen is None or not seen.good or _age_s(seen, around) >= stale.after_s:
            reason = f"{stale.channel} has had no good reading for {stale.after_s:g} s"
            return Demand(_value(rules, stale.to), ReasonCode.STALE_INPUT, reason)
    link = settings.on_link_loss
    if link is not None and link.to is not Fallback.HOLD and around.link_lost_ns is not None:
        lost_s = (around.now.boottime_ns - around.link_lost_ns) / NS_PER_S
        if lost_s >= link.after_s:
            reason = f"the link has been lost for longer than {link.after_s:g} s"
            return Demand(_value(rules, link.to), ReasonCode.LINK_LOST, reason)
    if settings.max_on_s is not None and output.known and is_on(output.value) and left_on_s(rules, output, around) <= 0:
        return Demand(rules.off, ReasonCode.MAX_ON, f"on for {settings.max_on_s:g} s, the longest allowed")
    return None


def _value(rules: Rules, to: Fallback) -> Value:
    if to is Fallback.SAFE:
        return rules.safe
    return rules.off if to is Fallback.OFF else True


def missing(interlock: InterlockSettings, around: Surroundings) -> str:
    """Why the condition of an interlock is not true, empty where it is."""
    wanted = interlock.unless
    seen = around.inputs.get(wanted.channel)
    if seen is None or not seen.good or _age_s(seen, around) >= wanted.stale_after_s:
        return f"{wanted.channel} has no good reading, and must be {words(wanted)}"
    return "" if holds(wanted, seen.value) else f"{wanted.channel} is {shown(seen.value)}, and must be {words(wanted)}"


def holds(condition: ConditionSettings, value: Value) -> bool:
    """Whether `value` fulfils a condition; one of the wrong type does not."""
    if condition.is_ is not None:
        return value is condition.is_
    if isinstance(value, bool | str):
        return False
    above = condition.above is None or value > condition.above
    return above and (condition.below is None or value < condition.below)


def words(condition: ConditionSettings) -> str:
    """A condition in words."""
    if condition.is_ is not None:
        return "on" if condition.is_ else "off"
    bounds = (("above", condition.above), ("below", condition.below))
    return " and ".join(f"{word} {bound:g}" for word, bound in bounds if bound is not None)


def _unread(channel: str, after_s: float, around: Surroundings) -> bool:
    """Whether it was not read yet since the start, and need not have been."""
    if channel in around.inputs or around.began_ns is None:
        return False
    return (around.now.boottime_ns - around.began_ns) / NS_PER_S < after_s


def _age_s(seen: Seen, around: Surroundings) -> float:
    return (around.now.boottime_ns - seen.boottime_ns) / NS_PER_S


def left_on_s(rules: Rules, output: Output, around: Surroundings) -> float:
    """How long the output may still be on, or may be if it goes on now; by `max_on`, which has to be given."""
    most_s, used_s = rules.settings.max_on_s or 0.0, output.used_s
    if output.known and is_on(output.value):
        on_s = 0.0 if output.switched is None else at_most_s(output.switched, around.now)
        return -1.0 if used_s is None else most_s - used_s - on_s
    if output.switched is None or at_least_s(output.switched, around.now) >= rules.rest_s:
        return most_s
    return -1.0 if used_s is None else most_s - used_s

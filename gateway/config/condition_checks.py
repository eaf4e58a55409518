"""What is wrong with the condition of a rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from drivers.base import Channel, ValueKind
from gateway.config.convert import convert
from gateway.config.devices import channel_shape, common_fields
from gateway.config.draft import Draft
from gateway.config.nodes import Entry
from gateway.config.problems import Path, Report, listing, quote
from gateway.config.reach import out_of_reach
from gateway.config.series_checks import Mistake, series_of, unknown_series
from gateway.config.values import BAD
from gateway.config.wording import duration_text, plain
from gateway.core.settings_rules import ConditionSettings, InnerSettings, LeafSettings

_TESTS = ("above", "below", "equals", "stale", "bad")
_EVERY_S = next(field.default for field in common_fields() if field.attribute == "every_s")


def parts_of(condition: LeafSettings) -> tuple[tuple[str, LeafSettings], ...]:
    """The conditions that one is a combination of, each with the key that it stands under."""
    if not isinstance(condition, ConditionSettings | InnerSettings):
        return ()
    parts = [("all", one) for one in condition.all_] + [("any", one) for one in condition.any_]
    return tuple(parts)


def check_condition(draft: Draft, condition: LeafSettings, path: Path) -> None:
    """Report what is wrong with a condition and with all that it is made of."""
    kinds = [key for key in ("channel", "between", "all", "any") if draft.given((*path, key))]
    if len(kinds) != 1:
        message = f"found {listing(kinds)}" if kinds else "says nothing that could be true"
        draft.problem(path, message, "allowed: one of channel, between, all, any")
        return
    kind = kinds[0]
    if kind in ("all", "any") and not parts_of(condition):
        draft.problem((*path, kind), "found an empty list", "allowed: at least one condition")
    if kind != "channel":
        for key in (*_TESTS, "clear", "stale_after"):
            if draft.given((*path, key)):
                draft.problem((*path, key), "does nothing without channel", "remove it")
    counts = {"all": 0, "any": 0}
    for key, part in parts_of(condition):
        check_condition(draft, part, (*path, key, str(counts[key])))
        counts[key] += 1
    if kind == "channel":
        for key, message, hint in _channel(draft, condition, path):
            draft.problem((*path, key), message, hint)
    if condition.between is not None and len(set(condition.between.split(" to "))) == 1:
        draft.problem((*path, "between"), "begins when it ends", "allowed: two different times of day")


def resolved_condition(draft: Draft, condition: Any, report: Report) -> Any:
    """A condition with values instead of what is written."""
    if isinstance(condition, ConditionSettings | InnerSettings):
        all_, any_ = (
            tuple(resolved_condition(draft, part, report) for part in parts)
            for parts in (condition.all_, condition.any_)
        )
        condition = replace(condition, all_=all_, any_=any_)
    if condition.equals is None:
        return condition
    channel = draft.channel(condition.channel)
    shape = channel_shape(channel) if channel is not None else None
    node = condition.equals
    return replace(condition, equals=BAD if shape is None else convert(Entry(node.mark, node), shape, (), report))


def _channel(draft: Draft, condition: LeafSettings, path: Path) -> Iterator[Mistake]:
    series = condition.channel or ""
    channel = draft.channel(series)
    if channel is None:
        yield from unknown_series(draft, "channel", series, series_of(draft, lambda _channel: True))
        return
    given = [key for key in _TESTS if draft.given((*path, key))]
    if len(given) != 1 and given != ["above", "below"]:
        message = f"found {listing(given)}" if given else "nothing is asked of it"
        yield "channel", message, f"allowed: one of {listing(_TESTS)}, or above and below"
        return
    yield from _limits(channel, condition, given)
    yield from out_of_reach(draft, series, condition.above, condition.below)
    if condition.equals is not None:
        convert(Entry(condition.equals.mark, condition.equals), channel_shape(channel), (*path, "equals"), draft.report)
    yield from _age(draft, condition, given)


def _limits(channel: Channel, condition: LeafSettings, given: list[str]) -> Iterator[Mistake]:
    above, below, clear = condition.above, condition.below, condition.clear
    for key in ("above", "below"):
        if key in given and channel.kind is not ValueKind.NUMBER:
            yield key, f"{quote(channel.name)} is a {channel.kind}, allowed for numbers only", "give equals"
            return
    if above is not None and below is not None and above >= below:
        yield "above", f"found {plain(above)}, allowed below {plain(below)}, the other limit", ""
    if clear is None:
        return
    if (above is None) == (below is None):
        yield "clear", "does nothing here", "allowed beside one of above and below"
    elif above is not None and clear > above:
        yield "clear", f"found {plain(clear)}, allowed at most {plain(above)}, the limit", ""
    elif below is not None and clear < below:
        yield "clear", f"found {plain(clear)}, allowed at least {plain(below)}, the limit", ""


def _age(draft: Draft, condition: LeafSettings, given: list[str]) -> Iterator[Mistake]:
    every_s = draft.devices[(condition.channel or "").partition("/")[0]].common.get("every_s", _EVERY_S)
    if given == ["stale"] and condition.stale_after_s is not None:
        yield "stale_after", "does nothing beside stale", "remove it"
    for key, found_s in (("stale", condition.stale_s), ("stale_after", condition.stale_after_s)):
        if found_s is not None and every_s is not BAD and found_s <= every_s:
            found, needed = duration_text(found_s), duration_text(every_s)
            yield key, f"found {found}, allowed longer than the channel is read, every {needed}", ""

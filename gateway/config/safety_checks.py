"""What is contradictory in the conditions of safety of an output: within itself, and with what it depends on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from drivers.base import Channel, ValueKind
from gateway.config.devices import common_fields, unknown_channel
from gateway.config.draft import DeviceDraft, Draft
from gateway.config.problems import guess, listing, quote
from gateway.config.reach import out_of_reach
from gateway.config.safety_conflicts import Wrong, conflicts
from gateway.config.values import BAD
from gateway.config.wording import duration_text, plain
from gateway.core.change_rate import change_rate
from gateway.core.reading import Value
from gateway.core.safety_state import is_on
from gateway.core.settings_channel import ChannelSettings
from gateway.core.settings_safety import (
    RATE_PATTERN,
    SLEW_PATTERN,
    ConditionSettings,
    Fallback,
    SafetySettings,
)

_EVERY_S = next(field.default for field in common_fields() if field.attribute == "every_s")


def check_safety(draft: Draft) -> None:
    """Report every contradiction."""
    for device in draft.devices.values():
        given, channels = device.common.get("channels", {}), device.channels or {}
        for name, settings in () if given is BAD else given.items():
            channel = channels.get(name)
            if channel is not None and isinstance(settings, ChannelSettings) and settings.safety is not None:
                path = (*device.path, "channels", name, "safety")
                for place, message, hint in _wrong(draft, device, channel, settings.safety):
                    draft.problem((*path, *place), message, hint)


def _wrong(draft: Draft, device: DeviceDraft, channel: Channel, settings: SafetySettings) -> Iterator[Wrong]:
    if not channel.writable:
        yield (), "does nothing for a channel that is only read", "remove it"
        return
    safe = (device.safe or {}).get(channel.name, BAD)
    yield from _kinds(channel, settings)
    yield from _times(settings)
    yield from _step(channel, settings)
    yield from _limits(channel, settings, safe)
    yield from _inputs(draft, f"{device.name}/{channel.name}", settings)
    yield from conflicts(channel, settings, safe)
    yield from _exclusive(draft, f"{device.name}/{channel.name}", settings)


def _kinds(channel: Channel, settings: SafetySettings) -> Iterator[Wrong]:
    """Conditions that the kind of the channel has no use for."""
    if channel.kind is not ValueKind.NUMBER:
        for key in ("limits", "slew"):
            if getattr(settings, key) is not None:
                yield (key,), f"does nothing for a {channel.kind}", "only for numbers; remove it"
    if channel.kind is not ValueKind.BOOLEAN:
        for key, lost in (("on_link_loss", settings.on_link_loss), ("on_stale", settings.on_stale)):
            if lost is not None and lost.to is Fallback.ON:
                yield (key, "to"), f"found 'on' for a {channel.kind}", "allowed: safe, off, hold"
    if channel.kind is ValueKind.TEXT:
        yield (), "a text is neither on nor off", "only for numbers and booleans; remove it"


def _times(settings: SafetySettings) -> Iterator[Wrong]:
    if settings.rest_s is not None and settings.max_on_s is None:
        yield ("rest",), "is given without 'max_on'", "they come together"
    if settings.min_on_s is not None and settings.max_on_s is not None and settings.min_on_s > settings.max_on_s:
        found, most = duration_text(settings.min_on_s), duration_text(settings.max_on_s)
        yield ("min_on",), f"found {found}, allowed at most max_on, {most}", ""
    if settings.rate is not None and settings.slew is not None:
        yield ("rate",), "is given beside slew, whose every step is a change", "allowed: one of the two"
    for key, text, pattern in (("rate", settings.rate, RATE_PATTERN), ("slew", settings.slew, SLEW_PATTERN)):
        match = re.fullmatch(pattern, text or "")
        if match is not None and 0.0 in (float(match[1]), float(match[2])):
            yield (key,), f"found {quote(match[0])}", "allowed: both numbers above 0"


def _step(channel: Channel, settings: SafetySettings) -> Iterator[Wrong]:
    """A slew of which every step is rounded back to where it began never gets anywhere."""
    slew = change_rate(settings.slew)
    if slew is not None and channel.resolution is not None and 0 < slew[0] <= channel.resolution / 2:
        message = f"{plain(slew[0])} is lost in the part, whose own step is {channel.resolution:.3g}"
        yield ("slew",), message, "allowed: an amount of a step or more, in a longer time"


def _limits(channel: Channel, settings: SafetySettings, safe: object) -> Iterator[Wrong]:
    limits = settings.limits
    if limits is None or channel.kind is not ValueKind.NUMBER:
        return
    low, high = limits.min, limits.max
    if low is None and high is None:
        yield ("limits",), "one limit is needed", "give min or max"
    if low is not None and high is not None and low >= high:
        yield ("limits", "min"), f"found {plain(low)}, allowed below max, {plain(high)}", ""
    elif isinstance(safe, int | float) and ((low is not None and safe < low) or (high is not None and safe > high)):
        yield ("limits",), f"the safe value, {plain(safe)}, is outside", "what is safe has to be allowed"


def _inputs(draft: Draft, series: str, settings: SafetySettings) -> Iterator[Wrong]:
    """What is wrong with the channels that conditions look at."""
    stale = settings.on_stale
    if stale is not None:
        place = ("on_stale",)
        yield from _looked_at(draft, series, stale.channel, (*place, "channel"))
        yield from _patience(draft, stale.channel, stale.after_s, (*place, "after"))
    for interlock in settings.interlock:
        wanted, place = interlock.unless, ("interlock",)
        yield from _looked_at(draft, series, wanted.channel, place)
        yield from _patience(draft, wanted.channel, wanted.stale_after_s, place)
        yield from _condition(draft, wanted, place)


def _looked_at(draft: Draft, series: str, wanted: str, place: tuple[str, ...]) -> Iterator[Wrong]:
    name, _, channel = wanted.partition("/")
    device = draft.devices.get(name)
    if wanted == series:
        yield place, f"{quote(wanted)} is the output itself", "allowed: a channel that something else decides"
    elif device is None:
        known = [f"{one.name}/{other}" for one in draft.devices.values() for other in one.channels or {}]
        yield place, f"unknown device {quote(name)}", guess(wanted, known) or f"allowed: {listing(known)}"
    elif device.channels is not None and channel not in device.channels:
        message, hint = unknown_channel(channel, (), device.channels)
        yield place, f"{message} of {quote(name)}", hint


def _patience(draft: Draft, wanted: str, after_s: float, place: tuple[str, ...]) -> Iterator[Wrong]:
    device = draft.devices.get(wanted.partition("/")[0])
    every_s = BAD if device is None else device.common.get("every_s", _EVERY_S)
    if every_s is not BAD and after_s <= every_s:
        found, needed = duration_text(after_s), duration_text(every_s)
        message = f"{quote(wanted)} would be stale after {found}, and is read every {needed}"
        yield place, message, "allowed: longer than it is read"


def _condition(draft: Draft, wanted: ConditionSettings, place: tuple[str, ...]) -> Iterator[Wrong]:
    bounded = wanted.above is not None or wanted.below is not None
    if bounded is (wanted.is_ is not None):
        yield place, "one condition is needed", "give above, below or both, or is"
    elif wanted.above is not None and wanted.below is not None and wanted.above >= wanted.below:
        yield place, f"above {plain(wanted.above)} and below {plain(wanted.below)} is never true", "above < below"
    channel = draft.channel(wanted.channel)
    if channel is not None and bounded and channel.kind is not ValueKind.NUMBER:
        yield place, f"{quote(wanted.channel)} is a {channel.kind}", "allowed: is"
    if channel is not None and wanted.is_ is not None and channel.kind is not ValueKind.BOOLEAN:
        yield place, f"{quote(wanted.channel)} is a {channel.kind}", "allowed: above, below"
    for _, message, hint in out_of_reach(draft, wanted.channel, wanted.above, wanted.below):
        yield place, message, hint


def _exclusive(draft: Draft, series: str, settings: SafetySettings) -> Iterator[Wrong]:
    """Outputs of which never two are on have to be off when control is lost."""
    place = ("exclusive",)
    others = [one for one in settings.exclusive if one != series]
    if not others:
        if settings.exclusive:
            yield place, "names no other output", "name the others, device/channel"
        return
    for one in (series, *others):
        if one != series:
            yield from _driven(draft, one, place)
        if is_on(_safe_of(draft, one)):
            yield place, f"the safe value of {quote(one)} is on", "its safe value has to be off"
        if _goes_on(draft, one):
            yield place, f"{quote(one)} goes on when control is lost", "allowed: safe, off, hold"


def _driven(draft: Draft, series: str, place: tuple[str, ...]) -> Iterator[Wrong]:
    channel = draft.channel(series)
    if channel is None:
        yield from _looked_at(draft, "", series, place)
    elif not channel.writable:
        yield place, f"{quote(series)} cannot be written", "name outputs"


def _safe_of(draft: Draft, series: str) -> Value | None:
    device = draft.devices.get(series.partition("/")[0])
    found = None if device is None else (device.safe or {}).get(series.partition("/")[2])
    return found if isinstance(found, bool | int | float | str) else None


def _goes_on(draft: Draft, series: str) -> bool:
    name, _, channel = series.partition("/")
    device = draft.devices.get(name)
    given = {} if device is None else device.common.get("channels", {})
    settings = None if given is BAD else given.get(channel)
    safety = settings.safety if isinstance(settings, ChannelSettings) else None
    lost = () if safety is None else (safety.on_link_loss, safety.on_stale)
    return any(one is not None and one.to is Fallback.ON for one in lost)

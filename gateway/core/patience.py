"""How seldom a device may be read before somebody here takes it for silent: thermostats, safety conditions, rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from gateway.core.condition import STALE_AFTER_S_MIN, STALE_INTERVALS
from gateway.core.settings import DeviceSettings, Site
from gateway.core.settings_rules import ConditionSettings, InnerSettings, LeafSettings


class Patience(NamedTuple):
    """A device has to be read more often than every `stale_s`, and for whom."""

    stale_s: float
    who: str


def patience_of(site: Site) -> dict[str, Patience]:
    """By device, the least patient of all that look at it; a device that nobody looks at is not there."""
    intervals_s = {device.name: device.every_s for device in site.devices}
    found: dict[str, Patience] = {}
    for series, patience in (*_thermostats(site), *_safety(site.devices), *_rules(site, intervals_s)):
        device = series.partition("/")[0]
        found[device] = min(patience, found.get(device, patience), key=lambda one: one.stale_s)
    return found


def _thermostats(site: Site) -> Iterator[tuple[str, Patience]]:
    for one in site.thermostats:
        yield one.sensor, Patience(one.stale_after_s, f"the thermostat {one.name}")


def _safety(devices: tuple[DeviceSettings, ...]) -> Iterator[tuple[str, Patience]]:
    for device in devices:
        for name, channel in device.channels.items():
            who = f"the safety of {device.name}/{name}"
            if channel.safety is None:
                continue
            if channel.safety.on_stale is not None:
                yield channel.safety.on_stale.channel, Patience(channel.safety.on_stale.after_s, who)
            for interlock in channel.safety.interlock:
                yield interlock.unless.channel, Patience(interlock.unless.stale_after_s, who)


def _rules(site: Site, intervals_s: dict[str, float]) -> Iterator[tuple[str, Patience]]:
    for rule in site.rules:
        for leaf in _leaves(rule.when) if rule.when is not None else ():
            if leaf.channel is not None:
                every_s = intervals_s.get(leaf.channel.partition("/")[0], 0.0)
                usual_s = max(STALE_AFTER_S_MIN, STALE_INTERVALS * every_s)
                stale_s = leaf.stale_s or leaf.stale_after_s or usual_s
                yield leaf.channel, Patience(stale_s, f"the rule {rule.name}")


def _leaves(condition: LeafSettings) -> Iterator[LeafSettings]:
    yield condition
    if isinstance(condition, ConditionSettings | InnerSettings):
        for part in (*condition.all_, *condition.any_):
            yield from _leaves(part)

"""Settings that the twin changes while the daemon runs: what it may ask for, and what comes of it. No I/O.

What is asked for has the shape and the names of a device in the configuration, with durations in seconds:
`{"every": 5, "channels": {"temperature": {"mode": "event", "deadband": 0.2}}}`. It lies over the configuration, key by
key. `every`, and each channel, is taken as a whole or refused as a whole, for its keys depend on each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec

from gateway.core.channel_checks import ChannelKind, useless_settings, wrong_settings
from gateway.core.patience import Patience
from gateway.core.settings import ChannelSettings, DeviceSettings
from gateway.core.settings_reader import read
from gateway.core.shadow import equal, merge
from gateway.core.shadow_request import Json
from gateway.core.three_way import ABSENT, Overlap, three_way

FIXED = frozenset({"lane", "conflict", "safety", "calibrate", "smooth", "quality"})
"""Keys of a channel that are the site's own: which traffic gives way, who is right there, what is safe, what is
made of what its part says, and how far that is trusted."""
EVERY = next(field.type for field in msgspec.structs.fields(DeviceSettings) if field.name == "every_s")
SITE_CHANGED = "SITE_CHANGED"
"""The configuration was edited since, and says otherwise."""
INVALID = "INVALID"
UNUSED = "UNUSED"
"""It would do nothing beside what else holds."""


class Applied(NamedTuple):
    """What is to hold, what of the wish it is, and why not the rest, by its place in the wish."""

    every_s: float
    channels: dict[str, ChannelSettings]
    """Of every channel that the wish names and that can have it."""
    taken: Json
    refused: dict[str, tuple[str, str]]


def apply_settings(
    device: DeviceSettings, kinds: Mapping[str, ChannelKind], asked: object, patience: Patience | None = None
) -> Applied:
    """What comes of a wish, laid over the configuration `device`. Nothing is raised, whatever it holds.

    `patience` is that of whoever looks at the device here. A key that does nothing is explained and not taken, while
    the others of its channel are: a document keeps the deadband of the mode before.
    """
    refused: dict[str, tuple[str, str]] = {}
    taken: Json = {}
    every_s, channels = device.every_s, {}
    wish = asked if isinstance(asked, dict) else {}
    for key in sorted(wish.keys() - {"every", "channels"}):
        refused[key] = (INVALID, "unknown key; known are every, channels")
    if "every" in wish:
        try:
            every_s = _interval(read(EVERY, wish["every"], "every"), patience)
            taken["every"] = wish["every"]
        except ValueError as error:
            refused["every"] = (INVALID, str(error))
    named = wish.get("channels", {})
    for name, keys in named.items() if isinstance(named, dict) else ():
        try:
            channels[name] = changed_channel(device.channels.get(name, ChannelSettings()), kinds.get(name), keys)
        except ValueError as error:
            refused[name] = (INVALID, str(error))
        else:
            unused = {key: why for key, why in useless_settings(kinds[name], channels[name], every_s) if key in keys}
            refused |= {f"{name}.{key}": (UNUSED, why) for key, why in unused.items()}
            used = {key: value for key, value in keys.items() if key not in unused}
            taken.setdefault("channels", {})[name] = used  # type: ignore[index]
    return Applied(every_s, channels, taken, refused)


def _interval(every_s: float, patience: Patience | None) -> float:
    if patience is not None and every_s >= patience.stale_s:
        raise ValueError(f"every: found {every_s:g}, allowed below {patience.stale_s:g}, for {patience.who}")
    return every_s


def changed_channel(settings: ChannelSettings, kind: ChannelKind | None, asked: object) -> ChannelSettings:
    """The settings of a channel with what is asked for laid over them.

    Raises:
        ValueError: that cannot be; the text says what and what is allowed.
    """
    if kind is None or not isinstance(asked, dict):
        raise ValueError("the device has no such channel" if kind is None else "allowed: an object of keys and values")
    if fixed := sorted(FIXED & asked.keys()):
        raise ValueError(f"{', '.join(fixed)}: only the configuration says that")
    # An alarm is taken whole: a limit above and one below are two alarms, and a document cannot say that one is gone.
    found: ChannelSettings = read(ChannelSettings, {**as_json(settings), **asked})
    found = msgspec.structs.replace(found, **{key: getattr(settings, key) for key in FIXED})
    for place, message, hint in wrong_settings(kind, found):
        raise ValueError(f"{'.'.join(place)}: {message}; {hint}")
    return found


def as_json(settings: ChannelSettings) -> Json:
    """The settings of a channel as a document, without what the twin may not change and what has no value."""
    found: Json = msgspec.json.decode(msgspec.json.encode(settings))  # Arrays as JSON has them, not as tuples.
    return {key: value for key, value in found.items() if key not in FIXED and value is not None}


def site_document(device: DeviceSettings, names: Iterable[str]) -> Json:
    """What the configuration says of a device and some of its channels: the base by which an edit is told."""
    return {
        "every": device.every_s,
        "channels": {name: as_json(device.channels.get(name, ChannelSettings())) for name in names},
    }


def after_edit(base: Json, now: Json, asked: Json) -> tuple[Json, list[Overlap]]:
    """What is left of a wish once the configuration was edited: three-way, and where both changed a key, the site's.

    `base` and `now` are what the configuration said when the wish was taken, and says now.
    """
    merged = three_way(base, now, merge(base, asked), lambda overlap: overlap.one)
    return _still_so(asked, merged.value), merged.overlaps


def _still_so(asked: Json, merged: object) -> Json:
    """The part of `asked` that is so in `merged`."""
    left: Json = {}
    below: Any = merged if isinstance(merged, dict) else {}
    for key, value in asked.items():
        have = below.get(key, ABSENT)
        if isinstance(value, dict) and isinstance(have, dict):
            if inner := _still_so(value, have):
                left[key] = inner
        elif have is not ABSENT and equal(value, have):
            left[key] = value
    return left


def lost(asked: Json, left: Json, path: tuple[str, ...] = ()) -> list[str]:
    """The places of a wish that an edit has won, each its keys with dots between."""
    places: list[str] = []
    for key, value in asked.items():
        have = left.get(key)
        if isinstance(value, dict) and (isinstance(have, dict) or (have is None and value)):
            places += lost(value, have if isinstance(have, dict) else {}, (*path, key))
        elif key not in left:
            places.append(".".join((*path, key)))
    return places

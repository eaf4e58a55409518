"""What is said of a series that does not exist, wherever the file names one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from drivers.base import Channel
from gateway.config.devices import unknown_channel
from gateway.config.draft import Draft
from gateway.config.problems import guess, listing, quote

Mistake = tuple[str, str, str]
"""Key, message and hint."""


def unknown_series(draft: Draft, key: str, series: str, fitting: list[str]) -> Iterator[Mistake]:
    """The mistake of a series that does not exist; none where its device has mistakes that may hide it."""
    name, _, channel = series.partition("/")
    device = draft.devices.get(name)
    if device is None:
        yield key, f"unknown device {quote(name)}", guess(series, fitting) or f"allowed: {listing(fitting)}"
    elif device.channels is not None:
        message, hint = unknown_channel(channel, (), device.channels)
        yield key, f"{message} of {quote(name)}", hint


def series_of(draft: Draft, fits: Callable[[Channel], bool]) -> list[str]:
    """Every series whose channel fits."""
    return [
        f"{device.name}/{channel.name}"
        for device in draft.devices.values()
        for channel in (device.channels or {}).values()
        if fits(channel)
    ]

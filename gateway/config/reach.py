"""Limits that no reading of their channel can be on either side of: most often written in another unit."""

from __future__ import annotations

import math
from collections.abc import Iterator

from drivers.base import Channel, ValueKind
from gateway.config.draft import Draft
from gateway.config.values import BAD
from gateway.config.wording import duration_text, plain
from gateway.core.calibration import calibrated_range
from gateway.core.quality_checks import wrong_quality
from gateway.core.settings_quality import QualitySettings


def out_of_reach(draft: Draft, series: str, above: float | None, below: float | None) -> Iterator[tuple[str, str, str]]:
    """For each limit that `series` is always or never beyond: its key, what was found, and what is measured.

    Nothing is said where the part names no range, and where its calibration is mistaken.
    """
    channel = draft.channel(series)
    if channel is None or channel.kind is not ValueKind.NUMBER:
        return
    low, high, hint = _ends(draft, series, channel)
    if above is not None and not low <= above < high:
        yield "above", f"found {plain(above)}, which {series} is {'always' if above < low else 'never'} above", hint
    if below is not None and not low < below <= high:
        yield "below", f"found {plain(below)}, which {series} is {'always' if below > high else 'never'} below", hint


def useless_rules(
    draft: Draft, series: str, rules: QualitySettings, every_s: float | None
) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Rules of quality that no reading can keep: the keys to each, what was found, and what is allowed."""
    channel, within = draft.channel(series), rules.range_
    if channel is not None and channel.kind is ValueKind.NUMBER and within is not None:
        low, high, hint = _ends(draft, series, channel)
        if within.low is not None and within.low > high:
            yield ("range", "low"), f"found {plain(within.low)}, which {series} never reaches", hint
        if within.high is not None and within.high < low:
            yield ("range", "high"), f"found {plain(within.high)}, and {series} is always above", hint
    if rules.stuck_s is not None and every_s is not None and rules.stuck_s <= every_s:
        found, needed = duration_text(rules.stuck_s), duration_text(every_s)
        yield ("stuck",), f"found {found}, allowed longer than the channel is read, every {needed}", ""


def _ends(draft: Draft, series: str, channel: Channel) -> tuple[float, float, str]:
    """The least and the most that is measured, and both in words."""
    ends = _range(draft, series, channel)
    low, high = (-math.inf if ends[0] is None else ends[0]), (math.inf if ends[1] is None else ends[1])
    bounds = [
        f"{word} {plain(end)}" for word, end in zip(("at least", "at most"), ends, strict=True) if end is not None
    ]
    return low, high, f"it measures {' and '.join(bounds)}{f', in {channel.unit}' if channel.unit else ''}"


def _range(draft: Draft, series: str, channel: Channel) -> tuple[float | None, float | None]:
    """What can be measured, calibrated."""
    given = draft.devices[series.partition("/")[0]].common.get("channels", {})
    if given is BAD:
        return None, None
    settings = given.get(channel.name)
    if settings is None or settings.calibrate is None:
        return channel.low, channel.high
    if any(True for _ in wrong_quality(channel.kind.value, settings, writable=channel.writable)):
        return None, None
    return calibrated_range(channel.low, channel.high, settings.calibrate)

"""What is wrong with the calibration, the smoothing and the rules of quality of a channel."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from gateway.core.change_rate import change_rate
from gateway.core.settings_channel import ChannelSettings
from gateway.core.settings_quality import AMOUNT_MAX, CalibrateSettings, QualitySettings

Wrong = tuple[tuple[str, ...], str, str]
"""The keys to its place, what is wrong, and what is allowed."""

POINTS_MIN = 2
_STRAIGHT = CalibrateSettings()


def wrong_quality(word: str, settings: ChannelSettings, *, writable: bool) -> Iterator[Wrong]:
    """What is wrong, for a channel whose values are of the kind `word`."""
    given = [key for key in ("calibrate", "smooth") if getattr(settings, key) is not None]
    if word != "number" or writable:
        found = "a channel that is driven" if writable else f"a {word}"
        for key in given:
            yield (key,), f"does nothing for {found}", "only for numbers that are read; remove it"
        yield from _wrong_rules(word, settings.quality, writable=writable)
        return
    yield from _wrong_rules(word, settings.quality, writable=writable)
    if settings.calibrate is not None:
        for place, message, hint in _wrong_calibration(settings.calibrate):
            yield ("calibrate", *place), message, hint
    if settings.smooth is not None and (settings.smooth.median is None) == (settings.smooth.mean is None):
        yield ("smooth",), "one way is needed", "give median or mean"


def _wrong_rules(word: str, settings: QualitySettings | None, *, writable: bool) -> Iterator[Wrong]:
    if settings is None:
        return
    if writable:
        yield ("quality",), "does nothing for a channel that is driven", "only for what is read; remove it"
        return
    numeric = {"range": settings.range_, "fault_values": settings.fault_values or None, "rate": settings.rate}
    for key, given in numeric.items() if word != "number" else ():
        if given is not None:
            yield ("quality", key), f"does nothing for a {word}", "only for numbers; remove it"
    within = settings.range_
    if within is not None and within.low is None and within.high is None:
        yield ("quality", "range"), "an end is needed", "give low, high or both"
    elif within is not None and within.low is not None and within.high is not None and within.low >= within.high:
        yield ("quality", "range", "high"), f"found {within.high:g}", f"allowed: above low, {within.low:g}"
    if 0.0 in (change_rate(settings.rate) or ()):
        yield ("quality", "rate"), f"found {settings.rate!r}", "allowed: both numbers above 0"


def _wrong_calibration(settings: CalibrateSettings) -> Iterator[Wrong]:
    if not settings.points:
        if settings.scale == 0:
            yield ("scale",), "found 0, which makes every value the same", "allowed: any other number"
        return
    if (settings.scale, settings.offset) != (_STRAIGHT.scale, _STRAIGHT.offset):
        yield ("points",), "given beside scale or offset", "allowed: points, or scale and offset"
    if len(settings.points) < POINTS_MIN:
        yield ("points",), f"found {len(settings.points)}", f"allowed at least {POINTS_MIN}"
    for number, pair in enumerate(settings.points):
        if len(pair) != 2:  # noqa: PLR2004 - a pair
            yield ("points", str(number)), f"found {len(pair)} numbers", "allowed two: what the part says, what is so"
            return
    yield from _wrong_steps(settings.points)


def _wrong_steps(points: tuple[tuple[float, ...], ...]) -> Iterator[Wrong]:
    """Points from which no value, or more than one, could be told."""
    rises = points[0][1] < points[-1][1]
    for number, ((left, low), (right, high)) in enumerate(itertools.pairwise(points), 1):
        place = ("points", str(number))
        if not left < right:
            yield place, f"the part says {right:g} after {left:g}", "allowed: rising, what the part says"
        elif low == high or (low < high) is not rises:
            yield place, f"found {high:g} after {low:g}", "allowed: rising throughout, or falling throughout"
        elif not abs((high - low) / (right - left)) <= AMOUNT_MAX:
            yield place, f"{left:g} and {right:g} are too close to each other", f"allowed: a slope up to {AMOUNT_MAX:g}"

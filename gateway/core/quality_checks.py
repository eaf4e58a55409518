"""What is wrong with the calibration and the smoothing of a channel."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from gateway.core.settings_channel import ChannelSettings
from gateway.core.settings_quality import AMOUNT_MAX, CalibrateSettings

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
        return
    if settings.calibrate is not None:
        for place, message, hint in _wrong_calibration(settings.calibrate):
            yield ("calibrate", *place), message, hint
    if settings.smooth is not None and (settings.smooth.median is None) == (settings.smooth.mean is None):
        yield ("smooth",), "one way is needed", "give median or mean"


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

"""Whether one value is another, and whether it can be one at all."""

from __future__ import annotations

import math

from gateway.core.reading import Quality, Reading, Reason, Value

NS_PER_S = 1_000_000_000


def differs(last: Reading, now: Reading, deadband: float) -> bool:
    """Whether a reader who holds `last` has to be told of `now`: of quality and reason every change counts."""
    return now.quality is not last.quality or now.reason is not last.reason or moved(last.value, now.value, deadband)


def moved(last: Value, now: Value, deadband: float) -> bool:
    """Whether a value left the deadband around the last one; booleans and texts have none, and NaN is one value."""
    if isinstance(last, bool | str) or isinstance(now, bool | str):
        return last != now or type(last) is not type(now)
    if last != last or now != now:  # noqa: PLR0124 - only NaN differs from itself
        return (last != last) is not (now != now)  # noqa: PLR0124 - as above
    try:
        return last != now and not abs(now - last) <= deadband
    except OverflowError:  # An integer beyond every float.
        return True


def plain(reading: Reading) -> bool:
    """Whether it is a good, finite number: one that a line can be drawn through."""
    value = reading.value
    if reading.quality is not Quality.GOOD or isinstance(value, bool | str):
        return False
    return -math.inf < value < math.inf


def judge(value: Value, low: float | None, high: float | None) -> Reason:
    """Why a value is BAD: it is no finite number, or outside what the part can measure; NONE where it is GOOD."""
    if isinstance(value, bool | str):
        return Reason.NONE
    if not -math.inf < value < math.inf:
        return Reason.NOT_A_NUMBER
    if (low is not None and value < low) or (high is not None and value > high):
        return Reason.RANGE
    return Reason.NONE

"""Whether a reading is news: what of a channel is sent, and what is only counted."""

from __future__ import annotations

import math

from gateway.core.reading import Reading, Reason, Value
from gateway.core.settings import ChannelSettings, Mode

NS_PER_S = 1_000_000_000


class News:
    """The last reading of one channel that was sent, and the rule for the next.

    `realtime` sends every reading. `event` sends a number that differs from the last one sent by more than the
    deadband, anything else that differs at all, every change of quality, and something at least every `max_silence`; a
    reader that holds each value until the next is never wrong by more than the deadband.
    """

    def __init__(self, settings: ChannelSettings) -> None:
        self._settings = settings
        self._last: Reading | None = None

    def is_news(self, reading: Reading) -> bool:
        """Whether to send it; what is sent becomes what the next is compared with."""
        last = self._last
        if (
            last is None
            or self._settings.mode is Mode.REALTIME
            or reading.quality is not last.quality
            or reading.boottime_ns - last.boottime_ns >= self._settings.max_silence_s * NS_PER_S
            or moved(last.value, reading.value, self._settings.deadband)
        ):
            self._last = reading
            return True
        return False

    def sent(self, reading: Reading) -> None:
        """It was sent for another reason; the next is compared with it."""
        self._last = reading


def moved(last: Value, now: Value, deadband: float) -> bool:
    """Whether a value left the deadband around the last one; booleans and texts have none."""
    if isinstance(last, bool | str) or isinstance(now, bool | str):
        return last != now or type(last) is not type(now)
    return abs(now - last) > deadband


def judge(value: Value, low: float | None, high: float | None) -> Reason:
    """Why a value is BAD: it is no finite number, or outside what the part can measure; NONE where it is GOOD."""
    if isinstance(value, bool | str):
        return Reason.NONE
    if not -math.inf < value < math.inf:
        return Reason.NOT_A_NUMBER
    if (low is not None and value < low) or (high is not None and value > high):
        return Reason.RANGE
    return Reason.NONE

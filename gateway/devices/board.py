"""The latest reading of every series, for whoever needs it here: controllers, the shadow, `status`."""

from __future__ import annotations

from collections.abc import Callable

from gateway.core.reading import Quality, Reading, Value


class Board:
    """Keeps the latest and tells who listens."""

    def __init__(self) -> None:
        self.latest: dict[str, Reading] = {}
        self._driven: dict[str, tuple[int, Value]] = {}
        self._listeners: list[Callable[[Reading], None]] = []

    def listen(self, listener: Callable[[Reading], None]) -> None:
        """Call `listener` with every reading from now on, in the loop's thread. It must not raise."""
        self._listeners.append(listener)

    def drove(self, channel: str, value: Value, boottime_ns: int) -> None:
        """A channel was driven, and is this; it may be a while until it is read again."""
        self._driven[channel] = (boottime_ns, value)

    def doubts(self, channel: str) -> None:
        """Nobody knows what a channel is until it is read."""
        self._driven.pop(channel, None)

    def value_of(self, channel: str) -> Value | None:
        """What a channel is: as it was read, or driven since; None where neither is known."""
        reading, driven = self.latest.get(channel), self._driven.get(channel)
        if driven is not None and (reading is None or reading.boottime_ns <= driven[0]):
            return driven[1]
        return None if reading is None or reading.quality is Quality.BAD else reading.value

    def post(self, reading: Reading) -> None:
        """A new reading."""
        self.latest[reading.series] = reading
        for listener in self._listeners:
            listener(reading)

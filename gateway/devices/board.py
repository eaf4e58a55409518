"""The latest reading of every series, for whoever needs it here: controllers, the shadow, `status`."""

from __future__ import annotations

from collections.abc import Callable

from gateway.core.reading import Reading


class Board:
    """Keeps the latest and tells who listens."""

    def __init__(self) -> None:
        self.latest: dict[str, Reading] = {}
        self._listeners: list[Callable[[Reading], None]] = []

    def listen(self, listener: Callable[[Reading], None]) -> None:
        """Call `listener` with every reading from now on, in the loop's thread. It must not raise."""
        self._listeners.append(listener)

    def post(self, reading: Reading) -> None:
        """A new reading."""
        self.latest[reading.series] = reading
        for listener in self._listeners:
            listener(reading)

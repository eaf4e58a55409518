"""The last measurement of a part that measures by itself, for as long as it counts as one."""

from __future__ import annotations

from drivers.base import Clock, NoAnswerError, NotYetError, Readings


class Latest:
    """Keeps what came last; a part has a new measurement only now and then, and is asked at any time.

    Args:
        clock: how old a measurement is.
        longest_s: how old it may be; after this the part counts as stopped.
    """

    def __init__(self, clock: Clock, longest_s: float) -> None:
        self._clock = clock
        self._longest_s = longest_s
        self._values: Readings = {}
        self._came_s = self._began_s = float("-inf")

    def forget(self) -> None:
        """Start anew: the part was set up again."""
        self._values, self._came_s, self._began_s = {}, float("-inf"), self._clock.now_s()

    def keep(self, values: Readings) -> Readings:
        """Take a measurement that has just come, and return it."""
        self._values, self._came_s = values, self._clock.now_s()
        return values

    def get(self, place: str) -> Readings:
        """The last measurement.

        Raises:
            NotYetError: the part has not had the time for one.
            NoAnswerError: there is none that is young enough.
        """
        if self._is_new:
            raise NotYetError(f"{place}: no measurement yet")
        if self._clock.now_s() - self._came_s > self._longest_s:
            raise NoAnswerError(f"{place}: no new measurement for {self._longest_s:g} s")
        return self._values

    def nothing(self, message: str) -> NoAnswerError:
        """The error of a measurement that is none: of a part that has just begun, only that it is not ready."""
        return NotYetError(message) if self._is_new else NoAnswerError(message)

    @property
    def _is_new(self) -> bool:
        """Whether the part has not had the time for its first measurement."""
        return not self._values and self._clock.now_s() - self._began_s <= self._longest_s

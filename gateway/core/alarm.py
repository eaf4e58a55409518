"""Whether a channel is in alarm: raised beyond a limit, cleared only on the safe side of another."""

from __future__ import annotations

from gateway.core.reading import Quality, Reading
from gateway.core.settings import AlarmSettings


class Alarm:
    """The alarm of one channel. It begins cleared, so that a limit that is crossed at the start is told."""

    def __init__(self, settings: AlarmSettings) -> None:
        self._settings = settings
        self.raised = False

    def crosses(self, reading: Reading) -> bool:
        """Whether this reading raises or clears the alarm. One that is not GOOD, or no number, does neither."""
        if reading.quality is not Quality.GOOD or isinstance(reading.value, bool | str):
            return False
        raised = self._is_beyond(reading.value)
        crosses = raised != self.raised
        self.raised = raised
        return crosses

    def _is_beyond(self, value: float) -> bool:
        settings = self._settings
        if settings.above is not None:
            limit = settings.above if not self.raised or settings.clear is None else settings.clear
            return value > limit
        if settings.below is not None:
            limit = settings.below if not self.raised or settings.clear is None else settings.clear
            return value < limit
        return False

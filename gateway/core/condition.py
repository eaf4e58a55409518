"""Whether a condition holds at a moment: about a channel, about the time of day, or a combination of such.

Time is what is handed in; between two moments nothing changes but what the earlier one said would (`due_ns`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from gateway.core.reading import Quality, Reading, Value
from gateway.core.schedule import Calendar, TimeOfDay
from gateway.core.settings_rules import ConditionSettings, InnerSettings, LeafSettings

NS_PER_S = 1_000_000_000
LOOK_AGAIN_NS = 60 * NS_PER_S
"""How soon a window notices that the clock has become known, or was set."""
STALE_AFTER_S_MIN, STALE_INTERVALS = 30.0, 3
"""How long a value is believed where nobody says: so long, and so many intervals of its device."""


class Sight(NamedTuple):
    """What can be seen at a moment."""

    now_ns: int
    """Boottime."""
    wall_s: float | None
    """Unix seconds; None where no clock can be trusted."""
    latest: Mapping[str, Reading]


class Ground(NamedTuple):
    """What conditions stand on."""

    calendar: Calendar
    began_ns: int
    """Boottime since which channels are listened to: before, none can have been silent."""
    intervals_s: Mapping[str, float]
    """How often each device is read, as far as that is known."""


class Condition:
    """One condition or combination, and since when it holds."""

    def __init__(self, settings: LeafSettings, ground: Ground) -> None:
        self.settings = settings
        self.holds = False
        self._ground = ground
        self._since_ns: int | None = None
        self._due_ns: int | None = None
        self._window: tuple[float, float, bool] | None = None
        parts = (*settings.all_, *settings.any_) if isinstance(settings, ConditionSettings | InnerSettings) else ()
        self._parts = [Condition(part, ground) for part in parts]
        self._for_ns = round(settings.for_s * NS_PER_S)
        every_s = ground.intervals_s.get((settings.channel or "").partition("/")[0], 0.0)
        stale_after_s = settings.stale_after_s or max(STALE_AFTER_S_MIN, STALE_INTERVALS * every_s)
        self._stale_after_ns = round(stale_after_s * NS_PER_S)

    def channels(self) -> Iterator[str]:
        """Every channel that it looks at."""
        if self.settings.channel is not None:
            yield self.settings.channel
        for part in self._parts:
            yield from part.channels()

    @property
    def due_ns(self) -> int | None:
        """When it may change by time alone, at the earliest; None where it cannot."""
        dues = [part.due_ns for part in self._parts]
        return min((due for due in (*dues, self._due_ns) if due is not None), default=None)

    @property
    def true_ns(self) -> int | None:
        """Since when it holds; None where it does not."""
        return self._since_ns + self._for_ns if self.holds and self._since_ns is not None else None

    def look(self, sight: Sight) -> bool:
        """Whether it holds now."""
        self._due_ns = None
        if not self._raw(sight):
            self._since_ns = None
            self.holds = False
            return False
        if self._since_ns is None:
            self._since_ns = sight.now_ns
        ripe_ns = self._since_ns + self._for_ns
        self.holds = sight.now_ns >= ripe_ns
        if not self.holds:
            self._due(ripe_ns)
        return self.holds

    def _due(self, when_ns: int) -> None:
        self._due_ns = when_ns if self._due_ns is None else min(self._due_ns, when_ns)

    def _raw(self, sight: Sight) -> bool:
        if self._parts:
            held = [part.look(sight) for part in self._parts]  # Each has to see every moment.
            return any(held) if getattr(self.settings, "any_", ()) else all(held)
        if self.settings.between is not None:
            return self._in_window(sight, self.settings.between)
        reading = sight.latest.get(self.settings.channel or "")
        if self.settings.stale_s is not None:
            last_ns = self._ground.began_ns if reading is None else max(reading.boottime_ns, self._ground.began_ns)
            silent_ns = last_ns + round(self.settings.stale_s * NS_PER_S)
            if sight.now_ns < silent_ns:
                self._due(silent_ns)
            return sight.now_ns >= silent_ns
        return reading is not None and self._says(reading, sight.now_ns)

    def _says(self, reading: Reading, now_ns: int) -> bool:
        old_ns = reading.boottime_ns + self._stale_after_ns
        if now_ns >= old_ns:
            return False
        self._due(old_ns)
        good = reading.quality is Quality.GOOD
        if self.settings.bad is not None:
            return good is not self.settings.bad
        return good and self._fits(reading.value)

    def _fits(self, value: Value) -> bool:
        settings = self.settings
        if settings.equals is not None:
            return isinstance(value, bool) == isinstance(settings.equals, bool) and value == settings.equals
        if isinstance(value, bool | str) or math.isnan(value):
            return False
        above, below = settings.above, settings.below
        if self.holds and settings.clear is not None:
            above, below = (None if limit is None else settings.clear for limit in (above, below))
        return (above is None or value > above) and (below is None or value < below)

    def _in_window(self, sight: Sight, window: str) -> bool:
        wall_s = sight.wall_s
        self._due(sight.now_ns + LOOK_AGAIN_NS)
        if wall_s is None:
            return False
        if self._window is None or not self._window[0] <= wall_s < self._window[1]:
            start, end = map(TimeOfDay.parse, window.split(" to "))
            inside, until_s = self._ground.calendar.within(start, end, wall_s)
            self._window = (wall_s, until_s, inside)
        self._due(sight.now_ns + math.ceil((self._window[1] - wall_s) * NS_PER_S))
        return self._window[2]

    def why(self, latest: Mapping[str, Reading]) -> Iterator[tuple[str, str | None]]:
        """What of it holds, in words, each with the channel that it is about."""
        if self._parts:
            for part in self._parts:
                if part.holds:
                    yield from part.why(latest)
            return
        settings = self.settings
        lasting = f" for {settings.for_s:g} s" if settings.for_s else ""
        if settings.between is not None:
            yield f"the time of day is {settings.between}{lasting}", None
            return
        reading = latest.get(settings.channel or "")
        found = "never read" if reading is None else _text(reading)
        yield f"{settings.channel} ({found}) {_wanted(settings)}{lasting}", settings.channel


def _text(reading: Reading) -> str:
    value = reading.value
    text = f"{value:g}" if isinstance(value, float | int) and not isinstance(value, bool) else str(value).lower()
    return text if reading.quality is Quality.GOOD else f"{text}, {reading.quality.value}"


def _wanted(settings: LeafSettings) -> str:
    words = []
    if settings.above is not None:
        words.append(f"above {settings.above:g}")
    if settings.below is not None:
        words.append(f"below {settings.below:g}")
    if settings.equals is not None:
        words.append(f"is {str(settings.equals).lower()}")
    if settings.stale_s is not None:
        words.append(f"silent for {settings.stale_s:g} s")
    if settings.bad is not None:
        words.append("bad" if settings.bad else "good")
    limit = "" if settings.clear is None else f", clear {settings.clear:g}"
    return " and ".join(words) + limit

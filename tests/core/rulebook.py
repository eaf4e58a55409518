"""A rule book with a clock that is handed in, for tests."""

from __future__ import annotations

from gateway.core.condition import Ground
from gateway.core.reading import Quality, Reading
from gateway.core.rule import Moment
from gateway.core.rules import RuleBook
from gateway.core.schedule import Calendar
from gateway.core.settings_rules import ConditionSettings, RuleSettings

S = 1_000_000_000


def when(**keys):
    """A condition about the level of a tank, unless another channel is named."""
    return ConditionSettings(**({"channel": "tank/level"} | keys))


def rule(name="fill", *, then=None, **keys):
    return RuleSettings(name=name, then={"pump/on": True} if then is None else then, **keys)


class Book:
    """Readings and time in seconds in, (second, rule, what, {channel: value}) out."""

    def __init__(self, *rules, wall_s=None, calendar=None, kept=None, intervals=None, began_s=0.0):
        self.wall_s = wall_s
        """The wall clock at boottime 0, None where it is not known."""
        self.book = RuleBook(rules, Ground(calendar or Calendar(), round(began_s * S), intervals or {}), kept)
        self.happened = self.book.begin(self.now(began_s))

    def now(self, at_s):
        return Moment(round(at_s * S), None if self.wall_s is None else self.wall_s + at_s)

    def read(self, at_s, value, series="tank/level", quality=Quality.GOOD):
        reading = Reading(series, value, round(at_s * S), 0, quality)
        found = self.book.take(reading, self.now(at_s))
        self.happened += found
        return told(found)

    def at(self, at_s):
        found = self.book.advance(self.now(at_s))
        self.happened += found
        return told(found)

    @property
    def wanted(self):
        return {channel: ask.value for channel, ask in self.book.asks.items()}


def told(happenings):
    return [
        (one.at_ns / S, one.rule, one.kind.value, {ask.channel: ask.value for ask in one.asks}) for one in happenings
    ]

"""A recording through the rules: what would have fired, and when, had these been the readings. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from gateway.core.condition import NS_PER_S, Ground
from gateway.core.reading import Quality, Reading, Value
from gateway.core.rule import Moment
from gateway.core.rules import Happening, RuleBook
from gateway.core.schedule import Calendar
from gateway.core.settings_rules import RuleSettings


class Sample(NamedTuple):
    """One recorded reading."""

    time_s: float
    """Unix seconds."""
    series: str
    value: Value
    quality: Quality = Quality.GOOD


def replay(
    rules: Iterable[RuleSettings], calendar: Calendar, intervals_s: Mapping[str, float], samples: Iterable[Sample]
) -> Iterator[Happening]:
    """Everything that happens to `rules` from the first of `samples`, which are in the order of time, to the last.

    The clock is taken as known all the time, and as never having leapt; `at_ns` of what is found is Unix nanoseconds.
    """
    book: RuleBook | None = None
    for sample in samples:
        now = _moment(round(sample.time_s * NS_PER_S))
        if book is None:
            book = RuleBook(rules, Ground(calendar, now.boottime_ns, intervals_s))
            yield from book.begin(now)
            yield from book.advance(now)
        while book.next_ns < now.boottime_ns:  # One by one, so that nothing is passed over.
            yield from book.advance(_moment(book.next_ns))
        reading = Reading(sample.series, sample.value, now.boottime_ns, now.boottime_ns, sample.quality)
        yield from book.take(reading, now)


def _moment(at_ns: int) -> Moment:
    return Moment(at_ns, at_ns / NS_PER_S)

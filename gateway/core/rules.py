"""Local rules as a pure machine: readings and moments go in, what is to be asked for comes out.

A rule fires when its condition becomes true and has held for its `for`; it holds what it set until the condition is no
longer true. The same readings and moments give the same, whenever and however often it is asked in between.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from gateway.core.condition import NS_PER_S, Ground, Sight
from gateway.core.reading import Reading, Value
from gateway.core.rule import Moment, Rule
from gateway.core.schedule import GRACE_S
from gateway.core.settings_rules import RuleSettings
from gateway.core.wishes import Wish, Wishes

NEVER_NS = 2**63 - 1
"""No boottime is that late."""


class Kind(enum.StrEnum):
    """What happened to a rule."""

    FIRED = "fired"
    RELEASED = "released"
    MISSED = "missed"


class Ask(NamedTuple):
    """A value that a channel is to be given."""

    number: int
    """Tells two asks for the same apart."""
    channel: str
    value: Value
    rule: str
    priority: int
    until_ns: int | None
    """Boottime after which it is no longer worth asking; None where it stands until another takes its place."""
    because: str
    readings: dict[str, Value]


class Happening(NamedTuple):
    """What happened to a rule, and what came of it."""

    at_ns: int
    kind: Kind
    rule: str
    because: str
    asks: tuple[Ask, ...] = ()
    outvoted: tuple[str, ...] = ()
    """Channels that somebody more urgent holds."""


class RuleBook:
    """The rules of a site."""

    def __init__(
        self, settings: Iterable[RuleSettings], ground: Ground, kept: Mapping[str, Sequence[float]] | None = None
    ) -> None:
        self.rules = {one.name: Rule(one, ground, (kept or {}).get(one.name, ())) for one in settings}
        self.latest: dict[str, Reading] = {}
        self.asks: dict[str, Ask] = {}
        """What is wanted of each channel."""
        self.wishes = Wishes()
        self._at_ns = ground.began_ns
        self._next_ns = ground.began_ns
        self._order = 0
        self._watching: dict[str, list[Rule]] = {}
        for rule in self.rules.values():
            for channel in rule.channels():
                self._watching.setdefault(channel, []).append(rule)

    def begin(self, now: Moment) -> list[Happening]:
        """Look at every rule for the first time, so that each knows when it is due."""
        self._at_ns = max(self._at_ns, now.boottime_ns)
        return [one for rule in self.rules.values() for one in self._look(rule, self._at_ns, now)]

    def watches(self, series: str) -> bool:
        """Whether a rule looks at that channel."""
        return series in self._watching

    def take(self, reading: Reading, now: Moment) -> list[Happening]:
        """A reading: the rules of its channel are looked at, at the moment when it was taken."""
        rules = self._watching.get(reading.series)
        if rules is None:
            return []
        now = _as_of(min(reading.boottime_ns, now.boottime_ns), now)
        found = self.advance(now) if now.boottime_ns >= self._next_ns else []
        self._at_ns = max(self._at_ns, now.boottime_ns)
        self.latest[reading.series] = reading
        for rule in rules:
            found += self._look(rule, self._at_ns, now)
            due_ns = rule.due_ns(now)
            self._next_ns = self._next_ns if due_ns is None else min(self._next_ns, due_ns)
        return found

    def advance(self, now: Moment) -> list[Happening]:
        """What time alone has brought, in its order."""
        found: list[Happening] = []
        while (due := self._earliest(now)) is not None and due[0] <= now.boottime_ns:
            self._at_ns = max(self._at_ns, due[0])
            found += self._look(due[1], self._at_ns, now)
        self._at_ns = max(self._at_ns, now.boottime_ns)
        self._next_ns = NEVER_NS if due is None else due[0]
        return found

    @property
    def next_ns(self) -> int:
        """When to look again without a reading, at the earliest, as far as the clock stays as it is."""
        return self._next_ns

    def withdraw(self, ask: Ask) -> None:
        """It is no longer worth asking for."""
        if self.asks.get(ask.channel) is ask:
            del self.asks[ask.channel]

    def _earliest(self, now: Moment) -> tuple[int, Rule] | None:
        dues = ((due, rule) for rule in self.rules.values() if (due := rule.due_ns(now)) is not None)
        return min(dues, key=lambda due: due[0], default=None)

    def _look(self, rule: Rule, at_ns: int, now: Moment) -> list[Happening]:
        sight = Sight(at_ns, _as_of(at_ns, now).wall_s, self.latest)
        holds = rule.condition is None or rule.condition.look(sight)
        found: list[Happening] = []
        if rule.until_ns is not None and at_ns >= rule.until_ns:
            found.append(self._release(rule, at_ns, "its time is over"))
        if rule.scheduled:
            strikes, came = rule.strikes(at_ns, now)
            if came is not None and came.missed:
                found.append(Happening(at_ns, Kind.MISSED, rule.settings.name, "its time was passed over"))
            if strikes and holds and at_ns >= rule.cool_ns:
                found.append(self._fire(rule, at_ns, "its time has come"))
        elif not holds:
            rule.armed = True
            if rule.active:
                found.append(self._release(rule, at_ns, "its condition is no longer true"))
        elif rule.armed and at_ns >= rule.cool_ns:
            found.append(self._fire(rule, at_ns))
        return found

    def _fire(self, rule: Rule, at_ns: int, because: str = "") -> Happening:
        settings, lasts_s = rule.settings, rule.settings.lasts_s
        rule.armed, rule.fired_ns, rule.count = False, at_ns, rule.count + 1
        rule.active = not rule.scheduled or lasts_s is not None
        rule.until_ns = None if lasts_s is None else at_ns + round(lasts_s * NS_PER_S)
        self._order += 1
        words = [(because, None), *rule.why(self.latest)] if because else list(rule.why(self.latest))
        text = "; ".join(word for word, _ in words)
        asks, outvoted = [], []
        for channel, value in settings.then.items():
            wish = Wish(settings.priority, self._order, settings.name, value)
            wins = self.wishes.add(channel, wish) if rule.active else self.wishes.yields(channel, settings.priority)
            if not wins:
                outvoted.append(channel)
                continue
            until_ns = rule.until_ns if rule.active else at_ns + round(GRACE_S * NS_PER_S)
            asks.append(self._ask(rule, channel, value, until_ns, text))
        return Happening(at_ns, Kind.FIRED, settings.name, text, tuple(asks), tuple(outvoted))

    def _release(self, rule: Rule, at_ns: int, because: str) -> Happening:
        settings, asks = rule.settings, []
        rule.active, rule.until_ns = False, None
        for channel in settings.then:
            counted, next_wish = self.wishes.drop(channel, settings.name)
            if not counted:
                continue
            if next_wish is not None:
                other = self.rules[next_wish.rule]
                text = f"{settings.name} has let go of it, and {next_wish.rule} still holds"
                asks.append(self._ask(other, channel, next_wish.value, other.until_ns, text))
            elif channel in settings.otherwise:
                asks.append(self._ask(rule, channel, settings.otherwise[channel], None, because))
            elif channel in self.asks and self.asks[channel].rule == settings.name:
                del self.asks[channel]
        return Happening(at_ns, Kind.RELEASED, settings.name, because, tuple(asks))

    def _ask(self, rule: Rule, channel: str, value: Value, until_ns: int | None, because: str) -> Ask:
        self._order += 1
        readings = {name: self.latest[name].value for name in sorted(rule.channels()) if name in self.latest}
        ask = Ask(self._order, channel, value, rule.settings.name, rule.settings.priority, until_ns, because, readings)
        self.asks[channel] = ask
        return ask


def _as_of(at_ns: int, now: Moment) -> Moment:
    """Another moment by the clocks of now."""
    wall_s = None if now.wall_s is None else now.wall_s + (at_ns - now.boottime_ns) / NS_PER_S
    return Moment(at_ns, wall_s)

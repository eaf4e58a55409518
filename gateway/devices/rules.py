"""Local rules: what `gateway.core.rules` decides, asked for by the common way, whether the link is up or down."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import structlog

from gateway.clock import NS_PER_S
from gateway.core.command import Execution, Source
from gateway.core.condition import Ground
from gateway.core.operation import SET
from gateway.core.reading import Reading, Value
from gateway.core.rule import Moment
from gateway.core.rules import NEVER_NS, Happening, Kind, RuleBook
from gateway.core.schedule import WALL_S_MAX, WALL_S_MIN
from gateway.core.settings import Site
from gateway.core.wire import CommandStatus
from gateway.devices.attempt import ASK_AGAIN_S, Attempt, State
from gateway.devices.board import Board
from gateway.devices.in_vain import Forewarn, unwarned
from gateway.devices.rule_marks import Marks
from gateway.devices.rule_report import described
from gateway.devices.sun import calendar_of
from gateway.devices.thermostat import CHANNEL
from gateway.errors import StoreError
from gateway.store.admission import Admission
from gateway.store.database import Database, Statement
from gateway.store.events import EventLog
from gateway.store.held import hold
from gateway.timekeeper import Timekeeper

LOOK_EVERY_S = 30.0
"""How soon a clock that was set is noticed by rules with times of day."""
MISSED_MAX = 100
"""Missed times that wait for the disk to take them."""
ID = "rule-"
"""Before the name of a rule: how its commands begin."""
KEPT = "rule:"
"""Before the name of a rule: where the times that it kept are held. No channel has such a name."""

log = structlog.get_logger("rules")


def intervals_of(site: Site) -> dict[str, float]:
    """How often each device is read."""
    return {device.name: device.every_s for device in site.devices}


def kept_of(held: Mapping[str, Value], rule: str) -> list[float]:
    """The times that a rule has kept in earlier runs; none where they cannot be read."""
    try:
        return msgspec.json.decode(str(held.get(f"{KEPT}{rule}", "[]")), type=list[float])
    except (msgspec.DecodeError, msgspec.ValidationError):
        return []


class Rules:
    """The rules of a site, and what became of what they ask for."""

    def __init__(
        self,
        site: Site,
        held: Mapping[str, Value],
        board: Board,
        admission: Admission,
        events: EventLog,
        database: Database,
        timekeeper: Timekeeper,
    ) -> None:
        self._timekeeper = timekeeper
        ground = Ground(calendar_of(site), timekeeper.clock.boottime_ns(), intervals_of(site))
        self.book = RuleBook(site.rules, ground, {one.name: kept_of(held, one.name) for one in site.rules})
        self._board = board
        self._admission = admission
        self._events = events
        self._database = database
        self._attempts: dict[str, Attempt] = {}
        self.marks = Marks(held, [f"{one.name}/{CHANNEL}" for one in site.thermostats])
        self.refusal: Forewarn = unwarned
        self._wake = asyncio.Event()
        self._planned_ns = NEVER_NS
        self._kept = {name: list(rule.timetable.kept) for name, rule in self.book.rules.items() if rule.timetable}
        self._missed: list[Happening] = []
        self.failure = ""
        """What went wrong in here; nothing should."""
        if site.rules:
            board.listen(self._on_reading)

    async def run(self) -> None:
        """Follow the rules, for ever."""
        self._safely(lambda: self.book.begin(self._now()))
        while True:
            self._wake.clear()
            self.look()
            try:
                await self.decide()
                pause_s = self._pause_s()
            except StoreError as error:
                log.error("cannot ask for what a rule wants", reason=str(error), hint=error.hint)
                pause_s = ASK_AGAIN_S
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._wake.wait()

    def look(self) -> None:
        """See what time alone has brought."""
        self._safely(lambda: self.book.advance(self._now()))

    def _safely(self, step: Callable[[], list[Happening]]) -> None:
        """A fault in here must keep neither a reading from the others nor the daemon from its work."""
        try:
            self._note(step())
        except Exception as error:
            self.failure = repr(error)
            log.exception("rules failed")

    async def decide(self) -> None:
        """Ask for what is wanted and was not asked for yet, and record what has to outlive a restart.

        Raises:
            StoreError: it could not be committed; it is asked for again later.
        """
        now_ns = self._timekeeper.clock.boottime_ns()
        for channel in [one for one in self._attempts if one not in self.book.asks]:
            del self._attempts[channel]
        for channel, ask in list(self.book.asks.items()):
            attempt = self._attempts.get(channel)
            if attempt is None or attempt.ask is not ask:
                attempt = self._attempts[channel] = Attempt(ask)
            if ask.until_ns is not None and now_ns >= ask.until_ns:
                self.book.withdraw(ask)
            elif attempt.is_due(now_ns) and not attempt.spared(self.refusal(channel, ask.value), now_ns):
                await self._ask(attempt, now_ns)
        if rest := self._unrecorded():
            await self._database.write(*rest)
            self._recorded()

    async def _ask(self, attempt: Attempt, now_ns: int) -> None:
        ask = attempt.ask
        identifier = f"{ID}{ask.rule}-{os.urandom(8).hex()}"
        also = (*self.marks.keep(ask, self._now().wall_s), *self._unrecorded())
        execution = self._admission.local(identifier, ask.channel, ask.value, Source.RULE)
        event = self._events.statements(
            "rule", id=identifier, rule=ask.rule, channel=ask.channel, value=ask.value, because=ask.because,
            readings=ask.readings,
        )  # fmt: skip
        attempt.asked(identifier)  # Before it is admitted: its end may be told before the admission returns.
        try:
            decided = await self._admission.submit(
                msgspec.structs.replace(execution, priority=ask.priority), also=(*event, *also)
            )
        except StoreError:
            attempt.failed("the store did not take it", now_ns)
            raise
        if decided.status is CommandStatus.REJECTED:
            attempt.finished(decided, now_ns)
        else:
            self._recorded()

    def finished(self, execution: Execution) -> None:
        """A command has ended, whoever asked for it."""
        now = self._now()
        for channel in self._touched(execution):
            self.marks.finished(execution, channel, execution.id.removeprefix(ID).rpartition("-")[0], now.wall_s)
            attempt = self._attempts.get(channel)
            if attempt is not None:
                attempt.finished(execution, now.boottime_ns)
                self._wake.set()

    def _touched(self, execution: Execution) -> list[str]:
        """The channels that a command may have set: its own, or for an operation any of its device."""
        if execution.operation == SET:
            return [execution.channel]
        return [one for one in {*self._attempts, *self.marks.by_channel} if one.startswith(f"{execution.channel}/")]

    def _on_reading(self, reading: Reading) -> None:
        self.marks.read(reading)
        attempt = self._attempts.get(reading.series)
        if attempt is not None and attempt.read(reading, self._timekeeper.clock.boottime_ns()):
            self._wake.set()
        if not self.book.watches(reading.series):
            return
        asks = dict(self.book.asks)
        self._safely(lambda: self.book.take(reading, self._now()))
        if self.book.asks != asks or self.book.next_ns < self._planned_ns:
            self._wake.set()

    def _note(self, happenings: list[Happening]) -> None:
        for one in happenings:
            log.info("rule", rule=one.rule, what=one.kind.value, because=one.because, outvoted=list(one.outvoted),
                     asks={ask.channel: ask.value for ask in one.asks})  # fmt: skip
            if one.kind is Kind.MISSED:
                self._missed = [*self._missed, one][-MISSED_MAX:]

    def _unrecorded(self) -> list[Statement]:
        """What is to be on the disk and is not: times that were kept, and those that were missed."""
        statements: list[Statement] = []
        for name, before in self._kept.items():
            timetable = self.book.rules[name].timetable
            if timetable is not None and timetable.kept != before:
                statements.append(hold(f"{KEPT}{name}", json.dumps(timetable.kept)))
        for one in self._missed:
            statements += self._events.statements("rule_missed", rule=one.rule, because=one.because,
                                                  time=self.book.rules[one.rule].missed_s)  # fmt: skip
        return statements

    def _recorded(self) -> None:
        self._missed = []
        for name in self._kept:
            timetable = self.book.rules[name].timetable
            self._kept[name] = [] if timetable is None else list(timetable.kept)

    def _now(self) -> Moment:
        wall_s = self._timekeeper.trusted_s()
        known = wall_s is not None and WALL_S_MIN <= wall_s < WALL_S_MAX
        return Moment(self._timekeeper.clock.boottime_ns(), wall_s if known else None)

    def _pause_s(self) -> float | None:
        """Until something can be due; None where only a reading can bring anything."""
        now_ns = self._timekeeper.clock.boottime_ns()
        dues = [attempt.again_ns for attempt in self._attempts.values() if attempt.state is State.DUE]
        if self._kept:
            dues.append(now_ns + round(LOOK_EVERY_S * NS_PER_S))
        self._planned_ns = min([*dues, self.book.next_ns])
        least_s = ASK_AGAIN_S if self.failure else 0.0  # What fails at once would else fail without a pause.
        return None if self._planned_ns == NEVER_NS else max(least_s, (self._planned_ns - now_ns) / NS_PER_S)

    def report(self) -> dict[str, Any]:
        """Every rule for `status`: whether it is true, when it fired, when it is due, and what it asks for in vain."""
        now = self._now()
        return {
            name: {**described(rule, self._attempts.values(), now), "failure": self.failure}
            for name, rule in self.book.rules.items()
        }

    def asked(self, channel: str) -> dict[str, Any] | None:
        """What a rule asks of a channel now, and what came of it; None where none does."""
        attempt = self._attempts.get(channel)
        if attempt is None or channel not in self.book.asks:
            return None
        ask = attempt.ask
        return {"rule": ask.rule, "value": ask.value, "state": attempt.state.value, "reason": attempt.reason}

"""The one way in for commands, whoever asks: decide, commit, and only then let anybody know."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple, Protocol

import structlog
from msgspec import structs

from gateway.clock import NS_PER_S, Clock
from gateway.core.admit import admit
from gateway.core.command import Execution, ReasonCode, Source, Target
from gateway.core.flood import Flood
from gateway.core.operation import CANCEL, CANCELLATION, SET, Operation
from gateway.core.reading import Value
from gateway.core.wire import CommandStatus
from gateway.store.database import Statement
from gateway.store.events import EventLog, told
from gateway.store.inbox import Inbox
from gateway.timekeeper import moment_of

LOCAL_LIFETIME_S = 60.0
"""What a local controller or a shadow asks for is asked again when it is still wanted, so it need not live long."""
HAND_PRIORITY = 2
"""Who stands before the thing need not wait for programs, only for what the twin calls urgent."""

STORE_DOWN = "the store cannot be opened, so nobody can tell whether this was done before, or what was set by hand"

log = structlog.get_logger("commands")


class Judgement(NamedTuple):
    """What an override makes of a command."""

    refusal: tuple[ReasonCode, str] | None = None
    statements: Sequence[Statement] = ()
    """What changes with the decision, for its transaction."""


class Guard(Protocol):
    """Knows which channels somebody has set by hand."""

    def judge(self, execution: Execution) -> Judgement:
        """Whether a command that is right otherwise may act."""

    def settle(self, execution: Execution) -> None:
        """What `judge` said of it is on the disk."""


class NoGuard:
    """Where nothing is ever set by hand."""

    def judge(self, _execution: Execution) -> Judgement:
        """It may."""
        return Judgement()

    def settle(self, _execution: Execution) -> None:
        """There was nothing to change."""


class Terms(NamedTuple):
    """What commands may name, and what they have to fulfil here."""

    targets: Mapping[str, Target]
    operations: Mapping[str, Mapping[str, Operation]] = MappingProxyType({})
    """Of each device, by name."""
    signed: bool = False
    """Whether nothing from outside is obeyed that nobody has signed."""
    store_down: bool = False
    """Whether memory stands in for the store: what comes from the twin is refused then."""
    since_s: Callable[[], float | None] = lambda: None
    """When this memory of commands began, None where it always was: what is older may have acted and been forgotten."""


class Admission:
    """Admits commands to the inbox."""

    def __init__(
        self, inbox: Inbox, events: EventLog, terms: Terms, clock: Clock, trusted: Callable[[], float | None]
    ) -> None:
        self._inbox = inbox
        self._events = events
        self._terms = terms
        self._clock = clock
        self._trusted = trusted
        self._flood = Flood()
        self.guard: Guard = NoGuard()
        self.version_of: Callable[[str], int | None] = lambda _device: None
        """The version of a device's shadow, as far as it is known."""
        inbox.outcome = events.outcome

    def withdrawn(self, finished: Callable[[Execution], None]) -> None:
        """Call `finished` with commands that end before anybody has taken them."""
        self._inbox.withdrawn = finished

    async def submit(
        self, execution: Execution, *, retained: bool = False, also: Sequence[Statement] = ()
    ) -> Execution:
        """The execution as it was decided and committed; for an id that is known, what became of that.

        `also` is committed with it where it is admitted. What a program here asks of a channel that was set by hand is
        refused without a word to the disk, for it asks again and again; so is what comes too fast from outside.

        Raises:
            StoreError: the decision could not be committed, so there is none.
        """
        known = await self._known(execution)
        if known is not None:
            return known
        decided, statements = await self._decide(execution, retained=retained)
        if decided.source in (Source.CONTROL, Source.RULE) and decided.reason_code is ReasonCode.LOCAL_OVERRIDE:
            return decided
        if decided.source is Source.SHADOW and decided.reason_code is ReasonCode.UNSIGNED:
            return decided
        if decided.source is Source.TWIN and self._overruns(decided):
            refused = decided if decided.final else self._limited(decided)
            self._flood.remember(refused)
            return await self.turn_away(refused)
        if decided.operation == CANCEL and not decided.final:
            return await self._cancel(decided)
        return await self._keep(decided, statements, also)

    async def _known(self, execution: Execution) -> Execution | None:
        """What was answered to its id before."""
        known = await self._inbox.find(execution.id)
        if known is not None or execution.source is not Source.TWIN:
            return known
        said = self._flood.said(execution)
        return None if said is None else await self.turn_away(said)

    async def _keep(self, decided: Execution, statements: Sequence[Statement], also: Sequence[Statement]) -> Execution:
        statements = [*statements, *(() if decided.final else also)]
        if not await self._inbox.admit(decided, *self._events.decision(decided), *statements):
            return await self._inbox.find(decided.id) or decided  # It came twice at once; the other was first.
        self.guard.settle(decided)
        log.info("command", **told(decided))
        return decided

    async def recorded(self, refused: Execution) -> Execution:
        """What became of an id that is known, else the refusal: nobody can change what was said by repeating it badly.

        Raises:
            StoreError: it cannot be read.
        """
        known = await self._inbox.find(refused.id)
        return refused if known is None else structs.replace(known, reply_topic="", correlation=b"")

    async def turn_away(self, refused: Execution) -> Execution:
        """Count one that is refused and not kept; told once a minute, in log and event log. Returns what to answer.

        Raises:
            StoreError: the event could not be stored, or what is known of its id not be read.
        """
        self._flood.refused[refused.reason_code.value] += 1
        counts = self._flood.report(self._now_s)
        if counts:
            log.warning("commands refused and not kept", **counts)
            await self._events.record("commands_refused", **counts)
        return await self.recorded(refused)

    async def _cancel(self, order: Execution) -> Execution:
        identifier = str(order.parameters["execution"])
        done = order.finished(CommandStatus.SUCCEEDED, order.changed_s)
        events = (*self._events.decision(done), *self._events.outcome(done))
        if await self._inbox.withdraw(identifier, done, *events):
            log.info("command", **told(done))
            return done
        known = await self._inbox.find(order.id)  # It came twice at once; the other was first.
        if known is not None:
            return known
        other = await self._inbox.find(identifier)
        reason = f"{identifier!r} is not known" if other is None else f"{identifier!r} has ended: {other.status.value}"
        return await self._keep(order.rejected(ReasonCode.NOT_CANCELLABLE, reason, order.changed_s), (), ())

    @property
    def _now_s(self) -> float:
        return self._clock.boottime_ns() / NS_PER_S

    def _overruns(self, decided: Execution) -> bool:
        return not self._flood.admits(self._now_s) or (not decided.final and self._flood.may_have_refused(decided))

    @staticmethod
    def _limited(execution: Execution) -> Execution:
        reason = "commands come faster than they can be kept; give the order anew later"
        return execution.rejected(ReasonCode.RATE_LIMITED, reason, execution.changed_s)

    async def _decide(self, execution: Execution, *, retained: bool) -> tuple[Execution, Sequence[Statement]]:
        decided = admit(execution, self._place(execution), moment_of(self._clock, self._trusted), retained=retained)
        refusal = None if decided.final else await self._objection(decided)
        if refusal is not None:
            decided = decided.rejected(*refusal, decided.changed_s)
        if decided.final:
            return decided, ()
        refusal, statements = self.guard.judge(decided)
        return decided if refusal is None else decided.rejected(*refusal, decided.changed_s), statements

    def _place(self, execution: Execution) -> Target | Operation | None:
        if execution.operation == SET:
            return self._terms.targets.get(execution.channel)
        if execution.operation == CANCEL and not execution.channel:
            return CANCELLATION
        return self._terms.operations.get(execution.channel, {}).get(execution.operation)

    async def _objection(self, execution: Execution) -> tuple[ReasonCode, str] | None:
        """Why an order that is right by itself may not act here and now."""
        outside = execution.source in (Source.TWIN, Source.SHADOW)
        if self._terms.store_down and outside:
            return ReasonCode.STORE_DOWN, STORE_DOWN
        if self._terms.signed and not execution.signer and outside:
            return ReasonCode.UNSIGNED, "only signed commands are obeyed here"
        since_s = self._terms.since_s() if execution.source is Source.TWIN else None
        if since_s is not None and execution.issued_s < since_s:
            return ReasonCode.REPLAYED, "issued before this gateway's store was made, so it may have acted already"
        if self._inbox.overtaken(execution):
            return ReasonCode.SUPERSEDED, f"a newer order for {execution.channel} came before it"
        if self._inbox.full:
            return ReasonCode.QUEUE_FULL, "too many commands wait"
        return await self._version_conflict(execution) if execution.if_version else None

    async def _version_conflict(self, execution: Execution) -> tuple[ReasonCode, str] | None:
        version = self.version_of(execution.device)
        if version != execution.if_version:
            known = "not known" if version is None else version
            return ReasonCode.VERSION_CONFLICT, f"the shadow's version is {known}, not {execution.if_version}"
        if await self._inbox.version_used(execution.device, execution.if_version):
            return ReasonCode.VERSION_CONFLICT, f"another command has counted on version {execution.if_version}"
        return None

    def local(self, identifier: str, channel: str, value: Value, source: Source) -> Execution:
        """A command that is made here and now; by hand goes before what programs ask."""
        moment = moment_of(self._clock, self._trusted)
        return Execution(
            id=identifier,
            channel=channel,
            value=value,
            priority=HAND_PRIORITY if source is Source.HAND else 5,
            issued_s=moment.wall_s,
            expires_s=moment.wall_s + LOCAL_LIFETIME_S,
            source=source,
            changed_s=moment.wall_s,
            boot_id=moment.boot_id,
            deadline_ns=moment.boottime_ns + round(LOCAL_LIFETIME_S * NS_PER_S),
        )

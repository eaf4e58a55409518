"""Who may drive a channel that was set by hand.

Programs here may not. What comes from a shadow has been through the conflict policy before (`app/wishes.py`) and meets
an override only where that was faster. An order of the twin is decided here, by the policy of the channel, and so is
counted and told like every other conflict.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.app.agreement import Agreement, event_of
from gateway.app.overrides import Overrides
from gateway.core.command import Execution, ReasonCode, Source
from gateway.core.conflict import ConflictPolicy, Outcome, Side, Write, resolve
from gateway.core.hybrid_clock import Stamp
from gateway.core.override import Override
from gateway.core.shadow import equal
from gateway.core.wording import shown
from gateway.store.admission import Judgement
from gateway.store.events import EventLog
from gateway.store.shadows import end_override

Refusal = tuple[ReasonCode, str]


class OverrideGuard:
    """Asked by the admission, and once more by the actuator."""

    def __init__(
        self, overrides: Overrides, policies: Mapping[str, ConflictPolicy], agreement: Agreement, events: EventLog
    ) -> None:
        self._overrides = overrides
        self._policies = policies
        self._agreement = agreement
        self._events = events

    def judge(self, execution: Execution) -> Judgement:
        """What an override makes of a command that is right otherwise."""
        override = self._against(execution)
        if override is None:
            change = self._uncontested(execution)
            return Judgement(None, self._agreement.count_statements(execution.channel, change) if change else ())
        if execution.source is not Source.TWIN:
            return Judgement(refusal_of(override))
        twin, outcome = self._outcome(override, execution)
        policy = self._policies[override.channel]
        event = event_of(override.channel, policy, Write(), override.write, twin, outcome)
        statements = [
            *self._events.statements("conflict", **event),
            *self._agreement.count_statements(override.channel, outcome),
        ]
        if outcome.side is Side.SITE:
            return Judgement(refusal_of(override), statements)
        return Judgement(None, [*statements, end_override(override.channel)])

    def settle(self, execution: Execution) -> None:
        """The decision is on the disk: an order of the twin that was taken has ended the override."""
        override, change = self._against(execution), self._uncontested(execution)
        if execution.reason_code not in (ReasonCode.NONE, ReasonCode.LOCAL_OVERRIDE):
            return
        if override is None and change:
            self._agreement.count(execution.channel, change)
        if override is None or execution.source is not Source.TWIN:
            return
        self._agreement.count(override.channel, self._outcome(override, execution)[1])
        if not execution.final:
            self._overrides.lift(override.channel)

    def refusal(self, execution: Execution) -> Refusal | None:
        """Why a command that waited may not act now."""
        override = self._against(execution)
        if override is None:
            return None
        # An order that has won may come here before the admission has heard that it is on the disk.
        wins = execution.source is Source.TWIN and self._outcome(override, execution)[1].side is not Side.SITE
        return None if wins else refusal_of(override)

    def _uncontested(self, execution: Execution) -> Outcome | None:
        """What comes of an order of the twin where nobody holds anything else: a change, and no conflict."""
        is_order = execution.source is Source.TWIN and execution.channel in self._policies
        return Outcome(execution.value, Side.TWIN, []) if is_order else None

    def _against(self, execution: Execution) -> Override | None:
        """The override that says something else; none of these stands against itself."""
        override = self._overrides.active.get(execution.channel)
        if override is None or execution.source is Source.HAND or equal(override.value, execution.value):
            return None
        return override

    def _outcome(self, override: Override, execution: Execution) -> tuple[Write, Outcome]:
        twin = Write(execution.value, Stamp(round(max(0.0, execution.issued_s) * 1000), 0, Side.TWIN.value))
        return twin, resolve(self._policies[override.channel], Write(), override.write, twin)


def refusal_of(override: Override) -> Refusal:
    """Why a command does not act on a channel that was set by hand."""
    return ReasonCode.LOCAL_OVERRIDE, f"{override.channel} was set to {shown(override.value)} by hand, by {override.by}"

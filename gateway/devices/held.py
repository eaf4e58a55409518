"""Commands that come too early, by what safety asks: kept here until they may act."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from gateway.clock import NS_PER_S
from gateway.core.command import Execution
from gateway.core.safety import Verdict


class Held(NamedTuple):
    """A command that waits."""

    execution: Execution
    verdict: Verdict
    due_ns: int
    """The boottime from which on it is asked again."""


class HeldCommands:
    """At most one for each channel: a later command takes the place of an earlier one."""

    def __init__(self) -> None:
        self.by_channel: dict[str, Held] = {}

    def keep(self, execution: Execution, verdict: Verdict, now_ns: int) -> None:
        """It waits for as long as the verdict says."""
        due_ns = now_ns + round(verdict.wait_s * NS_PER_S)
        self.by_channel[execution.channel] = Held(execution, verdict, due_ns)

    def take(self, channel: str) -> Held | None:
        """What waits for a channel; it waits no longer."""
        return self.by_channel.pop(channel, None)

    def due(self, now_ns: int, cancelled: Collection[str] = ()) -> Held | None:
        """One that may be asked again, or need not wait any more; it stays until it is taken."""
        held = self.by_channel.values()
        return next((one for one in held if one.due_ns <= now_ns or one.execution.id in cancelled), None)

    def wait_s(self, now_ns: int) -> float | None:
        """Until the next one is due; None where none waits."""
        if not self.by_channel:
            return None
        return max(0.0, (min(one.due_ns for one in self.by_channel.values()) - now_ns) / NS_PER_S)

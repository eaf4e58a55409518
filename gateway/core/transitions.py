"""Which transitions of sync states go into the event log, and when. Pure.

A device that reports something is updating for a moment; to write that down each time would wear the disk out to say
that all is well. So that moment is recorded only where it lasts, and a planned sleep only where the session after it
does not go to plan. In an outage every attempt to connect is two steps, thousands a day, which would push out of the
log what matters: the one that succeeds is recorded. Everything else is, the same step of several devices in one entry.
"""

from __future__ import annotations

from typing import NamedTuple

from gateway.core.sync_state import SyncEvent, SyncState

UPDATING_NOTED_S = 5.0
"""An update that takes longer than this is worth an entry."""
NS_PER_S = 1_000_000_000
_E = SyncEvent
SLEEP = {
    _E.ASLEEP: _E.NETWORK_RESTORED,
    _E.NETWORK_RESTORED: _E.CONNECTION_OK,
    _E.CONNECTION_OK: _E.SYNC_COMPLETE,
}
"""What follows on what where a link is opened by schedule, many times a day, while all is well."""
PENDING_MAX = 1000
"""Steps that wait for a disk that takes nothing; the oldest are dropped."""


class Step(NamedTuple):
    """One kind of step."""

    before: SyncState
    after: SyncState
    cause: SyncEvent


def is_passing(step: Step, since_ns: int, now_ns: int) -> bool:
    """Whether a step ends an update, begun at `since_ns`, that was only a moment of being in sync."""
    updated = step.before is SyncState.UPDATING and step.after is SyncState.IN_SYNC
    return updated and now_ns - since_ns < UPDATING_NOTED_S * NS_PER_S


class Transitions:
    """What has happened and is not yet recorded."""

    def __init__(self) -> None:
        self._steps: list[tuple[Step, list[str]]] = []
        self._begun: dict[str, tuple[int, Step]] = {}
        """The step of a device that is worth an entry only by what follows, and when it was taken."""
        self._planned: dict[str, list[Step]] = {}
        """The steps of a device that was in sync and fell asleep, as far as they are what was planned."""
        self.dropped = 0

    def add(self, device: str, step: Step, now_ns: int) -> None:
        """A device took a step."""
        begun = self._begun.pop(device, None)
        if self._goes_to_plan(device, step, begun):
            return
        if step.after is SyncState.UPDATING or step.cause is _E.NETWORK_RESTORED:
            self._begun[device] = (now_ns, step)
            return
        if begun is not None:
            since_ns, entry = begun
            failed_again = entry.cause is _E.NETWORK_RESTORED and step.cause is _E.CONNECTION_LOST
            if failed_again or is_passing(step, since_ns, now_ns):
                return
            self._note(device, entry)
        self._note(device, step)

    def _goes_to_plan(self, device: str, step: Step, begun: tuple[int, Step] | None) -> bool:
        """Whether a step is one of a planned sleep and the session after it; where that fails, all of them count."""
        steps = self._planned.pop(device, [])
        if not steps and step.cause is SyncEvent.ASLEEP and (begun or step.before is SyncState.IN_SYNC):
            self._planned[device] = [*([begun[1]] if begun else []), step]
            return True
        if steps and step.cause is SLEEP.get(steps[-1].cause):
            if step.after is not SyncState.IN_SYNC:
                self._planned[device] = [*steps, step]
            return True
        for earlier in steps:
            self._note(device, earlier)
        return False

    def _note(self, device: str, step: Step) -> None:
        """Into the entry of the same step, where that comes after all else that waits of this device."""
        for other, devices in reversed(self._steps):
            if device in devices:
                break
            if other == step:
                devices.append(device)
                return
        self._steps.append((step, [device]))
        if len(self._steps) > PENDING_MAX:
            del self._steps[0]
            self.dropped += 1

    def take(self, now_ns: int) -> list[tuple[Step, list[str]]]:
        """What is to be recorded now, of each device in the order in which it happened; it counts as recorded."""
        for device, (since_ns, step) in list(self._begun.items()):
            if step.after is SyncState.UPDATING and now_ns - since_ns >= UPDATING_NOTED_S * NS_PER_S:
                del self._begun[device]
                self._note(device, step)
        taken, self._steps = self._steps, []
        return taken

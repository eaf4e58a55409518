"""Which transitions of sync states go into the event log, and when. Pure.

A device that reports something is updating for a moment; to write that down each time would wear the disk out to say
that all is well. So that moment is recorded only where it lasts. Everything else is recorded, the same step of several
devices in one entry.
"""

from __future__ import annotations

from typing import NamedTuple

from gateway.core.sync_state import SyncEvent, SyncState

UPDATING_NOTED_S = 5.0
"""An update that takes longer than this is worth an entry."""
NS_PER_S = 1_000_000_000
PENDING_MAX = 1000
"""Steps that wait for a disk that takes nothing; the oldest are dropped."""


class Step(NamedTuple):
    """One kind of step."""

    before: SyncState
    after: SyncState
    cause: SyncEvent


class Transitions:
    """What has happened and is not yet recorded."""

    def __init__(self) -> None:
        self._steps: dict[tuple[int, Step], list[str]] = {}
        self._updating: dict[str, tuple[int, Step]] = {}
        self.dropped = 0

    def add(self, device: str, step: Step, now_ns: int) -> None:
        """A device took a step."""
        begun = self._updating.pop(device, None)
        if step.after is SyncState.UPDATING:
            self._updating[device] = (now_ns, step)
            return
        if begun is not None:
            since_ns, entry = begun
            if step.after is SyncState.IN_SYNC and now_ns - since_ns < UPDATING_NOTED_S * NS_PER_S:
                return
            self._note(device, entry, since_ns)
        self._note(device, step, now_ns)

    def _note(self, device: str, step: Step, at_ns: int) -> None:
        self._steps.setdefault((at_ns, step), []).append(device)
        while len(self._steps) > PENDING_MAX:
            del self._steps[next(iter(self._steps))]
            self.dropped += 1

    def take(self, now_ns: int) -> list[tuple[Step, list[str]]]:
        """What is to be recorded now, in the order in which it happened; it counts as recorded."""
        for device, (since_ns, step) in list(self._updating.items()):
            if now_ns - since_ns >= UPDATING_NOTED_S * NS_PER_S:
                del self._updating[device]
                self._note(device, step, since_ns)
        taken = sorted(self._steps.items(), key=lambda item: item[0][0])
        self._steps.clear()
        return [(step, devices) for (_, step), devices in taken]

"""Every device's sync state, moved by what happens to the link, the shadow and the outbox."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable

import structlog

from gateway.clock import NS_PER_S, Clock
from gateway.cloud.session import LinkState
from gateway.cloud.shadows import Shadows
from gateway.core.reading import Lane
from gateway.core.sync_state import SyncEvent, SyncState, step
from gateway.core.transitions import Step, Transitions, is_passing
from gateway.store.outbox import Outbox

log = structlog.get_logger("sync")


class SyncTracker:
    """Keeps the states. A device without a shadow is in sync when its urgent readings have arrived."""

    def __init__(self, devices: Iterable[str], shadows: Shadows, outbox: Outbox, clock: Clock) -> None:
        self.states = dict.fromkeys(devices, SyncState.DISCONNECTED)
        self.since_ns = dict.fromkeys(self.states, clock.boottime_ns())
        self._in_sync_ns = dict(self.since_ns)
        """Since when it was in sync before the update that is under way."""
        self._shadows = shadows
        self._outbox = outbox
        self.clock = clock
        self._connected_ns = 0
        self.asleep = False
        """Whether the link is closed by plan, or being opened again after that."""
        self.in_touch = False
        """Whether there is a connection, or none by plan."""
        self.lost_ns: int | None = clock.boottime_ns()
        """Since when it is out of touch; None while it is in touch."""
        self.slept_ns = (0, 0)
        """The last planned sleep."""
        self.transitions = Transitions()
        """Steps that are not in the event log yet."""
        self.linked: Callable[[], None] = lambda: None
        """Called when a connection is there."""
        shadows.changed = self.check

    def link_changed(self, state: LinkState) -> None:
        """The link moved on."""
        self._sleep(state)
        self.in_touch = self.asleep or state is LinkState.CONNECTED
        if self.in_touch:
            self.lost_ns = None
        elif self.lost_ns is None:
            self.lost_ns = self.clock.boottime_ns()
        if state is LinkState.CONNECTED:
            self._connected_ns = self.clock.boottime_ns()
            self._outbox.live.begin(self._connected_ns)
            self.linked()
        elif state is not LinkState.CONNECTING:
            # What was agreed on one connection says nothing about the next, until it has been fetched again.
            for shadow in self._shadows.devices.values():
                shadow.no_answer()
        for device in self.states:
            if state is LinkState.CONNECTING:
                self._step(device, SyncEvent.NETWORK_AVAILABLE)
                self._step(device, SyncEvent.NETWORK_RESTORED)
            elif state is LinkState.CONNECTED:
                self._step(device, SyncEvent.CONNECTION_OK)
            else:
                asleep = state is LinkState.ASLEEP
                self._step(device, SyncEvent.ASLEEP if asleep else SyncEvent.CONNECTION_LOST)

    def check_all(self) -> None:
        """Something arrived at the twin."""
        for device in self.states:
            self.check(device)

    def check(self, device: str) -> None:
        """A device's shadow moved on."""
        shadow = self._shadows.devices.get(device)
        settled = shadow is None or shadow.settled
        if self.states[device] is SyncState.SYNCING and settled and self._urgent_arrived():
            self._step(device, SyncEvent.SYNC_COMPLETE)
        elif self.states[device] is SyncState.RESOLVING:
            if settled and shadow is not None and not shadow.wishes.pending:
                self._step(device, SyncEvent.RESOLVED)
        elif self.states[device] in (SyncState.IN_SYNC, SyncState.UPDATING):
            self._step(device, SyncEvent.UPDATE_APPLIED if settled else SyncEvent.NEW_DATA)

    def conflict(self, device: str) -> None:
        """Both sides have changed a property of a device."""
        self._step(device, SyncEvent.NEW_DATA)
        self._step(device, SyncEvent.CONFLICT_DETECTED)

    def decided(self, device: str) -> None:
        """What comes of it is on the disk; it is resolved when both sides say the same of it, or why not."""
        self._step(device, SyncEvent.STRATEGY_APPLIED)
        self.check(device)

    def look(self, waiting: Container[str], budget_s: float) -> None:
        """Call drifting what waits for longer than it may, and compare anew when it has caught up.

        `waiting` are the devices of which something waits; `budget_s` is how long a live reading, or the answer to a
        report, may take.
        """
        live_s = self._live_waits_s()
        for device, state in self.states.items():
            waits_s = live_s if device in waiting else 0.0
            if state is SyncState.DRIFTING:
                shadow = self._shadows.devices.get(device)
                if waits_s <= budget_s / 2 and (shadow is None or shadow.settled):
                    self._step(device, SyncEvent.FORCED_RESYNC)
                    self._shadows.fetch(device)
                    self.check(device)
            elif state in (SyncState.IN_SYNC, SyncState.UPDATING):
                unanswered_s = self.since_s(device) if state is SyncState.UPDATING else 0.0
                if max(waits_s, unanswered_s) > budget_s:
                    self._step(device, SyncEvent.LATENCY_OVER_THRESHOLD)

    def _live_waits_s(self) -> float:
        """How long the oldest reading has waited that was taken in since the link came up."""
        outbox = self._outbox
        bases = [opened.base for opened in outbox.ledger.open.values()]
        bases += [segment.base for segment in outbox.ledger.volatile.values()]
        live = [one.boottime_ns for one in bases if one.boottime_ns > self._connected_ns]
        since_ns = min(filter(None, (outbox.live.oldest_ns, *live)), default=None)
        return 0.0 if since_ns is None else (self.clock.boottime_ns() - since_ns) / NS_PER_S

    def _sleep(self, state: LinkState) -> None:
        """Keep when the last planned sleep was; the attempt that ends it belongs to it, where it succeeds."""
        now_ns = self.clock.boottime_ns()
        if state is LinkState.ASLEEP:
            self.slept_ns, self.asleep = (now_ns, now_ns), True
        elif self.asleep:
            self.slept_ns = (self.slept_ns[0], now_ns)
            self.asleep = state is LinkState.CONNECTING

    def planned_s(self, since_ns: int) -> float:
        """How much of the time since then was a planned sleep, the last one that there was."""
        begun_ns, ended_ns = self.slept_ns
        ended_ns = self.clock.boottime_ns() if self.asleep else ended_ns
        return max(0, ended_ns - max(begun_ns, since_ns)) / NS_PER_S

    def is_reachable(self, device: str) -> bool:
        """Whether the twin could hear of a device: there is a connection, or none by plan."""
        return self.asleep or self.states[device] not in (
            SyncState.DISCONNECTED,
            SyncState.CONNECTING,
            SyncState.OFFLINE,
        )

    def _urgent_arrived(self) -> bool:
        """Whether the twin has acknowledged all that was urgent when the link came up.

        What came since is on its way all the time where there is much of it, and says nothing of being in sync.
        """
        urgent = (Lane.CRITICAL, Lane.HIGH)
        outbox, connected_ns = self._outbox, self._connected_ns
        held = [(lane, opened.base) for lane, opened in outbox.ledger.open.items()]
        held += [(key.lane, segment.base) for key, segment in outbox.ledger.volatile.items()]
        waiting = any(lane in urgent and base.boottime_ns <= connected_ns for lane, base in held)
        return not waiting and not any(outbox.stored[lane] for lane in urgent)

    def due_steps(self) -> list[tuple[Step, list[str]]]:
        """The steps that are to be recorded now."""
        return self.transitions.take(self.clock.boottime_ns())

    def _step(self, device: str, event: SyncEvent) -> None:
        before = self.states[device]
        after = step(before, event)
        if after is not before:
            begun_ns, now_ns = self.since_ns[device], self.clock.boottime_ns()
            self.states[device], self.since_ns[device] = after, now_ns
            if after is SyncState.UPDATING:
                self._in_sync_ns[device] = begun_ns
            elif is_passing(Step(before, after, event), begun_ns, now_ns):
                self.since_ns[device] = self._in_sync_ns[device]
            self.transitions.add(device, Step(before, after, event), now_ns)
            log.debug("sync state", device=device, before=before.value, after=after.value, cause=event.value)

    def since_s(self, device: str) -> float:
        """How long a device has been in its state; a moment of reporting does not end being in sync."""
        return (self.clock.boottime_ns() - self.since_ns[device]) / NS_PER_S

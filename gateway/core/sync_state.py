"""Where a device stands against its twin: one table of states and events.

Rules of this file: everything that affects a sync state is in `TRANSITIONS`; an event that the table does not name for
a state changes nothing; the diagram in `docs/architecture.md` is made from this table.
"""

from __future__ import annotations

import enum


class SyncState(enum.StrEnum):
    """The states, each with what it means to the operator."""

    DISCONNECTED = "disconnected"
    """Never connected since the start."""
    CONNECTING = "connecting"
    """The network is there; the broker has not answered yet."""
    SYNCING = "syncing"
    """Connected; the documents of both sides are being compared."""
    IN_SYNC = "in_sync"
    """The twin has what we have."""
    UPDATING = "updating"
    """A change is on its way to the twin."""
    CONFLICTED = "conflicted"
    """Both sides changed the same property."""
    RESOLVING = "resolving"
    """A policy has decided; the outcome is being written."""
    DRIFTING = "drifting"
    """Connected, but the twin lags further behind than allowed."""
    OFFLINE = "offline"
    """The connection is lost; readings wait."""


class SyncEvent(enum.StrEnum):
    """What moves a device from one state to another."""

    NETWORK_AVAILABLE = "network_available"
    CONNECTION_OK = "connection_ok"
    SYNC_COMPLETE = "sync_complete"
    CONFLICT_DETECTED = "conflict_detected"
    STRATEGY_APPLIED = "strategy_applied"
    RESOLVED = "resolved"
    NEW_DATA = "new_data"
    UPDATE_APPLIED = "update_applied"
    LATENCY_OVER_THRESHOLD = "latency_over_threshold"
    FORCED_RESYNC = "forced_resync"
    CONNECTION_LOST = "connection_lost"
    ASLEEP = "asleep"
    """The session was ended by plan; otherwise like a lost connection."""
    NETWORK_RESTORED = "network_restored"


_S, _E = SyncState, SyncEvent

TRANSITIONS: dict[SyncState, dict[SyncEvent, SyncState]] = {
    _S.DISCONNECTED: {_E.NETWORK_AVAILABLE: _S.CONNECTING},
    _S.CONNECTING: {_E.CONNECTION_OK: _S.SYNCING, _E.CONNECTION_LOST: _S.OFFLINE},
    _S.SYNCING: {
        _E.SYNC_COMPLETE: _S.IN_SYNC,
        _E.CONFLICT_DETECTED: _S.CONFLICTED,
        _E.CONNECTION_LOST: _S.OFFLINE,
        _E.ASLEEP: _S.OFFLINE,
    },
    _S.IN_SYNC: {
        _E.NEW_DATA: _S.UPDATING,
        _E.LATENCY_OVER_THRESHOLD: _S.DRIFTING,
        _E.CONNECTION_LOST: _S.OFFLINE,
        _E.ASLEEP: _S.OFFLINE,
    },
    _S.UPDATING: {
        _E.UPDATE_APPLIED: _S.IN_SYNC,
        _E.CONFLICT_DETECTED: _S.CONFLICTED,
        _E.LATENCY_OVER_THRESHOLD: _S.DRIFTING,
        _E.CONNECTION_LOST: _S.OFFLINE,
        _E.ASLEEP: _S.OFFLINE,
    },
    _S.CONFLICTED: {_E.STRATEGY_APPLIED: _S.RESOLVING, _E.CONNECTION_LOST: _S.OFFLINE, _E.ASLEEP: _S.OFFLINE},
    _S.RESOLVING: {_E.RESOLVED: _S.IN_SYNC, _E.CONNECTION_LOST: _S.OFFLINE, _E.ASLEEP: _S.OFFLINE},
    _S.DRIFTING: {_E.FORCED_RESYNC: _S.SYNCING, _E.CONNECTION_LOST: _S.OFFLINE, _E.ASLEEP: _S.OFFLINE},
    _S.OFFLINE: {_E.NETWORK_RESTORED: _S.CONNECTING},
}


def step(state: SyncState, event: SyncEvent) -> SyncState:
    """The state after `event`; the same one where the table has no arrow."""
    return TRANSITIONS[state].get(event, state)

"""The sync states as a table: every arrow that the design names, and none besides."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.sync_state import TRANSITIONS, SyncEvent, SyncState, step

# From, event, to: as the design tells them, one by one.
ARROWS = """
disconnected network_available connecting
connecting connection_ok syncing
syncing sync_complete in_sync
syncing conflict_detected conflicted
updating conflict_detected conflicted
conflicted strategy_applied resolving
resolving resolved in_sync
in_sync new_data updating
updating update_applied in_sync
in_sync latency_over_threshold drifting
updating latency_over_threshold drifting
drifting forced_resync syncing
connecting connection_lost offline
syncing connection_lost offline
in_sync connection_lost offline
updating connection_lost offline
drifting connection_lost offline
conflicted connection_lost offline
resolving connection_lost offline
syncing asleep offline
in_sync asleep offline
updating asleep offline
drifting asleep offline
conflicted asleep offline
resolving asleep offline
offline network_restored connecting
"""
TABLE = {tuple(line.split()[:2]): line.split()[2] for line in ARROWS.strip().splitlines()}


@pytest.mark.parametrize("event", SyncEvent)
@pytest.mark.parametrize("state", SyncState)
def test_an_event_leads_where_the_design_says_and_else_nowhere(state, event):
    assert step(state, event).value == TABLE.get((state.value, event.value), state.value)


def test_every_state_has_a_way_out():
    assert TRANSITIONS.keys() == set(SyncState)
    assert all(TRANSITIONS.values())


def test_every_state_can_be_reached_from_the_first_and_left_towards_in_sync():
    def reached(start):
        found, waiting = {start}, [start]
        while waiting:
            more = set(TRANSITIONS[waiting.pop()].values()) - found
            found |= more
            waiting += more
        return found

    assert reached(SyncState.DISCONNECTED) == set(SyncState)
    assert all(SyncState.IN_SYNC in reached(state) for state in SyncState)


@given(st.lists(st.sampled_from(SyncEvent)))
def test_without_a_connection_nothing_is_ever_in_sync(events):
    """A device is beyond `offline` only after the connection came, and until it is lost."""
    state, connected = SyncState.DISCONNECTED, False
    for event in events:
        if event is SyncEvent.CONNECTION_OK and state is SyncState.CONNECTING:
            connected = True
        if event is SyncEvent.CONNECTION_LOST or (event is SyncEvent.ASLEEP and state is not SyncState.CONNECTING):
            connected = False
        state = step(state, event)
        alone = (SyncState.DISCONNECTED, SyncState.CONNECTING, SyncState.OFFLINE)
        assert connected == (state not in alone)

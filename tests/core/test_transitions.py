"""What is recorded of sync states: everything but the moments in which a device that is in sync reports something."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.sync_state import SyncEvent, SyncState, step
from gateway.core.transitions import NS_PER_S, PENDING_MAX, UPDATING_NOTED_S, Step, Transitions

S, E = SyncState, SyncEvent
NEWS = Step(S.IN_SYNC, S.UPDATING, E.NEW_DATA)
APPLIED = Step(S.UPDATING, S.IN_SYNC, E.UPDATE_APPLIED)
LOST = Step(S.UPDATING, S.OFFLINE, E.CONNECTION_LOST)
LONG_NS = round(UPDATING_NOTED_S * NS_PER_S)


def test_an_update_that_is_soon_applied_is_not_recorded():
    steps = Transitions()
    for second in range(100):
        steps.add("a", NEWS, second * NS_PER_S)
        steps.add("a", APPLIED, second * NS_PER_S + 1)
        assert steps.take(second * NS_PER_S + 2) == []


def test_an_update_that_takes_long_is_recorded_while_it_lasts_and_at_its_end():
    steps = Transitions()
    steps.add("a", NEWS, 0)
    assert steps.take(LONG_NS - 1) == []
    assert steps.take(LONG_NS) == [(NEWS, ["a"])]
    steps.add("a", APPLIED, LONG_NS + 1)
    assert steps.take(LONG_NS + 2) == [(APPLIED, ["a"])]


def test_an_update_that_ends_otherwise_is_recorded_with_its_beginning():
    steps = Transitions()
    steps.add("a", NEWS, 0)
    steps.add("a", LOST, 1)
    assert steps.take(2) == [(NEWS, ["a"]), (LOST, ["a"])]


def test_what_a_disk_does_not_take_is_bounded():
    steps = Transitions()
    for number in range(PENDING_MAX + 5):
        steps.add("a", LOST, number)
    assert steps.dropped == 5
    assert len(steps.take(PENDING_MAX + 5)) == PENDING_MAX


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(list(E)), st.integers(0, 2 * LONG_NS)), max_size=60))
def test_the_records_lead_from_state_to_state_without_a_hole(events):
    """Whoever replays them ends where the device is, but for an update that has only just begun."""
    steps, states, replayed, now_ns = Transitions(), dict.fromkeys("ab", S.DISCONNECTED), {}, 0
    for device, event, pause_ns in events:
        now_ns += pause_ns
        before, after = states[device], step(states[device], event)
        if after is not before:
            states[device] = after
            steps.add(device, Step(before, after, event), now_ns)
        for one, devices in steps.take(now_ns):
            for name in devices:
                assert replayed.get(name, S.DISCONNECTED) is one.before
                replayed[name] = one.after
    for one, devices in steps.take(now_ns + LONG_NS):
        for name in devices:
            assert replayed.get(name, S.DISCONNECTED) is one.before
            replayed[name] = one.after
    assert {name: replayed.get(name, S.DISCONNECTED) for name in states} == states

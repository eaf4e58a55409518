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


def test_of_the_attempts_of_an_outage_the_one_that_succeeds_is_recorded():
    steps, taken = Transitions(), []
    restored, failed = (
        Step(S.OFFLINE, S.CONNECTING, E.NETWORK_RESTORED),
        Step(S.CONNECTING, S.OFFLINE, E.CONNECTION_LOST),
    )
    steps.add("a", LOST, 0)
    for minute in range(1000):
        steps.add("a", restored, minute * 60 * NS_PER_S)
        taken += steps.take(minute * 60 * NS_PER_S + LONG_NS)
        steps.add("a", failed, minute * 60 * NS_PER_S + 2 * LONG_NS)
    steps.add("a", restored, 10**15)
    steps.add("a", AWAKE[1], 10**15 + 2 * LONG_NS)
    assert [*taken, *steps.take(10**16)] == [(LOST, ["a"]), (restored, ["a"]), (AWAKE[1], ["a"])]


def test_the_first_attempt_since_the_start_is_recorded_also_where_it_fails():
    steps = Transitions()
    first = Step(S.DISCONNECTED, S.CONNECTING, E.NETWORK_AVAILABLE)
    failed = Step(S.CONNECTING, S.OFFLINE, E.CONNECTION_LOST)
    steps.add("a", first, 0)
    steps.add("a", failed, 1)
    assert [step_ for step_, _ in steps.take(2)] == [first, failed]


def test_what_a_disk_does_not_take_is_bounded():
    steps = Transitions()
    for number in range(PENDING_MAX + 5):
        steps.add("a", LOST, number)
    assert steps.dropped == 5
    assert len(steps.take(PENDING_MAX + 5)) == PENDING_MAX


def test_the_same_step_of_several_devices_is_one_entry_although_no_two_are_taken_at_once():
    steps = Transitions()
    back = Step(S.OFFLINE, S.SYNCING, E.CONNECTION_OK)
    for number, device in enumerate("abc"):
        steps.add(device, LOST, number)
    for number, device in enumerate("cab"):
        steps.add(device, back, 10 + number)
    steps.add("a", LOST, 20)
    steps.add("b", LOST, 21)
    assert steps.take(30) == [(LOST, ["a", "b", "c"]), (back, ["c", "a", "b"]), (LOST, ["a", "b"])]


@given(
    st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from(list(E)), st.integers(0, 2 * LONG_NS), st.booleans()),
        max_size=60,
    )
)
def test_the_records_lead_from_state_to_state_without_a_hole(events):
    """Whoever replays them ends where the device is, but for an update that has just begun, and a planned sleep."""
    steps, states, replayed, now_ns = Transitions(), dict.fromkeys("ab", S.DISCONNECTED), {}, 0
    asleep = {}
    for device, event, pause_ns, taken in events:
        now_ns += pause_ns
        before, after = states[device], step(states[device], event)
        if after is not before:
            states[device] = after
            asleep[device] = event is E.ASLEEP or (asleep.get(device) and after is not S.IN_SYNC)
            steps.add(device, Step(before, after, event), now_ns)
        for one, devices in steps.take(now_ns) if taken else ():
            for name in devices:
                assert replayed.get(name, S.DISCONNECTED) is one.before
                replayed[name] = one.after
    for one, devices in steps.take(now_ns + LONG_NS):
        for name in devices:
            assert replayed.get(name, S.DISCONNECTED) is one.before
            replayed[name] = one.after
    for name, state in states.items():
        if state is S.CONNECTING and replayed.get(name) is S.OFFLINE:  # Nobody knows yet what becomes of it.
            continue
        in_sync = replayed.get(name) is S.IN_SYNC and asleep.get(name)
        assert in_sync or replayed.get(name, S.DISCONNECTED) is state


ASLEEP = Step(S.IN_SYNC, S.OFFLINE, E.ASLEEP)
AWAKE = [
    Step(S.OFFLINE, S.CONNECTING, E.NETWORK_RESTORED),
    Step(S.CONNECTING, S.SYNCING, E.CONNECTION_OK),
    Step(S.SYNCING, S.IN_SYNC, E.SYNC_COMPLETE),
]


def test_sleeps_that_go_to_plan_are_not_recorded():
    steps = Transitions()
    for number in range(100):
        for step_ in (ASLEEP, *AWAKE):
            steps.add("a", step_, number)
        assert steps.take(number) == []


def test_a_sleep_that_is_followed_by_anything_else_is_recorded_whole():
    steps = Transitions()
    lost = Step(S.CONNECTING, S.OFFLINE, E.CONNECTION_LOST)
    for number, step_ in enumerate((ASLEEP, AWAKE[0], lost, *AWAKE)):
        steps.add("a", step_, number)
    assert [step_ for step_, _ in steps.take(9)] == [ASLEEP, AWAKE[0], lost, *AWAKE]


def test_a_session_that_ends_before_all_was_in_sync_is_recorded_with_what_follows():
    steps = Transitions()
    early = Step(S.SYNCING, S.OFFLINE, E.ASLEEP)
    played = (ASLEEP, *AWAKE[:2], early, *AWAKE)
    for number, step_ in enumerate((*played, ASLEEP, *AWAKE)):
        steps.add("a", step_, number)
    assert [step_ for step_, _ in steps.take(99)] == list(played)


def test_an_update_that_a_sleep_ends_is_not_recorded():
    steps = Transitions()
    steps.add("a", NEWS, 0)
    steps.add("a", Step(S.UPDATING, S.OFFLINE, E.ASLEEP), 1)
    assert steps.take(LONG_NS * 2) == []

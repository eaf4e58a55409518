"""The ledger: every reading is counted, and the same events give the same state, to the byte."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.ledger import Ledger
from gateway.core.ledger_events import (
    Acknowledged,
    Committed,
    Committing,
    Defined,
    Deleted,
    Event,
    Key,
    Opened,
    Quarantined,
    Sealed,
    Shed,
    Suppressed,
    Taken,
    decode_event,
    decode_snapshot,
    encode_event,
    encode_snapshot,
)
from gateway.core.ledger_restore import restore
from gateway.core.reading import Lane
from gateway.core.segment import Base, Segment, series_counts

BASE = Base("8f0c1d2e-boot", 5_000_000_000, 1_795_417_200_000_000_000)
EPOCH = "3f2a9c1b7d10e644-2"
FRAGMENTS = ('{"t":0.0,"v":21.43}', '{"t":1.0,"vs":"漢字 \\"t\\":"}', '{"t":2.5,"vb":true}')


def state(ledger: Ledger) -> bytes:
    return encode_snapshot(ledger.snapshot())


class Driver:
    """Turns choices into events that can happen in the state that there is, as the outbox does."""

    def __init__(self) -> None:
        self.ledger = Ledger("gw", EPOCH, "boot")
        self.events: list[Event] = []
        self.begun: dict[Key, Segment] = {}
        self.on_disk: dict[Key, Segment] = {}

    def apply(self, event: Event) -> None:
        self.events.append(event)
        self.ledger.apply(event)

    def take(self, lane, index, pick):
        name = f"device-of-this-site/channel-{index}"
        if name not in self.ledger.indexes:
            self.apply(Defined(name, "Cel" if index else ""))
        if lane not in self.ledger.open:
            self.apply(Opened(lane, BASE))
        self.apply(Taken(lane, [self.ledger.indexes[name]], [FRAGMENTS[pick % len(FRAGMENTS)]]))

    def seal(self, lane, _index, _pick):
        if lane in self.ledger.open:
            self.apply(Sealed(lane))

    def suppress(self, _lane, index, pick):
        if index < len(self.ledger.series):
            self.apply(Suppressed(index, pick))

    def acknowledge(self, _lane, _index, pick):
        waiting = [*self.ledger.volatile, *(one for one in self.on_disk if one not in self.ledger.freed)]
        if waiting:
            chosen = waiting[pick % len(waiting)]
            counts = None if chosen in self.ledger.volatile else series_counts(self.on_disk[chosen].body, "gw")
            self.apply(Acknowledged(chosen, counts))

    def quarantine(self, _lane, _index, pick):
        held = self.ledger.volatile | {k: one for k, one in self.on_disk.items() if k not in self.ledger.freed}
        if held:
            self.apply(Quarantined(list(held.values())[pick % len(held)], "the unit is unknown"))

    def begin(self, _lane, _index, _pick):
        if not self.ledger.writing:
            self.begun = dict(self.ledger.volatile)
            self.apply(Committing(list(self.begun), 1, len(self.ledger.gaps) // 2, len(self.ledger.quarantine) // 2))

    def end(self, _lane, _index, pick):
        stored = bool(pick % 3)
        if stored:
            self.on_disk |= {one: self.begun[one] for one in self.ledger.writing}
        self.apply(Committed(stored))
        gone = list(self.ledger.freed) if stored else []
        self.apply(Deleted(gone))
        for one in gone:
            del self.on_disk[one]

    def shed(self, _lane, _index, pick):
        free = [one for one in self.ledger.volatile if one not in self.ledger.writing]
        if free:
            chosen = free[pick % len(free)]
            self.apply(Shed(chosen, self.ledger.volatile[chosen].last, "memory_full"))


STEPS = ["take", "take", "seal", "suppress", "acknowledge", "acknowledge", "begin", "end", "end", "shed", "quarantine"]
some_lane = st.sampled_from([Lane.NORMAL, Lane.NORMAL, Lane.HIGH])
choices = st.lists(
    st.tuples(st.sampled_from(STEPS), some_lane, st.integers(0, 3), st.integers(0, 50)), min_size=30, max_size=60
)


@given(choices)
@settings(max_examples=120, deadline=None, derandomize=True)
def test_whatever_happens_every_reading_is_accounted_for(chosen):
    driver = Driver()
    ledger = driver.ledger
    for step, *arguments in chosen:
        getattr(driver, step)(*arguments)
        assert all(tally.balanced and tally.waiting >= 0 for tally in ledger.tallies)
        in_memory = sum(one.count for one in ledger.volatile.values())
        in_memory += sum(len(one.indexes) for one in ledger.open.values())
        on_disk = sum(one.count for key, one in driver.on_disk.items() if key not in ledger.freed)
        assert ledger.total().waiting == in_memory + on_disk


@given(choices)
@settings(max_examples=120, deadline=None, derandomize=True)
def test_the_same_events_from_any_snapshot_on_give_the_same_state(chosen):
    driver = Driver()
    for step, *arguments in chosen:
        before, done = state(driver.ledger), len(driver.events)
        getattr(driver, step)(*arguments)
        again = restore(decode_snapshot(before))
        for event in driver.events[done:]:
            again.apply(decode_event(encode_event(event)))
        assert (state(again), again.bytes) == (state(driver.ledger), driver.ledger.bytes)


@given(choices)
@settings(max_examples=120, deadline=None, derandomize=True)
def test_a_snapshot_takes_no_more_than_the_ledger_says(chosen):
    driver = Driver()
    for step, *arguments in chosen:
        getattr(driver, step)(*arguments)
    ledger = driver.ledger
    beside = 400 + 150 * len(ledger.series) + 64 * len(ledger.freed)
    assert len(state(ledger)) <= ledger.bytes + beside

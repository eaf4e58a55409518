"""Whatever happens between uplink and twin: every reading arrives once, each series in order but for what is marked."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.cloud.flight import TRIES_MAX
from gateway.core.reading import Lane
from tests.cloud.rig import open_rig

QUOTA_EXCEEDED, TOO_LARGE = 0x97, 0x95
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
SERIES = {"a/normal": Lane.NORMAL, "b/normal": Lane.NORMAL, "a/high": Lane.HIGH, "a/alarm": Lane.CRITICAL}
STEPS = st.one_of(
    st.tuples(st.just("read"), st.sampled_from(["a/normal", "a/normal", "b/normal", "a/high", "a/alarm"])),
    st.tuples(st.just("alarm"), st.sampled_from(["a/normal", "a/high"])),
    st.tuples(st.just("read together"), st.integers(1, 12)),
    st.tuples(st.just("commit"), st.just(0)),
    st.tuples(st.just("acknowledge"), st.integers(0, 9)),
    st.tuples(st.just("wait"), st.sampled_from([0.1, 0.3, 2.0, 11.0])),
    st.tuples(st.just("reconnect"), st.integers(0, 3)),
    st.tuples(st.sampled_from(["refuse", "spoil"]), st.just(0)),
)
SPOILT_MAX = TRIES_MAX - 1
"""One more, and the uplink keeps a segment apart for good, as it should."""


class Twin:
    """Keeps what it is sent, and looks whether it may come in this order."""

    def __init__(self):
        self.held = {}
        self._newest = {}

    def receive(self, segment):
        for record in segment.records:
            key = (segment.epoch, segment.lane, record.seq)
            if key in self.held:
                assert self.held[key] == (record.series, record.value)
                continue
            self.held[key] = (record.series, record.value)
            newest = self._newest.get(record.series, -1.0)
            assert segment.backfill or record.value > newest, f"{record.value} after {newest} without a mark"
            self._newest[record.series] = max(newest, record.value)


class Play:
    def __init__(self, rig):
        self.rig = rig
        self.twin = Twin()
        self.taken = []
        self.number = 0
        self.seen = 0
        self.spoilt = 0

    async def step(self, name, argument):
        rig = self.rig
        match name:
            case "read" | "alarm":
                await self.read(argument, alarm=name == "alarm")
            case "read together":
                await self.read_together(argument)
            case "commit":
                await rig.commit()
            case "acknowledge" if rig.batches:  # Only what has arrived can be.
                self.arrive(len(rig.batches))
                await rig.acknowledge(*rig.batches[argument % len(rig.batches)])
            case "wait":
                await rig.pass_time(argument)
            case "reconnect":  # What was sent last may never have arrived.
                self.arrive(len(rig.batches) - argument)
                await self.connect()
            case "refuse":
                await self.refuse(QUOTA_EXCEEDED)
            case "spoil" if self.spoilt < SPOILT_MAX:
                self.spoilt += 1
                await self.refuse(TOO_LARGE)
        for sent in rig.session.sent[: self.seen]:
            sent.acknowledge(0)
        await rig.settle()

    async def refuse(self, code):
        """What has not arrived yet is refused by the broker."""
        for sent in self.rig.session.sent[self.seen :]:
            sent.acknowledge(code)
        await self.rig.settle()

    async def connect(self):
        await self.rig.connect(code=None)
        self.seen = 0

    async def read(self, series, *, urgent=True, alarm=False):
        if alarm:  # It is lifted into another lane, and goes before what was read before it.
            self.rig.outbox.overtake(series)
        self.number += 1
        self.rig.clock.advance(0.01)
        self.taken.append((series, float(self.number)))
        lane = Lane.CRITICAL if alarm else SERIES[series]
        await self.rig.read(self.number, series=series, lane=lane, urgent=urgent)

    async def read_together(self, count):
        for place in range(count):
            await self.read(sorted(SERIES)[place % len(SERIES)], urgent=False)

    def arrive(self, until):
        for batch in self.rig.batches[self.seen : max(until, self.seen)]:
            for segment in batch:
                self.twin.receive(segment)
        self.seen = max(until, self.seen)

    async def finish(self):
        await self.rig.commit()
        await self.connect()
        for _ in range(200):
            await self.rig.pass_time(0.3)
            self.arrive(len(self.rig.batches))
            for sent in self.rig.session.sent:
                sent.acknowledge(0)
            for batch in self.rig.batches[-8:]:
                await self.rig.acknowledge(*batch)
            if not self.rig.outbox.ledger.total().waiting:
                return
        raise AssertionError("it never ends")


async def play(steps, window):
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        async with open_rig(Path(folder), batch=6, window=window) as rig:
            played = Play(rig)
            await played.connect()
            for step in steps:
                await played.step(*step)
            await played.finish()
            total = rig.outbox.ledger.total()
            # What was refused twice and then went unanswered is kept apart, whether it had arrived or not.
            held = list(played.twin.held.values())
            assert len(held) == len(set(held))
            assert len(set(played.taken) - set(held)) <= total.quarantined
            assert set(held) <= set(played.taken)
            assert total.taken == total.acknowledged + total.quarantined == len(played.taken)
            assert total.balanced


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, min_size=10, max_size=40), st.sampled_from([1, 3]))
def test_every_reading_arrives_once_and_in_order_but_for_what_is_marked(steps, window):
    asyncio.run(play(steps, window))

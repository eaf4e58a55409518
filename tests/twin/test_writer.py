"""The writer: nothing leaves before it is written, and what could not be written is as if it had never come."""

from __future__ import annotations

import asyncio
import json

import pytest
import structlog

from tests.twin.builders import NOW_S, PREFIXES, batch, birth, segment
from twin import engine, handlers, writer
from twin.complaints import Complaints
from twin.messages import RefusedError
from twin.store import StoreError, open_store
from twin.writer import Writer


class GatedStore:
    """A real store whose commits wait for a test, or fail."""

    def __init__(self, store):
        self._store = store
        self.gate = asyncio.Event()
        self.gate.set()
        self.reached = asyncio.Event()
        self.failures = 0
        self.commits = 0

    async def read(self, sql, *parameters):
        return await self._store.read(sql, *parameters)

    async def write(self, changes):
        self.reached.set()
        await self.gate.wait()
        if self.failures:
            self.failures -= 1
            raise StoreError("disk full")
        await self._store.write(changes)
        self.commits += 1


class Bench:
    """A writer at work, and what it sends."""

    def __init__(self, store):
        self.store = GatedStore(store)
        self.sent = asyncio.Queue()
        self.complaints = Complaints(structlog.get_logger())
        self.writer = Writer(
            self.store,
            PREFIXES,
            self.complaints,
            now_s=lambda: NOW_S,
            send=lambda messages: [self.sent.put_nowait(message) for message in messages],
            retry_s=0,
        )

    async def acknowledged(self):
        message = await asyncio.wait_for(self.sent.get(), 5)
        return json.loads(message.payload)["ranges"]

    async def received(self):
        """How many readings the model holds, seen in a commit of its own."""
        return await self.writer.ask(
            lambda model, _: lambda: sum(engine.received(each.readings()) for each in model.gateways.values())
        )


@pytest.fixture
async def bench(tmp_path):
    async with open_store(tmp_path) as store:
        made = Bench(store)
        task = asyncio.create_task(made.writer.run())
        yield made
        made.store.gate.set()
        task.cancel()
        await asyncio.wait([task])


async def test_an_acknowledgement_follows_the_commit(bench):
    bench.store.gate.clear()
    await bench.writer.put(batch(segment(1, 3)))
    await bench.store.reached.wait()
    await asyncio.sleep(0)
    assert bench.sent.empty()
    bench.store.gate.set()
    assert [each[2:] for each in await bench.acknowledged()] == [[1, 3]]


async def test_what_arrives_during_a_commit_shares_the_next(bench):
    bench.store.gate.clear()
    await bench.writer.put(batch(segment(1, 1)))
    await bench.store.reached.wait()
    for seq in range(2, 12):
        await bench.writer.put(batch(segment(seq, seq)))
    bench.store.gate.set()
    numbers = [(await bench.acknowledged())[0][2] for _ in range(11)]
    assert numbers == list(range(1, 12))
    assert bench.store.commits == 2


async def test_a_transaction_is_bounded(bench, monkeypatch):
    monkeypatch.setattr(writer, "GROUP_READINGS_MAX", 5)
    bench.store.gate.clear()
    for first in range(1, 30, 3):
        await bench.writer.put(batch(segment(first, first + 2)))
    bench.store.gate.set()
    for _ in range(10):
        await bench.acknowledged()
    assert bench.store.commits == 5


async def test_whoever_sends_too_much_has_to_wait(bench):
    bench.store.gate.clear()
    await bench.writer.put(batch(segment(1, 1)))
    await bench.store.reached.wait()
    for seq in range(2, 2 + writer.WAITING_MAX):
        await bench.writer.put(batch(segment(seq, seq)))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(bench.writer.put(batch(segment(999, 999))), 0.01)


async def test_what_could_not_be_written_is_not_acknowledged_and_not_held(bench):
    await bench.writer.put(batch(segment(1, 3)))
    await bench.acknowledged()
    bench.store.failures = 1
    await bench.writer.put(batch(segment(4, 6)))
    with pytest.raises(StoreError, match="disk full"):
        await bench.received()
    await bench.writer.put(batch(segment(7, 9)))
    assert [each[2:] for each in await bench.acknowledged()] == [[7, 9]]
    assert await bench.received() == 6
    assert bench.sent.empty()
    assert bench.complaints.counts == {"store_failed": 1}
    await bench.writer.put(batch(segment(4, 6)))
    assert [each[2:] for each in await bench.acknowledged()] == [[4, 6]]
    assert await bench.received() == 9


async def test_an_ask_whose_commit_fails_gets_the_error(bench):
    bench.store.failures = 1
    with pytest.raises(StoreError, match="disk full"):
        await bench.received()
    assert await bench.received() == 0


async def test_an_ask_is_answered_after_its_commit(bench):
    bench.store.gate.clear()
    asking = asyncio.create_task(bench.received())
    await bench.store.reached.wait()
    await asyncio.sleep(0)
    assert not asking.done()
    bench.store.gate.set()
    assert await asking == 0


async def test_an_ask_that_is_refused_gets_the_reason(bench):
    def refuse(*_):
        raise RefusedError("no")

    with pytest.raises(RefusedError, match="no"):
        await bench.writer.ask(refuse)


async def test_a_refused_message_is_counted_and_stops_nothing(bench, monkeypatch):
    monkeypatch.setattr(handlers, "GATEWAYS_MAX", 1)
    await bench.writer.put(batch(segment(1, 1)))
    await bench.writer.put(birth(gateway="h"))
    await bench.writer.put(birth(gateway="h"))
    await bench.writer.put(batch(segment(2, 2)))
    assert await bench.received() == 2
    assert bench.complaints.counts == {"birth_refused": 2}


async def test_stopping_waits_for_the_commit_that_is_under_way(tmp_path):
    async with open_store(tmp_path) as store:
        bench = Bench(store)
        task = asyncio.create_task(bench.writer.run())
        bench.store.gate.clear()
        await bench.writer.put(batch(segment(1, 3)))
        await bench.store.reached.wait()
        task.cancel()
        await asyncio.sleep(0)
        assert not task.done()
        bench.store.gate.set()
        await asyncio.wait([task])
        assert task.cancelled()
        assert await store.read("SELECT first, last FROM received") == [(1, 3)]
        assert bench.sent.empty()


async def test_asks_that_wait_for_a_writer_that_stops_are_let_go(tmp_path):
    async with open_store(tmp_path) as store:
        bench = Bench(store)
        bench.store.gate.clear()
        task = asyncio.create_task(bench.writer.run())
        await bench.writer.put(batch(segment(1, 3)))
        await bench.store.reached.wait()
        asking = asyncio.create_task(bench.received())
        await asyncio.sleep(0)
        bench.store.gate.set()
        task.cancel()
        with pytest.raises(StoreError, match="the twin has stopped"):
            await asking
        with pytest.raises(StoreError, match="the twin has stopped"):
            await bench.received()
        await asyncio.wait([task])

"""What parts remember over a restart: handed to them, kept for them, on a real disk."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from drivers.remembering import Remembering
from gateway.core.command import Source, execution_of
from gateway.core.wire import CommandRequest
from gateway.devices import memory as module
from gateway.devices.memory import Memory
from gateway.errors import StoreError
from gateway.store.held import hold, load_held
from tests.devices.plant import open_plant
from tests.fakes.clock import FakeClock


class Counter(Remembering):
    """Counts when a test says so."""

    def __init__(self):
        self.known, self.resumed = {"total": 0.0}, []

    def memory(self):
        return dict(self.known)

    def resume(self, memory):
        self.resumed.append(memory)
        self.known.update(memory or {})


@pytest.fixture
async def site(tmp_path):
    async with open_plant(tmp_path, FakeClock()) as plant:
        yield Site(plant.database)


class Site:
    def __init__(self, database):
        self.database = database

    def start(self, held):
        self.counter = Counter()
        return Memory({"meter": self.counter}, held, self.database)

    async def restart(self):
        return self.start(await load_held(self.database))


async def test_at_the_first_start_there_is_nothing_to_remember(site):
    site.start({})
    assert site.counter.resumed == [{}]


async def test_a_total_goes_on_over_a_restart(site):
    memory = site.start({})
    site.counter.known["total"] = 41.5
    await memory.keep()
    await site.restart()
    assert site.counter.resumed == [{"total": 41.5}]


async def test_a_part_is_handed_what_is_its_own_only(site):
    site.start({"room/total": 1.0, "set:meter/total": 2.0, "meter/total": 3.0})
    assert site.counter.resumed == [{"total": 3.0}]


async def test_what_has_not_changed_is_not_written_again(site):
    memory = site.start({})
    await memory.keep()
    await site.database.write(hold("meter/total", -1.0))
    await memory.keep()
    assert await load_held(site.database) == {"meter/total": -1.0}
    site.counter.known["total"] = 1.0
    await memory.keep()
    assert await load_held(site.database) == {"meter/total": 1.0}


async def test_where_the_store_cannot_be_read_nothing_is_known_and_nothing_kept(site):
    memory = site.start(None)
    assert site.counter.resumed == [None]
    await memory.keep()
    await memory.run()
    assert await load_held(site.database) == {}


async def test_it_is_kept_from_time_to_time_also_after_a_disk_that_failed(site, monkeypatch):
    monkeypatch.setattr(module, "KEEP_EVERY_S", 0.0)
    memory = site.start({})
    kept, real = asyncio.Event(), memory.keep
    failures = [StoreError("disk full")]

    async def keep():
        if failures:
            raise failures.pop()
        await real()
        kept.set()

    monkeypatch.setattr(memory, "keep", keep)
    task = asyncio.create_task(memory.run())
    await asyncio.wait_for(kept.wait(), 5.0)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert await load_held(site.database) == {"meter/total": 0.0}


@pytest.mark.parametrize(("device", "keeps"), [("meter", True), ("mill", False)])
async def test_what_an_operation_has_set_is_kept_at_once(site, device, keeps):
    memory = site.start({})
    task = asyncio.create_task(memory.run())
    await asyncio.sleep(0)
    site.counter.known["total"] = 77.0
    request = CommandRequest(device=device, operation="SetTotal", issued=0.0, expires=60.0)
    memory.finished(execution_of("one", request, Source.TWIN, 0.0))
    for _ in range(200 if keeps else 5):
        await asyncio.sleep(0.01)
        if (held := await load_held(site.database)) and keeps:
            break
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert held == ({"meter/total": 77.0} if keeps else {})

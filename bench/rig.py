"""What the benchmarks stand on: folders, a broker, a twin in a process of its own, and the gateway's rooms in ours."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.ack_twin import READY
from bench.children import BenchError
from bench.readings import GATEWAY, Source
from demo.broker import Broker, start_broker
from demo.folders import Folders, folders
from demo.processes import Child, Processes, processes
from demo.waiting import until
from gateway.app.rooms import Rooms
from gateway.app.wiring import Stores, wire_up
from gateway.clock import Clock, SystemClock
from gateway.cloud.session import LinkState
from gateway.core.reading import Lane, Reading
from gateway.core.settings import LinkSettings, Site, StoreSettings
from gateway.core.time_repair import Boots
from gateway.devices.site import Hardware
from gateway.store.database import Database, open_database
from gateway.store.events import EventLog
from gateway.store.held import load_held
from gateway.store.inbox import Inbox
from gateway.store.outbox import Outbox
from gateway.store.recovery import Opened, open_outbox
from gateway.timekeeper import Timekeeper

BATCH = 500
"""Readings in a batch and in a segment, as the gateway has them by default."""
START_S = 20.0
"""Longest wait for a twin to subscribe."""


ACCESS = "allow_anonymous true\nmax_queued_messages 0"
"""For Mosquitto. Without a limit, because the baseline's other side is slower than its backlog is sent."""


@dataclass(frozen=True)
class Stage:
    """A broker, and what else is started on it."""

    folders: Folders
    processes: Processes
    broker: Broker

    def site(self, name: str = "store", **link: Any) -> Site:
        """A site without devices, with a store of its own and its link to the broker here."""
        return Site(
            gateway=GATEWAY,
            link=LinkSettings(host=self.broker.host, port=self.broker.port, **link),
            store=StoreSettings(
                directory=str(self.folders.state / name), runtime_directory=str(self.folders.runtime / name)
            ),
        )

    async def start_ack_twin(self) -> Child:
        """A twin that acknowledges and keeps nothing.

        Raises:
            BenchError: it does not come up.
        """
        return await self._started("bench.ack_twin", self.broker.host, str(self.broker.port), LinkSettings().prefix)

    async def start_real_twin(self) -> Child:
        """The reference twin, which acknowledges when it has committed.

        Raises:
            BenchError: it does not come up.
        """
        directory = str(self.folders.twin)
        return await self._started("gateway", "twin", "--broker", self.broker.address, "--directory", directory)

    async def start_row_twin(self, directory: Path) -> Child:
        """What the baseline sends to.

        Raises:
            BenchError: it does not come up.
        """
        return await self._started("bench.row_twin", self.broker.host, str(self.broker.port), str(directory))

    async def _started(self, module: str, *arguments: str) -> Child:
        child = self.processes.start_module(f"{module}-{secrets.token_hex(3)}", module, *arguments)

        async def look() -> bool | None:
            said = child.log.read_text(encoding="utf-8", errors="replace")
            return False if child.status is not None else (READY in said or None)

        if not await until(look, START_S):
            raise BenchError(f"{module} does not come up; it says: {' | '.join(child.last_lines())}")
        return child


@contextlib.asynccontextmanager
async def stage(more: str = "") -> AsyncIterator[Stage]:
    """A broker in fresh folders, on a disk where there is one; on leaving everything ends and is removed.

    `more` are lines for Mosquitto's configuration.

    Raises:
        BrokerError: there is no broker.
    """
    with folders(None) as made:
        async with processes(made.state) as started:
            yield Stage(made, started, await start_broker(started, made.state, access=f"{ACCESS}\n{more}"))


@contextlib.asynccontextmanager
async def open_store(settings: StoreSettings, clock: Clock) -> AsyncIterator[tuple[Database, Opened]]:
    """The store room; on leaving everything is committed."""
    async with (
        open_database(Path(settings.directory), stamp="bench") as database,
        open_outbox(database, GATEWAY, clock, settings, secrets.token_hex(8)) as opened,
    ):
        yield database, opened


def take_in(outbox: Outbox, source: Source, readings: Sequence[Reading], *, urgent: bool = False) -> None:
    """What a sampler does with a device's readings."""
    units = source.units
    outbox.append_all([(reading, units[reading.series]) for reading in readings], Lane.NORMAL, urgent=urgent)


async def commit_if_due(opened: Opened, clock: Clock) -> None:
    """What the committer's loop does, but for the waiting: that is simulated."""
    if clock.boottime_ns() >= opened.committer.due_ns():
        await opened.committer.commit()


@contextlib.asynccontextmanager
async def open_rooms(site: Site, hardware: Hardware | None = None, clock: Clock | None = None) -> AsyncIterator[Rooms]:
    """The daemon's rooms as the daemon wires them, without hardware where none is given; nothing runs yet."""
    clock = clock or SystemClock()
    async with open_store(site.store, clock) as (database, opened):
        timekeeper = Timekeeper(clock, Boots((), clock.boot_id))
        inbox, events = await Inbox.open(database), await EventLog.open(database, timekeeper)
        stores = Stores(database, opened, inbox, events, await load_held(database), timekeeper)
        yield wire_up(site, stores, hardware or Hardware({}, {}))


@contextlib.asynccontextmanager
async def running(*loops: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Loops that run meanwhile and are cancelled on leaving; one that fails ends what it runs beside."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(loop) for loop in loops]
        yield
        for task in tasks:
            task.cancel()


@contextlib.asynccontextmanager
async def linked(rooms: Rooms) -> AsyncIterator[None]:
    """The rooms' loops, from the moment at which the broker has let the gateway in."""
    up = asyncio.Event()

    def changed(state: LinkState) -> None:
        rooms.sync.link_changed(state)
        if state is LinkState.CONNECTED:
            up.set()

    async with running(rooms.committer.run(), rooms.connection.run(rooms.downlink.serve, changed)):
        async with asyncio.timeout(START_S):
            await up.wait()
        yield


class Progress:
    """Wakes who waits for the outbox at every acknowledgement."""

    def __init__(self, rooms: Rooms) -> None:
        self._outbox = rooms.outbox
        self._committer = rooms.committer
        self._news = asyncio.Event()
        self._before = rooms.uplink.progress
        rooms.uplink.progress = self._on_progress

    def _on_progress(self) -> None:
        self._before()
        self._news.set()

    @property
    def waiting(self) -> int:
        """Readings that are not acknowledged."""
        return self._outbox.ledger.waiting

    async def until_at_most(self, readings: int) -> None:
        """Wait until no more than so many are not acknowledged."""
        while self.waiting > readings:
            self._news.clear()
            await self._news.wait()

    async def until_gone(self) -> None:
        """Wait until all is acknowledged, and nothing of it is on the disk any more."""
        await self.until_at_most(0)
        while self._outbox.ledger.freed or any(self._outbox.stored.values()):
            await self._committer.commit()

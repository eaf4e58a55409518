"""The daemon's life: opens the doors in order, runs the loops, closes the doors in reverse.

The order of closing is the nesting of the code: first nobody asks and nobody acts any more, then the actuators get
their safe values, then the last readings are committed, then the database and its lock are let go.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import time
from collections.abc import AsyncIterator
from pathlib import Path

import structlog

from gateway.app.clocks import keep_time
from gateway.app.report import report
from gateway.app.rooms import Rooms
from gateway.app.runtime import anchored, hold, status_socket
from gateway.app.watch import watch_levels
from gateway.app.wiring import Stores, wire_up
from gateway.clock import Clock, SystemClock
from gateway.cloud.connection import Serve
from gateway.cloud.meter import MeteredSession
from gateway.cloud.session import LinkState, Session
from gateway.core.settings import Site
from gateway.core.time_repair import Boots
from gateway.devices.guardian import Guardian
from gateway.devices.site import Hardware, build
from gateway.errors import StoreError
from gateway.health import Notifier, watchdog_interval_s
from gateway.store.boots import load_boots, save_boot
from gateway.store.database import open_database
from gateway.store.events import EventLog
from gateway.store.held import load_held
from gateway.store.inbox import Inbox
from gateway.store.outputs import load_outputs
from gateway.store.quota import Quota
from gateway.store.recovery import SKIP_MAX, open_outbox
from gateway.store.shadows import load_kept
from gateway.timekeeper import Timekeeper

CANCEL_AGAIN_S = 10.0
"""Until Python 3.12 a cancellation could be lost where a wait ends at the same moment; then it is said again."""
STATUS_EVERY_S = 5.0
"""How often `systemctl status` gets a new line when no watchdog asks for more."""

log = structlog.get_logger("app")


async def run(site: Site, stop: asyncio.Event, clock: Clock | None = None) -> None:
    """Run the daemon for `site` until `stop` is set.

    Raises:
        StoreError: the store or the runtime directory cannot be used, or another daemon has it.
    """
    clock, site = clock or SystemClock(), anchored(site)
    runtime = Path(site.store.runtime_directory)
    notifier = Notifier(os.environ.get("NOTIFY_SOCKET"))
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(hold(runtime))
        stores = await stack.enter_async_context(_open_stores(site, clock))
        last: list[Guardian] = []
        stack.push_async_callback(_keep_outputs, last)
        hardware = await stack.enter_async_context(_open_hardware(site, clock))
        rooms = wire_up(site, stores, hardware)
        last.append(rooms.guardian)
        await rooms.settings.resume()
        await stack.enter_async_context(status_socket(runtime, lambda: report(rooms), rooms.hand.desk.answer))
        started = stores.events.statements("start", epoch=rooms.outbox.ledger.epoch)
        await stores.database.write(*started, *save_boot(stores.timekeeper.boots.present))
        loops = await stack.enter_async_context(asyncio.TaskGroup())
        tasks = _start(rooms, stores, loops, notifier)
        rooms.spending.warn(rooms.samplers)
        notifier.ready()
        log.info("running", gateway=site.gateway, devices=len(hardware.devices), epoch=rooms.outbox.ledger.epoch)
        await stop.wait()
        notifier.stopping()
        log.info("stopping")
        await _end(tasks)
        rooms.spending.keep(closing=True)
    log.info("stopped")


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    while going := [task for task in tasks if not task.done()]:
        for task in going:
            task.cancel()
        await asyncio.wait(going, timeout=CANCEL_AGAIN_S)


def _start(rooms: Rooms, stores: Stores, group: asyncio.TaskGroup, notifier: Notifier) -> list[asyncio.Task[None]]:
    """Every loop of the daemon. Those that take readings in begin last, and all end together."""
    loops = {
        "committer": rooms.committer.run(),
        "actuator": rooms.actuator.run(),
        "guardian": rooms.guardian.run(),
        "overrides": rooms.hand.overrides.run(),
        "connection": rooms.connection.run(_metered(rooms), rooms.sync.link_changed),
        "watch": _watch(rooms, notifier),
        "levels": watch_levels(rooms.sync, rooms.levels, rooms.site.objectives, stores.database, stores.events),
        "time": keep_time(stores.timekeeper, stores.database, stores.events),
        **{f"thermostat-{name}": one.run() for name, one in rooms.thermostats.items()},
        **({"rules": rooms.rules.run()} if rooms.site.rules else {}),
        **{f"sampler-{number}": sampler.run() for number, sampler in enumerate(rooms.samplers)},
    }
    return [group.create_task(loop, name=name) for name, loop in loops.items()]


@contextlib.asynccontextmanager
async def _open_stores(site: Site, clock: Clock) -> AsyncIterator[Stores]:
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(clock.wall_ns() / 1e9))
    async with contextlib.AsyncExitStack() as stack:
        database = await stack.enter_async_context(open_database(Path(site.store.directory), stamp=stamp))
        opened = await stack.enter_async_context(
            open_outbox(database, site.gateway, clock, site.store, secrets.token_hex(8), secrets.randbelow(SKIP_MAX))
        )
        inbox = await Inbox.open(database)
        timekeeper = Timekeeper(clock, Boots(await load_boots(database), clock.boot_id))
        timekeeper.look()
        events = await EventLog.open(database, timekeeper)
        quota = Quota(opened.outbox, database, Path(site.store.directory), site.store.quota)
        await quota.cap()
        opened.committer.event = events.statements
        opened.committer.relieve = quota.relieve
        held, kept = await load_held(database), await load_kept(database, site.gateway)
        outputs = await load_outputs(database)
        yield Stores(database, opened, inbox, events, held, timekeeper, quota, kept, outputs)


async def _keep_outputs(guardians: list[Guardian]) -> None:
    """The outputs have their safe values: since when is worth knowing at the next start."""
    for guardian in guardians:
        try:
            await guardian.keep()
        except StoreError as error:  # Then the next start takes it that they were driven until then.
            log.error("safety not recorded", reason=str(error), hint=error.hint)


@contextlib.asynccontextmanager
async def _open_hardware(site: Site, clock: Clock) -> AsyncIterator[Hardware]:
    hardware = build(site, clock)
    try:
        yield hardware
    finally:
        # All at once: a bus that hangs does not keep the others from their safe values.
        await asyncio.gather(*(device.close(device.settings.safe) for device in hardware.devices.values()))
        for thread in hardware.threads.values():
            thread.close()


def _metered(rooms: Rooms) -> Serve:
    """The downlink's way of serving a session, with every message counted."""

    async def serve(session: Session) -> None:
        await rooms.downlink.serve(MeteredSession(session, rooms.spending.meter))

    return serve


def _keep_account(rooms: Rooms) -> None:
    rooms.spending.meter.connected = rooms.connection.state is LinkState.CONNECTED
    rooms.spending.meter.tick()
    rooms.spending.keep()


async def _watch(rooms: Rooms, notifier: Notifier) -> None:
    """Tell systemd that we live, as long as every sampler makes progress: a process that only exists is no help."""
    interval_s = watchdog_interval_s(dict(os.environ))
    while True:
        if all(sampler.progresses for sampler in rooms.samplers):
            notifier.alive()
        _keep_account(rooms)
        total = rooms.outbox.ledger.total()
        notifier.status(f"{rooms.connection.state.value}; {total.waiting} readings waiting")
        await asyncio.sleep(min(interval_s or STATUS_EVERY_S, STATUS_EVERY_S))

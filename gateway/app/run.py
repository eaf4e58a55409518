"""The daemon's life: opens the doors in order, runs the loops, closes the doors in reverse.

The order of closing is the nesting of the code: first nobody asks and nobody acts any more, then the actuators get
their safe values, then the last readings are committed, then the database and its lock are let go.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import structlog

from gateway.app.clocks import keep_time
from gateway.app.report import report
from gateway.app.rooms import Rooms
from gateway.app.runtime import anchored, hold, status_socket
from gateway.app.stores import intervals_s, open_stores, store_is_back
from gateway.app.watch import Watched, watch_levels
from gateway.app.why import answers
from gateway.app.wiring import Stores, wire_up
from gateway.clock import Clock, SystemClock
from gateway.cloud.connection import Serve
from gateway.cloud.meter import MeteredSession
from gateway.cloud.session import LinkState, Session
from gateway.core.settings import Site
from gateway.devices.site import Hardware, build
from gateway.errors import StoreError
from gateway.health import Notifier, watchdog_interval_s

CANCEL_AGAIN_S = 10.0
"""Until Python 3.12 a cancellation could be lost where a wait ends at the same moment; then it is said again."""
STATUS_EVERY_S = 5.0
"""How often `systemctl status` gets a new line when no watchdog asks for more."""

log = structlog.get_logger("app")


async def run(site: Site, stop: asyncio.Event, clock: Clock | None = None) -> None:
    """Run the daemon for `site` until `stop` is set.

    Where the store's disk does not let it be opened, memory stands in for it until it can be; then everything begins
    anew, with the store.

    Raises:
        StoreError: the store or the runtime directory cannot be used, or another daemon has it.
    """
    clock, site = clock or SystemClock(), anchored(site)
    notifier = Notifier(os.environ.get("NOTIFY_SOCKET"))
    with hold(Path(site.store.runtime_directory)):
        for again_s in intervals_s():
            if await _live(site, stop, clock, notifier, again_s):
                break
            log.info("beginning anew with the store")
    log.info("stopped")


async def _live(site: Site, stop: asyncio.Event, clock: Clock, notifier: Notifier, again_s: float) -> bool:
    """From the opening of the doors to their closing; False where only the store is back."""
    runtime = Path(site.store.runtime_directory)
    async with contextlib.AsyncExitStack() as stack:
        stores = await stack.enter_async_context(open_stores(site, clock))
        last: list[Rooms] = []
        stack.push_async_callback(_keep_last, last)
        hardware = await stack.enter_async_context(_open_hardware(site, clock))
        rooms = wire_up(site, stores, hardware)
        last.append(rooms)
        await rooms.settings.resume()
        await stack.enter_async_context(status_socket(runtime, lambda: report(rooms), answers(rooms, stores.database)))
        loops = await stack.enter_async_context(asyncio.TaskGroup())
        tasks = _start(rooms, stores, loops, notifier)
        rooms.spending.warn(rooms.samplers)
        notifier.ready()
        log.info("running", gateway=site.gateway, devices=len(hardware.devices), epoch=rooms.outbox.ledger.epoch)
        stopped = await _wait(site, stop, loops, again_s if stores.down else None)
        if stopped:
            notifier.stopping()
            log.info("stopping")
        await _end(tasks)
        rooms.spending.keep(closing=True)
    return stopped


async def _wait(site: Site, stop: asyncio.Event, group: asyncio.TaskGroup, again_s: float | None) -> bool:
    """Until `stop`, or until a store that is down and tried every `again_s` is back; whether it was `stop`."""
    waits: list[asyncio.Task[Any]] = [group.create_task(stop.wait(), name="stop")]
    if again_s is not None:
        waits.append(group.create_task(store_is_back(site, again_s), name="store"))
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    await _end(waits)
    return stop.is_set()


async def _end(tasks: Sequence[asyncio.Task[Any]]) -> None:
    while going := [task for task in tasks if not task.done()]:
        for task in going:
            task.cancel()
        await asyncio.wait(going, timeout=CANCEL_AGAIN_S)


def _start(rooms: Rooms, stores: Stores, group: asyncio.TaskGroup, notifier: Notifier) -> list[asyncio.Task[None]]:
    """Every loop of the daemon. Those that take readings in begin last, and all end together."""
    watched = Watched(rooms.sync, rooms.levels, rooms.pressure, rooms.site.objectives)
    loops = {
        "committer": rooms.committer.run(),
        "actuator": rooms.actuator.run(),
        "guardian": rooms.guardian.run(),
        "operator": rooms.operator.run(),
        "memory": rooms.memory.run(),
        "overrides": rooms.hand.overrides.run(),
        "connection": rooms.connection.run(_metered(rooms), rooms.sync.link_changed),
        "watch": _watch(rooms, notifier),
        "levels": watch_levels(watched, stores.database, stores.events),
        "time": keep_time(stores.timekeeper, stores.database, stores.events),
        **{f"thermostat-{name}": one.run() for name, one in rooms.thermostats.items()},
        **({"rules": rooms.rules.run()} if rooms.site.rules else {}),
        **{f"sampler-{number}": sampler.run() for number, sampler in enumerate(rooms.samplers)},
    }
    return [group.create_task(loop, name=name) for name, loop in loops.items()]


async def _keep_last(open_rooms: list[Rooms]) -> None:
    """The outputs have their safe values, and nothing counts any more: worth knowing at the next start."""
    for rooms in open_rooms:
        try:
            await rooms.guardian.keep()
        except StoreError as error:  # Then the next start takes it that they were driven until then.
            log.error("safety not recorded", reason=str(error), hint=error.hint)
        try:
            await rooms.memory.keep()
        except StoreError as error:
            log.error("totals not kept", reason=str(error), hint=error.hint)


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
    """Tell systemd that we live, as long as guardian and samplers make progress: to exist is not enough."""
    interval_s = watchdog_interval_s(dict(os.environ))
    while True:
        if rooms.guardian.progresses and all(sampler.progresses for sampler in rooms.samplers):
            notifier.alive()
        _keep_account(rooms)
        total = rooms.outbox.ledger.total()
        down = "; no store, memory stands in" if rooms.committer.stands_in else ""
        notifier.status(f"{rooms.connection.state.value}; {total.waiting} readings waiting{down}")
        await asyncio.sleep(min(interval_s or STATUS_EVERY_S, STATUS_EVERY_S))

"""What the store room has open: the store itself, or, where its disk does not let us, what stands in for it."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import structlog

from gateway.app.wiring import Stores
from gateway.clock import NS_PER_S, Clock
from gateway.core.settings import Site
from gateway.core.time_repair import Boots
from gateway.errors import StoreDownError, StoreError
from gateway.store.boots import load_boots, save_boot
from gateway.store.database import Database, open_database
from gateway.store.events import EventLog
from gateway.store.held import load_held
from gateway.store.inbox import Inbox
from gateway.store.levels import begun_again, load_levels
from gateway.store.memory import memory_since
from gateway.store.outputs import load_outputs
from gateway.store.quota import Quota
from gateway.store.recovery import SKIP_MAX, Opened, open_outbox
from gateway.store.shadows import load_kept
from gateway.store.standin import STANDIN_BYTES, carry_over, folder_of, open_standin, try_store
from gateway.timekeeper import Timekeeper

STORE_AGAIN_S, STORE_AGAIN_S_MAX = 30.0, 3600.0
"""How often a store that could not be opened is tried. It doubles up to the second each time that the store seemed to
be back and could not be opened after all: going over to it makes the outputs safe for a moment."""

log = structlog.get_logger("app")


@contextlib.asynccontextmanager
async def open_stores(site: Site, clock: Clock) -> AsyncIterator[Stores]:
    """Open the store, or the stand-in where the store's disk is full, read-only or failing, or may not be written.

    Raises:
        StoreError: another daemon has the store, its path is a mistake, or there is no room for a
            stand-in either.
    """
    async with contextlib.AsyncExitStack() as stack:
        try:
            stores = await stack.enter_async_context(_open_store(site, clock))
        except StoreDownError as error:
            log.error("the store cannot be opened", reason=str(error), hint=error.hint, retry_s=STORE_AGAIN_S)
            stores = await stack.enter_async_context(_open_standin(site, clock, str(error)))
        yield stores


@contextlib.asynccontextmanager
async def _open_store(site: Site, clock: Clock) -> AsyncIterator[Stores]:
    stamp, directory = _stamp(clock), Path(site.store.directory)
    async with open_database(directory, stamp=stamp) as database:
        await carry_over(database, site.store, stamp)
        async with open_outbox(database, site.gateway, clock, site.store, *_fresh()) as opened:
            stores = await _around(site, clock, database, opened)
            quota = Quota(opened.outbox, database, directory, site.store.quota)
            await quota.cap()
            opened.committer.relieve = quota.relieve
            yield stores._replace(quota=quota)


@contextlib.asynccontextmanager
async def _open_standin(site: Site, clock: Clock, reason: str) -> AsyncIterator[Stores]:
    directory = folder_of(site.store)
    async with (
        open_database(directory, stamp=_stamp(clock)) as database,
        open_standin(database, site.gateway, clock, site.store, *_fresh(), reason) as opened,
    ):
        stores = await _around(site, clock, database, opened)
        await Quota(opened.outbox, database, directory, STANDIN_BYTES).cap()
        await stores.events.record("store_down", reason=reason)
        try:
            yield stores._replace(down=reason)
        finally:
            with contextlib.suppress(StoreError):  # With it is kept what the twin knows of the events before it.
                await stores.events.record("store_down_over", reason=reason)


def _fresh() -> tuple[str, int]:
    return secrets.token_hex(8), secrets.randbelow(SKIP_MAX)


def _stamp(clock: Clock) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(clock.wall_ns() / NS_PER_S))


async def _around(site: Site, clock: Clock, database: Database, opened: Opened) -> Stores:
    """What else lies in a database, beside an outbox; the start is recorded."""
    inbox = await Inbox.open(database)
    timekeeper = Timekeeper(clock, Boots(await load_boots(database), clock.boot_id))
    timekeeper.look()
    events = await EventLog.open(database, timekeeper)
    since_s = await memory_since(database, timekeeper)
    opened.committer.event = events.statements
    history = await load_levels(database)
    started = [*begun_again(history), *events.statements("start", epoch=opened.outbox.ledger.epoch)]
    if database.aside is not None and database.salvaged is not None:
        started += events.statements("store_set_aside", file=database.aside.name, **database.salvaged._asdict())
    await database.write(*started, *save_boot(timekeeper.boots.present))
    held, kept = await load_held(database), await load_kept(database, site.gateway)
    outputs = await load_outputs(database)
    return Stores(
        database, opened, inbox, events, held, timekeeper, None, kept, outputs, since_s=since_s, history=history
    )


def intervals_s() -> Iterator[float]:
    """How often a store that is down is tried, for each time that it is."""
    every_s = STORE_AGAIN_S
    while True:
        yield every_s
        every_s = min(2 * every_s, STORE_AGAIN_S_MAX)


async def store_is_back(site: Site, every_s: float) -> None:
    """Return when the store takes something; it is tried at intervals of `every_s`."""
    while True:
        await asyncio.sleep(every_s)
        try:
            await try_store(site.store)
        except StoreError as error:
            log.debug("the store still cannot be opened", reason=str(error))
        else:
            log.info("the store can be written again")
            return

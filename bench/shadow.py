"""Shadows: from a desire to the report that it is so, and from a reconnection until a hundred devices are in sync.

The twin is the reference one, in a process of its own, behind a real broker. Each device is a thermostat whose set
point is desired, so that each wish goes the whole way: policy, admission and its commit, actuator, outcome, report.
Round trip: an application with a connection of its own publishes a desire, and the time ends when it hears that the
report was accepted. In sync: every device has something new to report, nothing is desired of it, and the time runs from
the start of the connection until the last is in sync. The baseline is a client that is written in an afternoon, for one
device after the other: get, wait, update, wait. It keeps nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from bench.readings import GATEWAY
from bench.result import Measured, Metric, percentile
from bench.rig import Stage, linked, open_rooms, running, stage
from bench.shadow_client import Client, client
from gateway.app.rooms import Rooms
from gateway.core.settings import LinkSettings, Site, ThermostatSettings
from gateway.core.sync_state import SyncState

METRICS = (
    Metric("round_trip_p50_ms", "ms"),
    Metric("round_trip_p99_ms", "ms"),
    Metric("in_sync_100_s", "s"),
)
SIMPLE = "simple-1"
"""The gateway of the baseline."""
IN_SYNC_S_MAX = 60.0


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    devices: int = 100
    trips: int = 300
    reconnections: int = 5


FULL = Sizes()
QUICK = Sizes(devices=5, trips=4, reconnections=1)


async def measure(sizes: Sizes) -> Measured:
    """Measure both."""
    names = [f"d{number:03}" for number in range(sizes.devices)]
    async with stage() as at:
        await at.start_real_twin()
        site = _site(at, names)
        ours = await _ours(site, names, sizes)
        simple = await _simple(site.link, names, sizes)
    figures = [
        {
            "round_trip_p50_ms": percentile(trips, 0.5),
            "round_trip_p99_ms": percentile(trips, 0.99),
            "in_sync_100_s": percentile(syncs, 0.5),
        }
        for trips, syncs in (ours, simple)
    ]
    return Measured(
        figures[0],
        figures[1],
        [
            f"{sizes.trips} round trips, one at a time",
            f"median of {sizes.reconnections} reconnections of {sizes.devices} devices",
            "a wish is on the disk before it is acted on, and its outcome after it; the baseline keeps nothing",
        ],
    )


def _site(at: Stage, names: Sequence[str]) -> Site:
    heated = tuple(
        ThermostatSettings(name=name, sensor="room/temperature", actuator=f"{name}-heater/on") for name in names
    )
    return msgspec.structs.replace(at.site("shadows"), thermostats=heated)


async def _ours(site: Site, names: Sequence[str], sizes: Sizes) -> tuple[list[float], list[float]]:
    """Milliseconds of round trips, and seconds until all are in sync."""
    syncs = []
    async with open_rooms(site) as rooms, running(rooms.actuator.run()):
        agreed = _watched(rooms)
        async with linked(rooms), client(site.link, "application", GATEWAY) as application:
            await _in_sync(agreed)
            trips = await _trips(application, names, sizes.trips)
        for number in range(sizes.reconnections):
            for name in names:
                rooms.shadows.is_now(f"{name}/setpoint", 15.0 + 0.5 * number)
            agreed.clear()
            began_s = time.monotonic()
            async with linked(rooms):
                await _in_sync(agreed)
                syncs.append(time.monotonic() - began_s)
    return trips, syncs


def _watched(rooms: Rooms) -> asyncio.Event:
    """Set when every device is in sync."""
    agreed, before = asyncio.Event(), rooms.shadows.changed

    def changed(device: str) -> None:
        before(device)
        if all(state is SyncState.IN_SYNC for state in rooms.sync.states.values()):
            agreed.set()

    rooms.shadows.changed = changed
    return agreed


async def _in_sync(agreed: asyncio.Event) -> None:
    async with asyncio.timeout(IN_SYNC_S_MAX):
        await agreed.wait()


async def _simple(link: LinkSettings, names: Sequence[str], sizes: Sizes) -> tuple[list[float], list[float]]:
    """The same of the baseline."""
    async with client(link, "simple", SIMPLE) as device, client(link, "application", SIMPLE) as application:
        for name in names:
            await device.agree(name, 18.0)
        async with running(device.obey()):
            trips = await _trips(application, names, sizes.trips)
    syncs = []
    for number in range(sizes.reconnections):
        began_s = time.monotonic()
        async with client(link, "simple", SIMPLE) as device:
            for name in names:
                await device.agree(name, 15.0 + 0.5 * number)
            syncs.append(time.monotonic() - began_s)
    return trips, syncs


async def _trips(application: Client, names: Sequence[str], count: int) -> list[float]:
    trips = []
    for number in range(count):
        began_s = time.monotonic()
        # Never what it is already, which would need no report.
        await application.set_desired(names[number % len(names)], 6.25 + number % 47 / 2)
        trips.append(1000 * (time.monotonic() - began_s))
    for name in names:
        await application.clear_desired(name)
    return trips

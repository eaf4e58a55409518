"""The buses and devices of a site, made from its settings; simulated ones where the settings say so."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import msgspec
import structlog

from drivers import registry
from drivers.base import BusKind, SystemClock
from drivers.base import Clock as BusClock
from drivers.bus import Bus, open_bus
from drivers.bus.i2c import I2CBus
from drivers.bus.mux import I2CMuxes, split_bus
from drivers.remembering import Remembering
from gateway.clock import Clock
from gateway.core.settings import BusSettings, Site
from gateway.devices.bus_thread import BusThread
from gateway.devices.device import Device
from gateway.devices.unmade import made

log = structlog.get_logger("devices")


class Hardware(NamedTuple):
    """What a site is made of. Nothing has been opened yet."""

    threads: dict[str, BusThread]
    devices: dict[str, Device]
    remembering: Mapping[str, Remembering] = {}
    """Device -> its driver, of those on real buses that go on over a restart from what they knew."""


def build(site: Site, clock: Clock, bus_clock: BusClock | None = None) -> Hardware:
    """Every bus with its thread and every device of `site`; drivers and simulated parts go by `bus_clock`."""
    simulated = [bus.name for bus in site.buses if bus.simulated]
    if simulated:
        log.warning("simulated hardware: its readings are made up", buses=simulated)
    threads = {bus.name: BusThread(bus.name, bus.timeout_s) for bus in site.buses}
    wires = wires_of(site, bus_clock or SystemClock())
    devices, remembering = {}, {}
    for settings in site.devices:
        driver, bus = made(registry.get(settings.driver), wires[settings.bus], settings), split_bus(settings.bus)[0]
        devices[settings.name] = Device(settings, driver, threads[bus], clock)
        # What a simulated meter has counted must not become the total of the real one.
        if isinstance(driver, Remembering) and bus not in simulated:
            remembering[settings.name] = driver
    return Hardware(threads, devices, remembering)


def wires_of(site: Site, clock: BusClock) -> dict[str, Bus]:
    """Every bus of `site` and every channel of a multiplexer that has a device, by name, none of them opened."""
    backend = _simulation(site, clock) if any(bus.simulated for bus in site.buses) else _no_backend
    wires = {bus.name: _wire(bus, backend, clock) for bus in site.buses}
    return wires | dict(_channels(site, wires))


def _channels(site: Site, wires: dict[str, Bus]) -> Iterator[tuple[str, Bus]]:
    muxes = {name: I2CMuxes(wire) for name, wire in wires.items() if isinstance(wire, I2CBus)}
    for name in {device.bus for device in site.devices}:
        bus, place = split_bus(name)
        if place is not None:
            yield name, muxes[bus].channel(place)


def _wire(bus: BusSettings, backend: Callable[[str], Any], clock: BusClock) -> Bus:
    return open_bus(
        BusKind(bus.kind),
        device=bus.device,
        baud=bus.baud,
        parity=bus.parity,
        timeout_s=bus.timeout_s,
        clock=clock,
        backend=backend(bus.name) if bus.simulated else None,
    )


def _no_backend(_bus: str) -> Any:
    return None


def _simulation(site: Site, clock: BusClock) -> Callable[[str], Any]:
    from drivers.simulated.hardware import SimulatedDevice, SimulatedHardware  # noqa: PLC0415 - only where simulated
    from drivers.simulated.world import WorldSettings  # noqa: PLC0415

    simulated = {
        bus.name: [
            SimulatedDevice(device.name, device.driver, device.settings, split_bus(device.bus)[1])
            for device in site.devices
            if split_bus(device.bus)[0] == bus.name
        ]
        for bus in site.buses
        if bus.simulated
    }
    return SimulatedHardware(site.world or WorldSettings(), clock, simulated).backend


def depended_on(site: Site) -> frozenset[str]:
    """The devices that thermostats, rules or safety conditions look at, and those that can be driven."""
    names = {device.name for device in site.devices}
    conditions = [channel.safety for device in site.devices for channel in device.channels.values()]
    looked_at = _texts(msgspec.to_builtins([site.thermostats, site.rules, conditions]))
    driven = {device.name for device in site.devices if device.safe}
    return frozenset(names & {text.partition("/")[0] for text in looked_at} | driven)


def _texts(tree: object) -> Iterator[str]:
    """Every text in a tree of lists and mappings; a channel is named by one that begins with its device."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict | list | tuple):
        for one in tree.values() if isinstance(tree, dict) else tree:
            yield from _texts(one)

"""`edgetwin safe`: drives every actuator to its safe value. A small process of its own, for after the daemon's end.

It needs no store and no network, and touches only devices that have something to drive: those that the daemon drove,
and those that the file names now.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from typing import Any

from drivers import registry
from drivers.base import BusKind, DriverError
from drivers.bus import open_bus
from drivers.bus.i2c import I2CBus
from drivers.bus.mux import I2CMuxes, split_bus
from gateway.cli import last_good
from gateway.core.settings import DeviceSettings, Site


def main(argv: Sequence[str]) -> int:
    """Drive the safe values. Returns 0 where every actuator took its value, else 1."""
    parser = argparse.ArgumentParser(prog="edgetwin safe", description="Drive every actuator to its safe value.")
    parser.add_argument("--config", required=True, metavar="FILE", help="the site's configuration (YAML)")
    arguments = parser.parse_args(argv)
    sites = last_good.sites(arguments.config)
    if not sites:
        return 1
    # Where lgpio puts its pipe; the runtime directory may have gone with the daemon.
    runtime = sites[0].store.runtime_directory
    os.environ.setdefault("LG_WD", runtime if os.access(runtime, os.W_OK) else tempfile.gettempdir())
    made = [make_safe(site) for site in sites]
    return 0 if all(made) else 1


def make_safe(site: Site) -> bool:
    """Drive every safe value; one that fails is told and does not keep the others from theirs."""
    simulated = {bus.name for bus in site.buses if bus.simulated}
    good = True
    for device in site.devices:
        if (
            device.safe and split_bus(device.bus)[0] not in simulated
        ):  # A simulated world ended with the daemon's process.
            try:
                good = _drive(site, device) and good
            except Exception as error:  # noqa: BLE001 - also a bug in one driver keeps no other part from its value
                _told(device.name, error)
                good = False
    return good


def _drive(site: Site, device: DeviceSettings) -> bool:
    name, place = split_bus(device.bus)
    settings = next(bus for bus in site.buses if bus.name == name)
    bus = open_bus(
        BusKind(settings.kind),
        device=settings.device,
        baud=settings.baud,
        parity=settings.parity,
        timeout_s=settings.timeout_s,
    )
    if place is not None and isinstance(bus, I2CBus):
        bus = I2CMuxes(bus).channel(place)
    driver: Any = registry.get(device.driver)(bus, device.settings)
    driver.open()
    good = True
    try:
        for channel, value in device.safe.items():
            try:
                is_now = driver.write(channel, value)
            except DriverError as error:
                _told(f"{device.name}/{channel}", error)
                good = False
            else:
                sys.stdout.write(f"{device.name}/{channel} is {is_now!r}\n")
    finally:
        driver.close()
    return good


def _told(place: str, error: Exception) -> None:
    named = isinstance(error, DriverError)
    sys.stderr.write(f"edgetwin safe: {place}: {error if named else repr(error)}\n")

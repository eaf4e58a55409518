"""`edgetwin safe`: drives every actuator to its safe value. A small process of its own, for after the daemon's end.

It needs no store and no network, and touches only devices that have something to drive.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from drivers import registry
from drivers.base import BusKind, DriverError
from drivers.bus import open_bus
from gateway.config import load
from gateway.core.settings import DeviceSettings, Site
from gateway.errors import ConfigError


def main(argv: Sequence[str]) -> int:
    """Drive the safe values. Returns 0 where every actuator took its value, else 1."""
    parser = argparse.ArgumentParser(prog="edgetwin safe", description="Drive every actuator to its safe value.")
    parser.add_argument("--config", required=True, metavar="FILE", help="the site's configuration (YAML)")
    arguments = parser.parse_args(argv)
    try:
        site = load(arguments.config)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0 if make_safe(site) else 1


def make_safe(site: Site) -> bool:
    """Drive every safe value; one that fails is told and does not keep the others from theirs."""
    simulated = {bus.name for bus in site.buses if bus.simulated}
    good = True
    for device in site.devices:
        if device.safe and device.bus not in simulated:  # A simulated world ended with the daemon's process.
            try:
                _drive(site, device)
            except DriverError as error:
                sys.stderr.write(f"edgetwin safe: {device.name}: {error}\n")
                good = False
    return good


def _drive(site: Site, device: DeviceSettings) -> None:
    settings = next(bus for bus in site.buses if bus.name == device.bus)
    bus = open_bus(BusKind(settings.kind), device=settings.device, baud=settings.baud, timeout_s=settings.timeout_s)
    driver: Any = registry.get(device.driver)(bus, device.settings)
    driver.open()
    try:
        for channel, value in device.safe.items():
            is_now = driver.write(channel, value)
            sys.stdout.write(f"{device.name}/{channel} is {is_now!r}\n")
    finally:
        driver.close()

"""`edgetwin safe`: drives every actuator to its safe value. A small process of its own, for after the daemon's end.

It needs no store and no network, and touches only devices that have something to drive: those that the daemon drove,
and those that the file names now. What is wrong with one device, or elsewhere in the file, keeps no other from its
value.
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
from drivers.bus.mux import I2CMuxes, MuxPlace, split_bus
from gateway.cli import last_good
from gateway.config import Outputs
from gateway.core.settings import BusSettings, DeviceSettings


def main(argv: Sequence[str]) -> int:
    """Drive the safe values. Returns 0 where every actuator took its value, 1 where one did not or was left out."""
    parser = argparse.ArgumentParser(prog="edgetwin safe", description="Drive every actuator to its safe value.")
    parser.add_argument("--config", required=True, metavar="FILE", help="the site's configuration (YAML)")
    arguments = parser.parse_args(argv)
    found = last_good.outputs(arguments.config)
    if not found:
        return 1
    # Where lgpio puts its pipe; the runtime directory may have gone with the daemon.
    runtime = found[0].runtime_directory or ""
    os.environ.setdefault("LG_WD", runtime if os.access(runtime, os.W_OK) else tempfile.gettempdir())
    made = [make_safe(outputs) for outputs in found]
    for left_out in (one for outputs in found for one in outputs.left_out):
        sys.stderr.write(f"edgetwin safe: {left_out}\n")
    # What the daemon never ran by may be half written; what it drove is what has to be safe.
    return 0 if all(made) and not found[0].left_out else 1


def make_safe(outputs: Outputs) -> bool:
    """Drive every safe value; one that fails is told and does not keep the others from theirs."""
    good = True
    for device in outputs.devices:
        name, place = split_bus(device.bus)
        bus = outputs.buses[name]
        if bus.simulated:  # Its world ended with the daemon's process.
            continue
        try:
            good = _drive(device, bus, place) and good
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a bug in one driver keeps no other part from its value
            _told(device.name, error)
            good = False
    return good


def _drive(device: DeviceSettings, settings: BusSettings, place: MuxPlace | None) -> bool:
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
            except (Exception, SystemExit) as error:  # noqa: BLE001 - as above
                _told(f"{device.name}/{channel}", error)
                good = False
            else:
                sys.stdout.write(f"{device.name}/{channel} is {is_now!r}\n")
    finally:
        driver.close()
    return good


def _told(place: str, error: BaseException) -> None:
    named = isinstance(error, DriverError)
    sys.stderr.write(f"edgetwin safe: {place}: {error if named else repr(error)}\n")

"""The real daemon, with a site of 20 simulated devices and about a hundred channels."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.children import ROOT

I2C_BUSES = 3
CONVERTERS, PROBES = 11, 6
"""On the I2C buses in turn; with dust sensor, contact and relay they are twenty devices."""
CONVERTER_ADDRESSES = (0x48, 0x49, 0x4A, 0x4B)
PROBE_ADDRESSES = (0x44, 0x45, 0x46)
PINS = ("A0", "A1", "A2", "A3", "A0-A1", "A0-A3", "A1-A3", "A2-A3")
CHANNELS = CONVERTERS * len(PINS) + PROBES * 2 + 3 + 2
EVERY = "1s"
UNIT = ROOT / "systemd" / "edgetwin.service"
SETS = "Environment="


@dataclass(frozen=True)
class Place:
    """Where a daemon finds its broker and keeps its things."""

    port: int
    ca: Path | None
    """Certificate of the authority; without encryption where None."""
    store: Path
    runtime: Path


def site(place: Place, *, gpio: bool = True) -> dict[str, Any]:
    """The site as its configuration says it. Without `gpio` two more probes stand for contact and relay."""
    buses: dict[str, Any] = {f"i2c-{bus}": {"kind": "i2c", "device": f"/dev/i2c-{bus}"} for bus in range(I2C_BUSES)}
    buses["uart"] = {"kind": "serial", "device": "/dev/serial0", "baud": 9600}
    devices: dict[str, Any] = {f"converter-{number}": _converter(number) for number in range(CONVERTERS)}
    devices |= {f"room-{number}": _probe(number) for number in range(PROBES if gpio else PROBES + 2)}
    devices["air"] = {"driver": "pms5003", "bus": "uart"}
    if gpio:
        buses["header"] = {"kind": "gpio"}
        devices["door"] = {"driver": "digital_input", "bus": "header", "pin": 17}
        devices["heater"] = {"driver": "digital_output", "bus": "header", "pin": 27, "safe": {"on": False}}
    link: dict[str, Any] = {"host": "127.0.0.1", "port": place.port}
    if place.ca is not None:
        link |= {"host": "localhost", "tls": {"ca": str(place.ca)}}
    return {
        "gateway": "bench-1",
        "link": link,
        "store": {"directory": str(place.store), "runtime_directory": str(place.runtime)},
        "log": {"level": "warning"},
        "buses": {name: {**bus, "simulated": True} for name, bus in buses.items()},
        "devices": {name: {**device, "every": EVERY} for name, device in devices.items()},
    }


def _converter(number: int) -> dict[str, Any]:
    inputs = {pin.lower().replace("-", "_"): {"pin": pin} for pin in PINS}
    address = CONVERTER_ADDRESSES[number // I2C_BUSES]
    return {"driver": "ads1115", "bus": f"i2c-{number % I2C_BUSES}", "address": address, "rate": 860, "inputs": inputs}


def _probe(number: int) -> dict[str, Any]:
    return {"driver": "sht4x", "bus": f"i2c-{number % I2C_BUSES}", "address": PROBE_ADDRESSES[number // I2C_BUSES]}


def write_site(folder: Path, place: Place, *, gpio: bool = True) -> Path:
    """Write the configuration into `folder` and return its file. YAML takes JSON as it is."""
    file = folder / "site.yaml"
    file.write_text(json.dumps(site(place, gpio=gpio), indent=1), encoding="utf-8")
    return file


def command(python: str, config: Path) -> list[str]:
    """What starts the daemon: what the unit's ExecStart does, which has no flags for the interpreter."""
    return [python, "-P", "-m", "gateway", "run", "--config", str(config)]


def unit_environment(unit: str | None = None) -> dict[str, str]:
    """The environment that the service gives the daemon, but for the paths of an installation."""
    text = UNIT.read_text(encoding="utf-8") if unit is None else unit
    words = (line.removeprefix(SETS) for line in text.splitlines() if line.startswith(SETS))
    given = (word.partition("=") for word in words)
    return {name: value for name, _, value in given if not value.startswith("/")}

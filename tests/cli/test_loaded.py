"""What a running daemon has loaded: each of these would cost it memory for years (bench/README.md)."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.mosquitto import free_port

HOUSE = Path(__file__).parents[2]
ASK = """
import asyncio, sys
import gateway.app.run as rooms
from gateway.cli import main

real = rooms.run

async def run(site, stop):
    async def look():
        while not (runtime / "status.sock").exists():
            await asyncio.sleep(0.01)
        stop.set()
    runtime = __import__("pathlib").Path(site.store.runtime_directory)
    looking = asyncio.create_task(look())
    await real(site, stop)
    await looking

rooms.run = run
status = main(["run", "--config", sys.argv[1]])
print(*sys.modules)
sys.exit(status)
"""
"""Runs the daemon until it is up, then says what it has loaded."""

NEVER = (
    *("argparse", "difflib", "gettext", "gateway.config", "yaml"),
    *("gateway.cli.check", "gateway.cli.status", "twin", "demo", "bench"),
    *("unittest", "pydoc", "doctest", "sqlite3.dump", "multiprocessing", "concurrent.futures.process"),
    *("aiohttp", "numpy", "pydantic", "cryptography", "prometheus_client", "xml", "tomllib", "curses"),
)
"""Not needed by any site. What rich brings along, which structlog loads where somebody installed it, is not told."""
GPIO = ("gpiozero", "lgpio", "colorzero", "statistics", "importlib.metadata", "email", "zipfile")
"""Needed only where a bus of that kind is."""
SERIAL = ("serial",)
SIMULATED = ("drivers.simulated",)
I2C = ("smbus2",)


@pytest.fixture
def loaded(tmp_path):
    """What a daemon of that site has loaded."""

    def ask(buses, devices):
        site = {
            "gateway": "greenhouse-1",
            "link": {"host": "127.0.0.1", "port": free_port()},
            "store": {"directory": str(tmp_path / "store"), "runtime_directory": str(tmp_path / "run")},
            "buses": buses,
            "devices": devices,
        }
        file = tmp_path / "site.yaml"
        file.write_text(json.dumps(site), encoding="utf-8")
        words = [sys.executable, "-P", "-c", ASK, str(file)]
        environment = {"PYTHONPATH": str(HOUSE), "PATH": "/usr/bin:/bin"}
        done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stderr
        return set(done.stdout.split())

    return ask


def among(names, modules):
    return sorted(name for name in names if name in modules)


def test_a_site_without_buses_loads_no_library_for_one(loaded):
    modules = loaded({}, {})
    assert "gateway.app.wiring" in modules
    assert "aiomqtt" in modules
    assert among((*NEVER, *GPIO, *SERIAL, *SIMULATED, *I2C), modules) == []


def test_a_site_with_i2c_loads_nothing_for_gpio_or_serial_lines(loaded):
    buses = {"i2c-1": {"kind": "i2c", "device": "/dev/i2c-1"}}
    modules = loaded(buses, {"room": {"driver": "sht4x", "bus": "i2c-1", "every": "1h"}})
    assert "drivers.sht4x" in modules
    assert among((*NEVER, *GPIO, *SERIAL, *SIMULATED), modules) == []


def test_a_site_with_gpio_loads_what_that_needs_and_no_more(loaded):
    buses = {"header": {"kind": "gpio", "simulated": True}}
    modules = loaded(buses, {"door": {"driver": "digital_input", "bus": "header", "pin": 17, "every": "1h"}})
    assert "drivers.simulated" in modules
    assert among((*NEVER, *SERIAL), modules) == []

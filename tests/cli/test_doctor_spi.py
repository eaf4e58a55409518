"""`edgetwin doctor` and SPI: a chip select that the controller does not have, and a library that is not there."""

from __future__ import annotations

import os
import sys
import types
from importlib.machinery import ModuleSpec

import pytest

from gateway.cli.doctor_buses import check_buses
from gateway.cli.finding import Level, Machine, User
from gateway.config import load
from gateway.core.reading import ClockState
from tests.cli.scanned import put

SITE = """
gateway: g
buses:
  spi0: {kind: spi}
  spi1: {kind: spi, device: /dev/spidev1}
devices:
  oven: {driver: max31855, bus: spi0}
  tank: {driver: mcp3008, bus: spi0, chip_select: 2}
"""


@pytest.fixture
def findings(tmp_path):
    """What is not good at a machine with those files."""
    (tmp_path / "site.yaml").write_text(SITE, encoding="utf-8")
    site = load(tmp_path / "site.yaml")

    def examined(*files: str) -> dict[str, str]:
        root = tmp_path / "root"
        put(root, dict.fromkeys(files, ""))
        user = User("pi", os.getuid(), frozenset({os.getgid()}))
        machine = Machine(user=user, clock_state=ClockState.SYNCHRONISED, root=root, free_bytes=lambda _: 10**9)
        return {f"{one.name}: {one.what}": one.todo for one in check_buses(machine, site) if one.level is not Level.OK}

    return examined


@pytest.fixture
def _library(monkeypatch):
    module = types.ModuleType("spidev")
    module.__spec__ = ModuleSpec("spidev", None)
    monkeypatch.setitem(sys.modules, "spidev", module)


@pytest.mark.usefixtures("_library")
def test_a_machine_with_every_chip_select_is_good(findings):
    assert findings("dev/spidev0.0", "dev/spidev0.1", "dev/spidev0.2", "dev/spidev1.0") == {}


@pytest.mark.usefixtures("_library")
def test_a_chip_select_that_the_controller_does_not_have_is_told_with_those_that_it_has(findings):
    ((told, todo),) = findings("dev/spidev0.0", "dev/spidev0.1", "dev/spidev1.0").items()
    assert told == "device tank: /dev/spidev0.2 is not there"
    assert "spi0 has 0 1" in todo


@pytest.mark.usefixtures("_library")
def test_a_controller_that_is_not_there_is_told_once(findings):
    assert list(findings("dev/spidev0.0", "dev/spidev0.2")) == ["bus spi1: /dev/spidev1 is not there"]


def test_a_missing_library_is_told_for_every_bus_that_needs_it(findings, monkeypatch):
    monkeypatch.setitem(sys.modules, "spidev", None)
    told = findings("dev/spidev0.0", "dev/spidev0.2", "dev/spidev1.0")
    assert list(told) == [f"bus {name}: the library spidev is not installed" for name in ("spi0", "spi1")]
    assert all("edgetwin[spi]" in todo for todo in told.values())

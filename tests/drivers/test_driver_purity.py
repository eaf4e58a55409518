"""A driver cannot tell whether its part is real."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DRIVERS = Path(__file__).parents[2] / "drivers"
FILES = sorted([*DRIVERS.glob("*.py"), *(DRIVERS / "bus").glob("*.py")])
WORDS = re.compile(r"simulat|fake|mock|stub|pytest", re.IGNORECASE)
LIBRARIES = re.compile(r"\b(smbus2|gpiozero|lgpio|spidev|serial\.Serial)\b")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_driver_and_no_bus_knows_of_simulation(path):
    assert WORDS.findall(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", sorted(DRIVERS.glob("*.py")), ids=lambda path: path.name)
def test_no_driver_names_a_hardware_library(path):
    assert LIBRARIES.findall(path.read_text(encoding="utf-8")) == []


def test_there_is_something_to_look_at():
    assert {"sht4x.py", "i2c.py", "base.py"} <= {path.name for path in FILES}
    assert WORDS.search("SimulatedSMBus")
    assert LIBRARIES.search("from smbus2 import SMBus")

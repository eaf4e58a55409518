"""The example in the README is run as it stands: it is the first thing that somebody copies."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

from drivers.base import NoAnswerError
from drivers.bus.i2c import I2CBus
from drivers.simulated.i2c import Chip, SimulatedSMBus

README = Path(__file__).parents[2] / "drivers" / "README.md"


@pytest.fixture
def example(monkeypatch):
    """The code blocks of the README as one module, with the imports that its text takes for granted."""
    module = ModuleType("lm75_example")
    known = (Callable, Chip, I2CBus, SimulatedSMBus, NoAnswerError)
    vars(module).update({one.__name__: one for one in known}, pytest=pytest)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for block in re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL):
        exec(compile(block, str(README), "exec"), vars(module))
    return module


def test_the_examples_own_test_passes(example):
    example.test_a_cold_room_is_read_with_its_sign()


@pytest.mark.parametrize(("data", "temperature"), [("1900", 25.0), ("E700", -25.0), ("FF80", -0.5), ("7D00", 125.0)])
def test_the_examples_formula_is_the_datasheets(example, data, temperature):
    assert example.decode_temperature(bytes.fromhex(data)) == temperature


def test_the_example_tells_another_part(example):
    class Other(Chip):
        def write(self, data):
            pass

        def read(self, count):
            return b"\x12\x34"[:count]

    driver = example.Lm75(I2CBus(lambda: SimulatedSMBus({0x48: Other()})), example.Lm75Settings())
    with pytest.raises(Exception, match="another part answers"):
        driver.open()

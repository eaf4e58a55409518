"""A site with outputs on the lines of a board that behaves, for tests of what makes them safe."""

from __future__ import annotations

import functools

import pytest
from gpiozero.pins.mock import MockFactory, MockPin

from drivers.bus import open_bus
from gateway.cli import safe

SITE = """
gateway: gw
store: {{runtime_directory: {folder}}}
buses:
  header: {{kind: gpio}}
  made-up: {{kind: gpio, simulated: true}}
  i2c: {{kind: i2c}}
devices:
  heater: {{driver: digital_output, bus: header, pin: 27, safe: {{on: false}}}}
  valve: {{driver: digital_output, bus: header, pin: 22, active_low: true, safe: {{on: false}}}}
  fan: {{driver: digital_output, bus: header, pin: 17, safe: {{on: true}}}}
  lamp: {{driver: digital_output, bus: made-up, pin: 5, safe: {{on: false}}}}
  room: {{driver: sht4x, bus: i2c}}
"""


class Pin(MockPin):
    def output_with_state(self, state):
        if self._number in self.factory.broken:
            raise self.factory.broken[self._number]
        self._function = "output"
        self._change_state(bool(state))


class Chip(MockFactory):
    """The lines of a board, some of which may be broken; it outlives the buses on it."""

    def __init__(self):
        super().__init__(pin_class=Pin)
        self.broken = {}

    def levels(self):
        return {number: bool(pin.state) for number, pin in self.levels_of.items()}

    @property
    def levels_of(self):
        return {pin._number: pin for pin in self.pins.values() if pin.function == "output"}


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path):
    """What a test says to the libraries of this process is taken back."""
    monkeypatch.setenv("LG_WD", "")
    monkeypatch.delenv("LG_WD")
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))


@pytest.fixture
def chip(monkeypatch):
    made = Chip()
    monkeypatch.setattr(safe, "open_bus", functools.partial(open_bus, backend=lambda: made))
    yield made
    made.reset()


@pytest.fixture
def site(tmp_path):
    file = tmp_path / "site.yaml"
    file.write_text(SITE.format(folder=tmp_path))
    return file

from __future__ import annotations

from typing import Any

import pytest

from drivers import registry
from drivers.base import BadValueError, BusError, BusKind, Channel, Driver
from drivers.bus import open_bus
from drivers.digital_input import DigitalInputSettings
from drivers.digital_output import DigitalOutputSettings
from drivers.pms5003 import Pms5003Settings
from drivers.sht4x import Sht4xSettings
from drivers.simulated.hardware import SimulatedDevice, SimulatedHardware
from drivers.simulated.place import I2C_MODELS
from drivers.simulated.world import WorldSettings
from tests.drivers.test_registry import NEEDED
from tests.simulation.greenhouse import Site
from tests.simulation.virtual_clock import VirtualClock


@pytest.fixture
def site():
    return Site()


def device(name: str, driver: str, settings: Any) -> SimulatedDevice:
    return SimulatedDevice(name, driver, settings)


@pytest.mark.parametrize(
    ("group", "message"),
    [
        ([("a", "sht4x", Sht4xSettings()), ("b", "sht4x", Sht4xSettings())], "'b': address 0x44 is taken"),
        ([("a", "pms5003", Pms5003Settings()), ("b", "pms5003", Pms5003Settings())], "'a', 'b': one serial line"),
        (
            [
                ("a", "digital_input", DigitalInputSettings(pin=4)),
                ("b", "digital_output", DigitalOutputSettings(pin=4)),
            ],
            "'b': GPIO4 is taken",
        ),
        ([("a", "sht4x", Sht4xSettings()), ("b", "pms5003", Pms5003Settings())], "different kinds of bus: i2c, serial"),
    ],
)
def test_two_devices_in_one_place_are_refused(group, message):
    with pytest.raises(BadValueError, match=message):
        SimulatedHardware(WorldSettings(), VirtualClock(), {"bus": [device(*one) for one in group]})


@pytest.mark.parametrize("kind", list(BusKind))
def test_a_driver_without_a_model_is_named(monkeypatch, kind):
    class Strange(Driver):
        name, title, bus_kind, settings_type = "strange", "Strange", kind, dict

        @classmethod
        def channels(cls, settings):
            del settings
            return (Channel(name="value", unit="V"),)

    monkeypatch.setattr(registry, "get", lambda _: Strange)
    with pytest.raises(BadValueError, match="'strange' has no simulation"):
        SimulatedHardware(WorldSettings(), VirtualClock(), {"bus": [device("thing", "strange", {})]})


def test_a_bus_without_devices_has_no_adapter():
    hardware = SimulatedHardware(WorldSettings(), VirtualClock(), {"empty": []})
    for name in ("empty", "unheard-of"):
        with pytest.raises(BusError, match="does not exist"):
            open_bus("i2c", backend=hardware.backend(name)).read(0x44, 6)


def test_faults_of_what_is_not_there_are_a_key_error(site):
    with pytest.raises(KeyError):
        site.hardware.faults("nobody")


@pytest.mark.parametrize("name", registry.names())
def test_every_driver_has_a_model(name):
    settings = registry.get(name).settings_type(**NEEDED.get(name, {}))
    hardware = SimulatedHardware(WorldSettings(), VirtualClock(), {"bus": [device("one", name, settings)]})
    driver = registry.get(name)(open_bus(registry.get(name).bus_kind, backend=hardware.backend("bus")), settings)
    driver.close()


def test_every_model_is_of_a_driver():
    assert set(I2C_MODELS) <= set(registry.names())

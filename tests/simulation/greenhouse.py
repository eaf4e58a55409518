"""A whole site on simulated buses: its devices, wired and opened as the gateway does it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from drivers import registry
from drivers.ads1115 import Ads1115Input, Ads1115Settings
from drivers.base import Driver
from drivers.bus import open_bus
from drivers.digital_input import DigitalInputSettings
from drivers.digital_output import DigitalOutputSettings
from drivers.ds18b20 import Ds18b20Settings
from drivers.host import HostSettings
from drivers.hwmon import HwmonSettings
from drivers.iio import IioSettings
from drivers.mcp23017 import Mcp23008Settings, Mcp23017Settings
from drivers.mhz19 import Mhz19Settings
from drivers.pca9685 import Pca9685Settings
from drivers.pcf8574 import Pcf8574Settings
from drivers.pms5003 import Pms5003Settings
from drivers.register_map import RegisterMapSettings
from drivers.sds011 import Sds011Settings
from drivers.serial_text import SerialTextSettings
from drivers.sht4x import Sht4xSettings
from drivers.simulated.hardware import SimulatedDevice, SimulatedHardware
from drivers.simulated.world import WorldSettings
from drivers.tca9555 import Tca9555Settings
from tests.simulation.virtual_clock import VirtualClock

SITE = {
    "i2c-1": [
        SimulatedDevice("room", "sht4x", Sht4xSettings()),
        SimulatedDevice("outside", "sht4x", Sht4xSettings(address=0x45)),
        SimulatedDevice(
            "garden",
            "ads1115",
            Ads1115Settings(
                inputs={
                    "moisture": Ads1115Input(pin="A0", scale=-2 / 3, offset=1.8, unit="/"),
                    "light": Ads1115Input(pin="A1"),
                }
            ),
        ),
    ],
    "w1": [SimulatedDevice("pipe", "ds18b20", Ds18b20Settings())],
    "rs485": [SimulatedDevice("meter", "register_map", RegisterMapSettings(map="sdm120"))],
    "uart-co2": [SimulatedDevice("breath", "mhz19", Mhz19Settings())],
    "uart-dust": [SimulatedDevice("dust", "sds011", Sds011Settings())],
    "kernel": [
        SimulatedDevice("dht", "iio", IioSettings()),
        SimulatedDevice("board", "hwmon", HwmonSettings()),
        SimulatedDevice("pi", "host", HostSettings()),
    ],
    "i2c-3": [
        SimulatedDevice("fans", "pca9685", Pca9685Settings(address=0x50)),
        SimulatedDevice("port-a", "mcp23017", Mcp23017Settings()),
        SimulatedDevice("port-b", "mcp23008", Mcp23008Settings(address=0x21)),
        SimulatedDevice("port-c", "pcf8574", Pcf8574Settings(address=0x22)),
        SimulatedDevice("port-d", "tca9555", Tca9555Settings(address=0x23)),
    ],
    "uart-text": [SimulatedDevice("arduino", "serial_text", SerialTextSettings())],
    "uart": [SimulatedDevice("air", "pms5003", Pms5003Settings())],
    "pins": [
        SimulatedDevice("door", "digital_input", DigitalInputSettings(pin=17)),
        SimulatedDevice("fan", "digital_output", DigitalOutputSettings(pin=23)),
        SimulatedDevice("heater", "digital_output", DigitalOutputSettings(pin=22, active_low=True)),
    ],
}


class Site:
    """The devices of a site, wired and opened as the gateway does it."""

    def __init__(self, devices: Mapping[str, list[SimulatedDevice]] = SITE, **world: Any) -> None:
        self.clock = VirtualClock()
        self.hardware = SimulatedHardware(dataclasses.replace(WorldSettings(), **world), self.clock, devices)
        self.drivers: dict[str, Driver] = {}
        for name, group in devices.items():
            kind = registry.get(group[0].driver).bus_kind
            bus = open_bus(kind, clock=self.clock, backend=self.hardware.backend(name))
            for device in group:
                self.drivers[device.name] = registry.get(device.driver)(bus, device.settings)
        for driver in self.drivers.values():
            driver.open()

    def read(self) -> dict[str, Any]:
        return {f"{name}/{key}": value for name, one in self.drivers.items() for key, value in one.read().items()}

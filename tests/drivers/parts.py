"""A part on its bus, as the gateway wires it, in surroundings that are quiet enough to be compared with."""

from __future__ import annotations

from typing import Any

from drivers import registry
from drivers.base import BusKind, Driver, Readings, ValueKind
from drivers.bus.i2c import I2CBus
from drivers.byte_registers import I2cRegister
from drivers.i2c_registers import RegisterValue
from drivers.simulated.hardware import SimulatedDevice, SimulatedHardware
from drivers.simulated.i2c import Chip
from drivers.simulated.world import WorldSettings
from tests.drivers.wiring import i2c_bus
from tests.simulation.virtual_clock import VirtualClock

QUIET = WorldSettings(
    speed=1.0,
    probe_lag_s=0.01,
    temperature_noise=0.0,
    humidity_noise=0.0,
    voltage_noise=0.0,
    pressure_noise=0.0,
    other_noise=0.0,
    vibration=0.0,
)


GENERIC = {
    "i2c_registers": {
        "address": 0x48,
        "registers": {
            "temperature": I2cRegister(register=0, width=16, mask=0xFFF0, signed=True, scale=0.0625, unit="Cel"),
            "humidity": I2cRegister(register=3, width=8, scale=0.5, high=100.0, unit="%RH"),
            "pressure": I2cRegister(register=4, width=24, order="little", scale=0.5, unit="Pa"),
            "limit": I2cRegister(register=8, width=16, mask=0x7FE0, signed=True, writable=True),
        },
        "identity": RegisterValue(register=0x0F, value=0x0117, width=16),
        "setup": (RegisterValue(register=1, value=0x60A0, width=16),),
    }
}
"""Settings of drivers that are of no part by themselves."""


def settings_of(name: str, **settings: Any) -> Any:
    """Settings of a driver as they come, but for those that are given and those that it cannot be without."""
    return registry.get(name).settings_type(**{**GENERIC.get(name, {}), **settings})


def measures(name: str) -> bool:
    """Whether a driver is of a part on I2C that measures a number, as expanders do not."""
    kind = registry.get(name)
    if kind.bus_kind is not BusKind.I2C:
        return False
    return any(channel.kind is ValueKind.NUMBER for channel in kind.channels(settings_of(name)))


I2C_PARTS = tuple(name for name in registry.names() if measures(name))
WARM_UP_S = 4000.0
"""After this every part measures: the slowest needs an hour."""


class Part:
    """One part with its driver, opened, and the world that it measures."""

    def __init__(self, name: str, settings: Any = None, *, age_s: float = WARM_UP_S, opened: bool = True) -> None:
        self.clock = VirtualClock()
        kind = registry.get(name)
        self.settings = settings_of(name) if settings is None else settings
        hardware = SimulatedHardware(QUIET, self.clock, {"bus": [SimulatedDevice("part", name, self.settings)]})
        self.world = hardware.world
        self.couplings = {series.partition("/")[2]: name for series, name in hardware.couplings.items()}
        self.faults = hardware.faults("part")
        self.bus = I2CBus(hardware.backend("bus"), clock=self.clock)
        self.driver = kind(self.bus, self.settings)
        self.channels = kind.channels(self.settings)
        self.faults_of = hardware.faults
        if opened:
            self.driver.open()
            self.clock.sleep(age_s)

    def truth(self, channel: str) -> float:
        return self.world.value(self.couplings[channel])

    def read(self) -> Readings:
        return self.driver.read()


def rewire(driver: Driver, bus: I2CBus) -> None:
    """Put another bus under an opened driver, as when another chip sits at its place."""
    for one in (driver, *(getattr(driver, name) for name in ("_words", "_port") if hasattr(driver, name))):
        if hasattr(one, "_bus"):
            one._bus = bus


def with_chip(name: str, chip: Chip, clock: VirtualClock | None = None, **settings: Any):
    """The driver called `name` with `chip` at its address; not opened."""
    kind = registry.get(name)
    chosen = settings_of(name, **settings)
    return kind(i2c_bus({chosen.address: chip}, clock or VirtualClock()), chosen)

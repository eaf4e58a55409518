"""What the simulated surroundings consist of, by name."""

from __future__ import annotations

from dataclasses import dataclass

from drivers.base import ValueKind
from drivers.simulated.world_settings import WorldSettings

EXACT = {"J": 0.0, "m3": 0.0, "Hz": 0.01}
"""A meter never counts backwards, and the mains keep time."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """Something in the world that a part can measure or, where `driven`, act on."""

    unit: str = ""
    kind: ValueKind = ValueKind.NUMBER
    driven: bool = False


QUANTITIES = {
    "room.temperature": Quantity("Cel"),
    "room.humidity": Quantity("%RH"),
    "outside.temperature": Quantity("Cel"),
    "outside.humidity": Quantity("%RH"),
    "soil.moisture": Quantity("/"),
    "soil.voltage": Quantity("V"),
    "light.illuminance": Quantity("lx"),
    "light.voltage": Quantity("V"),
    "dust.pm1": Quantity("kg/m3"),
    "dust.pm2_5": Quantity("kg/m3"),
    "dust.pm10": Quantity("kg/m3"),
    "air.pressure": Quantity("Pa"),
    "air.co2": Quantity("/"),
    "air.voc": Quantity("/"),
    "tank.level": Quantity("/"),
    "tank.voltage": Quantity("V"),
    "tank.gap": Quantity("m"),
    "load.voltage": Quantity("V"),
    "load.current": Quantity("A"),
    "mains.voltage": Quantity("V"),
    "mains.current": Quantity("A"),
    "mains.power": Quantity("W"),
    "mains.energy": Quantity("J"),
    "mains.frequency": Quantity("Hz"),
    "water.volume": Quantity("m3"),
    "wind.run": Quantity("m"),
    "wheel.turns": Quantity("count"),
    "hopper.weight": Quantity("kg"),
    "motion.x": Quantity("m/s2"),
    "motion.y": Quantity("m/s2"),
    "motion.z": Quantity("m/s2"),
    "door.closed": Quantity(kind=ValueKind.BOOLEAN),
    "tank.room": Quantity(kind=ValueKind.BOOLEAN),
    "heater.on": Quantity(kind=ValueKind.BOOLEAN, driven=True),
    "pump.on": Quantity(kind=ValueKind.BOOLEAN, driven=True),
    "valve.on": Quantity(kind=ValueKind.BOOLEAN, driven=True),
    "fan.on": Quantity(kind=ValueKind.BOOLEAN, driven=True),
}
"""All that the world has, by the names that `couple` uses."""


def noise_of(unit: str, value: float, settings: WorldSettings) -> float:
    """The standard deviation of a probe's noise at `value`, in `unit`."""
    absolute = {
        "Cel": settings.temperature_noise,
        "%RH": settings.humidity_noise,
        "V": settings.voltage_noise,
        "Pa": settings.pressure_noise,
        "m/s2": settings.vibration,
        **EXACT,
    }
    return absolute.get(unit, settings.other_noise * value)

"""Which channel of which simulated device sees or moves which quantity of the world. Pure functions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drivers import registry
from drivers.base import BadValueError, Channel, ValueKind
from drivers.simulated.world import QUANTITIES, Quantity

HEATER = "heater.on"
DRIVEN_WORDS = {"heat": HEATER, "pump": "pump.on", "valve": "valve.on", "fan": "fan.on", "vent": "fan.on"}
"""Part of an output's name -> what it most likely drives."""
TANK_WORDS = ("tank", "level", "water", "float")
OUTSIDE_WORDS = ("outside", "outdoor", "roof", "weather", "garden")
LIGHT_WORDS = ("light", "lux", "bright", "sun")
VOLT = "V"
ANALOGUE = ("ads1115", "ads1015", "mcp3004", "mcp3008", "mcp3204", "mcp3208")
"""Drivers whose inputs take any voltage."""
DIMMING = ("mcp4725", "pca9685", "pwm_output")
"""Drivers whose outputs give a share of the power, from none to all."""

GIVEN_BACK = "export"
"""Beginning of the channels of what a site gives to the mains: nothing, as there is no source of power in the world."""
OF_THE_PART = ("stopped", "noise")
"""Channels that tell of the part itself, and of nothing around it."""
BY_NAME = {
    "co2": "air.co2",
    "eco2": "air.co2",
    "tvoc": "air.voc",
    "closed": "door.closed",
    "import_power": "mains.power",
    "import_energy_1": "mains.energy",
    "x": "motion.x",
    "y": "motion.y",
    "z": "motion.z",
}
"""Channel -> the quantity that is most likely meant, where the unit fits as well."""
BY_UNIT = {
    "": "door.closed",
    "Cel": "{place}.temperature",
    "%RH": "{place}.humidity",
    "Pa": "air.pressure",
    "lx": "light.illuminance",
    "V": "load.voltage",
    "A": "load.current",
}
"""Unit of a channel -> the quantity that is most likely meant."""


BY_DRIVER = {
    "register_map": {
        "V": "mains.voltage",
        "A": "mains.current",
        "W": "mains.power",
        "J": "mains.energy",
        "Hz": "mains.frequency",
    },
    "pulse_counter": {"J": "mains.energy", "m3": "water.volume", "m": "wind.run", "count": "wheel.turns"},
    "hx711": {"kg": "hopper.weight"},
    "hcsr04": {"m": "tank.gap"},
}
"""The same for drivers of what is on the mains, or of what counts something that only grows."""


@dataclass(frozen=True, slots=True)
class SimulatedDevice:
    """One device of the configuration that sits on a simulated bus."""

    name: str
    driver: str
    settings: Any
    """Of the driver's settings type."""
    behind: tuple[int, int] | None = None
    """The address of the I2C multiplexer that it is behind, and the channel."""

    def channels(self) -> tuple[Channel, ...]:
        """What the driver says that it has."""
        return registry.get(self.driver).channels(self.settings)


def couple(devices: Sequence[SimulatedDevice], wanted: Mapping[str, str]) -> dict[str, str]:
    """Series (`device/channel`) -> quantity: what is `wanted`, and the likely one for every other channel.

    Raises:
        BadValueError: a name is unknown, or the two do not fit each other; the text says what would.
    """
    channels = {
        f"{device.name}/{channel.name}": (device, channel) for device in devices for channel in device.channels()
    }
    for series, quantity in wanted.items():
        _check(series, quantity, channels)
    likely = {series: _likely(device, channel) for series, (device, channel) in channels.items()}
    likely |= _driven(channels, wanted)
    return {series: quantity for series, quantity in (likely | dict(wanted)).items() if quantity}


def _driven(channels: Mapping[str, tuple[SimulatedDevice, Channel]], wanted: Mapping[str, str]) -> dict[str, str]:
    """What the outputs drive: each quantity has one, the first that is named so.

    Switches are asked before what is driven by a share; the heater takes any switch that is left.
    """
    found: dict[str, str] = {}
    left = {series: found for series, found in channels.items() if found[1].writable and series not in wanted}
    switches = [series for series, (_, one) in left.items() if one.kind is ValueKind.BOOLEAN]
    free = switches + [series for series, (device, _) in left.items() if device.driver in DIMMING]
    for word, quantity in DRIVEN_WORDS.items():
        taken = quantity in wanted.values() or quantity in found.values()
        series = next((one for one in free if word in one.lower() and one not in found), None)
        if series is not None and not taken:
            found[series] = quantity
    anyone = next((one for one in switches if not _any_in(DRIVEN_WORDS, one.lower())), None)
    if anyone is not None and HEATER not in (*found.values(), *wanted.values()):
        found[anyone] = HEATER
    return found


def _likely(device: SimulatedDevice, channel: Channel) -> str:
    """The quantity that is most likely measured; empty for an output, and for what a part works out."""
    words = f"{device.name}/{channel.name}".lower()
    if channel.writable or channel.name in OF_THE_PART or channel.name.startswith(GIVEN_BACK):
        return ""
    if device.driver in ANALOGUE and _any_in(TANK_WORDS, words):
        return "tank.voltage"
    if channel.kind is ValueKind.BOOLEAN and _any_in(TANK_WORDS, words):
        return "tank.room"
    if device.driver in ANALOGUE:
        return "light.voltage" if _any_in(LIGHT_WORDS, words) else "soil.voltage"
    place = "outside" if _any_in(OUTSIDE_WORDS, words) else "room"
    by_unit = BY_DRIVER.get(device.driver, {})
    if channel.unit in by_unit:
        return by_unit[channel.unit]
    names = (BY_NAME.get(channel.name), BY_UNIT.get(channel.unit), f"dust.{channel.name}")
    fits = (name.format(place=place) for name in names if name)
    return next((name for name in fits if _same_kind(QUANTITIES.get(name), channel)), "")


def _same_kind(quantity: Quantity | None, channel: Channel) -> bool:
    return quantity is not None and (quantity.kind, quantity.unit) == (channel.kind, channel.unit)


def _any_in(parts: Collection[str], text: str) -> bool:
    return any(part in text for part in parts)


def _check(series: str, name: str, channels: Mapping[str, tuple[SimulatedDevice, Channel]]) -> None:
    if series not in channels:
        raise BadValueError(f"couple: unknown channel {series!r}{_near(series, channels)}")
    if name not in QUANTITIES:
        raise BadValueError(f"couple: {series}: unknown quantity {name!r}{_near(name, QUANTITIES)}")
    device, channel = channels[series]
    quantity = QUANTITIES[name]
    if channel.writable and not quantity.driven:
        raise BadValueError(f"couple: {series}: {name} is measured, and this channel drives; allowed: {_listed()}")
    any_voltage = device.driver in ANALOGUE and quantity.kind is ValueKind.NUMBER and quantity.unit == VOLT
    dimmed = device.driver in DIMMING and quantity.driven
    if not any_voltage and not dimmed and (quantity.kind, quantity.unit) != (channel.kind, channel.unit):
        found = quantity.unit or quantity.kind.value
        raise BadValueError(
            f"couple: {series}: {name} is in {found}, the channel in {channel.unit or channel.kind.value}"
        )


def _listed() -> str:
    return ", ".join(name for name, quantity in QUANTITIES.items() if quantity.driven)


def _near(word: str, known: Collection[str]) -> str:
    import difflib  # noqa: PLC0415 - a site without a mistake need not load it

    near = difflib.get_close_matches(word, known, n=1, cutoff=0.4)
    if near:
        return f"; did you mean {near[0]}?"
    return f"; there are {', '.join(sorted(known))}" if known else ""

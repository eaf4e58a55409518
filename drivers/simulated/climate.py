"""The physics of a room, as exact solutions over a time in which nothing outside changes. Pure functions.

Temperatures are in Cel, vapour is in g of water per m3 of air, times in s.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

DAY_S = 86_400.0
WARMEST_HOUR = 15.0
SUNRISE_HOUR, SUNSET_HOUR = 6.0, 18.0
SOIL_DRY_V, SOIL_WET_V = 2.7, 1.2
"""What a capacitive soil probe gives in air and in water."""
LIGHT_FULL_V, LIGHT_HALF_LX = 3.3, 10_000.0
"""A photoresistor under a divider of 3.3 V gives half of it at this light."""


@dataclass(frozen=True, slots=True)
class Air:
    """The state of the room's air, and of a probe that hangs in it and warms up more slowly."""

    temperature: float
    probe: float
    vapour: float


@dataclass(frozen=True, slots=True)
class Forcing:
    """What acts on the room."""

    outside: float
    """Temperature outside, Cel."""
    outside_vapour: float
    """g/m3"""
    power: float
    """Of the heater, W."""
    loss: float
    """To the outside, W/K."""
    heat_capacity: float
    """J/K"""
    air_change: float
    """How often the air is exchanged, 1/s."""
    vapour_source: float
    """What plants and soil give off, g/m3 in one second."""
    probe_lag: float
    """Time constant of the probe, s."""


def step(air: Air, forcing: Forcing, seconds: float) -> Air:
    """The air after `seconds` of constant forcing. Two steps give what one of their length together gives."""
    time_constant = forcing.heat_capacity / forcing.loss
    settled = forcing.outside + forcing.power / forcing.loss
    wet = forcing.outside_vapour + forcing.vapour_source / forcing.air_change
    return Air(
        temperature=relax(air.temperature, settled, time_constant, seconds),
        probe=follow(air, settled, time_constant, forcing.probe_lag, seconds),
        vapour=relax(air.vapour, wet, 1 / forcing.air_change, seconds),
    )


def relax(value: float, settled: float, time_constant: float, seconds: float) -> float:
    """Where `value` is on its way to `settled`."""
    return settled + (value - settled) * math.exp(-seconds / time_constant)


def follow(air: Air, settled: float, time_constant: float, lag: float, seconds: float) -> float:
    """The probe's temperature, which follows the air's with `lag` while that relaxes to `settled`."""
    if math.isclose(lag, time_constant, rel_tol=1e-6):
        lag *= 1 + 1e-5  # The closed form divides by their difference; this far apart no thermometer tells.
    share = (air.temperature - settled) * time_constant / (time_constant - lag)
    own = air.probe - settled - share
    return settled + share * math.exp(-seconds / time_constant) + own * math.exp(-seconds / lag)


def saturation(temperature: float) -> float:
    """The most vapour that air of that temperature holds, g/m3.

    Source: WMO-No. 8, Guide to Instruments and Methods of Observation, annex 4.B (Magnus formula); the gas law.
    """
    pressure_pa = 611.2 * math.exp(17.62 * temperature / (243.12 + temperature))
    return pressure_pa / (461.5 * (temperature + 273.15)) * 1000


def relative_humidity(vapour: float, temperature: float) -> float:
    """In %RH; what is more than the air holds has become dew."""
    return min(100.0, 100 * vapour / saturation(temperature))


def outside_temperature(mean: float, swing: float, day_s: float) -> float:
    """The curve of the day around `mean`, `swing` above it at its warmest."""
    return mean + swing * math.cos(2 * math.pi * (day_s / 3600 - WARMEST_HOUR) / 24)


def daylight(peak: float, day_s: float) -> float:
    """The light of a clear day, `peak` at noon, nothing between sunset and sunrise, in the unit of `peak`."""
    hour = day_s % DAY_S / 3600
    height = math.sin(math.pi * (hour - SUNRISE_HOUR) / (SUNSET_HOUR - SUNRISE_HOUR))
    return peak * height if SUNRISE_HOUR < hour < SUNSET_HOUR else 0.0


def soil_voltage(moisture: float) -> float:
    """What a soil probe gives, V, at a moisture of 0 to 1."""
    return SOIL_DRY_V + (SOIL_WET_V - SOIL_DRY_V) * moisture


def light_voltage(illuminance: float) -> float:
    """What a photoresistor gives, V, at so many lx."""
    return LIGHT_FULL_V * illuminance / (illuminance + LIGHT_HALF_LX)

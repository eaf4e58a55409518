"""What the simulated surroundings are made of. As they stand: a small greenhouse on a cool day, at sixty-fold pace."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from drivers.base import Limits
from drivers.simulated.planned import PlannedFault


@dataclass(frozen=True, kw_only=True, slots=True)
class WorldSettings:
    """The surroundings. Times are simulated ones: with `speed` 60 an hour of them passes in a minute."""

    seed: Annotated[int, Limits(0, 2**32 - 1)] = 1
    """Fixes all that is left to chance; the same seed, the same weather."""
    speed: Annotated[float, Limits(0.001, 100_000.0)] = 60.0
    """Simulated seconds that pass in one second of the gateway's."""
    start_hour: Annotated[float, Limits(0.0, 24.0, "h")] = 9.0
    """Time of day at the beginning."""
    couple: dict[str, str] = field(default_factory=dict)
    """Channel (`device/channel`) -> quantity of the world (`room.temperature`); the likely ones where not given."""
    faults: dict[str, PlannedFault] = field(default_factory=dict)
    """Name of your choice -> a fault that a device has for a while."""

    room_temperature: Annotated[float, Limits(-40.0, 60.0, "Cel")] = 18.0
    """In the room at the beginning."""
    room_humidity: Annotated[float, Limits(1.0, 100.0, "%RH")] = 60.0
    """In the room at the beginning."""
    heat_capacity: Annotated[float, Limits(1_000.0, 1e9, "J/K")] = 200_000.0
    """Of the room with all that is in it."""
    loss: Annotated[float, Limits(0.1, 1e6, "W/K")] = 100.0
    """Heat that goes out for each degree of difference, with the door closed."""
    door_loss: Annotated[float, Limits(0.0, 1e6, "W/K")] = 100.0
    """What an open door adds to `loss`."""
    heater_power: Annotated[float, Limits(0.0, 1e6, "W")] = 3_000.0
    """Of the heater while it is on."""
    air_changes: Annotated[float, Limits(0.01, 100.0, "1/h")] = 2.0
    """How often the air of the room is exchanged in an hour; three times as often with an open door."""
    vapour_source: Annotated[float, Limits(0.0, 1_000.0, "g/m3/h")] = 4.0
    """Water that plants and soil give off in an hour, for each m3 of the room."""

    outside_mean: Annotated[float, Limits(-40.0, 50.0, "Cel")] = 8.0
    """Temperature outside, averaged over the day."""
    outside_swing: Annotated[float, Limits(0.0, 30.0, "K")] = 4.0
    """How far it goes above the mean at 15:00, and below it at 03:00."""
    outside_humidity: Annotated[float, Limits(1.0, 100.0, "%RH")] = 75.0
    """Outside, at the mean temperature."""
    daylight_peak: Annotated[float, Limits(0.0, 200_000.0, "lx")] = 40_000.0
    """Light at noon."""

    door_opens_every_s: Annotated[float, Limits(0.0, 1e7, "s")] = 1_200.0
    """Mean time between two openings of the door; 0 for never."""
    door_open_for_s: Annotated[float, Limits(1.0, 1e7, "s")] = 150.0
    """Mean time that it stays open."""

    soil_moisture: Annotated[float, Limits(0.0, 1.0)] = 0.45
    """Of the soil at the beginning, from 0 (dry) to 1 (under water)."""
    soil_dries_in_s: Annotated[float, Limits(60.0, 1e8, "s")] = 259_200.0
    """Time in which it loses 63 % of its water."""
    soil_watered_below: Annotated[float, Limits(0.0, 1.0)] = 0.2
    """Somebody waters it when it is drier than this."""
    soil_watered_to: Annotated[float, Limits(0.0, 1.0)] = 0.6
    """How moist it is then."""

    dust_mean: Annotated[float, Limits(0.0, 1_000.0, "ug/m3")] = 12.0
    """Particles up to 2.5 um, as a typical mass."""
    dust_spread: Annotated[float, Limits(0.0, 2.0)] = 0.4
    """Standard deviation of the logarithm of that mass."""
    dust_lasts_s: Annotated[float, Limits(60.0, 1e7, "s")] = 3_600.0
    """How long dusty air stays dusty."""

    pressure_mean: Annotated[float, Limits(30_000.0, 110_000.0, "Pa")] = 101_325.0
    """Of the air, where the site is."""
    co2_outside: Annotated[float, Limits(0.0, 10_000.0, "ppm")] = 420.0
    """Outside, and in the room at the beginning."""
    co2_source: Annotated[float, Limits(0.0, 100_000.0, "ppm/h")] = 800.0
    """What those who breathe in the room add to it in an hour."""

    fan_air_changes: Annotated[float, Limits(0.0, 1_000.0, "1/h")] = 20.0
    """What a fan that is on adds to `air_changes`."""
    fan_loss: Annotated[float, Limits(0.0, 1e6, "W/K")] = 80.0
    """What a fan that is on adds to `loss`."""

    tank_level: Annotated[float, Limits(0.0, 1.0)] = 0.6
    """Of the water tank at the beginning, from 0 (empty) to 1 (full)."""
    tank_fills_in_s: Annotated[float, Limits(1.0, 1e7, "s")] = 1_800.0
    """Time in which the pump fills it."""
    tank_empties_in_s: Annotated[float, Limits(1.0, 1e7, "s")] = 900.0
    """Time in which the open valve empties it."""
    tank_lasts_s: Annotated[float, Limits(1.0, 1e9, "s")] = 14_400.0
    """Time in which people empty it; they draw water from 6 to 22 h."""

    supply: Annotated[float, Limits(0.0, 1_000.0, "V")] = 12.0
    """Voltage of the supply without a load."""
    load_idle: Annotated[float, Limits(0.0, 1_000.0, "A")] = 0.4
    """Current that always flows."""
    load_heating: Annotated[float, Limits(0.0, 1_000.0, "A")] = 1.2
    """What the heater adds to it."""
    vibration: Annotated[float, Limits(0.0, 1_000.0, "m/s2")] = 0.05
    """Standard deviation of the acceleration."""

    probe_lag_s: Annotated[float, Limits(0.01, 10_000.0, "s")] = 8.0
    """How slowly a probe takes on the temperature of the room: 63 % of a step in this time."""
    temperature_noise: Annotated[float, Limits(0.0, 10.0, "K")] = 0.03
    """Standard deviation of one reading, as of the other noises."""
    humidity_noise: Annotated[float, Limits(0.0, 50.0, "%RH")] = 0.1
    """Of one reading."""
    voltage_noise: Annotated[float, Limits(0.0, 5.0, "V")] = 0.001
    """Of one reading."""
    pressure_noise: Annotated[float, Limits(0.0, 10_000.0, "Pa")] = 2.0
    """Of one reading."""
    other_noise: Annotated[float, Limits(0.0, 1.0)] = 0.02
    """Of one reading of dust, light or moisture, as a share of its value."""

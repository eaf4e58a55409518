"""The simulated surroundings: a room with heater, fan and door, its outside, soil, light, air, a tank, a supply.

The world moves on by itself, as far as its clock has gone, whenever it is looked at. What it does depends on settings,
seed, clock and what is switched alone, not on how often it is looked at: weather is constant within cells of a fixed
length, and within a cell the physics is solved exactly.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from drivers.base import Clock
from drivers.simulated import climate
from drivers.simulated.chance import DoorTimes, Drift, normal
from drivers.simulated.climate import Air, Forcing
from drivers.simulated.quantities import QUANTITIES, Quantity, noise_of
from drivers.simulated.tank import Tank
from drivers.simulated.world_settings import WorldSettings

__all__ = ["QUANTITIES", "Quantity", "World", "WorldSettings"]

CELL_S = 60.0
"""How long the weather stays the same, in simulated seconds."""
CATCH_UP_S = 40 * climate.DAY_S
"""The furthest that one look moves the world: half a second of work, in which nobody else can look."""

KG_PER_UG = 1e-9
PM1_SHARE, PM10_SHARE = 0.7, 1.4
"""Of the mass of particles up to 2.5 um."""

PPM = 1e-6
VOC_SHARE = 0.001
"""Of the CO2 that is above that outside: what breathes and rots gives off both."""
PRESSURE_SPREAD = 0.01
"""Standard deviation of the weather's pressure, as a share of its mean."""
SUPPLY_OHM = 0.05
"""What the supply's voltage gives way by."""
MAINS_V, MAINS_HZ, MAINS_IDLE_W, PUMP_W, FAN_W = 230.0, 50.0, 120.0, 750.0, 60.0
"""The mains, and what is drawn from them while everything is off, by a pump and by a fan."""
HEATER, PUMP, VALVE, FAN = "heater.on", "pump.on", "valve.on", "fan.on"
WATER_M3_S, WIND_M_S, WHEEL_HZ, HOPPER_KG = 1e-4, 3.0, 0.5, 12.5
"""A tap that is never shut, a steady wind, a wheel that turns, and a hopper from which nobody takes."""
GRAVITY = 9.80665
"""m/s2, by definition (BIPM, SI Brochure)."""


ChangeListener = Callable[[bool], None]


class World:
    """The surroundings at one site. Safe to share between threads; listeners are called under its lock."""

    def __init__(self, settings: WorldSettings, clock: Clock) -> None:
        self.lock = threading.RLock()
        self._settings = settings
        self._clock = clock
        self._started_s = clock.now_s()
        self._now_s = 0.0
        self._cell = 0
        self._moving = False
        self._shares = dict.fromkeys((HEATER, PUMP, VALVE, FAN), 0.0)
        self._soil = settings.soil_moisture
        self._door = DoorTimes(settings.seed, settings.door_opens_every_s, settings.door_open_for_s)
        self._dust = Drift(settings.seed, "dust", CELL_S / settings.dust_lasts_s)
        vapour = climate.saturation(settings.room_temperature) * settings.room_humidity / 100
        self._air = Air(settings.room_temperature, settings.room_temperature, vapour)
        self._weather = Drift(settings.seed, "pressure", CELL_S / climate.DAY_S)
        self._co2 = settings.co2_outside
        self._energy = 0.0
        self._tank = Tank(settings)
        self._numbers = self._numbers_now()
        self._listeners: dict[str, list[ChangeListener]] = {}

    @property
    def elapsed_s(self) -> float:
        """Simulated seconds since the beginning."""
        with self.lock:
            self.advance()
            return self._now_s

    def value(self, quantity: str) -> float:
        """What a number truly is now, in the unit of `QUANTITIES`."""
        with self.lock:
            self.advance()
            return self._numbers[quantity]()

    def state(self, quantity: str) -> bool:
        """What a boolean is now."""
        with self.lock:
            self.advance()
            if QUANTITIES[quantity].driven:
                return self._shares[quantity] > 0
            return self._tank.has_room if quantity == "tank.room" else not self._door.is_open

    def sense(self, quantity: str, probe: str) -> float:
        """What the probe of that name makes of a number: late where it is slow, and with its own noise."""
        with self.lock:
            self.advance()
            value = self._air.probe if quantity == "room.temperature" else self._numbers[quantity]()
            noise = noise_of(QUANTITIES[quantity].unit, value, self._settings)
            return value + noise * normal(f"{self._settings.seed}/{probe}/{quantity}/{self._now_s}")

    def drive(self, quantity: str, share: float) -> None:
        """Act on the world: drive what can be driven by a share of its power, 0 to 1; the rest hangs on nothing."""
        with self.lock:
            self.advance()
            if quantity in self._shares:
                was_on = self._shares[quantity] > 0
                self._shares[quantity] = min(1.0, max(0.0, share))
                if was_on != (share > 0):
                    self._tell(quantity, share > 0)

    def on_change(self, quantity: str, listener: ChangeListener) -> None:
        """Call `listener` on every change of a boolean, in order, when the world is next looked at."""
        with self.lock:
            self._listeners.setdefault(quantity, []).append(listener)

    def advance(self) -> None:
        """Move on to where the clock is."""
        with self.lock:
            if self._moving:
                return  # A listener looks at the world that is just moving.
            self._moving = True
            try:
                target_s = (self._clock.now_s() - self._started_s) * self._settings.speed
                self._run(min(target_s, self._now_s + CATCH_UP_S))
            finally:
                self._moving = False

    def _run(self, target_s: float) -> None:
        while self._now_s < target_s:
            cell_end_s = (self._cell + 1) * CELL_S
            until_s = min(target_s, cell_end_s, self._door.next_s)
            seconds = until_s - self._now_s
            self._air = climate.step(self._air, self._forcing(), seconds)
            self._co2 = climate.relax(self._co2, self._co2_settled(), 3600 / self._air_changes(), seconds)
            self._soil = climate.relax(self._soil, 0.0, self._settings.soil_dries_in_s, seconds)
            self._energy += self._mains() * seconds
            self._move_water(seconds)
            self._now_s = until_s
            if until_s == cell_end_s:
                self._next_cell()
            if until_s == self._door.next_s:
                self._door.turn()
                self._tell("door.closed", not self._door.is_open)

    def _move_water(self, seconds: float) -> None:
        had_room = self._tank.has_room
        flow = self._tank.flow(self._day_s(), pump=self._shares[PUMP], valve=self._shares[VALVE])
        self._tank.move(flow, seconds)
        if self._tank.has_room != had_room:
            self._tell("tank.room", not had_room)

    def _next_cell(self) -> None:
        self._cell += 1
        self._dust.step()
        self._weather.step()
        if self._soil < self._settings.soil_watered_below:
            self._soil = self._settings.soil_watered_to

    def _forcing(self) -> Forcing:
        settings, opened = self._settings, self._door.is_open
        return Forcing(
            outside=self._outside(),
            outside_vapour=self._outside_vapour(),
            power=settings.heater_power * self._shares[HEATER],
            loss=settings.loss + (settings.door_loss if opened else 0.0) + settings.fan_loss * self._shares[FAN],
            heat_capacity=settings.heat_capacity,
            air_change=self._air_changes() / 3600,
            vapour_source=settings.vapour_source / 3600,
            probe_lag=settings.probe_lag_s,
        )

    def _air_changes(self) -> float:
        """How often the air of the room is exchanged in an hour."""
        fan = self._settings.fan_air_changes * self._shares[FAN]
        return self._settings.air_changes * (3 if self._door.is_open else 1) + fan

    def _co2_settled(self) -> float:
        return self._settings.co2_outside + self._settings.co2_source / self._air_changes()

    def _current(self) -> float:
        return self._settings.load_idle + self._settings.load_heating * self._shares[HEATER]

    def _mains(self) -> float:
        """What is drawn from the mains, in W."""
        watts = {HEATER: self._settings.heater_power, PUMP: PUMP_W, FAN: FAN_W}
        return MAINS_IDLE_W + sum(most * self._shares[one] for one, most in watts.items())

    def _day_s(self) -> float:
        """The time of day in the middle of this cell."""
        return self._settings.start_hour * 3600 + (self._cell + 0.5) * CELL_S

    def _outside(self) -> float:
        return climate.outside_temperature(self._settings.outside_mean, self._settings.outside_swing, self._day_s())

    def _outside_vapour(self) -> float:
        return climate.saturation(self._settings.outside_mean) * self._settings.outside_humidity / 100

    def _numbers_now(self) -> dict[str, Callable[[], float]]:
        return {
            "room.temperature": lambda: self._air.temperature,
            "room.humidity": lambda: climate.relative_humidity(self._air.vapour, self._air.temperature),
            "outside.temperature": self._outside,
            "outside.humidity": lambda: climate.relative_humidity(self._outside_vapour(), self._outside()),
            "soil.moisture": lambda: self._soil,
            "soil.voltage": lambda: climate.soil_voltage(self._soil),
            "light.illuminance": self._light,
            "light.voltage": lambda: climate.light_voltage(self._light()),
            "dust.pm1": lambda: PM1_SHARE * self._dust_kg(),
            "dust.pm2_5": self._dust_kg,
            "dust.pm10": lambda: PM10_SHARE * self._dust_kg(),
            "air.pressure": lambda: self._settings.pressure_mean * self._weather.factor(PRESSURE_SPREAD),
            "air.co2": lambda: self._co2 * PPM,
            "air.voc": lambda: VOC_SHARE * (self._co2 - self._settings.co2_outside) * PPM,
            "tank.level": lambda: self._tank.level,
            "tank.voltage": lambda: self._tank.voltage,
            "tank.gap": lambda: self._tank.gap,
            "load.voltage": lambda: self._settings.supply - SUPPLY_OHM * self._current(),
            "load.current": self._current,
            "mains.voltage": lambda: MAINS_V,
            "mains.current": lambda: self._mains() / MAINS_V,
            "mains.power": self._mains,
            "mains.energy": lambda: self._energy,
            "mains.frequency": lambda: MAINS_HZ,
            "water.volume": lambda: WATER_M3_S * self._now_s,
            "wind.run": lambda: WIND_M_S * self._now_s,
            "hopper.weight": lambda: HOPPER_KG,
            "wheel.turns": lambda: WHEEL_HZ * self._now_s,
            "motion.x": lambda: 0.0,
            "motion.y": lambda: 0.0,
            "motion.z": lambda: GRAVITY,
        }

    def _light(self) -> float:
        return climate.daylight(self._settings.daylight_peak, self._day_s())

    def _dust_kg(self) -> float:
        return self._settings.dust_mean * KG_PER_UG * self._dust.factor(self._settings.dust_spread)

    def _tell(self, quantity: str, value: bool) -> None:
        for listener in self._listeners.get(quantity, ()):
            listener(value)

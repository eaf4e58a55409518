"""A meter that gives pulses on a GPIO pin: S0 of an electricity meter, gas, water, flow, rain, wind.

The total goes on over restarts, from what the meter showed when it was set. While nobody counts, pulses are lost, and
so may be those of the minutes before a power cut.
"""

from __future__ import annotations

import enum
import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import (
    BadValueError,
    BusError,
    BusKind,
    Channel,
    Driver,
    Limits,
    Operation,
    Parameter,
    Readings,
    Steps,
    Value,
)
from drivers.bus.gpio import GpioBus, InputPin, Pull
from drivers.pulses import PulseTrain
from drivers.remembering import Remembering

TOTAL, RATE = "total", "rate"
COUNT_MAX = 2**53
"""The largest count that a float holds exactly."""
PULSES_PER_S_MAX = 10_000.0
"""More edges than that no program can follow."""


class MeterUnit(enum.StrEnum):
    """What pulses are counted in, as it stands on the meter."""

    COUNT = "count"
    KWH = "kWh"
    M3 = "m3"
    LITRE = "l"
    MM = "mm"
    M = "m"


PRIMARY: Mapping[MeterUnit, tuple[float, str, str]] = {
    MeterUnit.COUNT: (1.0, "count", "1/s"),
    MeterUnit.KWH: (3.6e6, "J", "W"),
    MeterUnit.M3: (1.0, "m3", "m3/s"),
    MeterUnit.LITRE: (1e-3, "m3", "m3/s"),
    MeterUnit.MM: (1e-3, "m", "m/s"),
    MeterUnit.M: (1.0, "m", "m/s"),
}
"""Unit on the meter -> how much of the channels' unit it is, and the SenML units of total and rate."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PulseCounterSettings:
    """One meter. As it stands: a contact between the pin and ground, of which every closing counts as one."""

    pin: Annotated[int, Limits(0, 27)]
    """GPIO number of the pin (not its place on the header)."""
    pulses_per_unit: Annotated[float, Limits(0.001, 1e6)] = 1.0
    """Pulses for one `unit`: 1000 for S0 with 1000 imp/kWh, 100 for gas with 0.01 m3, 450 for a YF-S201 in l."""
    unit: MeterUnit = MeterUnit.COUNT
    """What the meter counts in; the channels are in J and W, m3 and m3/s, m and m/s, or in pulses."""
    start: Annotated[float, Limits(0.0, 1e9)] = 0.0
    """The total at the very first start, in `unit`: what the meter shows. Later the operation `SetTotal` sets it."""
    pull: Pull = Pull.UP
    """The resistor inside the board: `up`, `down`, or `none` where there is one outside."""
    active_low: bool = True
    """A pulse is low."""
    debounce_s: Annotated[float, Limits(0.0, 5.0, "s")] = 0.01
    """How long the line has to be quiet before a pulse; 100 ms for a rain gauge, 1 ms or less for a flow sensor."""
    still_after_s: Annotated[float, Limits(1.0, 86_400.0, "s")] = 3_600.0
    """Without a pulse for so long, the rate is zero; until then it only sinks."""


def per_pulse(settings: PulseCounterSettings) -> float:
    """What one pulse is, in the unit of the total: 3600 J for 1000 imp/kWh."""
    return PRIMARY[settings.unit][0] / settings.pulses_per_unit


class PulseCounter(Driver, Remembering):
    """One meter on a pin of a GPIO chip."""

    name: ClassVar[str] = "pulse_counter"
    title: ClassVar[str] = "Meter with pulses on a GPIO pin: S0, gas, water, flow, rain, wind"
    bus_kind: ClassVar[BusKind] = BusKind.GPIO
    settings_type: ClassVar[type] = PulseCounterSettings

    def __init__(self, bus: GpioBus, settings: PulseCounterSettings) -> None:
        self._bus = bus
        self._settings = settings
        self._pin: InputPin | None = None
        self._step = per_pulse(settings)
        self._base: float | None = settings.start * PRIMARY[settings.unit][0]
        self._count = 0
        self._train = self._new_train()
        # Edges come on a thread of the pin factory, readings on the bus's, and whoever keeps the total has his own.
        self._lock = threading.Lock()

    @classmethod
    def channels(cls, settings: PulseCounterSettings) -> tuple[Channel, ...]:
        """The total and its rate."""
        step = per_pulse(settings)
        _, total, rate = PRIMARY[settings.unit]
        about = f"the pulses on GPIO{settings.pin}"
        return (
            Channel(
                name=TOTAL, unit=total, low=0.0, high=step * COUNT_MAX, resolution=step, about=f"all that {about} are"
            ),
            Channel(
                name=RATE,
                unit=rate,
                low=0.0,
                high=step * PULSES_PER_S_MAX,
                resolution=step / settings.still_after_s,
                about=f"how fast {about} come",
            ),
        )

    def open(self) -> None:
        """Make the pin an input and count from now on; the total goes on.

        Raises:
            WrongPartError: there is no such pin, another device holds it, or it cannot have that pull.
            BusError: the chip is missing, the line is in use elsewhere or cannot be watched.
        """
        self.close()
        settings = self._settings
        pin = self._bus.input(settings.pin, pull=settings.pull, active_low=settings.active_low)
        with self._lock:
            self._train = self._new_train()  # How long nobody counted is in no interval.
        self._pin = pin
        pin.edges(self._take)

    def read(self) -> Readings:
        """The total where it is known, and the rate as soon as one can be told.

        Raises:
            BusError: the chip does not answer.
        """
        if self._pin is None:
            raise BusError(f"GPIO{self._settings.pin}: not open")
        self._pin.read()  # Says whether the chip is still there; the level itself tells nothing.
        with self._lock:
            rate = self._train.rate(self._bus.clock.now_s())
            return {**self._total(), **({} if rate is None else {RATE: rate * self._step})}

    def memory(self) -> Readings:
        """The total."""
        with self._lock:
            return self._total()

    def resume(self, memory: Readings | None) -> None:
        """Go on from that total; with None there is none until it is set."""
        with self._lock:
            if memory is None:
                self._base = None
                return
            total = memory.get(TOTAL)
            if isinstance(total, float) and math.isfinite(total) and total >= 0:
                self._base, self._count = total, 0

    @classmethod
    def operations(cls, settings: PulseCounterSettings) -> tuple[Operation, ...]:
        """To set the total to what the meter shows."""
        scale, unit, _ = PRIMARY[settings.unit]
        shown = Parameter(name=TOTAL, unit=unit, low=0.0, high=1e9 * scale, about="what the meter shows")
        return (Operation(name="SetTotal", parameters=(shown,), idempotent=True, about="make the total what it is"),)

    def operate(self, operation: str, parameters: Mapping[str, Value]) -> Steps:
        """Set the total; the result is what it now is.

        Raises:
            BadValueError: it is another operation.
        """
        yield from ()
        if operation != "SetTotal":
            raise BadValueError(f"{self.name}: there is no operation {operation!r}")
        total = float(parameters[TOTAL])
        with self._lock:
            self._base, self._count = total, 0
        return total

    def close(self) -> None:
        """Let the pin go; the total stays. Never raises."""
        if self._pin is not None:
            self._pin = None
            self._bus.release(self._settings.pin)

    def _new_train(self) -> PulseTrain:
        return PulseTrain(self._settings.debounce_s, self._settings.still_after_s, self._bus.clock.now_s())

    def _total(self) -> dict[str, Value]:
        return {} if self._base is None else {TOTAL: self._base + self._count * self._step}

    def _take(self, level: bool, at_s: float) -> None:
        with self._lock:
            self._count += self._train.edge(level, at_s)

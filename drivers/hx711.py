"""AVIA HX711: the amplifier and converter of a scale with strain gauges, over two GPIO pins.

A clock pulse that takes too long switches the part off, and a program can be interrupted in the middle of one. So every
pulse is timed, what was interrupted is thrown away, and the part is started anew.

Source: AVIA Semiconductor, HX711 datasheet, "Serial interface", tables 2 and 3, "Reset and power-down sequence".
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import BusError, BusKind, Channel, Driver, Limits, NoAnswerError, Readings, WrongPartError
from drivers.bus.gpio import GpioBus, InputPin, OutputPin

BITS = 24
FULL_COUNTS = 1 << (BITS - 1)
PULSES = {128: 25, 32: 26, 64: 27}
"""Gain of the next conversion -> pulses of the clock; 32 is that of input B."""
PULSE_S_MAX = 60e-6
"""A clock that is high for longer switches the part off."""
OFF_S = 1e-4
READY_S_MAX = 0.6
"""The part settles in 0.4 s after its start, and then converts ten times in a second or more."""
LOOK_S = 0.002
READ_S_MAX = 1.2
"""Then none is begun any more, and more than half will do: a bus must not be held for two seconds."""
GAIN_AT_START = 128


@dataclass(frozen=True, kw_only=True, slots=True)
class Hx711Settings:
    """One HX711."""

    data: Annotated[int, Limits(0, 27)] = 5
    """GPIO number of the pin at DOUT."""
    clock: Annotated[int, Limits(0, 27)] = 6
    """GPIO number of the pin at PD_SCK."""
    gain: Annotated[int, Limits(32, 128)] = 128
    """128 or 64 for input A, 32 for input B."""
    offset: Annotated[float, Limits(-8_388_608, 8_388_607)] = 0.0
    """What the part counts with nothing on the scale."""
    scale: Annotated[float, Limits(-1e8, 1e8)] = 100_000.0
    """What it counts more for each kilogram; below zero where the gauge is wired the other way round."""
    samples: Annotated[int, Limits(1, 9)] = 5
    """Conversions in a reading, of which the median is taken; each takes 0.1 s, or 12 ms at 80 in a second."""

    def __post_init__(self) -> None:
        if self.data == self.clock:
            raise ValueError(f"data and clock are both {self.clock}; each needs a pin of its own")
        if self.gain not in PULSES:
            raise ValueError(f"gain {self.gain}; 128, 64 and 32 are allowed")
        if self.scale == 0:
            raise ValueError("scale 0; weigh something known, and divide what is counted more by its kilograms")


def decode(word: int) -> int:
    """The signed count in 24 bits: 0xFFFFFF is -1."""
    return word - (1 << BITS) if word & FULL_COUNTS else word


class Hx711(Driver):
    """One HX711 on two pins of a GPIO chip."""

    name: ClassVar[str] = "hx711"
    title: ClassVar[str] = "AVIA HX711: scale with strain gauges"
    bus_kind: ClassVar[BusKind] = BusKind.GPIO
    settings_type: ClassVar[type] = Hx711Settings

    def __init__(self, bus: GpioBus, settings: Hx711Settings) -> None:
        self._bus = bus
        self._settings = settings
        self._place = f"hx711 at GPIO{settings.data} and GPIO{settings.clock}"
        self._pins: tuple[InputPin, OutputPin] | None = None
        self._settled = False

    @classmethod
    def channels(cls, settings: Hx711Settings) -> tuple[Channel, ...]:
        """The weight."""
        ends = sorted((counts - settings.offset) / settings.scale for counts in (-FULL_COUNTS, FULL_COUNTS - 1))
        step = 1 / abs(settings.scale)
        return (Channel(name="weight", unit="kg", low=ends[0], high=ends[1], resolution=step, about="on the scale"),)

    def open(self) -> None:
        """Start the part; the first reading waits until it has settled.

        Raises:
            WrongPartError: there is no such pin, or another device holds it.
            BusError: the chip is missing or a line is in use elsewhere.
        """
        self.close()
        settings = self._settings
        clock = self._bus.output(settings.clock)
        try:
            data = self._bus.input(settings.data)
        except (BusError, WrongPartError):
            self._bus.release(settings.clock)
            raise
        self._pins = data, clock
        self._restart(clock)

    def read(self) -> Readings:
        """The median of several conversions.

        Raises:
            NoAnswerError: the part gives no conversions, or is beyond its range, or the machine is too busy for it.
            BusError: the chip does not answer.
        """
        if self._pins is None:
            raise BusError(f"{self._place}: not open")
        data, clock = self._pins
        settings, counts = self._settings, list[int]()
        until_s = self._bus.clock.now_s() + READ_S_MAX
        while len(counts) < settings.samples and self._bus.clock.now_s() < until_s:
            found = self._convert(data, clock)
            if found is None:
                self._restart(clock)
            elif self._settled:
                counts.append(found)
            else:  # The first after a start has the gain of the start.
                self._settled = True
        if 2 * len(counts) > settings.samples:
            return {"weight": self._weight(statistics.median(counts))}
        raise NoAnswerError(
            f"{self._place}: {len(counts)} good conversions of {settings.samples} in time; a clock pulse must not take"
            f" {PULSE_S_MAX * 1e6:.0f} us, and this machine is too busy or too slow for that"
        )

    def close(self) -> None:
        """Let both pins go. Never raises."""
        if self._pins is not None:
            self._pins = None
            self._bus.release(self._settings.clock)
            self._bus.release(self._settings.data)

    def _weight(self, counts: float) -> float:
        if not -FULL_COUNTS < counts < FULL_COUNTS - 1:
            raise NoAnswerError(f"{self._place}: beyond its range; look at the wires of the gauge, and at the load")
        return (counts - self._settings.offset) / self._settings.scale

    def _restart(self, clock: OutputPin) -> None:
        clock.write(True)
        self._bus.clock.sleep(OFF_S)
        clock.write(False)
        self._settled = self._settings.gain == GAIN_AT_START

    def _convert(self, data: InputPin, clock: OutputPin) -> int | None:
        """The count of the next conversion; None where it was interrupted.

        Raises:
            NoAnswerError: there is none.
        """
        until_s = self._bus.clock.now_s() + READY_S_MAX
        while data.read():
            if self._bus.clock.now_s() > until_s:
                raise NoAnswerError(f"{self._place}: does not answer; look at its supply, DOUT and PD_SCK")
            self._bus.clock.sleep(LOOK_S)
        word = 0
        for number in range(PULSES[self._settings.gain]):
            before_s = self._bus.clock.now_s()
            clock.pulse()
            if self._bus.clock.now_s() - before_s > PULSE_S_MAX:
                return None
            if number < BITS:
                word = word << 1 | data.read()
        # The part lets go of the line with the last pulse: else they were not counted as they were meant.
        return decode(word) if data.read() else None

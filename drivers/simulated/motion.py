"""Simulated accelerometers ADXL345 and MPU6050: asleep after power-up, three axes behind a pointer that walks.

Source: Analog Devices, ADXL345 data sheet, "Register Definitions"; InvenSense, MPU-6000/6050 Register Map
RM-MPU-6000A, chapter 4.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping

from drivers import adxl345, mpu6050
from drivers.base import Clock
from drivers.simulated.place import Place
from drivers.simulated.registers import RegisterChip

Sources = Mapping[str, Callable[[], float]]
"""Axis, or `temperature` -> m/s2, or Cel."""

FIRST_S = 0.0111
ADXL345_WRITABLE = range(0x1D, 0x3A)
RESET, ASLEEP = 0x80, 0x40


def clipped(value: float) -> int:
    """The nearest whole number that 16 bits hold with a sign."""
    return min(32_767, max(-32_768, round(value)))


class SimulatedAdxl345(RegisterChip):
    """One ADXL345 that is shaken."""

    def __init__(self, clock: Clock, sources: Sources) -> None:
        super().__init__()
        self._clock = clock
        self._sources = sources
        self._ready_s = float("inf")

    def refresh(self) -> None:
        """Show the identity and, while it measures, the axes."""
        self.registers[adxl345.ID] = 0x00 if self.faults.wrong_part else adxl345.ID_VALUE
        ready = self._clock.now_s() >= self._ready_s
        self.registers[adxl345.SOURCE] = adxl345.READY if ready else 0
        if ready:
            counts = (
                self.faults.measured(axis, self._sources[axis]) / adxl345.GRAVITY * adxl345.COUNTS_PER_G
                for axis in "xyz"
            )
            axes = struct.pack("<3h", *(min(4095, max(-4096, clipped(count))) for count in counts))
            self.registers[adxl345.DATA : adxl345.DATA + 6] = axes

    def stored(self, register: int, value: int) -> None:
        """Measure or sleep; what cannot be written stays as it is."""
        if register not in ADXL345_WRITABLE or register == adxl345.SOURCE:
            return
        super().stored(register, value)
        if register == adxl345.POWER:
            self._ready_s = self._clock.now_s() + FIRST_S if value & adxl345.MEASURE else float("inf")


class SimulatedMpu6050(RegisterChip):
    """One MPU6050 that is shaken, at a given temperature."""

    def __init__(self, sources: Sources, identity: int = 0x68) -> None:
        super().__init__()
        self._sources = sources
        self._identity = identity
        self.registers[mpu6050.POWER] = ASLEEP

    def refresh(self) -> None:
        """Show the identity and, while it is awake, axes and temperature."""
        self.registers[mpu6050.ID] = 0x98 if self.faults.wrong_part else self._identity
        if self.registers[mpu6050.POWER] & ASLEEP:
            return
        per_g = mpu6050.COUNTS_PER_G >> (self.registers[mpu6050.RANGE] >> 3 & 3)
        axes = (self.faults.measured(axis, self._sources[axis]) / mpu6050.GRAVITY * per_g for axis in "xyz")
        per_kelvin, zero = mpu6050.TEMPERATURES[self._identity]
        warm = (self.faults.measured("temperature", self._sources["temperature"]) - zero) * per_kelvin
        counts = (clipped(count) for count in (*axes, warm))
        self.registers[mpu6050.DATA : mpu6050.DATA + 8] = struct.pack(">4h", *counts)

    def stored(self, register: int, value: int) -> None:
        """Keep what is written; a reset puts it to sleep."""
        if register == mpu6050.POWER and value & RESET:
            self.registers[:] = bytes(256)
            value = ASLEEP
        if register != mpu6050.ID and not mpu6050.DATA <= register < mpu6050.DATA + 14:
            super().stored(register, value)


def place_adxl345(place: Place) -> SimulatedAdxl345:
    """The model of a configured ADXL345."""
    return SimulatedAdxl345(place.clock, {axis: place.probe(axis) for axis in "xyz"})


def place_mpu6050(place: Place) -> SimulatedMpu6050:
    """The model of a configured MPU6050."""
    return SimulatedMpu6050({channel: place.probe(channel) for channel in ("x", "y", "z", "temperature")})

"""A simulated Bosch BMP180: one conversion at a time, a bit that says that it goes on.

Source: Bosch Sensortec, BMP180 datasheet BST-BMP180-DS000, chapters 3 and 4.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from drivers import bmp180
from drivers.base import Clock
from drivers.bmp180 import Calibration
from drivers.simulated.place import Place
from drivers.simulated.registers import RegisterChip, code_of

TYPICAL = Calibration(408, -72, -14383, 32741, 32757, 23153, 6190, 4, -32768, -8711, 2868)
"""The constants of the datasheet's example."""
COMMAND_BITS = 0x3F
LOWEST = 20_000
"""Of the codes for temperatures that can be: below, the formula does not rise all the way."""


class SimulatedBmp180(RegisterChip):
    """One BMP180 in air of a given temperature (Cel) and pressure (Pa)."""

    def __init__(self, clock: Clock, temperature: Callable[[], float], pressure: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self._temperature = temperature
        self._pressure = pressure
        self._coming = b""
        self._done_s = float("-inf")
        constants = (TYPICAL.ac1, TYPICAL.ac2, TYPICAL.ac3, TYPICAL.ac4, TYPICAL.ac5, TYPICAL.ac6)
        more = (TYPICAL.b1, TYPICAL.b2, TYPICAL.mb, TYPICAL.mc, TYPICAL.md)
        self.registers[0xAA:0xC0] = struct.pack(">3h3H5h", *constants, *more)
        self.registers[bmp180.DATA : bmp180.DATA + 2] = b"\x80\x00"

    def refresh(self) -> None:
        """Show the identity, and the result when the conversion is over."""
        self.registers[bmp180.ID] = 0x58 if self.faults.wrong_part else bmp180.ID_VALUE
        if self._coming and self._clock.now_s() >= self._done_s:
            self.registers[bmp180.DATA : bmp180.DATA + 3] = self._coming
            self.registers[bmp180.CONTROL] &= ~bmp180.RUNNING & 0xFF
            self._coming = b""

    def stored(self, register: int, value: int) -> None:
        """Start a conversion; nothing else can be written."""
        if register != bmp180.CONTROL:
            return
        self.registers[register] = value | bmp180.RUNNING
        if value & COMMAND_BITS == bmp180.MEASURE_TEMPERATURE:
            self._convert_temperature()
        elif value & COMMAND_BITS == bmp180.MEASURE_PRESSURE:
            self._convert_pressure(value >> 6)

    def _convert_temperature(self) -> None:
        wanted = self.faults.measured("temperature", self._temperature)
        raw = LOWEST + code_of(lambda raw: bmp180.fine_temperature(LOWEST + raw, TYPICAL) / 160, wanted, 14)
        self._coming = raw.to_bytes(2) + b"\x00"
        self._done_s = self._clock.now_s() + 0.003

    def _convert_pressure(self, code: int) -> None:
        wanted = self.faults.measured("pressure", self._pressure)
        truth = self.faults.measured("temperature", self._temperature)
        fine = round(truth * 160)
        raw = code_of(lambda raw: bmp180.pressure(raw, fine, code, TYPICAL), wanted, 16 + code)
        self._coming = (raw << 8 - code).to_bytes(3)
        self._done_s = self._clock.now_s() + bmp180.PRESSURE_S[code] * 0.7


def place(place: Place) -> SimulatedBmp180:
    """The model of a configured part."""
    return SimulatedBmp180(place.clock, place.probe("temperature"), place.probe("pressure"))

"""A simulated Bosch BMP388 or BMP390: calibration, forced measurements that take their time, flags that fall when read.

Source: Bosch Sensortec, BMP388 datasheet BST-BMP388-DS001, sections 3.9.2 and 4.3.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from drivers import bmp388
from drivers.base import Clock
from drivers.simulated.place import Place
from drivers.simulated.registers import RegisterChip, code_of

TYPICAL = (27482, 19149, -10, -540, -7000, 35, 0, 25000, 30000, -8, -6, 7000, 2, -60)
"""The constants as they are stored."""
OTHER = {0x50: 0x60, 0x60: 0x50}
NOT_MEASURED = bytes.fromhex("000080000080")
RESET, RESET_WORD = 0x7E, 0xB6
COMMAND_READY = 0x10

Source = Callable[[], float]


class SimulatedBmp388(RegisterChip):
    """One BMP388, or BMP390 by its identity, in air of given temperature (Cel) and pressure (Pa)."""

    def __init__(
        self,
        clock: Clock,
        temperature: Source,
        pressure: Source,
        identity: int = 0x50,
        words: tuple[int, ...] = TYPICAL,
    ) -> None:
        super().__init__()
        self._clock = clock
        self._temperature = temperature
        self._pressure = pressure
        self._identity = identity
        self._data = b""
        self._done_s = float("-inf")
        stored = struct.pack(bmp388.CALIBRATION_FORMAT, *words)
        self._calibration = bmp388.decode_calibration(stored)
        self.registers[bmp388.CALIBRATION : bmp388.CALIBRATION + len(stored)] = stored
        self._show(NOT_MEASURED)

    def read(self, count: int) -> bytes:
        """Give registers; data that were read are not new any more."""
        start = self._pointer
        found = super().read(count)
        if start <= bmp388.DATA < start + count:
            self.registers[bmp388.STATUS] &= ~bmp388.DONE
        return found

    def refresh(self) -> None:
        """Show identity and status, and the data when the measurement is over."""
        self.registers[bmp388.ID] = OTHER[self._identity] if self.faults.wrong_part else self._identity
        self.registers[bmp388.STATUS] |= COMMAND_READY
        if self._data and self._clock.now_s() >= self._done_s:
            self._show(self._data)
            self._data = b""
            self.registers[bmp388.STATUS] |= bmp388.DONE
            self.registers[bmp388.CONTROL] &= 0x0F

    def stored(self, register: int, value: int) -> None:
        """Start a measurement, or keep what was written; what cannot be written stays as it is."""
        if register == RESET and value == RESET_WORD:
            self._data = b""
            self.registers[bmp388.STATUS] = 0
            self._show(NOT_MEASURED)
        elif register in {bmp388.CONTROL, bmp388.OVERSAMPLING, bmp388.FILTER}:
            super().stored(register, value)
            if register == bmp388.CONTROL and value >> 4 & 3:
                self._measure(value)

    def _measure(self, control: int) -> None:
        factor = self.registers[bmp388.OVERSAMPLING]
        self._done_s = (
            self._clock.now_s() + (2809 + (2020 << (factor & 7)) + ((2020 << (factor >> 3 & 7)) - 2020)) / 1e6
        )
        constants = self._calibration
        wanted = self.faults.measured("temperature", self._temperature)
        raw_t = code_of(lambda raw: bmp388.temperature(raw, constants), wanted, 24)
        cel = bmp388.temperature(raw_t, constants)
        pascal = self.faults.measured("pressure", self._pressure)
        raw_p = code_of(lambda raw: -bmp388.pressure(raw, cel, constants), -pascal, 24)
        step = 1 << max(0, 8 - (factor & 7))
        raw_p = raw_p // step * step
        shown = (raw_p if control & 1 else bmp388.SKIPPED), (raw_t if control & 2 else bmp388.SKIPPED)
        self._data = b"".join(raw.to_bytes(3, "little") for raw in shown)

    def _show(self, data: bytes) -> None:
        self.registers[bmp388.DATA : bmp388.DATA + len(data)] = data


def place(place: Place) -> SimulatedBmp388:
    """The model of a configured BMP388."""
    return SimulatedBmp388(place.clock, place.probe("temperature"), place.probe("pressure"))


def place_bmp390(place: Place) -> SimulatedBmp388:
    """The model of a configured BMP390."""
    return SimulatedBmp388(place.clock, place.probe("temperature"), place.probe("pressure"), 0x60)

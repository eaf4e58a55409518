"""A simulated Lite-On LTR-390UV: in standby at first, one light at a time, blind at full scale.

Source: Lite-On, LTR-390UV-01 datasheet DS86-2015-0004, section 6.
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.base import Clock
from drivers.ltr390 import CONTROL, ENABLE, GAIN, ID, NEW_DATA, POWERED_UP, RATE, STATUS, UV_MODE
from drivers.simulated.place import Place
from drivers.simulated.registers import RegisterChip

IDENTITY, WRONG_ID = 0xB2, 0x52
ALS_DATA, UV_DATA = 0x0D, 0x10
RESOLUTIONS = {0: (20, 0.4), 1: (19, 0.2), 2: (18, 0.1), 3: (17, 0.05), 4: (16, 0.025), 5: (13, 0.0125)}
"""Code -> bits and seconds."""
EVERY_S = (0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 2.0)
"""By the code of the rate; what takes longer comes when it is done."""
GAINS = (1, 3, 6, 9, 18)
COUNTS_PER_LX = 1 / 0.6
"""At gain 1 in 0.1 s."""
COUNTS_PER_UV_INDEX = 2300 / (18 * 4)
"""At gain 1 in 0.1 s."""
UV_INDEX_PER_LX = 1e-4
"""Of clear daylight, roughly: 10 at 100 klx."""


class SimulatedLtr390(RegisterChip):
    """One LTR-390UV in light of a given illuminance (lx) and UV index."""

    def __init__(self, clock: Clock, illuminance: Callable[[], float], uv_index: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self._sources = {"illuminance": illuminance, "uv_index": uv_index}
        self._done_s = float("inf")
        self.registers[RATE], self.registers[GAIN], self.registers[STATUS] = 0x22, 0x01, POWERED_UP

    def refresh(self) -> None:
        """Show the identity, and the counts when they are there."""
        self.registers[ID] = WRONG_ID if self.faults.wrong_part else IDENTITY
        if self._clock.now_s() >= self._done_s:
            self._count()

    def read(self, count: int) -> bytes:
        """Give registers; the status is lowered by a look at it."""
        start = self._pointer
        data = super().read(count)
        if start <= STATUS < start + count:
            self.registers[STATUS] = 0
        return data

    def stored(self, register: int, value: int) -> None:
        """Start or stop, or set the way to measure; what cannot be written stays as it is."""
        if register not in {CONTROL, RATE, GAIN}:
            return
        super().stored(register, value)
        if register == CONTROL:
            self._done_s = self._clock.now_s() + self._way()[1] if value & ENABLE else float("inf")

    def _way(self) -> tuple[int, float]:
        return RESOLUTIONS[self.registers[RATE] >> 4 & 7]

    def _count(self) -> None:
        bits, time_s = self._way()
        uv = self.registers[CONTROL] & UV_MODE
        name, start, each = (
            ("uv_index", UV_DATA, COUNTS_PER_UV_INDEX) if uv else ("illuminance", ALS_DATA, COUNTS_PER_LX)
        )
        light = self.faults.measured(name, self._sources[name])
        counts = round(light * each * GAINS[self.registers[GAIN]] * time_s / 0.1)
        self.registers[start : start + 3] = min((1 << bits) - 1, max(0, counts)).to_bytes(3, "little")
        self.registers[STATUS] |= NEW_DATA
        self._done_s = self._clock.now_s() + max(time_s, EVERY_S[self.registers[RATE] & 7])


def place(place: Place) -> SimulatedLtr390:
    """The model of a configured part."""
    light = place.around("light.illuminance")
    return SimulatedLtr390(place.clock, place.probe("illuminance"), lambda: light() * UV_INDEX_PER_LX)

"""A simulated Microchip MCP4725: a register that takes effect at once, and a memory that takes its time.

Source: Microchip, MCP4725 datasheet DS22039, chapter 6.
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.base import Clock
from drivers.simulated.i2c import Chip
from drivers.simulated.place import Place

STORE_S = 0.025
MOST = 0xFFF
FAST, BOTH = 0, 3
"""By the upper bits of the first byte: 00 writes the register fast, 011 register and memory."""


class SimulatedMcp4725(Chip):
    """One MCP4725. `stored` is what its memory holds, `turn` takes what its output gives as a share of the most."""

    def __init__(self, clock: Clock, stored: int = 0x800, turn: Callable[[float], None] = lambda _share: None) -> None:
        super().__init__()
        self._clock = clock
        self._turn = turn
        self.stored = stored
        self.stores = 0
        """How often the memory was written: it bears a million times."""
        self._busy_until_s = float("-inf")
        self.reset()

    def reset(self) -> None:
        """Come up again, as after a loss of supply."""
        self.code, self.off = self.stored, 0
        self._tell()

    def write(self, data: bytes) -> None:
        """Take a fast write or a command; while the memory is written nothing is taken."""
        if self._busy():
            return
        if data[0] >> 6 == FAST and len(data) > 1:
            self.off, self.code = data[0] >> 4 & 3, (data[0] & 0x0F) << 8 | data[1]
        elif len(data) > 2:  # noqa: PLR2004 - command and word
            self.off, self.code = data[0] >> 1 & 3, data[1] << 4 | data[2] >> 4
            if data[0] >> 5 == BOTH:
                self.stored = self.code
                self.stores += 1
                self._busy_until_s = self._clock.now_s() + STORE_S
        self._tell()

    def read(self, count: int) -> bytes:
        """Tell status, register and memory."""
        status = (0x00 if self._busy() else 0x80) | 0x40 | self.off << 1
        return (bytes([status]) + (self.code << 4).to_bytes(2) + self.stored.to_bytes(2))[:count].ljust(count, b"\xff")

    def _tell(self) -> None:
        self._turn(0.0 if self.off else self.code / MOST)

    def _busy(self) -> bool:
        return self._clock.now_s() < self._busy_until_s


def place(place: Place) -> SimulatedMcp4725:
    """The model of a configured part."""
    return SimulatedMcp4725(place.clock, turn=place.drive("voltage"))

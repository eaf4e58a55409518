"""A simulated Melexis MLX90614: words with the low byte first, each with the code of its whole transfer.

Source: Melexis, MLX90614 datasheet 3901090614, sections 8.3 and 8.4.
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.checksums import crc8
from drivers.mlx90614 import AMBIENT, OBJECT, STEP_K, STORED_ADDRESS, ZERO_K
from drivers.simulated.i2c import Chip, NackError
from drivers.simulated.place import Place


class SimulatedMlx90614(Chip):
    """One MLX90614 that looks at something of a given temperature, and has one of its own (Cel)."""

    def __init__(self, address: int, looked_at: Callable[[], float], own: Callable[[], float]) -> None:
        super().__init__()
        self._address = address
        self._looked_at = looked_at
        self._own = own
        self._register: int | None = None

    def write(self, data: bytes) -> None:
        """Take the number of a register; it writes nothing."""
        if len(data) != 1:
            raise NackError
        self._register = data[0]

    def read(self, count: int) -> bytes:
        """Give the word of the register that was named in the same transfer, and its code."""
        register, self._register = self._register, None
        if register is None:
            raise NackError
        word = self._word(register).to_bytes(2, "little")
        transfer = bytes([self._address << 1, register, self._address << 1 | 1]) + word
        wrong = 0x5A if self.faults.wrong_part or self.faults.corrupts() else 0
        return (word + bytes([crc8(transfer, polynomial=0x07, start=0) ^ wrong]))[:count].ljust(count, b"\xff")

    def _word(self, register: int) -> int:
        if register == OBJECT:
            return self._raw(self.faults.measured("object", self._looked_at))
        if register == AMBIENT:
            return self._raw(self.faults.measured("ambient", self._own))
        return 0xBE00 | self._address if register == STORED_ADDRESS else 0

    def _raw(self, celsius: float) -> int:
        return min(0x7FFF, max(0, round((celsius + ZERO_K) / STEP_K)))


def place(place: Place) -> SimulatedMlx90614:
    """The model of a configured part."""
    return SimulatedMlx90614(place.settings.address, place.probe("object"), place.probe("ambient"))

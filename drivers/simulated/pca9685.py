"""A simulated NXP PCA9685: asleep after power-up, its pointer walks only when told to, its prescaler needs sleep.

Source: NXP, PCA9685 datasheet rev. 4.
"""

from __future__ import annotations

from drivers.simulated.i2c import Chip, NackError
from drivers.simulated.place import Place

MODE1, PRESCALE = 0x00, 0xFE


class SimulatedPca9685(Chip):
    """One PCA9685 with nothing on its outputs."""

    def __init__(self) -> None:
        super().__init__()
        self._pointer = 0
        self.reset()

    def reset(self) -> None:
        """Come up again, as after a loss of supply."""
        self.registers = bytearray(256)
        self.registers[MODE1], self.registers[1], self.registers[PRESCALE] = 0x11, 0x04, 0x1E
        for output in range(16):
            self.registers[0x09 + 4 * output] = 0x10

    def write(self, data: bytes) -> None:
        """Take a register's number and what is written from there on."""
        self._check()
        self._pointer = data[0]
        for byte in data[1:]:
            if self._pointer != PRESCALE or self.registers[MODE1] & 0x10:
                self.registers[self._pointer] = byte
            self._walk()

    def read(self, count: int) -> bytes:
        """Give registers from the pointer on."""
        self._check()
        found = bytearray()
        for _ in range(count):
            found.append(self.registers[self._pointer])
            self._walk()
        return b"\xff" * count if self.faults.wrong_part else bytes(found)

    def _walk(self) -> None:
        if self.registers[MODE1] & 0x20:
            self._pointer = (self._pointer + 1) % 256

    def _check(self) -> None:
        if self.faults.absent or self.faults.nack > 0:
            self.faults.nack = max(0, self.faults.nack - 1)
            raise NackError


def place(place: Place) -> SimulatedPca9685:
    """The model for a configured device."""
    del place
    return SimulatedPca9685()

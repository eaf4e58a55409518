"""A simulated NXP PCA9685: asleep after power-up, its pointer walks only when told to, its prescaler needs sleep.

Source: NXP, PCA9685 datasheet rev. 4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from drivers.pca9685 import Pca9685Output
from drivers.simulated.i2c import Chip, NackError
from drivers.simulated.place import Place

MODE1, FIRST_OUTPUT, PRESCALE = 0x00, 0x06, 0xFE
ASLEEP, FULL, COUNTS = 0x10, 0x10, 4096

Loads = Mapping[int, Callable[[float], None]]
"""Output -> what takes the share of the time that it is high."""


class SimulatedPca9685(Chip):
    """One PCA9685, and what hangs on its outputs."""

    def __init__(self, loads: Loads | None = None) -> None:
        super().__init__()
        self._loads = loads or {}
        self._pointer = 0
        self.reset()

    def reset(self) -> None:
        """Come up again, as after a loss of supply."""
        self.registers = bytearray(256)
        self.registers[MODE1], self.registers[1], self.registers[PRESCALE] = 0x11, 0x04, 0x1E
        for output in range(16):
            self.registers[0x09 + 4 * output] = 0x10
        self._tell()

    def write(self, data: bytes) -> None:
        """Take a register's number and what is written from there on."""
        self._check()
        self._pointer = data[0]
        for byte in data[1:]:
            if self._pointer != PRESCALE or self.registers[MODE1] & 0x10:
                self.registers[self._pointer] = byte
            self._walk()
        self._tell()

    def high(self, output: int) -> float:
        """The share of the time that an output is high: never while it sleeps, and full off goes before full on."""
        at = FIRST_OUTPUT + 4 * output
        on_low, on_high, off_low, off_high = self.registers[at : at + 4]
        if self.registers[MODE1] & ASLEEP or off_high & FULL:
            return 0.0
        if on_high & FULL:
            return 1.0
        rises, falls = (on_high & 0x0F) << 8 | on_low, (off_high & 0x0F) << 8 | off_low
        return (falls - rises) % COUNTS / COUNTS

    def _tell(self) -> None:
        for output, turn in self._loads.items():
            turn(self.high(output))

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
    outputs: Mapping[str, Pca9685Output] = place.settings.outputs
    return SimulatedPca9685({one.output: _load(place.drive(name), one) for name, one in outputs.items()})


def _load(turn: Callable[[float], None], wired: Pca9685Output) -> Callable[[float], None]:
    return lambda high: turn(1 - high if wired.inverted else high)

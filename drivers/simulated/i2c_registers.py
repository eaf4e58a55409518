"""A simulated part with registers: those of its settings, filled from the world.

Behind every register's number are bytes of its own, as many as its widest channel has: in parts of words the next
number is the next word, in parts of bytes the next byte, and a table of registers does not say which of them it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from drivers.byte_registers import I2cRegister, put, raw_limits
from drivers.i2c_registers import I2cRegistersSettings, RegisterValue, bytes_of
from drivers.simulated.i2c import Chip
from drivers.simulated.place import Place


class SimulatedI2cRegisters(Chip):
    """One such part. What no source stands for keeps what was written to it, and is zero before."""

    def __init__(self, settings: I2cRegistersSettings, sources: Mapping[str, Callable[[], float]]) -> None:
        super().__init__()
        self._settings = settings
        self._sources = sources
        self._pointer = 0
        self.held: dict[int, bytes] = {}
        """Register -> its bytes."""

    def write(self, data: bytes) -> None:
        """Set the pointer, and the register that it points to if bytes follow."""
        self._pointer = data[0]
        if len(data) > 1:
            self.held[self._pointer] = data[1:] + self.held.get(self._pointer, b"")[len(data) - 1 :]

    def read(self, count: int) -> bytes:
        """Give the bytes of the register that the pointer points to, zeros behind them."""
        identity = self._settings.identity
        if identity is not None and identity.register == self._pointer:
            return self._identity(identity)[:count].ljust(count, b"\0")
        for name, register in self._settings.registers.items():
            if register.register == self._pointer and name in self._sources:
                self._measure(name, register)
        return self.held.get(self._pointer, b"")[:count].ljust(count, b"\0")

    def _identity(self, identity: RegisterValue) -> bytes:
        told = bytes_of(identity)
        return bytes(byte ^ 0xFF for byte in told) if self.faults.wrong_part else told

    def _measure(self, name: str, register: I2cRegister) -> None:
        """Put the value into its bits; one that does not fit is at the limit."""
        held = self.held.get(register.register, b"").ljust(register.width // 8, b"\0")
        size = register.width // 8
        least, most = raw_limits(register)
        value = self.faults.measured(name, self._sources[name])
        raw = min(most, max(least, round((value - register.offset) / register.scale)))
        self.held[register.register] = put(register, raw, held[:size]) + held[size:]


def place(place: Place) -> SimulatedI2cRegisters:
    """The model of a configured part."""
    settings = place.settings
    measured = [name for name, one in settings.registers.items() if not one.writable and place.coupled(name)]
    return SimulatedI2cRegisters(settings, {name: place.probe(name) for name in measured})

"""What the models of parts with registers share: a pointer, and bytes or words behind it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import ClassVar, Literal

from drivers.simulated.i2c import Chip


class RegisterChip(Chip):
    """A part of registers of one byte. The pointer walks on with every byte, after the last one to the first."""

    register_count: ClassVar[int] = 256

    def __init__(self) -> None:
        super().__init__()
        self.registers = bytearray(self.register_count)
        self._pointer = 0

    def refresh(self) -> None:
        """Bring the registers to what they are now."""

    def stored(self, register: int, value: int) -> None:
        """Take a byte that was written to `register`."""
        self.registers[register] = value

    def write(self, data: bytes) -> None:
        """Set the pointer, and the registers from there on."""
        self.refresh()
        self._pointer = data[0] % self.register_count
        for value in data[1:]:
            self.stored(self._pointer, value)
            self._pointer = (self._pointer + 1) % self.register_count

    def read(self, count: int) -> bytes:
        """Give the registers from the pointer on."""
        self.refresh()
        start, self._pointer = self._pointer, (self._pointer + count) % self.register_count
        return bytes((self.registers * (count // self.register_count + 2))[start : start + count])


class WordRegisterChip(Chip):
    """A part whose registers are words of two bytes. The pointer stays: reading on gives the same word again."""

    order: ClassVar[Literal["big", "little"]] = "big"

    def __init__(self) -> None:
        super().__init__()
        self._pointer = 0

    @abstractmethod
    def word(self, register: int) -> int:
        """What `register` holds, 0 to 65535."""

    @abstractmethod
    def stored(self, register: int, word: int) -> None:
        """Take a word that was written to `register`."""

    def write(self, data: bytes) -> None:
        """Set the pointer, and the register that it points to if a word follows."""
        self._pointer = data[0]
        if len(data) >= 3:  # noqa: PLR2004 - pointer and word
            self.stored(self._pointer, int.from_bytes(data[1:3], self.order))

    def read(self, count: int) -> bytes:
        """Give the word that the pointer points to, over and over."""
        return (self.word(self._pointer).to_bytes(2, self.order) * (count // 2 + 1))[:count]


def signed_word(value: float) -> int:
    """The two's complement, in 16 bits, of the nearest whole number that they hold."""
    return min(32767, max(-32768, round(value))) & 0xFFFF


def code_of(formula: Callable[[int], float], value: float, bits: int) -> int:
    """The code for which a formula that rises with it comes nearest above `value`, by halving the range."""
    low, high = 0, (1 << bits) - 1
    while low < high:
        middle = (low + high) // 2
        if formula(middle) < value:
            low = middle + 1
        else:
            high = middle
    return low

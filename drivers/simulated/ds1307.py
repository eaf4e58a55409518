"""A simulated Maxim DS1307: halted after the power came, with memory behind its eight registers.

Source: Maxim Integrated, DS1307 data sheet 19-5043, table 2.
"""

from __future__ import annotations

from drivers.ds1307 import CONTROL, CONTROL_ZERO, HALTED
from drivers.simulated.place import Place
from drivers.simulated.registers import RegisterChip

AFTER_POWER = bytes.fromhex("00 00 00 01 01 01 00 03")
MEMORY = 0x08


class SimulatedDs1307(RegisterChip):
    """One DS1307 whose clock was never set; its memory holds what it came up with."""

    register_count = 64

    def __init__(self, memory: bytes = b"") -> None:
        super().__init__()
        self.registers[: len(AFTER_POWER)] = AFTER_POWER
        self.registers[0] |= HALTED
        self.registers[MEMORY : MEMORY + len(memory)] = memory

    def refresh(self) -> None:
        """Show what is there, or what another part would."""
        if self.faults.wrong_part:
            self.registers[0:7] = b"\xff" * 7

    def stored(self, register: int, value: int) -> None:
        """Keep what is written, without the bits that are not there."""
        super().stored(register, value & ~CONTROL_ZERO if register == CONTROL else value)


def place(place: Place) -> SimulatedDs1307:
    """The model of a configured part."""
    del place
    return SimulatedDs1307()

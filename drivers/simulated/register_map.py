"""A simulated Modbus device: the registers of its settings, filled from the world."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import partial

from drivers.base import BadValueError
from drivers.register_map import all_registers
from drivers.registers import BIT_TABLES, WORD_BYTES, Register, encode, is_bit, words
from drivers.simulated.modbus_units import Cell, SimulatedUnit
from drivers.simulated.place import Place


def place(place: Place) -> SimulatedUnit:
    """The unit of a configured device. What no quantity of the world stands for is zero; gaps are registers too."""
    registers = all_registers(place.settings)
    cells: dict[tuple[str, int], Cell] = {}
    for table in ("coil", "discrete", "input", "holding"):
        ends = [(one.address, one.address + words(one)) for one in registers.values() if one.table == table]
        if ends:
            span = range(min(first for first, _ in ends), max(end for _, end in ends))
            cells.update({(table, at): int for at in span})
    listeners = {}
    for name, register in registers.items():
        if register.writable and register.table == "coil":
            listeners["coil", register.address] = place.drive(name)
        elif is_bit(register) and not register.writable:
            cells[register.table, register.address] = partial(_bit, place.state(name), register)
        elif not register.writable and place.coupled(name):
            source = place.probe(name)
            for at in range(words(register)):
                cells[register.table, register.address + at] = partial(_word, source, register, at)
    unit = SimulatedUnit(place.settings.unit_id, cells)
    unit.listeners.update(listeners)
    return unit


def _word(source: Callable[[], float], register: Register, at: int) -> int:
    """The register that is `at` places behind the first of the value; a value that does not fit is at the limit."""
    data = bytes(WORD_BYTES * words(register))
    with contextlib.suppress(BadValueError):
        data = encode(register, source())
    return int.from_bytes(data[at * WORD_BYTES : (at + 1) * WORD_BYTES])


def _bit(state: Callable[[], bool], register: Register) -> int:
    return (1 if register.table in BIT_TABLES else register.mask) if state() else 0

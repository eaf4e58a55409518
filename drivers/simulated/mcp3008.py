"""Simulated Microchip MCP3008, MCP3208 and their halves: bits in, and from the sample on the bits of a conversion out.

Source: Microchip DS21295 and DS21298, section 5.0 (figures 5-1): the start is the first 1 that comes in; four bits of
command, one clock for the sample, a zero, and the result with its highest bit first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from drivers.mcp3008 import Mcp3008Input, number_of
from drivers.simulated.place import Place
from drivers.simulated.spi import SpiChip

Voltage = Callable[[], float]

COMMAND_BITS = 4
SAMPLE_BITS = 2
"""The clock of the sample and that of the zero bit."""


class SimulatedMcp3008(SpiChip):
    """One converter with a voltage at each of its inputs; an input that is not given is at ground."""

    def __init__(self, voltages: Mapping[int, Voltage], *, bits: int = 10, reference: float = 3.3) -> None:
        super().__init__()
        self._voltages = voltages
        self._bits = bits
        self._reference = reference

    def transfer(self, sent: bytes) -> bytes:
        """Find the start, convert what the command says, and answer behind it; high before, low after the result."""
        length = 8 * len(sent)
        bits = f"{int.from_bytes(sent):0{length}b}"
        start = bits.find("1")
        if start < 0:
            return b"\xff" * len(sent)
        command = int(bits[start + 1 : start + 1 + COMMAND_BITS].ljust(COMMAND_BITS, "0"), 2)
        answer = f"{'1' * (start + COMMAND_BITS + SAMPLE_BITS)}0{self._convert(command):0{self._bits}b}"
        return int(answer.ljust(length, "0")[:length], 2).to_bytes(len(sent))

    def _convert(self, command: int) -> int:
        single, number = command >> 3, command & 7
        volts = self._voltage(number) - (0.0 if single else self._voltage(number ^ 1))
        return min((1 << self._bits) - 1, max(0, int(volts / self._reference * (1 << self._bits))))

    def _voltage(self, number: int) -> float:
        source = self._voltages.get(number)
        return 0.0 if source is None else self.faults.measured(str(number), source)


def place(place: Place) -> SimulatedMcp3008:
    """The model of a configured MCP3008 or MCP3004."""
    return SimulatedMcp3008(voltages(place), reference=place.settings.reference)


def place_mcp3208(place: Place) -> SimulatedMcp3008:
    """The model of a configured MCP3208 or MCP3204."""
    return SimulatedMcp3008(voltages(place), bits=12, reference=place.settings.reference)


def voltages(place: Place) -> dict[int, Voltage]:
    """The voltage at each input. The second input of a difference stays at ground."""
    found: dict[int, Voltage] = {}
    for channel, wired in place.settings.inputs.items():
        source = place.probe(channel)
        found[number_of(wired.pin)] = source if place.quantity_unit(channel) == "V" else partial(_volts, source, wired)
    return found


def _volts(source: Voltage, wired: Mcp3008Input) -> float:
    """The voltage that the channel's scale makes the source's value of."""
    return (source() - wired.offset) / wired.scale

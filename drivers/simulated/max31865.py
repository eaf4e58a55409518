"""A simulated Maxim MAX31865: registers, a conversion that takes its time, and a probe that may be broken.

Source: Maxim, MAX31865 datasheet 19-6478, tables 1 to 7.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from drivers.base import Clock
from drivers.max31865 import NOMINAL_OHM, REFERENCE_OHM
from drivers.platinum import ratio_at
from drivers.simulated.faults import ProbeFault
from drivers.simulated.place import Place
from drivers.simulated.spi import SpiChip

FRESH = bytes((0x00, 0x00, 0x00, 0xFF, 0xFF, 0x00, 0x00, 0x00))
WRITABLE = range(7)
BIAS, ONE_SHOT, LOOK, CLEAR, REJECT_50_HZ = 0x80, 0x20, 0x0C, 0x02, 0x01
SETTLED_S = 0.0055
FOUND = {ProbeFault.OPEN: 0x20, ProbeFault.GROUND: 0x18, ProbeFault.SUPPLY: 0x04}
"""What the look at the wires finds."""
CONVERSION_OF = {ProbeFault.OPEN: 0x7FFF, ProbeFault.GROUND: 0x0100, ProbeFault.SUPPLY: 0x4000}


@dataclass(frozen=True, slots=True)
class Probe:
    """What is wired to it."""

    celsius: Callable[[], float]
    nominal_ohm: float = 100.0
    reference_ohm: float = 430.0


class SimulatedMax31865(SpiChip):
    """One MAX31865 with a probe."""

    modes = frozenset({1, 3})
    clock_hz_max = 5_000_000

    def __init__(self, clock: Clock, probe: Probe) -> None:
        super().__init__()
        self._clock = clock
        self._probe = probe
        self.registers = bytearray(FRESH)
        self._biased_s = float("inf")
        self._pending: tuple[float, int] | None = None
        """When a conversion ends, and what it gives."""

    def reset(self) -> None:
        """Come up again, as after a loss of supply."""
        self.registers = bytearray(FRESH)
        self._biased_s, self._pending = float("inf"), None

    def biased(self) -> bool:
        """Whether a current flows through the probe."""
        return bool(self.registers[0] & BIAS)

    def transfer(self, sent: bytes) -> bytes:
        """Take an address, and write or read from there on."""
        self._finish()
        address, writes = sent[0] & 0x7F, bool(sent[0] & 0x80)
        answer = bytearray(1)
        for at, byte in enumerate(sent[1:], address):
            if writes:
                self._write(at % len(FRESH), byte)
            answer.append(0 if writes else self.registers[at % len(FRESH)])
        if self.faults.wrong_part and not writes:
            return bytes(byte ^ 0x5A for byte in answer)
        return bytes(answer)

    def _write(self, register: int, byte: int) -> None:
        if register in WRITABLE and register not in {1, 2}:
            self.registers[register] = byte
        if register == 0:
            self._configure(byte)

    def _configure(self, byte: int) -> None:
        now_s = self._clock.now_s()
        if not byte & BIAS:
            self._biased_s = float("inf")
        elif self._biased_s == float("inf"):
            self._biased_s = now_s
        settled = now_s - self._biased_s >= SETTLED_S
        if byte & CLEAR:
            self.registers[7] = 0
        elif byte & LOOK and settled and self.faults.probe:
            self.registers[7] |= FOUND[self.faults.probe]
        if byte & ONE_SHOT:
            takes_s = 0.0625 if byte & REJECT_50_HZ else 0.052
            self._pending = now_s + takes_s, self._conversion() if settled else 0
        self.registers[0] = byte & ~(ONE_SHOT | LOOK | CLEAR)

    def _conversion(self) -> int:
        if self.faults.probe:
            return CONVERSION_OF[self.faults.probe]
        ohm = ratio_at(self.faults.measured("temperature", self._probe.celsius)) * self._probe.nominal_ohm
        return min(0x7FFF, round(ohm / self._probe.reference_ohm * 0x8000))

    def _finish(self) -> None:
        """Put a conversion that has ended into its registers, and compare it with the thresholds."""
        if self._pending is not None and self._clock.now_s() >= self._pending[0]:
            conversion, self._pending = self._pending[1], None
            if conversion << 1 >= int.from_bytes(self.registers[3:5]) - 1:
                self.registers[7] |= 0x80
            if conversion << 1 <= int.from_bytes(self.registers[5:7]):
                self.registers[7] |= 0x40
            self.registers[1:3] = (conversion << 1 | bool(self.registers[7])).to_bytes(2)


def place(place: Place) -> SimulatedMax31865:
    """The model of a configured device."""
    settings = place.settings
    reference_ohm = settings.reference or REFERENCE_OHM[settings.sensor]
    probe = Probe(place.probe("temperature"), NOMINAL_OHM[settings.sensor], reference_ohm)
    return SimulatedMax31865(place.clock, probe)

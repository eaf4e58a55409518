"""Vishay VEML6075: the UV index over I2C, switched off between readings.

Two channels see UVA and UVB and some of the visible and infrared light, which two others see alone; what they see is
taken off. The coefficients are those without glass over the part: behind a window the index means little.

Source: Vishay, VEML6075 datasheet 84304 (command registers); application note 84339, Designing the VEML6075 into an
Application (formulas, coefficients in the open air, responsivities at 100 ms).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import BusKind, Channel, Driver, Limits, NoAnswerError, Readings, WrongPartError
from drivers.bus.i2c import I2CBus

CONFIG, UVA, UVB, VISIBLE, INFRARED, ID = 0x00, 0x07, 0x09, 0x0A, 0x0B, 0x0C
ID_BYTE = 0x26
ONCE_100_MS = 0x16
"""Integrate for 100 ms, when told to, now."""
OFF = 0x01
MEASUREMENT_S = 0.12
FULL = 0xFFFF
VISIBLE_A, INFRARED_A, VISIBLE_B, INFRARED_B = 2.22, 1.33, 2.95, 1.74
"""How many counts of UVA, then of UVB, one count of the other light makes."""
INDEX_A, INDEX_B = 0.001461, 0.002591
"""What one count stands for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Veml6075Settings:
    """One VEML6075."""

    address: Annotated[int, Limits(0x10, 0x10)] = 0x10
    """Its I2C address, which is fixed."""


def uv_index(uva: int, uvb: int, visible: int, infrared: int) -> float:
    """The UV index of the counts of the four channels in 100 ms, never less than 0."""
    only_a = uva - VISIBLE_A * visible - INFRARED_A * infrared
    only_b = uvb - VISIBLE_B * visible - INFRARED_B * infrared
    return max(0.0, (only_a * INDEX_A + only_b * INDEX_B) / 2)


class Veml6075(Driver):
    """One VEML6075 on an I2C bus."""

    name: ClassVar[str] = "veml6075"
    title: ClassVar[str] = "Vishay VEML6075"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Veml6075Settings

    def __init__(self, bus: I2CBus, settings: Veml6075Settings) -> None:
        self._bus = bus
        self._address = settings.address

    @classmethod
    def channels(cls, settings: Veml6075Settings) -> tuple[Channel, ...]:
        """The UV index."""
        del settings
        return (Channel(name="uv_index", unit="/", low=0.0, high=30.0, resolution=0.01, about="UV index"),)

    def open(self) -> None:
        """Compare the identity.

        Raises:
            WrongPartError: another part answers.
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        found = self._word(ID)
        if found & 0xFF != ID_BYTE:
            raise WrongPartError(f"{self._place()}: another part answers (identity 0x{found:04X})")

    def read(self) -> Readings:
        """Measure once.

        Raises:
            NoAnswerError: nobody answers, or the light blinds it.
            BusError: the bus does not work.
        """
        self._configure(ONCE_100_MS)
        self._bus.clock.sleep(MEASUREMENT_S)
        counts = [self._word(register) for register in (UVA, UVB, VISIBLE, INFRARED)]
        self._configure(OFF)
        if max(counts) == FULL:
            raise NoAnswerError(f"{self._place()}: blinded by the light; no value")
        return {"uv_index": round(uv_index(*counts), 3)}

    def _word(self, register: int) -> int:
        return int.from_bytes(self._bus.read_register(self._address, register, 2), "little")

    def _configure(self, word: int) -> None:
        self._bus.write_register(self._address, CONFIG, word.to_bytes(2, "little"))

    def _place(self) -> str:
        return f"{self.name} at 0x{self._address:02X}"

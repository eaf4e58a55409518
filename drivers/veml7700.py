"""Vishay VEML7700: illuminance over I2C, shut down between readings.

Each reading begins with little gain and climbs while the counts are few. The value of one count is that of the present
datasheet; an older one has 0.0036 where it has 0.0042 lx.

Source: Vishay, VEML7700 datasheet 84286, tables 1 to 8; application note 84323 (correction above 1000 lx, choice of
gain and integration time).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import BusKind, Channel, Driver, Limits, NoAnswerError, Readings, WrongPartError
from drivers.bus.i2c import I2CBus

CONFIG, ALS, ID = 0x00, 0x04, 0x07
ID_BYTE = 0x81
"""The lower byte of the identity; the upper one tells the address."""
WORD_BYTES = 2
SHUT_DOWN = 0x0001
WAKE_S = 0.0025
FULL = 0xFFFF
FEW = 100
"""Below so many counts the next step is taken."""
FINEST_LX = 0.0042
CORRECTED_ABOVE_LX = 1000.0


@dataclass(frozen=True, slots=True)
class Step:
    """One pair of gain and integration time."""

    gain_code: int
    gain: float
    time_code: int
    seconds: float

    @property
    def lx(self) -> float:
        """What one count is worth."""
        return FINEST_LX * (0.8 / self.seconds) * (2 / self.gain)


STEPS = (Step(2, 0.125, 12, 0.025), Step(2, 0.125, 0, 0.1), Step(1, 2.0, 0, 0.1), Step(1, 2.0, 3, 0.8))
"""From the least sensitive to the most."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Veml7700Settings:
    """One VEML7700."""

    address: Annotated[int, Limits(0x10, 0x10)] = 0x10
    """Its I2C address, which is fixed."""


def encode_config(step: Step) -> bytes:
    """The configuration that measures with this step."""
    return (step.gain_code << 11 | step.time_code << 6).to_bytes(WORD_BYTES, "little")


def corrected(lx: float) -> float:
    """The illuminance behind a measured one, which above 1000 lx falls short of it."""
    if lx <= CORRECTED_ABOVE_LX:
        return lx
    return ((6.0135e-13 * lx - 9.3924e-9) * lx + 8.1488e-5) * lx * lx + 1.0023 * lx


class Veml7700(Driver):
    """One VEML7700 on an I2C bus."""

    name: ClassVar[str] = "veml7700"
    title: ClassVar[str] = "Vishay VEML7700"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Veml7700Settings

    def __init__(self, bus: I2CBus, settings: Veml7700Settings) -> None:
        self._bus = bus
        self._address = settings.address

    @classmethod
    def channels(cls, settings: Veml7700Settings) -> tuple[Channel, ...]:
        """The illuminance; above its range the correction is no longer known."""
        del settings
        return (Channel(name="illuminance", unit="lx", low=0.0, high=120_000.0, resolution=FINEST_LX, about="light"),)

    def open(self) -> None:
        """Compare the identity.

        Raises:
            WrongPartError: another part answers.
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        found = self._bus.read_register(self._address, ID, WORD_BYTES)
        if found[0] != ID_BYTE:
            raise WrongPartError(f"{self._place()}: another part answers (identity {found.hex()})")

    def read(self) -> Readings:
        """Measure, with more sensitivity as long as the counts are few.

        Raises:
            NoAnswerError: nobody answers, or the light blinds the part with the least gain.
            BusError: the bus does not work.
        """
        number = 1
        count = self._measure(STEPS[number])
        if count >= FULL:
            number, count = 0, self._measure(STEPS[0])
        while count <= FEW and 0 < number < len(STEPS) - 1:
            number += 1
            count = self._measure(STEPS[number])
        self._bus.write_register(self._address, CONFIG, SHUT_DOWN.to_bytes(WORD_BYTES, "little"))
        if count >= FULL:
            raise NoAnswerError(f"{self._place()}: blinded by the light; no value")
        return {"illuminance": round(corrected(count * STEPS[number].lx), 3)}

    def _measure(self, step: Step) -> int:
        # Shut down first: the integration that was going on had another gain.
        self._bus.write_register(self._address, CONFIG, SHUT_DOWN.to_bytes(WORD_BYTES, "little"))
        self._bus.write_register(self._address, CONFIG, encode_config(step))
        self._bus.clock.sleep(WAKE_S + 2 * step.seconds)
        return int.from_bytes(self._bus.read_register(self._address, ALS, WORD_BYTES), "little")

    def _place(self) -> str:
        return f"{self.name} at 0x{self._address:02X}"

"""Sensirion SGP40: the raw signal of a gas sensor over I2C.

The signal is what the part measures: it falls while volatile compounds rise, and has no unit. Sensirion's index of air
quality is worked out from it by an algorithm that is not part of this driver.

Source: Sensirion, Datasheet SGP40, sections 4.5 (communication) and 4.6 (measurement, self-test, serial number).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import BusKind, Channel, Driver, Limits, NoAnswerError, Readings
from drivers.bus.i2c import I2CBus
from drivers.sensirion import FULL, Words, to_word

MEASURE, SERIAL, SELF_TEST = b"\x26\x0f", b"\x36\x82", b"\x28\x0e"
MEASURE_S, SERIAL_S, SELF_TEST_S = 0.030, 0.001, 0.320
PASSED = 0xD4
"""The upper byte of the answer to a self-test; the lower one says nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sgp40Settings:
    """One SGP40."""

    address: Annotated[int, Limits(0x59, 0x59)] = 0x59
    """Its I2C address, which is fixed."""
    humidity: Annotated[float, Limits(0.0, 100.0, "%RH")] = 50.0
    """Of the air, by which the part corrects its signal."""
    temperature: Annotated[float, Limits(-45.0, 130.0, "Cel")] = 25.0
    """Of the air, by which the part corrects its signal."""


def encode_climate(humidity: float, temperature: float) -> tuple[int, int]:
    """The two words that go with a measurement: 0x8000 and 0x6666 stand for 50 %RH and 25 Cel."""
    return to_word(humidity, 0.0, 100.0), to_word(temperature, -45.0, 175.0)


class Sgp40(Driver):
    """One SGP40 on an I2C bus."""

    name: ClassVar[str] = "sgp40"
    title: ClassVar[str] = "Sensirion SGP40"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Sgp40Settings

    def __init__(self, bus: I2CBus, settings: Sgp40Settings) -> None:
        self._words = Words(bus, settings.address, self.name)
        self._climate = encode_climate(settings.humidity, settings.temperature)

    @classmethod
    def channels(cls, settings: Sgp40Settings) -> tuple[Channel, ...]:
        """The raw signal."""
        del settings
        about = "raw signal of the gas sensor; falls while volatile compounds rise"
        return (Channel(name="raw", unit="count", low=1.0, high=float(FULL - 1), resolution=1.0, about=about),)

    def open(self) -> None:
        """Read the serial number, and let the part test itself.

        Raises:
            WrongPartError: another part answers.
            ChecksumError: an answer was disturbed.
            NoAnswerError: nobody answers at the address, or the part finds itself broken.
            BusError: the bus does not work.
        """
        self._words.identify(SERIAL, 3, wait_s=SERIAL_S)
        (outcome,) = self._words.ask(SELF_TEST, 1, wait_s=SELF_TEST_S)
        if outcome >> 8 != PASSED:
            raise NoAnswerError(f"{self._words.place}: its self-test failed (0x{outcome:04X})")

    def read(self) -> Readings:
        """Measure; the heater stays on until the power goes, as the part wants it.

        Raises:
            ChecksumError: the answer was disturbed.
            NoAnswerError: nobody answers at the address, or the measurement never ends.
            BusError: the bus does not work.
        """
        (raw,) = self._words.ask(MEASURE, 1, *self._climate, wait_s=MEASURE_S)
        return {"raw": float(raw)}

"""Microchip TC74: temperature over I2C, in whole degrees.

Source: Microchip, TC74 datasheet DS21462, chapter 4 (registers).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import BusKind, Channel, Driver, Limits, NotYetError, Readings, WrongPartError
from drivers.bus.i2c import I2CBus
from drivers.simulated.place import Place
from drivers.simulated.registers import RegisterChip

TEMPERATURE, CONFIGURATION = 0, 1
STANDBY, READY = 0x80, 0x40
ALWAYS_ZERO = 0x3F
"""Bits of the configuration that no TC74 sets."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tc74Settings:
    """One TC74."""

    address: Annotated[int, Limits(0x48, 0x4F)] = 0x4D
    """Its I2C address, fixed in the part: 0x48 is a TC74A0, 0x4D a TC74A5."""


def decode_temperature(data: bytes) -> float:
    """The temperature in Cel in one byte: 0x19 is 25, 0xE7 is -25."""
    return float(int.from_bytes(data, signed=True))


class Tc74(Driver):
    """One TC74 on an I2C bus."""

    name: ClassVar[str] = "tc74"
    title: ClassVar[str] = "Microchip TC74"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Tc74Settings

    def __init__(self, bus: I2CBus, settings: Tc74Settings) -> None:
        self._bus = bus
        self._address = settings.address

    @classmethod
    def channels(cls, settings: Tc74Settings) -> tuple[Channel, ...]:
        """The temperature."""
        del settings
        about = "temperature of the part"
        return (Channel(name="temperature", unit="Cel", low=-40.0, high=125.0, resolution=1.0, about=about),)

    def open(self) -> None:
        """See that the bits are zero that a TC74 never sets, and wake it.

        Raises:
            WrongPartError: another part answers.
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        found = self._configuration()
        if found & ALWAYS_ZERO:
            raise WrongPartError(f"{self._place()}: another part answers (configuration 0x{found:02X})")
        if found & STANDBY:
            self._bus.write_register(self._address, CONFIGURATION, bytes(1))

    def read(self) -> Readings:
        """Fetch the last conversion; the part makes eight in a second.

        Raises:
            NotYetError: it has just been woken.
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        if not self._configuration() & READY:
            raise NotYetError(f"{self._place()}: no conversion yet")
        return {"temperature": decode_temperature(self._bus.read_register(self._address, TEMPERATURE, 1))}

    def _configuration(self) -> int:
        return self._bus.read_register(self._address, CONFIGURATION, 1)[0]

    def _place(self) -> str:
        return f"{self.name} at 0x{self._address:02X}"


class SimulatedTc74(RegisterChip):
    """One TC74 at a given temperature (Cel), asleep at first."""

    def __init__(self, temperature: Callable[[], float]) -> None:
        super().__init__()
        self._temperature = temperature
        self.registers[CONFIGURATION] = STANDBY

    def refresh(self) -> None:
        """Convert, unless it sleeps."""
        if self.faults.wrong_part:
            self.registers[CONFIGURATION] |= 1
        if self.registers[CONFIGURATION] & STANDBY:
            return
        self.registers[CONFIGURATION] |= READY
        measured = round(self.faults.measured("temperature", self._temperature))
        self.registers[TEMPERATURE] = max(-65, min(127, measured)) & 0xFF


def place(place: Place) -> SimulatedTc74:
    """The model for a configured device."""
    return SimulatedTc74(place.probe("temperature"))

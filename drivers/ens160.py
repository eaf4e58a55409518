"""ScioSense ENS160: air quality over I2C, worked out by the part of its gas sensors.

It needs three minutes after each start, and an hour after its first, before what it tells counts; until then there is
no reading. It is told the climate around it once, from the settings.

Source: ScioSense, ENS160 datasheet SC-001224-DS, chapters 10 (operation) and 16 (registers).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import BusKind, Channel, Driver, Limits, NoAnswerError, NotYetError, Readings, WrongPartError
from drivers.bus.i2c import I2CBus

ID, MODE, CLIMATE, STATUS = 0x00, 0x10, 0x13, 0x20
ID_WORD = 0x0160
IDLE, STANDARD = 0x01, 0x02
MODE_S = 0.005
RUNNING, FAILED = 0x80, 0x40
GOOD, WARM_UP, FIRST_HOUR, INVALID = 0, 1, 2, 3
WAITS = {WARM_UP: "warming up, for three minutes", FIRST_HOUR: "running in, for an hour"}
DATA_BYTES = 6
"""Status, index, two words: all from the status on."""
PPM, PPB = 1e-6, 1e-9
KELVIN = 273.15


@dataclass(frozen=True, kw_only=True, slots=True)
class Ens160Settings:
    """One ENS160."""

    address: Annotated[int, Limits(0x52, 0x53)] = 0x53
    """Its I2C address, by what ADDR is wired to: 0x52 ground, 0x53 supply."""
    temperature: Annotated[float, Limits(-40.0, 85.0, "Cel")] = 25.0
    """Of the air around it, which it does not measure."""
    humidity: Annotated[float, Limits(0.0, 100.0, "%RH")] = 50.0
    """Of the air around it."""


def encode_climate(cel: float, relative: float) -> bytes:
    """The two words that say the climate: 25 Cel are 0x4A8A, 50 %RH are 0x6400, each low byte first."""
    return round((cel + KELVIN) * 64).to_bytes(2, "little") + round(relative * 512).to_bytes(2, "little")


def decode_data(data: bytes) -> dict[str, float]:
    """Index, volatile compounds and equivalent CO2 of the six bytes from the status on."""
    tvoc, eco2 = int.from_bytes(data[2:4], "little"), int.from_bytes(data[4:6], "little")
    return {"aqi": float(data[1] & 0x07), "tvoc": round(tvoc * PPB, 9), "eco2": round(eco2 * PPM, 6)}


class Ens160(Driver):
    """One ENS160 on an I2C bus."""

    name: ClassVar[str] = "ens160"
    title: ClassVar[str] = "ScioSense ENS160"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Ens160Settings

    def __init__(self, bus: I2CBus, settings: Ens160Settings) -> None:
        self._bus = bus
        self._settings = settings

    @classmethod
    def channels(cls, settings: Ens160Settings) -> tuple[Channel, ...]:
        """What the part works out of the gas that it senses."""
        del settings
        about = "CO2 that would go with the volatile compounds; not measured"
        return (
            Channel(name="aqi", unit="/", low=1.0, high=5.0, resolution=1.0, about="air quality, 1 best to 5 worst"),
            Channel(name="tvoc", unit="/", low=0.0, high=65e-6, resolution=PPB, about="share of volatile compounds"),
            Channel(name="eco2", unit="/", low=400e-6, high=0.065, resolution=PPM, about=about),
        )

    def open(self) -> None:
        """See that it is the right part, tell it the climate, and let it measure; one that does is not disturbed.

        Raises:
            WrongPartError: another part answers.
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        found = int.from_bytes(self._get(ID, 2), "little")
        if found != ID_WORD:
            raise WrongPartError(f"{self._place()}: another part answers (identity 0x{found:04X})")
        if self._get(MODE, 1)[0] != STANDARD:
            self._put(MODE, bytes([IDLE]))
            self._put(MODE, bytes([STANDARD]))
        self._put(CLIMATE, encode_climate(self._settings.temperature, self._settings.humidity))

    def read(self) -> Readings:
        """Fetch the last measurement; the part makes one a second.

        Raises:
            NotYetError: the part has not warmed up.
            NoAnswerError: nobody answers, or the part has failed or does not measure, as after a loss of supply.
            BusError: the bus does not work.
        """
        data = self._get(STATUS, DATA_BYTES)
        status, validity = data[0], data[0] >> 2 & 3
        if status & FAILED or not status & RUNNING:
            raise NoAnswerError(
                f"{self._place()}: does not measure (status 0x{status:02X}); it may have lost its supply"
            )
        if validity in WAITS:
            raise NotYetError(f"{self._place()}: {WAITS[validity]}")
        if validity != GOOD:
            raise NoAnswerError(f"{self._place()}: what it measures is invalid (status 0x{status:02X})")
        return decode_data(data)

    def _get(self, register: int, count: int) -> bytes:
        return self._bus.read_register(self._settings.address, register, count)

    def _put(self, register: int, data: bytes) -> None:
        self._bus.write_register(self._settings.address, register, data)
        self._bus.clock.sleep(MODE_S)

    def _place(self) -> str:
        return f"{self.name} at 0x{self._settings.address:02X}"

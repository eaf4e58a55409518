"""Sensirion SCD40, SCD41: CO2, temperature and relative humidity over I2C.

The part measures every five seconds by itself; a reading is the last of these, and until the first there is none.

Source: Sensirion, Datasheet SCD4x, chapter 3 (digital interface), tables 9 to 28.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import (
    BadValueError,
    BusKind,
    Channel,
    Driver,
    Limits,
    Operation,
    Readings,
    Step,
    Steps,
    Value,
)
from drivers.bus.i2c import I2CBus
from drivers.calibrate import NAME, calibration, settle
from drivers.latest import Latest
from drivers.sensirion import FULL, Words, to_value

START, STOP, READY, READ, SERIAL = b"\x21\xb1", b"\x3f\x86", b"\xe4\xb8", b"\xec\x05", b"\x36\x82"
SET_OFFSET, SET_ALTITUDE, SET_SELF_CALIBRATION = b"\x24\x1d", b"\x24\x27", b"\x24\x16"
STOP_S, COMMAND_S = 0.5, 0.001
READY_BITS = 0x07FF
RECALIBRATE, RECALIBRATE_S = b"\x36\x2f", 0.4
RECALIBRATE_FAILED, NO_CORRECTION = 0xFFFF, 0x8000
SETTLE_S = 180.0
"""So long it has to have measured in the air that it is told of (section 3.7.1)."""
PPM_MIN, PPM_MAX = 400.0, 2_000.0
PERIOD_S = 5.0
PPM = 1e-6


@dataclass(frozen=True, kw_only=True, slots=True)
class Scd4xSettings:
    """One SCD4x."""

    address: Annotated[int, Limits(0x62, 0x62)] = 0x62
    """Its I2C address, which is fixed."""
    altitude: Annotated[float, Limits(0.0, 3_000.0, "m")] = 0.0
    """Of the site above the sea: thin air holds less CO2 than the part would think."""
    temperature_offset: Annotated[float, Limits(0.0, 20.0, "K")] = 4.0
    """How much warmer the part is in its case than the air around it."""
    self_calibration: bool = True
    """Take the lowest value of a week for fresh air; not for rooms that are never aired."""


def decode_measurement(words: tuple[int, ...]) -> dict[str, float]:
    """CO2 as a ratio, temperature in Cel and relative humidity in %RH of the three words of a measurement."""
    co2, temperature, humidity = words
    return {
        "co2": round(co2 * PPM, 6),
        "temperature": to_value(temperature, -45.0, 175.0),
        "humidity": to_value(humidity, 0.0, 100.0),
    }


def encode_offset(kelvin: float) -> int:
    """The word that stands for a temperature offset."""
    return round(kelvin * FULL / 175)


class Scd4x(Driver):
    """One SCD4x on an I2C bus."""

    name: ClassVar[str] = "scd4x"
    title: ClassVar[str] = "Sensirion SCD40, SCD41"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Scd4xSettings

    def __init__(self, bus: I2CBus, settings: Scd4xSettings) -> None:
        self._settings = settings
        self._words = Words(bus, settings.address, self.name)
        self._latest = Latest(bus.clock, 2 * PERIOD_S)

    @classmethod
    def channels(cls, settings: Scd4xSettings) -> tuple[Channel, ...]:
        """CO2, temperature and humidity."""
        del settings
        return (
            Channel(name="co2", unit="/", low=0.0, high=0.04, resolution=PPM, about="share of CO2 in the air"),
            Channel(name="temperature", unit="Cel", low=-10.0, high=60.0, resolution=0.01, about="air temperature"),
            Channel(name="humidity", unit="%RH", low=0.0, high=100.0, resolution=0.01, about="relative humidity"),
        )

    @classmethod
    def operations(cls, settings: Scd4xSettings) -> tuple[Operation, ...]:
        """To be told what the air has."""
        del settings
        return (calibration(PPM_MIN, PPM_MAX, SETTLE_S),)

    def operate(self, operation: str, parameters: Mapping[str, Value]) -> Steps:
        """Recalibrate it, after it has measured for three minutes. The result is by how many ppm it was wrong.

        Raises:
            BadValueError: it is another operation, or the part could not: it did not measure long enough before.
            DriverError: the part did not answer.
        """
        if operation != NAME:
            raise BadValueError(f"{self.name}: there is no operation {operation!r}")
        yield from settle(SETTLE_S)
        try:
            self._words.send(STOP)
            yield Step(wait_s=STOP_S)
            (answer,) = self._words.ask(RECALIBRATE, 1, round(float(parameters["ppm"])), wait_s=RECALIBRATE_S)
        finally:
            self._words.send(START)
        if answer == RECALIBRATE_FAILED:
            raise BadValueError(f"{self._words.place}: it could not be calibrated, as if it had not measured before")
        return float(answer - NO_CORRECTION)

    def open(self) -> None:
        """Stop the part, see that it is the right one, set it up, and let it measure.

        Raises:
            WrongPartError: another part answers.
            ChecksumError: the answer was disturbed.
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        self._latest.forget()
        self._words.send(STOP, wait_s=STOP_S)
        self._words.identify(SERIAL, 3, wait_s=COMMAND_S)
        settings = self._settings
        for command, word in (
            (SET_OFFSET, encode_offset(settings.temperature_offset)),
            (SET_ALTITUDE, round(settings.altitude)),
            (SET_SELF_CALIBRATION, int(settings.self_calibration)),
        ):
            self._words.send(command, word, wait_s=COMMAND_S)
        self._words.send(START)

    def read(self) -> Readings:
        """Fetch the measurement if there is a new one, or give the last, which is ten seconds old at most.

        Raises:
            ChecksumError: the answer was disturbed.
            NotYetError: there is no measurement yet.
            NoAnswerError: nobody answers at the address, or there is no measurement any more.
            BusError: the bus does not work.
        """
        (ready,) = self._words.ask(READY, 1, wait_s=COMMAND_S)
        if not ready & READY_BITS:
            return self._latest.get(self._words.place)
        values = decode_measurement(self._words.ask(READ, 3, wait_s=COMMAND_S))
        if not values["co2"]:
            place = self._words.place
            raise self._latest.nothing(f"{place}: CO2 of nothing at all; it has not warmed up, or is broken")
        return self._latest.keep(values)

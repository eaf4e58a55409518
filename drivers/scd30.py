"""Sensirion SCD30: CO2, temperature and relative humidity over I2C.

The part measures by itself; a reading is the last measurement, and until the first there is none. It stretches the
clock, which not every bus controller can follow: a slow bus helps (at most 50 kHz).

Source: Sensirion, Interface Description SCD30, sections 1.3 (checksum) and 1.4 (commands).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import (
    BadValueError,
    BusKind,
    Channel,
    Driver,
    Limits,
    NoAnswerError,
    Operation,
    Readings,
    Steps,
    Value,
)
from drivers.bus.i2c import I2CBus
from drivers.calibrate import NAME, calibration, settle
from drivers.latest import Latest
from drivers.sensirion import Words

START, READY, READ, FIRMWARE = b"\x00\x10", b"\x02\x02", b"\x03\x00", b"\xd1\x00"
SET_INTERVAL, SET_SELF_CALIBRATION, SET_OFFSET, SET_ALTITUDE = b"\x46\x00", b"\x53\x06", b"\x54\x03", b"\x51\x02"
COMMAND_S = 0.004
RECALIBRATE = b"\x52\x04"
SETTLE_S = 120.0
"""So long it has to have measured in the air that it is told of (section 1.4.6)."""
PPM_MIN, PPM_MAX = 400.0, 2_000.0
NO_PRESSURE = 0
PPM = 1e-6


@dataclass(frozen=True, kw_only=True, slots=True)
class Scd30Settings:
    """One SCD30."""

    address: Annotated[int, Limits(0x61, 0x61)] = 0x61
    """Its I2C address, which is fixed."""
    interval_s: Annotated[float, Limits(2.0, 1_800.0, "s")] = 2.0
    """Time between two of its measurements, in whole seconds."""
    altitude: Annotated[float, Limits(0.0, 3_000.0, "m")] = 0.0
    """Of the site above the sea: thin air holds less CO2 than the part would think."""
    temperature_offset: Annotated[float, Limits(0.0, 20.0, "K")] = 0.0
    """How much warmer the part is in its case than the air around it."""
    self_calibration: bool = True
    """Take the lowest value of a week for fresh air; not for rooms that are never aired."""


def decode_measurement(words: tuple[int, ...]) -> dict[str, float]:
    """CO2 as a ratio, temperature in Cel and relative humidity in %RH of the six words of a measurement.

    Raises:
        NoAnswerError: they are no numbers, or a CO2 of nothing, which the part gives before it has warmed up.
    """
    co2, temperature, humidity = struct.unpack(">3f", b"".join(word.to_bytes(2) for word in words))
    if not all(map(math.isfinite, (co2, temperature, humidity))) or co2 <= 0:
        raise NoAnswerError("no measurement; it has not warmed up, or is broken")
    return {"co2": round(co2 * PPM, 7), "temperature": round(temperature, 2), "humidity": round(humidity, 2)}


class Scd30(Driver):
    """One SCD30 on an I2C bus."""

    name: ClassVar[str] = "scd30"
    title: ClassVar[str] = "Sensirion SCD30"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Scd30Settings

    def __init__(self, bus: I2CBus, settings: Scd30Settings) -> None:
        self._settings = settings
        self._words = Words(bus, settings.address, self.name)
        self._latest = Latest(bus.clock, 2 * round(settings.interval_s) + 1)

    @classmethod
    def channels(cls, settings: Scd30Settings) -> tuple[Channel, ...]:
        """CO2, temperature and humidity."""
        del settings
        return (
            Channel(name="co2", unit="/", low=0.0, high=0.04, resolution=PPM, about="share of CO2 in the air"),
            Channel(name="temperature", unit="Cel", low=-40.0, high=70.0, resolution=0.01, about="air temperature"),
            Channel(name="humidity", unit="%RH", low=0.0, high=100.0, resolution=0.01, about="relative humidity"),
        )

    @classmethod
    def operations(cls, settings: Scd30Settings) -> tuple[Operation, ...]:
        """To be told what the air has."""
        del settings
        return (calibration(PPM_MIN, PPM_MAX, SETTLE_S),)

    def operate(self, operation: str, parameters: Mapping[str, Value]) -> Steps:
        """Recalibrate it, after it has measured for two minutes, and read back what it has kept: the result, in ppm.

        Raises:
            BadValueError: it is another operation, or the part has kept something else.
            DriverError: the part did not answer.
        """
        if operation != NAME:
            raise BadValueError(f"{self.name}: there is no operation {operation!r}")
        yield from settle(SETTLE_S)
        wanted = round(float(parameters["ppm"]))
        self._words.send(RECALIBRATE, wanted, wait_s=COMMAND_S)
        (kept,) = self._words.ask(RECALIBRATE, 1, wait_s=COMMAND_S)
        if kept != wanted:
            raise BadValueError(f"{self._words.place}: told {wanted} ppm, it has kept {kept} ppm")
        return float(kept)

    def open(self) -> None:
        """See that it is the right part, set it up, and let it measure.

        Raises:
            WrongPartError: another part answers.
            ChecksumError: the answer was disturbed.
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        self._latest.forget()
        self._words.identify(FIRMWARE, 1, wait_s=COMMAND_S)
        settings = self._settings
        for command, word in (
            (SET_INTERVAL, round(settings.interval_s)),
            (SET_OFFSET, round(settings.temperature_offset * 100)),
            (SET_ALTITUDE, round(settings.altitude)),
            (SET_SELF_CALIBRATION, int(settings.self_calibration)),
            (START, NO_PRESSURE),
        ):
            self._words.send(command, word, wait_s=COMMAND_S)

    def read(self) -> Readings:
        """Fetch the measurement if there is a new one, or give the last, which is at most two intervals old.

        Raises:
            ChecksumError: the answer was disturbed.
            NotYetError: there is no measurement yet.
            NoAnswerError: nobody answers at the address, or there is no measurement any more.
            BusError: the bus does not work.
        """
        (ready,) = self._words.ask(READY, 1, wait_s=COMMAND_S)
        if ready != 1:
            return self._latest.get(self._words.place)
        words = self._words.ask(READ, 6, wait_s=COMMAND_S)
        try:
            return self._latest.keep(decode_measurement(words))
        except NoAnswerError as error:
            raise self._latest.nothing(f"{self._words.place}: {error}") from error

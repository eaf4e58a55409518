"""Sensirion SPS30: mass of dust in the air over I2C, with its SEL pin at ground and the bus at 100 kHz at most.

The channels are in kg/m3, the SenML unit; 1 ug/m3 is 1e-9 kg/m3. The part measures once in a second from `open` on; in
clean air it is within its tolerance after half a minute. Once in a week of running it blows its fan clean for 10 s.

Source: Sensirion, Datasheet SPS30 version 1.0, sections 4.4 (status register), 6.2 (checksum) and 6.3 (commands).
"""

from __future__ import annotations

import contextlib
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
    Step,
    Steps,
    Value,
    WrongPartError,
)
from drivers.bus.i2c import I2CBus
from drivers.latest import Latest
from drivers.sensirion import Words

START, STOP, READY, READ = b"\x00\x10", b"\x01\x04", b"\x02\x02", b"\x03\x00"
CLEAN, PRODUCT, VERSION, STATUS = b"\x56\x07", b"\xd0\x02", b"\xd1\x00", b"\xd2\x06"
AS_FLOATS = 0x0300
COMMAND_S, START_S = 0.005, 0.02
PRODUCT_TYPE = b"00080000"
STATUS_SINCE = 0x0202
"""The firmware, 2.2, from which on there is a status register."""
LASER_FAILED, FAN_FAILED = 1 << 5, 1 << 4
FRESH_S = 15.0
"""A measurement comes every second, but none while the fan is cleaned, for 10 s."""
CLEAN_S = 10.0
UG_PER_KG = 1e9
UG_MAX = 1000.0
DECIMALS = 1
"""Of ug/m3; the part's own resolution is 1."""
SIZES = {"pm1": "1", "pm2_5": "2.5", "pm4": "4", "pm10": "10"}
WORDS = 20
"""Ten numbers: four masses, five counts, a size."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sps30Settings:
    """One SPS30."""

    address: Annotated[int, Limits(0x69, 0x69)] = 0x69
    """Its I2C address, which is fixed."""


def decode_dust(words: tuple[int, ...]) -> dict[str, float] | None:
    """The masses in kg/m3 of a measurement, which begins with them as floats; None where they cannot be."""
    masses = struct.unpack(">4f", b"".join(word.to_bytes(2) for word in words[:8]))
    if not all(math.isfinite(mass) and mass >= 0 for mass in masses):
        return None
    return {name: round(mass, DECIMALS) / UG_PER_KG for name, mass in zip(SIZES, masses, strict=True)}


class Sps30(Driver):
    """One SPS30 on an I2C bus."""

    name: ClassVar[str] = "sps30"
    title: ClassVar[str] = "Sensirion SPS30"
    bus_kind: ClassVar[BusKind] = BusKind.I2C
    settings_type: ClassVar[type] = Sps30Settings

    def __init__(self, bus: I2CBus, settings: Sps30Settings) -> None:
        self._words = Words(bus, settings.address, self.name)
        self._latest = Latest(bus.clock, FRESH_S)
        self._has_status = False

    @classmethod
    def channels(cls, settings: Sps30Settings) -> tuple[Channel, ...]:
        """Mass of particles up to 1, 2.5, 4 and 10 um across."""
        del settings
        high = UG_MAX / UG_PER_KG
        return tuple(
            Channel(name=name, unit="kg/m3", low=0.0, high=high, resolution=1e-9, about=f"particles up to {size} um")
            for name, size in SIZES.items()
        )

    @classmethod
    def operations(cls, settings: Sps30Settings) -> tuple[Operation, ...]:
        """To blow the fan clean."""
        del settings
        about = "blow the dust off the fan, as the part does by itself once in a week of running"
        return (Operation(name="CleanFan", time_limit_s=3 * CLEAN_S, idempotent=True, about=about),)

    def operate(self, operation: str, parameters: Mapping[str, Value]) -> Steps:
        """Clean the fan.

        Raises:
            BadValueError: it is another operation.
            DriverError: the part did not answer.
        """
        del parameters
        if operation != "CleanFan":
            raise BadValueError(f"{self.name}: there is no operation {operation!r}")
        self._words.send(CLEAN, wait_s=COMMAND_S)
        yield Step(wait_s=CLEAN_S, percent=100.0)
        return None

    def open(self) -> None:
        """See that it is the right part, and let it measure.

        Raises:
            WrongPartError: another part answers.
            ChecksumError: an answer was disturbed.
            NoAnswerError: nobody answers at the address.
            BusError: the bus does not work.
        """
        self._latest.forget()
        words = self._words.identify(PRODUCT, len(PRODUCT_TYPE) // 2, wait_s=COMMAND_S)
        found = b"".join(word.to_bytes(2) for word in words)
        if found != PRODUCT_TYPE:
            raise WrongPartError(f"{self._words.place}: another part answers (product type {found!r})")
        (version,) = self._words.ask(VERSION, 1, wait_s=COMMAND_S)
        self._has_status = version >= STATUS_SINCE
        with contextlib.suppress(NoAnswerError):  # One that does not measure need not take this.
            self._words.send(STOP, wait_s=START_S)
        self._words.send(START, AS_FLOATS, wait_s=START_S)

    def read(self) -> Readings:
        """Fetch the measurement if there is a new one, or give the last, which is at most `FRESH_S` old.

        Raises:
            ChecksumError: the answer was disturbed.
            NotYetError: there is no measurement yet.
            NoAnswerError: nobody answers, its fan or laser has failed, or there is no measurement any more.
            BusError: the bus does not work.
        """
        if self._has_status:
            self._check_status()
        (ready,) = self._words.ask(READY, 1, wait_s=COMMAND_S)
        if ready != 1:
            return self._latest.get(self._words.place)
        dust = decode_dust(self._words.ask(READ, WORDS, wait_s=COMMAND_S))
        if dust is None:
            raise self._latest.nothing(f"{self._words.place}: no measurement, its masses are no numbers")
        return self._latest.keep(dust)

    def _check_status(self) -> None:
        high, low = self._words.ask(STATUS, 2, wait_s=COMMAND_S)
        status = high << 16 | low
        if status & FAN_FAILED:
            raise NoAnswerError(
                f"{self._words.place}: its fan does not turn (status 0x{status:08X}); clean or replace it"
            )
        if status & LASER_FAILED:
            raise NoAnswerError(f"{self._words.place}: its laser has failed (status 0x{status:08X}); replace the part")

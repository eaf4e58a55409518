"""Sensirion SHT30, SHT31, SHT35: temperature and relative humidity over I2C.

Source: Sensirion, Datasheet SHT3x-DIS, sections 4.3 (single shot), 4.12 (checksum) and 4.13 (conversion of signals);
Application Note "Electronic Identification Code" (serial number).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import Limits
from drivers.sensirion import decode_words, to_value
from drivers.sht import Precision, Sht

READ_SERIAL = b"\x37\x80"

MEASURE = {Precision.HIGH: b"\x24\x00", Precision.MEDIUM: b"\x24\x0b", Precision.LOW: b"\x24\x16"}
"""Single shots without clock stretching, which not every bus controller can follow."""
CONVERSION_S = {Precision.HIGH: 0.0155, Precision.MEDIUM: 0.0065, Precision.LOW: 0.0045}
"""The longest that a measurement takes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sht3xSettings:
    """One SHT3x."""

    address: Annotated[int, Limits(0x44, 0x45)] = 0x44
    """Its I2C address, by what ADDR is wired to: 0x44 ground, 0x45 supply."""
    precision: Precision = Precision.HIGH
    """`high` takes 15.5 ms, `medium` 6.5 ms, `low` 4.5 ms."""


def decode_measurement(data: bytes) -> tuple[float, float]:
    """Temperature in Cel and relative humidity in %RH (datasheet, section 4.13).

    Raises:
        ChecksumError: the bytes are not what the part sent.
    """
    temperature, humidity = decode_words("sht3x", data, 2)
    return to_value(temperature, -45.0, 175.0), to_value(humidity, 0.0, 100.0)


class Sht3x(Sht):
    """One SHT3x on an I2C bus."""

    name: ClassVar[str] = "sht3x"
    title: ClassVar[str] = "Sensirion SHT30, SHT31, SHT35"
    settings_type: ClassVar[type] = Sht3xSettings
    read_serial: ClassVar[bytes] = READ_SERIAL
    measure: ClassVar[Mapping[Precision, bytes]] = MEASURE
    conversion_s: ClassVar[Mapping[Precision, float]] = CONVERSION_S
    decode = staticmethod(decode_measurement)

"""Sensirion SHT40, SHT41, SHT43, SHT45: temperature and relative humidity over I2C.

Source: Sensirion, Datasheet SHT4x, sections 4.1 to 4.6 (commands, checksum, conversion of the signals, timing).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import Limits
from drivers.sensirion import decode_words, to_value
from drivers.sht import Precision, Sht

READ_SERIAL = b"\x89"

MEASURE = {Precision.HIGH: b"\xfd", Precision.MEDIUM: b"\xf6", Precision.LOW: b"\xe0"}
CONVERSION_S = {Precision.HIGH: 0.0083, Precision.MEDIUM: 0.0045, Precision.LOW: 0.0016}
"""The longest that a measurement takes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sht4xSettings:
    """One SHT4x."""

    address: Annotated[int, Limits(0x44, 0x46)] = 0x44
    """Its I2C address; fixed in the part: 0x44 (A variants), 0x45 (B), 0x46 (C)."""
    precision: Precision = Precision.HIGH
    """`high` takes 8.3 ms, `medium` 4.5 ms, `low` 1.6 ms."""


def decode_measurement(data: bytes) -> tuple[float, float]:
    """Temperature in Cel and relative humidity in %RH, the latter within 0 and 100 (datasheet, section 4.6).

    Rounded to the channels' resolution: digits beyond it are noise that would be stored and sent.

    Raises:
        ChecksumError: the bytes are not what the part sent.
    """
    temperature, humidity = decode_words("sht4x", data, 2)
    return to_value(temperature, -45.0, 175.0), min(100.0, max(0.0, to_value(humidity, -6.0, 125.0)))


class Sht4x(Sht):
    """One SHT4x on an I2C bus."""

    name: ClassVar[str] = "sht4x"
    title: ClassVar[str] = "Sensirion SHT40, SHT41, SHT43, SHT45"
    settings_type: ClassVar[type] = Sht4xSettings
    read_serial: ClassVar[bytes] = READ_SERIAL
    measure: ClassVar[Mapping[Precision, bytes]] = MEASURE
    conversion_s: ClassVar[Mapping[Precision, float]] = CONVERSION_S
    decode = staticmethod(decode_measurement)

"""The arithmetic of Bosch's BME680 and BME688: constants, compensation, and the code that heats the plate.

Source: Bosch Sensortec, BME680 datasheet BST-BME680-DS001, section 3.3 (heater, compensation in floating point, table
of the gas ranges) and 5.2 (where the constants are); BME688 datasheet BST-BME688-DS000, section 3.4.
"""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass

RANGE_OFFSET = (0.0, 0.0, 0.0, 0.0, 0.0, -1.0, 0.0, -0.8, 0.0, 0.0, -0.2, -0.5, 0.0, -1.0, 0.0, 0.0)
RANGE_GAIN = (0.0, 0.0, 0.0, 0.0, 0.1, 0.7, 0.0, -0.8, -0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
"""Corrections of the BME680's ranges, in percent."""
WAIT_STEPS, WAIT_FACTOR = 63, 64


class Variant(enum.StrEnum):
    """Which of the two it is: they measure the gas sensor in different ways."""

    BME680 = "BME680"
    BME688 = "BME688"


@dataclass(frozen=True, slots=True)
class Calibration:
    """The constants of one part, numbered from 1 in the datasheet and from 0 here."""

    t: tuple[int, ...]
    p: tuple[int, ...]
    h: tuple[int, ...]
    g: tuple[int, ...]
    heater_value: int
    heater_range: int
    range_error: int


def decode_calibration(first: bytes, second: bytes, third: bytes) -> Calibration:
    """The constants in the 23 bytes from 0x8A, the 14 from 0xE1 and the 5 from 0x00."""
    t2, t3, p1, p2, p3, p4, p5, p7, p6, p8, p9, p10 = struct.unpack("<hbxHhbxhhbbxxhhB", first[:23])
    # The first two of the humidity share a byte, which holds the lower bits of both.
    h1, h2 = second[2] << 4 | second[1] & 0x0F, second[0] << 4 | second[1] >> 4
    h3, h4, h5, h6, h7, t1, g2, g1, g3 = struct.unpack("<bbbBbHhbb", second[3:14])
    return Calibration(
        (t1, t2, t3),
        (p1, p2, p3, p4, p5, p6, p7, p8, p9, p10),
        (h1, h2, h3, h4, h5, h6, h7),
        (g1, g2, g3),
        int.from_bytes(third[0:1], signed=True),
        third[2] >> 4 & 3,
        int.from_bytes(third[4:5], signed=True) >> 4,
    )


def temperature(raw: int, calibration: Calibration) -> float:
    """In Cel."""
    t1, t2, t3 = calibration.t
    return ((raw / 16384 - t1 / 1024) * t2 + (raw / 131072 - t1 / 8192) ** 2 * t3 * 16) / 5120


def pressure(raw: int, cel: float, calibration: Calibration) -> float | None:
    """In Pa, at a temperature; None where the calibration is blank, and would be divided by."""
    p1, p2, p3, p4, p5, p6, p7, p8, p9, p10 = calibration.p
    half = cel * 5120 / 2 - 64000
    offset = (half**2 * p6 / 131072 + half * p5 * 2) / 4 + p4 * 65536
    slope = (1 + (p3 * half**2 / 16384 + p2 * half) / 524288 / 32768) * p1
    if slope == 0:
        return None
    value = (1048576 - raw - offset / 4096) * 6250 / slope
    third = (value / 256) ** 3 * p10 / 131072
    return value + (p9 * value**2 / 2147483648 + value * p8 / 32768 + third + p7 * 128) / 16


def humidity(raw: int, cel: float, calibration: Calibration) -> float:
    """The relative humidity in %RH, within 0 and 100, at a temperature."""
    h1, h2, h3, h4, h5, h6, h7 = calibration.h
    above = raw - (h1 * 16 + h3 / 2 * cel)
    value = above * (h2 / 262144 * (1 + h4 / 16384 * cel + h5 / 1048576 * cel**2))
    return min(100.0, max(0.0, value + (h6 / 16384 + h7 / 2097152 * cel) * value**2))


def gas_resistance(raw: int, gas_range: int, variant: Variant, calibration: Calibration) -> float:
    """In Ohm, of ten bits and the range that they were measured in."""
    if variant is Variant.BME688:
        return 1e6 * (262144 >> gas_range) / (4096 + 3 * (raw - 512))
    base = (1340 + 5 * calibration.range_error) * (1 + RANGE_OFFSET[gas_range] / 100)
    gain = 1 + RANGE_GAIN[gas_range] / 100
    return 1 / (gain * 125e-9 * (1 << gas_range) * ((raw - 512) / base + 1))


def heater_code(cel: float, around: float, calibration: Calibration) -> int:
    """What heats the plate to `cel` in air of the temperature `around`."""
    g1, g2, g3 = calibration.g
    wanted = (g1 / 16 + 49) * (1 + (g2 / 32768 * 0.0005 + 0.00235) * cel) + g3 / 1024 * around
    scale = 4 / (4 + calibration.heater_range) / (1 + calibration.heater_value * 0.002)
    return min(255, max(0, int(3.4 * (wanted * scale - 25))))


def wait_code(seconds: float) -> int:
    """What heats it for so long: milliseconds in six bits, times a power of 4; 150 ms are 0x65."""
    milliseconds, factor = round(seconds * 1000), 0
    while milliseconds > WAIT_STEPS and factor < 3:  # noqa: PLR2004 - two bits hold the power
        milliseconds //= 4
        factor += 1
    return min(WAIT_STEPS, milliseconds) + factor * WAIT_FACTOR

"""Checksums that parts put behind their bytes. Pure functions."""

from __future__ import annotations

SENSIRION_POLYNOMIAL = 0x31
SENSIRION_START = 0xFF


def crc8(data: bytes, *, polynomial: int = SENSIRION_POLYNOMIAL, start: int = SENSIRION_START) -> int:
    """CRC-8, not reflected, nothing added at the end; by default Sensirion's.

    Source: SHT4x datasheet, section 4.4 (checksum calculation): the bytes BE EF give 92.
    """
    remainder = start
    for byte in data:
        remainder ^= byte
        for _ in range(8):
            shifted = remainder << 1
            remainder = (shifted ^ polynomial) & 0xFF if remainder & 0x80 else shifted
    return remainder


def sum16(data: bytes) -> int:
    """The sum of all bytes, as far as 16 bits hold it (Plantower's checksum)."""
    return sum(data) & 0xFFFF

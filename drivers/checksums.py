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


def crc8_maxim(data: bytes) -> int:
    """CRC-8 of 1-Wire parts: reflected, begun at 0; that of a message with its checksum is 0.

    Source: Maxim, application note 27: the id 02 1C B8 01 00 00 00 has the checksum A2.
    """
    return _reflected(data, 0x8C, 0)


def crc16_modbus(data: bytes) -> int:
    """CRC-16 of Modbus: reflected, begun at all ones; its lower byte is sent first.

    Source: Modbus over serial line V1.02, section 2.5.1.2 and its example: 02 07 give 0x1241.
    """
    return _reflected(data, 0xA001, 0xFFFF)


def crc16_arc(data: bytes) -> int:
    """CRC-16 of smart meters' telegrams: that of Modbus, but begun at 0.

    Source: Netbeheer Nederland, P1 companion standard 5.0.2, section 5.2.1; the digits 1 to 9 in ASCII give 0xBB3D.
    """
    return _reflected(data, 0xA001, 0)


def crc16_a(data: bytes) -> int:
    """CRC_A of tags: reflected, begun at 0x6363; its lower byte is sent first.

    Source: ISO/IEC 14443-3, annex B: 12 34 are followed by 26 CF.
    """
    return _reflected(data, 0x8408, 0x6363)


def _reflected(data: bytes, polynomial: int, start: int) -> int:
    remainder = start
    for byte in data:
        remainder ^= byte
        for _ in range(8):
            remainder = remainder >> 1 ^ polynomial if remainder & 1 else remainder >> 1
    return remainder

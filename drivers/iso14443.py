"""What a reader and a tag of ISO 14443 A say to each other until the tag's number (UID) is known. Pure functions.

A number of more than four bytes comes in up to three levels, of which all but the last begin with a cascade tag.

Source: ISO/IEC 14443-3, sections 6.4 and 6.5 and annex B; NXP, application note AN10927 (MIFARE and UIDs).
"""

from __future__ import annotations

import functools
import operator

from drivers.base import ChecksumError
from drivers.checksums import crc16_a

REQA, WUPA = 0x26, 0x52
"""What wakes tags, of seven bits each: REQA those that were not halted, WUPA all."""
WAKE_BITS = 7
ATQA_BYTES = 2

LEVELS = (0x93, 0x95, 0x97)
"""The commands of the levels at which parts of a number are asked for."""
ANYBODY, CHOSEN = 0x20, 0x70
"""Behind the level: none of the number's bits follows, or all of them do."""
CASCADE_TAG = 0x88
INCOMPLETE = 0x04
"""The bit of a tag's answer to its choice (SAK) that tells of a further level."""
LEVEL_BYTES = 5
"""Four bytes of the number, and their check byte (BCC)."""


def with_crc(data: bytes) -> bytes:
    """`data` with its CRC_A, lower byte first: the halt is 50 00 57 CD."""
    return data + crc16_a(data).to_bytes(2, "little")


HALT = with_crc(b"\x50\x00")


def encode_ask(level: int) -> bytes:
    """Who is there at that level, one of `LEVELS`."""
    return bytes([level, ANYBODY])


def encode_choice(level: int, part: bytes) -> bytes:
    """Choose the tag that gave `part`, the four bytes of its number with their check byte."""
    return with_crc(bytes([level, CHOSEN]) + part)


def check_part(data: bytes) -> bytes:
    """The part of a number in an answer, as it is, when its check byte is right: DE AD BE EF 22.

    Raises:
        ChecksumError: it is not, or there are more or fewer than five bytes.
    """
    if len(data) != LEVEL_BYTES or functools.reduce(operator.xor, data):
        raise ChecksumError(f"a part of a number with a wrong check byte (BCC): {data.hex()}")
    return data


def decode_choice(data: bytes) -> bool:
    """Whether a further level follows, by a tag's answer to its choice: no for 08 B6 DD, yes for 04 DA 17.

    Raises:
        ChecksumError: its CRC_A is wrong, or it is not of three bytes.
    """
    if len(data) != 1 + 2 or with_crc(data[:1]) != data:
        raise ChecksumError(f"an answer to the choice of a tag with a wrong CRC_A: {data.hex()}")
    return bool(data[0] & INCOMPLETE)


def add_part(number: bytes, part: bytes, *, further: bool) -> bytes:
    """The number with the four bytes of one more level, without the cascade tag where a further level follows.

    Raises:
        ChecksumError: a further level is to follow, and there is no cascade tag, or this was the last one.
    """
    if not further:
        return number + part[:4]
    if part[0] != CASCADE_TAG or len(number) >= 2 * 3:
        raise ChecksumError(f"a tag that tells of a further part of its number behind {(number + part[:4]).hex()}")
    return number + part[1:4]

"""Sentences of NMEA 0183, as receivers of satellite navigation send them. Pure functions.

Source: NMEA 0183 version 4.11, sections 5.3 (form, checksum) and 6.3 (RMC, GGA); u-blox 8 receiver description, NMEA.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

SENTENCE_BYTES_MAX = 160
"""Without its start and end. The standard allows 80; receivers with many decimals send more."""
SENTENCE = re.compile(rb"\$([A-Z]{2})([A-Z]{3}),([ -#%-)+-~]*)\*([0-9A-Fa-f]{2})\s*$")
"""Talker, formatter, fields and checksum. The talker (GP, GL, GA, GB, GN, ...) tells the constellation: any is good."""
ANGLE = re.compile(r"(\d{1,3})(\d{2}(?:\.\d{1,9})?)")
NUMBER = re.compile(r"[+-]?\d{1,9}(?:\.\d{0,9})?")

RMC_FIELDS_MIN, GGA_FIELDS_MIN = 9, 10
"""Later versions of the standard put more fields behind those that are used here."""
MODE_FIELD = 11
"""Of RMC, since version 2.3. The navigation status behind it is not looked at: most receivers send V, for unknown."""
MS_PER_KNOT = 1852 / 3600
DECIMALS = 8


class Fix(enum.Enum):
    """What a position rests on."""

    SATELLITES = "satellites"
    NONE = "none"
    GUESSED = "guessed"
    """Reckoned on from an earlier place, typed in, or made up by the receiver for a try: not measured."""


MODES = dict.fromkeys(("A", "D", "F", "P", "R", ""), Fix.SATELLITES) | dict.fromkeys("EMS", Fix.GUESSED)
"""RMC's mode, which old receivers do not send; any other letter is no fix."""
QUALITIES = dict.fromkeys("12345", Fix.SATELLITES) | dict.fromkeys("678", Fix.GUESSED)
"""GGA's quality; any other digit is no fix."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence whose checksum is good."""

    talker: str
    kind: str
    """RMC, GGA, GSV, ..."""
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """What one sentence tells. What it has left empty, or does not have, is None."""

    fix: Fix
    latitude: float | None = None
    longitude: float | None = None
    altitude: float | None = None
    """m above mean sea level."""
    speed: float | None = None
    """m/s over ground."""
    satellites: int | None = None


def checksum(body: bytes) -> int:
    """The exclusive or of all bytes between `$` and `*`."""
    remainder = 0
    for byte in body:
        remainder ^= byte
    return remainder


def split_sentences(data: bytes) -> tuple[list[Sentence], bytes]:
    """The good sentences in `data`, in order, and the line that is not complete yet."""
    *lines, rest = data.split(b"\n")
    found = (parse_sentence(line) for line in lines)
    return [one for one in found if one is not None], rest[-SENTENCE_BYTES_MAX:]


def parse_sentence(line: bytes) -> Sentence | None:
    """The sentence that ends a line, noise before it skipped; None where there is none, or its checksum is wrong."""
    start = line.rfind(b"$")
    match = SENTENCE.fullmatch(line[start:]) if start >= 0 and len(line) - start <= SENTENCE_BYTES_MAX else None
    if match is None or checksum(match[0][1 : match.start(4) - 1]) != int(match[4], 16):
        return None
    talker, kind, fields = (match[group].decode() for group in (1, 2, 3))
    return Sentence(talker, kind, tuple(fields.split(",")))


def position_of(sentence: Sentence) -> Position | None:
    """What an RMC or GGA tells; None for others, and for one with too few fields or numbers that cannot be."""
    fields = sentence.fields
    if sentence.kind == "RMC" and len(fields) >= RMC_FIELDS_MIN:
        mode = MODES.get("".join(fields[MODE_FIELD : MODE_FIELD + 1]), Fix.NONE)
        fix = mode if fields[1] == "A" else Fix.NONE
        speed = _number(fields[6])
        return _at(fields[2:6], fix, speed=None if speed is None else round(speed * MS_PER_KNOT, 4))
    if sentence.kind == "GGA" and len(fields) >= GGA_FIELDS_MIN:
        fix = QUALITIES.get(fields[5], Fix.NONE)
        altitude = _number(fields[8]) if fields[9] == "M" else None
        return _at(fields[1:5], fix, altitude=altitude, satellites=int(fields[6]) if _whole(fields[6]) else None)
    return None


def decode_angle(digits: str, side: str, sides: str, most: float) -> float | None:
    """Degrees of an angle in degrees and minutes: 4807.038 N is 48.1173; None where it is none, or beyond `most`.

    Args:
        digits: two or three digits of degrees, two of minutes, decimals of minutes.
        side: the letter that was sent.
        sides: those of a positive and a negative angle, `NS` or `EW`.
        most: degrees.
    """
    match = ANGLE.fullmatch(digits)
    if match is None or len(side) != 1 or side not in sides:
        return None
    minutes = float(match[2])
    degrees = round(int(match[1]) + minutes / 60, DECIMALS)
    if minutes >= 60 or degrees > most:  # noqa: PLR2004 - minutes of a degree
        return None
    return -degrees if side == sides[1] and degrees else degrees


def _at(
    place: tuple[str, ...],
    fix: Fix,
    *,
    altitude: float | None = None,
    speed: float | None = None,
    satellites: int | None = None,
) -> Position | None:
    if fix is not Fix.SATELLITES:
        return Position(fix=fix, satellites=satellites)
    latitude = decode_angle(place[0], place[1], "NS", 90.0)
    longitude = decode_angle(place[2], place[3], "EW", 180.0)
    if latitude is None or longitude is None:
        return None
    return Position(
        fix=fix, latitude=latitude, longitude=longitude, altitude=altitude, speed=speed, satellites=satellites
    )


def _number(text: str) -> float | None:
    return float(text) if NUMBER.fullmatch(text) else None


def _whole(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 3  # noqa: PLR2004 - digits of a count of satellites

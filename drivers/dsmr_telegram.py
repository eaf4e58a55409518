"""Telegrams of smart meters at their customer port P1. Pure functions.

Source: Netbeheer Nederland, Dutch Smart Meter Requirements, P1 companion standard 5.0.2, sections 5.2 (frame, CRC) and
6.12 (objects); Fluvius, e-MUCS-P1 1.7 (Belgium); IEC 62056-61 (OBIS codes).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from drivers.checksums import crc16_arc

TELEGRAM_BYTES_MAX = 8192
"""A Dutch or Belgian one has 700 to 2500; a message of the operator may add 2048."""
TELEGRAM = re.compile(rb"/[^/!]*!([0-9A-Fa-f]{4})\r?\n")
UNCHECKED = re.compile(rb"!\r?\n")
"""How a telegram ends that has no checksum."""
LINE = re.compile(r"(\d{1,3}-\d{1,3}:\d{1,3}\.\d{1,3}\.\d{1,3})((?:\([^()]*\))+)")
NUMBER = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\*(\w+)")
MOMENT = re.compile(r"\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[0-2]\d[0-5]\d[0-5]\d[SW]?")
"""yymmddhhmmss, and whether it is summer or winter."""

GAS_TYPE = "003"
MBUS_CHANNELS = (1, 2, 3, 4)
MBUS_VOLUMES = ("24.2.1", "24.2.3")
"""As measured at a temperature that is made good for, and (in Belgium) as it flowed."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number of the meter for electricity."""

    code: str
    """OBIS."""
    written: str
    """The unit in the telegram."""
    scale: int
    """The channel's unit in one thousandth of it: meters give three decimals."""
    unit: str
    high: float
    about: str


J_PER_WH = 3600
WH_MAX, MW_MAX = 999_999_999, 99_999
QUANTITIES = {
    f"{way}_energy_{tariff}": Quantity(
        f"1-0:{number}.8.{tariff}", "kWh", J_PER_WH, "J", float(WH_MAX * J_PER_WH), f"{about} in tariff {tariff}"
    )
    for way, number, about in (("import", 1, "taken from the grid"), ("export", 2, "given to the grid"))
    for tariff in (1, 2)
} | {
    "import_power": Quantity("1-0:1.7.0", "kW", 1, "W", float(MW_MAX), "taken from the grid now"),
    "export_power": Quantity("1-0:2.7.0", "kW", 1, "W", float(MW_MAX), "given to the grid now"),
}
"""Channel -> where its number is. Tariff 1 is the low one in the Netherlands, and the high one in Belgium."""


def split_telegrams(data: bytes) -> tuple[list[bytes], bytes]:
    """The telegrams in `data` whose checksum is good, in order, and what to keep of one that is still coming.

    A telegram that was broken off is skipped with all before the `/` that begins the next one.
    """
    found, end = [], 0
    for match in TELEGRAM.finditer(data):
        end = match.end()
        if crc16_arc(data[match.start() : match.start(1)]) == int(match[1], 16):
            found.append(match[0])
    begun = data.rfind(b"/", end)
    return found, data[begun:][-TELEGRAM_BYTES_MAX:] if begun >= 0 else b""


def parse_telegram(telegram: bytes) -> dict[str, list[str]]:
    """OBIS code -> what is in its brackets."""
    objects: dict[str, list[str]] = {}
    for line in telegram.decode("ascii", "replace").splitlines():
        match = LINE.fullmatch(line.strip())
        if match is not None:
            objects[match[1]] = match[2][1:-1].split(")(")
    return objects


def decode_quantity(objects: Mapping[str, list[str]], quantity: Quantity) -> float | None:
    """A number in the channel's unit: 000123.456 kWh are 444441600 J; None where it is missing or in another unit."""
    thousandths = _thousandths(objects.get(quantity.code, [""])[-1], quantity.written)
    return None if thousandths is None else float(thousandths * quantity.scale)


def decode_gas(objects: Mapping[str, list[str]]) -> float | None:
    """What the gas meter counts, in m3; None where there is none, or it has never told the time of its reading.

    A meter that has lost its gas meter goes on with a count of 0 of no moment.
    """
    for channel in MBUS_CHANNELS:
        if objects.get(f"0-{channel}:24.1.0") != [GAS_TYPE]:
            continue
        for volume in MBUS_VOLUMES:
            moment, *rest = objects.get(f"0-{channel}:{volume}", [""])
            thousandths = _thousandths(rest[-1] if rest else "", "m3")
            if thousandths is not None and MOMENT.fullmatch(moment):
                return thousandths / 1000
    return None


def _thousandths(text: str, unit: str) -> int | None:
    match = NUMBER.fullmatch(text)
    return None if match is None or match[2] != unit else round(float(match[1]) * 1000)

"""RDM6300 and its like: tags of 125 kHz (EM4100, TK4100) over a serial line, 9600 baud.

A tag is read as text, its number in ten hexadecimal digits; the last eight are the number that is printed on many
cards in decimal. `present` tells whether there is one, so that rules and safety need no text. The reader speaks by
itself while a tag is there, so one that came and went between two readings is seen at the second. Without a tag it is
silent, so that a reader that is not connected looks like one without a tag.

Source: Seeed, RDM630 specification, "Data format"; ID Innovations, ID-12 datasheet, "Output data structure - ASCII".
"""

from __future__ import annotations

import functools
import operator
import re
from dataclasses import dataclass
from typing import Annotated, ClassVar

from drivers.base import BusKind, Channel, Driver, Limits, Readings, ValueKind
from drivers.bus.serial_port import SerialBus
from drivers.incoming import Incoming

START = b"\x02"
FRAME = re.compile(rb"\x02([0-9A-Fa-f]{10})([0-9A-Fa-f]{2})(?:\r\n)?\x03")
"""Of a tag; the end of a line is sent by the ID-12 and its relatives alone."""
FRAME_BYTES_MAX = 16
NOISE_BYTES = 28
"""So much between two readings, with no good frame, is no frame that the edge of the field cut off."""
NEXT_S = 0.3
"""While a tag is there its frame comes some fifteen times in a second."""
EXPECTED = "good frame of a tag; the part speaks at 9600 baud"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rdm6300Settings:
    """One RDM6300, RDM630, ID-3LA, ID-12LA or ID-20LA."""

    keep_s: Annotated[float, Limits(0.3, 3600.0, "s")] = 1.0
    """After so long without a frame the tag is gone. Readers that speak but once for each tag need more."""


def checksum(number: bytes) -> int:
    """All bytes of a number in one exclusive or."""
    return functools.reduce(operator.xor, number, 0)


def split_tags(buffer: bytes) -> tuple[list[str], bytes]:
    """The numbers of the good frames in `buffer`, in order, and what to keep because its frame may not be complete."""
    tags = []
    end = 0
    for match in FRAME.finditer(buffer):
        number = bytes.fromhex(match[1].decode())
        if checksum(number) == int(match[2], 16):
            tags.append(number.hex().upper())
        end = match.end()
    # No byte within a frame is that of its start.
    _, start, begun = buffer[end:].rpartition(START)
    return tags, start + begun if start and len(begun) < FRAME_BYTES_MAX - 1 else b""


class Rdm6300(Driver):
    """One reader, alone on its serial line; only its TX is needed."""

    name: ClassVar[str] = "rdm6300"
    title: ClassVar[str] = "RDM6300, RDM630, ID-3LA, ID-12LA, ID-20LA"
    bus_kind: ClassVar[BusKind] = BusKind.SERIAL
    settings_type: ClassVar[type] = Rdm6300Settings

    def __init__(self, bus: SerialBus, settings: Rdm6300Settings) -> None:
        self._bus = bus
        self._keep_s = settings.keep_s
        self._incoming: Incoming[str] = Incoming(bus, split_tags)
        self._tag = ""
        self._came_s = float("-inf")

    @classmethod
    def channels(cls, settings: Rdm6300Settings) -> tuple[Channel, ...]:
        """Whether a tag is there, and which."""
        del settings
        return (
            Channel(name="present", kind=ValueKind.BOOLEAN, about="a tag is in the field"),
            Channel(name="tag", kind=ValueKind.TEXT, about="its number in hexadecimal digits, empty without a tag"),
        )

    def open(self) -> None:
        """Begin to listen; a reader without a tag says nothing that could be waited for.

        Raises:
            BusError: the port does not work.
        """
        self._incoming.clear()
        self._came_s = float("-inf")

    def read(self) -> Readings:
        """The tag that came last, since the last reading or not longer ago than `keep`.

        Raises:
            ChecksumError: many bytes come, but no good frame.
            BusError: the port does not work.
        """
        # What came before the last reading has had its say.
        self._incoming.noise = b""
        tags = self._incoming.take()
        if tags is None:
            self._came_s = float("-inf")
            self._incoming.wait(self._keep, NEXT_S)
        else:
            self._keep(tags)
        if len(self._incoming.noise) >= NOISE_BYTES:
            raise self._incoming.silence(self.name, EXPECTED)
        present = self._bus.clock.now_s() - self._came_s <= self._keep_s
        return {"present": present, "tag": self._tag if present else ""}

    def _keep(self, tags: list[str]) -> bool:
        if tags:
            self._tag, self._came_s = tags[-1], self._bus.clock.now_s()
        return bool(tags)

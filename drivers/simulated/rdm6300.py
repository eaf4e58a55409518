"""A simulated RDM6300: while a tag is in its field, the tag's frame over and over; else nothing.

Source: Seeed, RDM630 specification, "Data format".
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.base import Clock
from drivers.simulated.place import Place
from drivers.simulated.speaking_part import SpeakingPart

EVERY_S = 0.065
TAG = bytes.fromhex("0E0027C8A5")


class SimulatedRdm6300(SpeakingPart):
    """One reader with a tag in its field, or none."""

    def __init__(self, clock: Clock, present: Callable[[], bool], tag: bytes = TAG) -> None:
        super().__init__(clock, EVERY_S)
        self.tag = tag
        self.end = b"\x03"
        self._present = present

    def messages(self) -> list[bytes]:
        """The frame of the tag that is there."""
        if self.faults.wrong_part:
            return [b"\xf6\x00\x7e" * 5]
        there = self.faults.measured("present", self._present)
        return [frame_of(self.tag, self.end)] if there and not self.faults.brown_out else []


def frame_of(tag: bytes, end: bytes = b"\x03") -> bytes:
    """The frame of a tag."""
    check = 0
    for byte in tag:
        check ^= byte
    return b"\x02" + (tag + bytes([check])).hex().upper().encode() + end


def place(place: Place) -> SimulatedRdm6300:
    """The model for a configured device: its tag is there while what `present` hangs on is so."""
    return SimulatedRdm6300(place.clock, place.state("present") if place.coupled("present") else bool)

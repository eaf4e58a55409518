"""A simulated NXP PN532 on its serial line, with a tag in its field or none.

Source: NXP, PN532 user manual (UM0701-02) rev. 02, sections 6.2.1 and 7.2 to 7.3.
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.base import Clock
from drivers.simulated.asked_part import AskedPart
from drivers.simulated.place import Place

ACK = bytes.fromhex("0000FF00FF00")
REFUSAL = bytes.fromhex("0000FF01FF7F8100")
PN532, PN533 = 0x32, 0x33
FOR_EVER = 0xFF
TAG = bytes.fromhex("04A1B2C3D4E5F6")
WORK_S = 0.01


class SimulatedPn532(AskedPart):
    """One PN532, asleep until it is woken."""

    def __init__(self, clock: Clock, present: Callable[[], bool], tag: bytes = TAG) -> None:
        super().__init__(clock)
        self.tag = tag
        self.knows: set[int] = {0x02, 0x14, 0x32, 0x4A}
        self._present = present
        self.reset()

    def reset(self) -> None:
        """As after power-up: asleep, and looking for tags for ever when told to look."""
        self.awake = False
        self.retries = FOR_EVER

    def receive(self, data: bytes) -> None:
        """Take what is sent: waking, and frames with good checksums."""
        if self.faults.absent:
            return
        if self.faults.brown_out:
            self.reset()
        self.awake = self.awake or b"\x55\x55" in data
        self._incoming += data if self.awake else b""
        while (at := self._incoming.find(b"\x00\x00\xff")) >= 0:
            length, complement = (self._incoming[at + 3 : at + 5] + bytes(2))[:2]
            frame = self._incoming[at : at + 7 + length]
            if (length + complement) & 0xFF or sum(frame[5:-1]) & 0xFF or len(frame) < 7 + length:
                self._incoming = self._incoming[at + 3 :]
                continue
            self._incoming = self._incoming[at + len(frame) :]
            self._obey(frame[5:-2])

    def answer(self, command: bytes) -> bytes:
        """The frame that answers the body of a command."""
        code, arguments = command[1], command[2:]
        if code not in self.knows:
            return REFUSAL
        body = b""
        if code == 0x02:  # noqa: PLR2004 - the manual's numbers, as below
            body = bytes([PN533 if self.faults.wrong_part else PN532, 1, 6, 7])
        elif code == 0x32 and arguments[0] == 5:  # noqa: PLR2004
            self.retries = arguments[3]
        elif code == 0x4A:  # noqa: PLR2004
            there = self.faults.measured("present", self._present)
            if not there and self.retries == FOR_EVER:
                return b""
            found = bytes([1, 1, 0x00, 0x44, 0x00, len(self.tag)]) + self.tag
            body = found if there else b"\x00"
        return frame_of(bytes([0xD5, code + 1]) + body)

    def _obey(self, command: bytes) -> None:
        self._coming.clear()  # A new command ends the one that is under way.
        self.say(ACK)
        self.say(self.answer(command), self.clock.now_s() + WORK_S)


def frame_of(body: bytes) -> bytes:
    """A frame of the part."""
    length = len(body)
    return b"\x00\x00\xff" + bytes([length, (256 - length) & 0xFF]) + body + bytes([-sum(body) & 0xFF, 0])


def place(place: Place) -> SimulatedPn532:
    """The model for a configured device: its tag is there while what `present` hangs on is so."""
    return SimulatedPn532(place.clock, place.state("present") if place.coupled("present") else bool)

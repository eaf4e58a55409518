"""A simulated ams CCS811: a program that has to be started, mailboxes instead of registers, a result every second.

Source: ams, CCS811 datasheet DS000459, section on the application registers.
"""

from __future__ import annotations

from collections.abc import Callable

from drivers.base import Clock
from drivers.ccs811 import CLIMATE, ERROR, HARDWARE, HARDWARE_ID, MODE, PERIOD_S, RESULT, START, STATUS
from drivers.simulated.i2c import Chip
from drivers.simulated.place import Place

RESET, RESET_WORD = 0xFF, bytes.fromhex("11E5728A")
RUNNING, VALID, READY, FAILED = 0x80, 0x10, 0x08, 0x01

Source = Callable[[], float]


class SimulatedCcs811(Chip):
    """One CCS811 in air with given shares of CO2 and of volatile compounds."""

    def __init__(self, clock: Clock, eco2: Source, tvoc: Source) -> None:
        super().__init__()
        self._clock = clock
        self._eco2 = eco2
        self._tvoc = tvoc
        self._mailbox = 0
        self.error = 0
        self.climate = b""
        self.programmed = True
        self.reset()

    def reset(self) -> None:
        """Come up again, as after a loss of supply: the program waits to be started."""
        self.running = False
        self.mode = 0
        self._next_s = float("inf")

    def write(self, data: bytes) -> None:
        """Choose a mailbox, and take what is put into it."""
        self._mailbox, content = data[0], data[1:]
        if self._mailbox == START:
            self.running = self.programmed
        elif self._mailbox == RESET and content == RESET_WORD:
            self.reset()
        elif self._mailbox == MODE and content and self.running:
            self.mode = content[0]
            self._next_s = self._clock.now_s() + PERIOD_S if self.mode & 0x70 else float("inf")
        elif self._mailbox == CLIMATE and self.running:
            self.climate = content or self.climate

    def read(self, count: int) -> bytes:
        """Give what is in the mailbox; nothing is behind it."""
        return self._content()[:count].ljust(count, b"\x00")

    def _content(self) -> bytes:
        ready = self._clock.now_s() >= self._next_s
        status = RUNNING * self.running | VALID * self.programmed | READY * ready | FAILED * bool(self.error)
        if self._mailbox == RESULT and self.running:
            return self._result(ready) + bytes([status, self.error])
        identity = 0x71 if self.faults.wrong_part else HARDWARE_ID
        contents = {STATUS: status, MODE: self.mode, HARDWARE: identity, ERROR: self.error}
        return bytes([contents.get(self._mailbox, 0)])

    def _result(self, ready: bool) -> bytes:
        if ready:
            periods = (self._clock.now_s() - self._next_s) // PERIOD_S + 1
            self._next_s += periods * PERIOD_S
        ppm = min(32_767, max(0, round(self.faults.measured("eco2", self._eco2) * 1e6)))
        ppb = min(32_767, max(0, round(self.faults.measured("tvoc", self._tvoc) * 1e9)))
        return ppm.to_bytes(2) + ppb.to_bytes(2)


def place(place: Place) -> SimulatedCcs811:
    """The model of a configured CCS811."""
    return SimulatedCcs811(place.clock, place.probe("eco2"), place.probe("tvoc"))

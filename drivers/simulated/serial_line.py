"""A simulated serial port: `serial.Serial` on top, a part that sends and is sent bytes below."""

from __future__ import annotations

import errno
import os
from abc import ABC, abstractmethod

from drivers.base import Clock
from drivers.simulated.faults import Faults

INPUT_BYTES_MAX = 4095
"""What the kernel keeps of bytes that nobody reads; later ones are lost (linux/tty.h, N_TTY_BUF_SIZE less one)."""


class SerialPart(ABC):
    """One part at the far end of the line."""

    def __init__(self) -> None:
        self.faults = Faults()

    @abstractmethod
    def receive(self, data: bytes) -> None:
        """Take what was sent to it."""

    @abstractmethod
    def send(self) -> bytes:
        """All that it has sent since the last call, up to now."""

    @abstractmethod
    def next_s(self) -> float:
        """When it sends next, by its clock, as far as it knows; infinity where only an order makes it send."""


class SimulatedPort:
    """One opened handle of a simulated port. What the part sent before it was opened is lost."""

    def __init__(self, part: SerialPart, clock: Clock, timeout_s: float | None = None) -> None:
        self.timeout = timeout_s
        self.is_open = True
        self._part = part
        self._clock = clock
        self._waiting = bytearray()
        part.send()

    @property
    def in_waiting(self) -> int:
        """How many bytes have come in and not been read."""
        self._take()
        return len(self._waiting)

    def write(self, data: bytes, /) -> int:
        """Send `data`."""
        self._take()
        self._part.receive(bytes(data))
        return len(data)

    def read(self, size: int = 1, /) -> bytes:
        """Up to `size` bytes; fewer when `timeout` seconds have passed. None waits for ever."""
        deadline_s = float("inf") if self.timeout is None else self._clock.now_s() + self.timeout
        self._take()
        while len(self._waiting) < size and (now_s := self._clock.now_s()) < deadline_s:
            self._clock.sleep(min(deadline_s, self._part.next_s()) - now_s)
            self._take()
        data = bytes(self._waiting[:size])
        del self._waiting[:size]
        return data

    def reset_input_buffer(self) -> None:
        """Forget what has come in."""
        self._take()
        self._waiting.clear()

    def close(self) -> None:
        """Give the handle back."""
        self.is_open = False

    def _take(self) -> None:
        if not self.is_open:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        if self._part.faults.hung:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        self._waiting += self._part.send()
        del self._waiting[INPUT_BYTES_MAX:]

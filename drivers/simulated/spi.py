"""A simulated SPI bus: `spidev.SpiDev` on top, chips that see bytes below.

What a chip is told and what it answers are of the same length, as on the wire. A chip that is spoken to in a mode it
does not have, or too fast, hears and tells something else: every bit one place late.
"""

from __future__ import annotations

import errno
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence

from drivers.simulated.faults import Faults


class SpiChip(ABC):
    """One part behind a chip select."""

    modes: frozenset[int] = frozenset({0, 3})
    """The modes that it understands."""
    clock_hz_max: int = 1_000_000

    def __init__(self) -> None:
        self.faults = Faults()

    @abstractmethod
    def transfer(self, sent: bytes) -> bytes:
        """Take all that comes while the chip is selected; give as many bytes."""


class SimulatedSpiDev:
    """One handle of a simulated controller. Several may share the chips, as several programs share a bus."""

    def __init__(self, chips: Mapping[int, SpiChip], lock: threading.RLock | None = None) -> None:
        self._chips = chips
        self._lock = lock or threading.RLock()
        self._chip: SpiChip | None = None
        self.mode = 0
        self.max_speed_hz = 0

    def open(self, bus: int, device: int) -> None:
        """Open a chip select, whatever the controller's number."""
        del bus
        if device not in self._chips:
            raise _os_error(errno.ENOENT)
        self._chip = self._chips[device]

    def xfer2(self, values: Sequence[int]) -> list[int]:
        """Send bytes while the chip is selected; as many come back."""
        chip = self._chip
        if chip is None:
            raise _os_error(errno.EBADF)
        if chip.faults.hung:
            raise _os_error(errno.ETIMEDOUT)
        with self._lock:
            return list(self._exchange(chip, bytes(values)))

    def close(self) -> None:
        """Give the handle back."""
        self._chip = None

    def _exchange(self, chip: SpiChip, sent: bytes) -> bytes:
        if chip.faults.absent:
            return b"\xff" * len(sent)
        if chip.faults.shorted:
            return bytes(len(sent))
        if self.mode in chip.modes and 0 < self.max_speed_hz <= chip.clock_hz_max:
            return chip.transfer(sent)
        return _late(chip.transfer(_late(sent)))


def _late(data: bytes) -> bytes:
    return (int.from_bytes(data) >> 1).to_bytes(len(data))


def _os_error(number: int) -> OSError:
    return OSError(number, os.strerror(number))

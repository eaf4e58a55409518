"""A simulated I2C bus: `smbus2.SMBus` on top, chips that see bytes below.

Every SMBus call is made of the two things that a chip knows, `write` and `read`, as on the wire.
"""

from __future__ import annotations

import ctypes
import errno
import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from drivers.simulated.faults import Faults

MESSAGE_READS = 0x0001
"""The flag of an `i2c_msg` that is received (linux/i2c.h, I2C_M_RD)."""


class NackError(Exception):
    """A chip does not acknowledge what it is sent or asked for."""


class Chip(ABC):
    """One part on the bus: what it does with bytes."""

    def __init__(self) -> None:
        self.faults = Faults()

    @abstractmethod
    def write(self, data: bytes) -> None:
        """Take `data`, all that came between a start and the next.

        Raises:
            NackError: it does not acknowledge.
        """

    @abstractmethod
    def read(self, count: int) -> bytes:
        """Give `count` bytes.

        Raises:
            NackError: it does not acknowledge.
        """


class SimulatedMux(Chip):
    """A TCA9548A: one byte that says which of eight channels are open; after power-up none is.

    A part behind it that holds its lines is let go of by the adapter after its time-out, so that the multiplexer can
    still be told to close the channel.
    """

    def __init__(self) -> None:
        super().__init__()
        self.channels: tuple[dict[int, Chip], ...] = tuple({} for _ in range(8))
        """By channel: address -> chip."""
        self.open = 0

    def write(self, data: bytes) -> None:
        """Open and close channels."""
        self.open = data[-1]

    def read(self, count: int) -> bytes:
        """Tell which are open."""
        return bytes([self.open]) * count

    def reached(self) -> list[tuple[int, Chip]]:
        """The chips of the open channels."""
        return [one for number, chips in enumerate(self.channels) if self.open >> number & 1 for one in chips.items()]


class SimulatedSMBus:
    """One opened handle of a simulated bus. Several handles may share the chips, as several programs share a bus."""

    def __init__(self, chips: Mapping[int, Chip], lock: threading.RLock | None = None) -> None:
        self._chips = chips
        self._lock = lock or threading.RLock()
        self._open = True

    def write_byte(self, i2c_addr: int, value: int, force: bool | None = None) -> None:
        """Send one byte."""
        del force
        self._transfer(i2c_addr, bytes([value]), 0)

    def read_byte(self, i2c_addr: int, force: bool | None = None) -> int:
        """Receive one byte."""
        del force
        return self._transfer(i2c_addr, b"", 1)[0]

    def write_i2c_block_data(
        self, i2c_addr: int, register: int, data: Sequence[int], force: bool | None = None
    ) -> None:
        """Send `register` and `data`."""
        del force
        self._transfer(i2c_addr, bytes([register, *data]), 0)

    def read_i2c_block_data(self, i2c_addr: int, register: int, length: int, force: bool | None = None) -> list[int]:
        """Send `register`, start again, receive `length` bytes."""
        del force
        return list(self._transfer(i2c_addr, bytes([register]), length))

    def i2c_rdwr(self, *i2c_msgs: Any) -> None:
        """Transfer messages as `smbus2.i2c_msg` makes them, with a repeated start between them."""
        with self._lock:
            for message in i2c_msgs:
                if message.flags & MESSAGE_READS:
                    data = self._transfer(message.addr, b"", message.len)
                    ctypes.memmove(message.buf, data, message.len)
                else:
                    self._transfer(message.addr, bytes(message), 0)

    def close(self) -> None:
        """Give the handle back."""
        self._open = False

    def _transfer(self, address: int, sent: bytes, count: int) -> bytes:
        with self._lock:
            chip = self._reach(address)
            try:
                if sent:
                    chip.write(sent)
                return chip.read(count) if count else b""
            except NackError:
                raise _os_error(errno.EREMOTEIO) from None

    def _reach(self, address: int) -> Chip:
        if not self._open:
            raise _os_error(errno.EBADF)
        muxes = [chip for chip in self._chips.values() if isinstance(chip, SimulatedMux)]
        behind = [one for mux in muxes if not mux.faults.absent for one in mux.reached()]
        chip = self._chips.get(address)
        waiting = [*self._chips.values(), *(() if chip in muxes else (other for _, other in behind))]
        if any(one.faults.hung for one in waiting):
            raise _os_error(errno.ETIMEDOUT)
        answering = [*([chip] if chip else []), *(other for at, other in behind if at == address)]
        if len(answering) > 1:  # They answer at once, and spoil each other's bits.
            raise _os_error(errno.EREMOTEIO)
        chip = next(iter(answering), None)
        if chip is None or chip.faults.absent:
            raise _os_error(errno.EREMOTEIO)
        if chip.faults.nack > 0:
            chip.faults.nack -= 1
            raise _os_error(errno.EREMOTEIO)
        return chip


def _os_error(number: int) -> OSError:
    return OSError(number, os.strerror(number))

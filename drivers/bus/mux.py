"""Buses behind an I2C multiplexer (TCA9548A and relatives): each of its channels is a bus of its own to a driver.

The parts of every channel share the wire, and the thread, of the bus that the multiplexer is on. Before a transfer the
channel is chosen, unless it still is; at most one channel of one multiplexer is open at a time, so that parts of one
address may be on several. After any error nothing is taken for chosen, and the channel is closed: a part that holds
its lines keeps them from nobody but itself.

Source: Texas Instruments, TCA9548A datasheet SCPS207, section 8.5 (one byte: a bit for each channel, all closed after
power-up).
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from drivers.base import DriverError, NoAnswerError
from drivers.bus.i2c import I2CBus, SMBusLike

CLOSED = 0x00
_NAME = re.compile(r"(?P<bus>[^/]+)/(?P<address>0[xX]7[0-7])/(?P<channel>[0-7])")

_T = TypeVar("_T")


class MuxPlace(NamedTuple):
    """One channel of one multiplexer on a bus."""

    address: int
    """Its I2C address, 0x70 to 0x77."""
    channel: int
    """0 to 7."""


def split_bus(name: str) -> tuple[str, MuxPlace | None]:
    """The bus and the place behind a multiplexer on it, if it is one: `i2c-1`, or `i2c-1/0x70/3` for its channel 3.

    Raises:
        ValueError: it has a slash and is not of this form; the text says which is.
    """
    if "/" not in name:
        return name, None
    found = _NAME.fullmatch(name)
    if found is None:
        raise ValueError(f"{name!r} is no channel of a multiplexer, which is written BUS/0x70/3: 0x70 to 0x77, 0 to 7")
    return found["bus"], MuxPlace(int(found["address"], 16), int(found["channel"]))


class I2CMuxes:
    """The multiplexers on one bus, and what is open of them.

    Args:
        bus: what they are on.
    """

    def __init__(self, bus: I2CBus) -> None:
        self.bus = bus
        self._open: dict[int, int] = {}
        """Address of a multiplexer -> what was written to it last; what is not known stands for any channel."""

    def channel(self, place: MuxPlace) -> I2CMuxChannel:
        """What drivers behind that channel are given as their bus."""
        self._open.setdefault(place.address, -1)
        return I2CMuxChannel(self, place)

    def choose(self, place: MuxPlace) -> None:
        """Open one channel and close every other.

        Raises:
            NoAnswerError: the multiplexer does not answer.
            BusError: the bus does not work.
        """
        for address in self._open:
            if address != place.address:
                with contextlib.suppress(NoAnswerError):  # One that is not there has no channel open.
                    self._put(address, CLOSED)
        self._put(place.address, 1 << place.channel)

    def release(self, place: MuxPlace) -> None:
        """Close the channel if that is possible, and take nothing for chosen. Never raises."""
        self._open = dict.fromkeys(self._open, -1)
        with contextlib.suppress(DriverError):
            self._put(place.address, CLOSED)

    def _put(self, address: int, bits: int) -> None:
        if self._open[address] != bits:
            self._open[address] = -1
            self.bus.write(address, bytes([bits]))
            self._open[address] = bits


class I2CMuxChannel(I2CBus):
    """One channel of a multiplexer, as a bus."""

    def __init__(self, muxes: I2CMuxes, place: MuxPlace) -> None:
        name = f"{muxes.bus.device} mux 0x{place.address:02X} channel {place.channel}"
        super().__init__(device=name, clock=muxes.bus.clock)
        self._muxes = muxes
        self._place = place

    def close(self) -> None:
        """Close the channel, and give the device file of the bus back. Never raises."""
        self._muxes.release(self._place)
        self._muxes.bus.close()

    def transfer(self, address: int, call: Callable[[SMBusLike], _T], device: str = "") -> _T:
        """Choose the channel, then do what `call` does with the library's object."""
        try:
            self._muxes.choose(self._place)
            return self._muxes.bus.transfer(address, call, device or self.device)
        except DriverError:
            self._muxes.release(self._place)
            raise

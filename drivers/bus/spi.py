"""The SPI bus: bytes out and, at the same time, bytes in, and nothing about what they mean.

One bus is one controller with its clock and data lines; a part is told by the chip select that it hangs on. Nobody
acknowledges on SPI: a part that is not there shows only in what it answers, which is for its driver to notice.
Errors of the operating system become the words of `drivers.base` here and nowhere else.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from drivers.base import BusError, Clock, SystemClock

DEFAULT_DEVICE = "/dev/spidev0"
"""The controller on the header of every Raspberry Pi; its chip selects are /dev/spidev0.0 and /dev/spidev0.1."""

DEVICE = re.compile(r"/dev/spidev([0-9]{1,5})")
"""How the device of a bus is written: the kernel's name without the chip select."""

TRANSFER_BYTES_MAX = 4096
"""The longest transfer that the kernel takes, unless its module spidev was told another `bufsiz`."""

CLOCK_HZ = 500_000
"""The usual clock: four bytes take 64 us, and a metre of wire is no matter. All parts here take twice of it."""


class SpiLike(Protocol):
    """The methods and attributes of `spidev.SpiDev` that are used here."""

    mode: int
    max_speed_hz: int

    def open(self, bus: int, device: int) -> None:
        """Open a chip select, `device`, of the controller `bus`."""

    def xfer2(self, values: Sequence[int]) -> Sequence[int]:
        """Send bytes while the chip is selected; as many come back."""

    def close(self) -> None:
        """Give the device file back."""


Opener = Callable[[], SpiLike]
"""Gives an object that is not open yet, as calling `spidev.SpiDev` does."""


@dataclass(frozen=True, slots=True)
class SpiPart:
    """One part as the bus speaks to it."""

    chip_select: int
    """The number of its chip select at this controller."""
    mode: int = 0
    """0 to 3, as datasheets number them: twice the level of the idle clock, plus its phase."""
    clock_hz: int = CLOCK_HZ


def make_spidev() -> SpiLike:
    """An object of the library spidev, not open yet.

    Raises:
        BusError: spidev is not installed.
    """
    try:
        import spidev  # noqa: PLC0415 - a site without SPI need not load it
    except ImportError as error:
        raise BusError("the library spidev is not installed; `pip install spidev` adds it") from error
    made: SpiLike = spidev.SpiDev()
    return made


def controller_of(device: str) -> int:
    """The number of a controller: 0 for `/dev/spidev0`.

    Raises:
        ValueError: it is written in another way; the text says how it is to be.
    """
    found = DEVICE.fullmatch(device)
    if found is None:
        raise ValueError(
            f"found {device!r}, allowed is a controller such as '{DEFAULT_DEVICE}'; the number behind the dot"
            " of the file is the `chip_select` of the device"
        )
    return int(found[1])


def opening_error(path: str, error: OSError) -> BusError:
    """What to say of a device file that cannot be opened."""
    if error.errno in {errno.ENOENT, errno.ENXIO, errno.ENODEV}:
        return BusError(
            f"{path} does not exist; switch SPI on with `raspi-config` (Interface Options) or dtparam=spi=on in"
            " config.txt, and see that the controller has this chip select"
        )
    if error.errno in {errno.EACCES, errno.EPERM}:
        return BusError(f"{path} may not be opened; the user of this process has to be in the group spi")
    return BusError(f"{path} cannot be opened: {error}")


class SpiBus:
    """One SPI controller. Each chip select is opened on first use, and again after it failed.

    Args:
        opener: gives an object with the methods of `spidev.SpiDev`, not open yet; by default the library's own.
        device: the controller, as `/dev/spidev0`; the name of this bus in messages.
        clock: what drivers on this bus wait by.
    """

    def __init__(
        self, opener: Opener | None = None, *, device: str = DEFAULT_DEVICE, clock: Clock | None = None
    ) -> None:
        self.device = device
        self.clock: Clock = clock or SystemClock()
        self._opener: Opener = opener or make_spidev
        self._open: dict[int, tuple[SpiPart, SpiLike]] = {}

    def transfer(self, part: SpiPart, data: bytes) -> bytes:
        """Select the part, send `data`, and give what came in meanwhile: as many bytes.

        Raises:
            BusError: the controller or its chip select is missing, does not do the part's mode, or failed; or `data`
                is longer than one transfer may be.
        """
        place = self.place(part)
        if not 0 < len(data) <= TRANSFER_BYTES_MAX:
            raise BusError(f"{place}: a transfer of {len(data)} bytes; allowed are 1 to {TRANSFER_BYTES_MAX}")
        library = self._reach(part)
        try:
            received = bytes(library.xfer2(list(data)))
        except OSError as error:
            self._close(part.chip_select)
            raise BusError(f"{place}: the transfer failed: {error}") from error
        if len(received) != len(data):
            self._close(part.chip_select)
            raise BusError(f"{place}: {len(received)} bytes came back for {len(data)}")
        return received

    def place(self, part: SpiPart) -> str:
        """Where the part is, for messages: the path of its device file."""
        return f"{self.device}.{part.chip_select}"

    def close(self) -> None:
        """Give the device files back; the next call opens them again. Never raises."""
        for chip_select in tuple(self._open):
            self._close(chip_select)

    def _reach(self, part: SpiPart) -> SpiLike:
        known, library = self._open.get(part.chip_select, (None, None))
        if library is not None and known == part:
            return library
        self._close(part.chip_select)
        opened = self._opened(part)
        self._open[part.chip_select] = part, opened
        return opened

    def _opened(self, part: SpiPart) -> SpiLike:
        path = self.place(part)
        library: Any = None
        try:
            controller = controller_of(self.device)
            library = self._opener()
            library.open(controller, part.chip_select)
            library.mode = part.mode
            library.max_speed_hz = part.clock_hz
        except ValueError as error:
            raise BusError(str(error)) from error
        except OSError as error:
            _let_go(library)  # The file may be open although its mode was refused.
            raise opening_error(path, error) from error
        opened: SpiLike = library
        return opened

    def _close(self, chip_select: int) -> None:
        _, library = self._open.pop(chip_select, (None, None))
        _let_go(library)


def _let_go(library: SpiLike | None) -> None:
    if library is None:
        return
    try:
        library.close()
    except OSError:
        return  # The file is gone, which is what was asked for.

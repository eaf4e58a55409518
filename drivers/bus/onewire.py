"""The 1-Wire bus as the kernel's w1 module shows it: one folder for each part, named by its id.

The kernel does the timing, so this bus is files, and a read lasts as long as the part needs, up to a second.
"""

from __future__ import annotations

import re

from drivers.base import BusError, Clock, DriverError, NoAnswerError, SystemClock, WrongPartError
from drivers.bus.files import FORBIDDEN, MISSING, FilesLike, Folder, Opener

DEFAULT_DEVICE = "/sys/bus/w1/devices"
"""Where the kernel shows every part of every 1-Wire bus."""

PART_ID = re.compile(r"[0-9a-f]{2}-[0-9a-f]{12}")
"""Family and serial number, as the kernel writes them."""
NO_NUMBER = "000000000000"
"""The serial number of what a shorted or floating line looks like; no part has it."""
NAMED_AT_MOST = 8
"""So many ids stand in a message."""


class OneWireBus:
    """Every 1-Wire part that the kernel has found.

    Args:
        opener: gives an object with the methods of `drivers.bus.files.FilesLike`; by default the folder `device`.
        device: the folder of the parts; the name of this bus in messages.
        clock: what drivers on this bus wait by.
    """

    def __init__(
        self, opener: Opener | None = None, *, device: str = DEFAULT_DEVICE, clock: Clock | None = None
    ) -> None:
        self.device = device
        self.clock: Clock = clock or SystemClock()
        self._opener: Opener = opener or (lambda: Folder(device))
        self._files: FilesLike | None = None

    def ids(self) -> tuple[str, ...]:
        """The ids of the parts that are there, such as `28-00000a1b2c3d`, in alphabetical order.

        Raises:
            BusError: there is no 1-Wire bus.
        """
        try:
            names = self._open().names("")
        except OSError as error:
            raise self._no_bus(error) from error
        found = tuple(name for name in names if PART_ID.fullmatch(name) and not name.endswith(NO_NUMBER))
        if not found and not any(name.startswith("w1_bus_master") for name in names):
            raise BusError(f"{self.device}: no bus master; add dtoverlay=w1-gpio to config.txt and start again")
        return found

    def read(self, part_id: str, name: str = "w1_slave") -> str:
        """The text of one file of a part, such as `w1_slave`.

        Raises:
            NoAnswerError: the part is not there, or does not answer.
            BusError: there is no 1-Wire bus, or it may not be read.
        """
        try:
            return self._open().read(f"{part_id}/{name}")
        except OSError as error:
            raise self._translated(part_id, name, error) from error

    def write(self, part_id: str, name: str, text: str) -> None:
        """Put `text` into one file of a part.

        Raises:
            WrongPartError: this process may not write it.
            NoAnswerError: the part or the file is not there, or the part does not answer.
            BusError: there is no 1-Wire bus.
        """
        try:
            self._open().write(f"{part_id}/{name}", text)
        except OSError as error:
            if error.errno in FORBIDDEN:
                raise WrongPartError(
                    f"{self.device}/{part_id}/{name} may not be written by this user; write {text!r} into it as root"
                ) from error
            raise self._translated(part_id, name, error) from error

    def close(self) -> None:
        """Forget the folder; the next call opens it again. Never raises."""
        self._files = None

    def _open(self) -> FilesLike:
        if self._files is None:
            self._files = self._opener()
        return self._files

    def _translated(self, part_id: str, name: str, error: OSError) -> DriverError:
        if error.errno in FORBIDDEN:
            return BusError(f"{self.device}/{part_id}/{name} may not be read: {error.strerror}")
        if error.errno not in MISSING:
            return NoAnswerError(f"{self.device}: {part_id} does not answer ({error.strerror}); check its wiring")
        try:
            present = self.ids()
        except BusError as no_bus:
            return no_bus
        if part_id in present:
            return NoAnswerError(f"{self.device}: {part_id} has no {name}, or has just gone")
        there = ", ".join(present[:NAMED_AT_MOST]) or "none"
        return NoAnswerError(f"{self.device}: no part {part_id}; found: {there}")

    def _no_bus(self, error: OSError) -> BusError:
        self.close()
        if error.errno in MISSING:
            return BusError(f"{self.device} does not exist; add dtoverlay=w1-gpio to config.txt and start again")
        return BusError(f"{self.device} cannot be read: {error.strerror}")

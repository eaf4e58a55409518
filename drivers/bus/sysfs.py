"""What the kernel itself measures, as files: hundreds of chips have a driver there already."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from drivers.base import BusError, Clock, DriverError, NoAnswerError, SystemClock
from drivers.bus.files import FORBIDDEN, MISSING, FilesLike, Folder, Opener

DEFAULT_DEVICE = "/"
"""The root below which `sys` and `proc` are."""

_T = TypeVar("_T")


class SysfsBus:
    """The files of the kernel.

    Args:
        opener: gives an object with the methods of `drivers.bus.files.FilesLike`; by default the folder `device`.
        device: the root of `sys` and `proc`; the name of this bus in messages.
        clock: what drivers on this bus wait by.
    """

    def __init__(
        self, opener: Opener | None = None, *, device: str = DEFAULT_DEVICE, clock: Clock | None = None
    ) -> None:
        self.device = device
        self.clock: Clock = clock or SystemClock()
        self._opener: Opener = opener or (lambda: Folder(device))
        self._files: FilesLike | None = None

    def names(self, path: str) -> Sequence[str]:
        """What is in the folder `path`, in alphabetical order; nothing where there is no such folder.

        Raises:
            BusError: it may not be read.
        """
        try:
            return self._do(path, lambda files: files.names(path))
        except NoAnswerError:
            return ()

    def read(self, path: str) -> str:
        """The text in the file `path`, without the white space around it.

        Raises:
            NoAnswerError: there is no such file, or the chip behind it does not answer.
            BusError: it may not be read.
        """
        return self._do(path, lambda files: files.read(path)).strip()

    def where(self, path: str) -> str:
        """What `path` stands for when every link is followed: a place on a wire, rather than a number.

        Raises:
            BusError: it may not be read.
        """
        return self._do(path, lambda files: files.where(path))

    def close(self) -> None:
        """Forget the root; the next call opens it again. Never raises."""
        self._files = None

    def _do(self, path: str, call: Callable[[FilesLike], _T]) -> _T:
        try:
            if self._files is None:
                self._files = self._opener()
            return call(self._files)
        except OSError as error:
            raise self._translated(path, error) from error

    def _translated(self, path: str, error: OSError) -> DriverError:
        place = f"{self.device.rstrip('/')}/{path}"
        if error.errno in FORBIDDEN:
            return BusError(f"{place} may not be read by this user: {error.strerror}")
        if error.errno in MISSING:
            return NoAnswerError(f"{place} does not exist")
        return NoAnswerError(f"{place}: the chip does not answer ({error.strerror})")

"""Simulated files of the kernel: texts that are made when they are read."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol


class Attributes(Protocol):
    """The files of one part."""

    def names(self) -> Sequence[str]:
        """Their names; none where the part is gone."""

    def read(self, name: str) -> str:
        """The text in one of them; OSError as the kernel gives it."""

    def write(self, name: str, text: str) -> None:
        """Take `text` into one of them; OSError as the kernel gives it."""


class SimulatedFolder:
    """A folder with a folder for every part, and files of its own that never change.

    Args:
        parts: path -> the files of the part there.
        fixed: path -> text.
        broken: gives the error number of every call while the whole tree is gone, else 0.
    """

    def __init__(
        self, parts: Mapping[str, Attributes], fixed: Mapping[str, str] | None = None, broken: Callable[[], int] = int
    ) -> None:
        self._parts = dict(parts)
        self._fixed = dict(fixed or {})
        self._broken = broken

    def names(self, path: str) -> Sequence[str]:
        """What is in the folder `path`, in alphabetical order."""
        self._check()
        below = f"{path}/" if path else ""
        files = [*self._fixed, *(f"{part}/{name}" for part, one in self._parts.items() for name in one.names())]
        found = {file[len(below) :].split("/", 1)[0] for file in files if file.startswith(below)}
        if path and not found:
            raise error(errno.ENOENT)
        return sorted(found)

    def read(self, path: str) -> str:
        """The text in the file `path`."""
        self._check()
        if path in self._fixed:
            return self._fixed[path]
        part, name = self._part(path)
        return part.read(name)

    def write(self, path: str, text: str) -> None:
        """Put `text` into the file `path`."""
        self._check()
        if path in self._fixed:
            raise error(errno.EACCES)
        part, name = self._part(path)
        part.write(name, text)

    def where(self, path: str) -> str:
        """The path itself: there are no links."""
        return path

    def _part(self, path: str) -> tuple[Attributes, str]:
        folder, _, name = path.rpartition("/")
        part = self._parts.get(folder)
        if part is None or name not in part.names():
            raise error(errno.ENOENT)
        return part, name

    def _check(self) -> None:
        number = self._broken()
        if number:
            raise error(number)


def error(number: int) -> OSError:
    """The operating system's error of that number."""
    return OSError(number, os.strerror(number))

"""Text files of the kernel below one folder, behind a few methods that anything else can have as well."""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

PAGE_BYTES = 4096
"""The most that the kernel puts into one attribute (Documentation/filesystems/sysfs.rst)."""

MISSING = frozenset({errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.ENOTDIR})
"""What a file or folder that is not there, or not any more, gives."""
FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


class FilesLike(Protocol):
    """Files below a root; each method raises OSError as the kernel does."""

    def names(self, path: str) -> Sequence[str]:
        """What is in the folder `path`, in alphabetical order."""

    def read(self, path: str) -> str:
        """The text in the file `path`."""

    def write(self, path: str, text: str) -> None:
        """Put `text` into the file `path`."""

    def where(self, path: str) -> str:
        """What `path` stands for when every link is followed."""


Opener = Callable[[], FilesLike]


class Folder:
    """The files below `root` as the kernel shows them."""

    def __init__(self, root: str) -> None:
        self._root = Path(root)

    def names(self, path: str) -> Sequence[str]:
        """What is in the folder `path`, in alphabetical order."""
        return sorted(entry.name for entry in (self._root / path).iterdir())

    def read(self, path: str) -> str:
        """The text in the file `path`; the first page of it, where it is longer."""
        with (self._root / path).open("rb") as file:
            return file.read(PAGE_BYTES).decode(errors="replace")

    def where(self, path: str) -> str:
        """What `path` stands for when every link is followed."""
        return str((self._root / path).resolve())

    def write(self, path: str, text: str) -> None:
        """Put `text` into the file `path`, which has to exist."""
        # Not truncated nor created: attributes are neither.
        with (self._root / path).open("r+b", buffering=0) as file:
            file.write(text.encode())

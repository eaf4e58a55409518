"""Where the demo keeps its state: on the disk what a disk would have, in memory what lies in tmpfs on a device."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PREFIX = "edgetwin-demo-"
DISK = Path("/var/tmp")  # noqa: S108 - a folder of our own is made in it, with a name that nobody can guess
"""A folder on a real disk on every Debian, where /tmp may be in memory: bytes written are to be counted."""
MEMORY = Path("/dev/shm")  # noqa: S108 - as above
SOCKET_PATH_BYTES_MAX = 107
"""Of a unix socket's path (unix(7))."""


class FolderError(Exception):
    """The folder that was asked for cannot be used."""


@dataclass(frozen=True)
class Folders:
    """The folders of one run."""

    state: Path
    """Logs, the site's file, and below it what daemon and twin keep."""
    runtime: Path
    """The daemon's runtime directory."""

    @property
    def store(self) -> Path:
        """The daemon's store."""
        return self.state / "store"

    @property
    def twin(self) -> Path:
        """The twin's directory."""
        return self.state / "twin"

    @property
    def site(self) -> Path:
        """The site's file."""
        return self.state / "greenhouse.yaml"


@contextlib.contextmanager
def folders(keep: Path | None) -> Iterator[Folders]:
    """Fresh folders; on leaving they are removed, except for `keep`, which becomes the state's folder.

    Raises:
        FolderError: `keep` is not empty, too deep for a socket, or not usable.
    """
    with contextlib.ExitStack() as stack:
        state = _fresh(stack, DISK) if keep is None else _kept(keep)
        runtime = _fresh(stack, MEMORY)
        made = Folders(state, runtime)
        longest = os.fsencode(made.twin / "twin.sock")
        if len(longest) > SOCKET_PATH_BYTES_MAX:
            raise FolderError(f"{state}: the path of a socket in it is longer than {SOCKET_PATH_BYTES_MAX} bytes")
        yield made


def _fresh(stack: contextlib.ExitStack, wanted: Path) -> Path:
    where = wanted if os.access(wanted, os.W_OK | os.X_OK) else None
    path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=where))
    stack.callback(shutil.rmtree, path, ignore_errors=True)
    return path


def _kept(keep: Path) -> Path:
    try:
        keep.mkdir(parents=True, exist_ok=True)
        if any(keep.iterdir()):
            raise FolderError(f"{keep} is not empty; give a new folder, so that one run is not taken for another")
    except OSError as error:
        raise FolderError(f"{keep} cannot be used: {error.strerror}") from error
    return keep.resolve()

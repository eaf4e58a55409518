"""Where a case plays: folders in memory, gone afterwards unless something is wrong."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

MEMORY = Path("/dev/shm")


@contextlib.contextmanager
def ground() -> Iterator[Path]:
    """A fresh folder in memory, where a flush costs nothing; a kill does not test the disk."""
    where = MEMORY if os.access(MEMORY, os.W_OK | os.X_OK) else None
    path = Path(tempfile.mkdtemp(prefix="edgetwin-faults-", dir=where))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)

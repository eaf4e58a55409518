"""The configuration that the daemon began with, kept beside its runtime files: by it outputs are made safe.

Who edits the file while the daemon runs may leave it broken, or without an output that the daemon drives.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from gateway.config import Outputs, load_outputs
from gateway.core.settings import Site, StoreSettings

NAME = "configuration.yaml"


def keep(file: str, site: Site) -> None:
    """Keep a copy of `file`, by which the daemon is about to run. Where that cannot be, the file itself has to do."""
    with contextlib.suppress(OSError):
        runtime = Path(site.store.runtime_directory)
        runtime.mkdir(parents=True, exist_ok=True)
        new = runtime / f"{NAME}.new"
        new.touch(mode=0o600)
        new.write_bytes(Path(file).read_bytes())
        new.replace(runtime / NAME)


def outputs(file: str) -> list[Outputs]:
    """By what outputs are to be made safe: what the daemon ran by, where that was kept, and then `file` as it is.

    What is wrong with either is told, and is no reason to leave an output as it is that the rest is enough for: a
    driver of another package can be gone since the start.
    """
    now = _told(file)
    named = os.environ.get("RUNTIME_DIRECTORY", StoreSettings().runtime_directory).partition(":")[0]
    kept = Path((now.runtime_directory if now else None) or named) / NAME
    before = None
    with contextlib.suppress(OSError):
        if kept.read_bytes() != _bytes_of(file):
            before = _told(str(kept))
    return [one for one in (before, now) if one is not None]


def _told(file: str) -> Outputs | None:
    found, problems = load_outputs(file)
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    return found


def _bytes_of(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError:
        return b""

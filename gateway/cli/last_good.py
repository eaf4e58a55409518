"""The configuration that the daemon began with, kept beside its runtime files: by it outputs are made safe.

Who edits the file while the daemon runs may leave it broken, or without an output that the daemon drives.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from gateway.config import load
from gateway.core.settings import Site, StoreSettings
from gateway.errors import ConfigError

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


def sites(file: str) -> list[Site]:
    """By what outputs are to be made safe: what the daemon ran by, where that was kept, and then `file` as it is.

    What is wrong with `file` is told, and is no reason to leave an output as it is.
    """
    found: list[Site] = []
    try:
        found.append(load(file))
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
    named = os.environ.get("RUNTIME_DIRECTORY", StoreSettings().runtime_directory).partition(":")[0]
    kept = Path(found[0].store.runtime_directory if found else named) / NAME
    with contextlib.suppress(OSError, ConfigError):
        if kept.read_bytes() != _bytes_of(file):
            found.insert(0, load(str(kept)))
    return found


def _bytes_of(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError:
        return b""

"""The daemon with a wall clock that a file moves: `python -m tests.faults.moved_clock FILE run --config …`.

The file holds seconds. What counts from the start of the machine stays as it is, as when somebody sets the clock.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from gateway.cli import main


def move(file: Path) -> None:
    """From now on the wall clock of this process is off by what `file` says."""
    now_ns = time.time_ns

    def moved_ns() -> int:
        return now_ns() + int(file.read_text(encoding="ascii") or "0") * 1_000_000_000

    time.time_ns = moved_ns
    time.time = lambda: moved_ns() / 1e9


if __name__ == "__main__":
    move(Path(sys.argv[1]))
    sys.exit(main(sys.argv[2:]))

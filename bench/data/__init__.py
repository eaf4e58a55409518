"""Four series as a site might record them in a day, made from a seed by `python -m bench.data`.

Each is a file of one value a line, read every 30 s from midnight on. A test makes them anew and compares.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from gateway.core.reading import Reading

HERE = Path(__file__).parent
EVERY_S = 30
NS_PER_S = 1_000_000_000


class Recording(NamedTuple):
    """One series."""

    name: str
    unit: str
    low: float
    high: float
    """What its part can measure."""
    deviation: float
    """What its user would leave out, in its unit."""
    is_boolean: bool = False


RECORDINGS = (
    Recording("greenhouse_temperature", "Cel", -40, 125, 0.2),
    Recording("tank_level", "%", 0, 100, 0.5),
    Recording("door", "", 0, 1, 0.5, is_boolean=True),
    Recording("noisy_pressure", "kPa", 0, 1000, 2.0),
)


def load(recording: Recording) -> list[Reading]:
    """The readings of a recording, oldest first."""
    lines = (HERE / f"{recording.name}.csv").read_text(encoding="ascii").splitlines()[1:]
    return [
        Reading(f"site/{recording.name}", line == "1" if recording.is_boolean else float(line), at * NS_PER_S, 0)
        for at, line in zip(range(0, len(lines) * EVERY_S, EVERY_S), lines, strict=True)
    ]

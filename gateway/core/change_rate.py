"""How fast something may change, as the configuration writes it: `10 per 1s`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gateway.core.settings_safety import SLEW_PATTERN

UNITS_S: Mapping[str, float] = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def change_rate(text: str | None) -> tuple[float, float] | None:
    """The amount and the seconds in such a text; None where there is none, or it is another."""
    match = re.fullmatch(SLEW_PATTERN, text or "")
    return (float(match[1]), float(match[2]) * UNITS_S[match[3]]) if match else None

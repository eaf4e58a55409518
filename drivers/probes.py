"""What drivers of parts with a probe on a wire have in common: words for what is wrong with the probe."""

from __future__ import annotations

from drivers.base import DriverError, NoAnswerError


class ProbeError(DriverError):
    """The part answers, and says that its probe is broken, cut off or shorted. Somebody has to look at the wire."""


def check_line(data: bytes) -> None:
    """Accept an answer that a part gave.

    Raises:
        NoAnswerError: every bit is the same: so reads a line that no part drives, or that is shorted.
    """
    if len(set(data)) == 1 and data[0] in {0x00, 0xFF}:
        level = "high" if data[0] else "low"
        raise NoAnswerError(f"no answer, the data line stays {level}; check power, wiring and chip select")

"""How long a site can be offline before readings have to give way."""

from __future__ import annotations

BYTES_PER_READING = 15.0
"""Assumed until enough readings wait to measure it: in segments of some hundred readings they take 4 to 12."""
READINGS_TO_MEASURE = 1000
S_PER_H = 3600.0


def bytes_per_reading(used_bytes: int, waiting: int) -> float:
    """What one waiting reading takes on the disk, all else that lies there counted in; assumed while too few wait."""
    return BYTES_PER_READING if waiting < READINGS_TO_MEASURE else max(1.0, used_bytes / waiting)


def hours_left(room_bytes: int, used_bytes: int, each_bytes: float, readings: int, seconds: float) -> float | None:
    """Hours until the store is nearly full, at the rate of `readings` in `seconds`; None while nothing was read."""
    if readings <= 0 or seconds <= 0:
        return None
    return max(0, room_bytes - used_bytes) / (each_bytes * readings / seconds) / S_PER_H

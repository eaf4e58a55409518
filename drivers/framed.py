"""Asking a part on a serial line for one frame, within a time."""

from __future__ import annotations

from collections.abc import Callable

from drivers.base import ChecksumError, NoAnswerError
from drivers.bus.serial_port import SerialBus

TIMEOUT_SHARE = 0.8
"""How much of the bus's own limit for one call a wait may take, so that a silent part is not taken for a hung bus."""
BUFFER_BYTES_MAX = 1024
"""So much noise is looked through for a frame, which is many times any frame."""


def ask(bus: SerialBus, request: bytes, find: Callable[[bytes], bytes], wait_s: float, part: str) -> bytes:
    """Send `request` and wait for the frame that `find` finds among the bytes that come, or finds none (empty).

    Raises:
        NoAnswerError: nothing comes within `wait_s`, or within most of the bus's limit.
        ChecksumError: bytes come, but no good frame.
        BusError: the port does not work.
    """
    bus.drain()
    bus.write(request)
    deadline_s = bus.clock.now_s() + min(wait_s, TIMEOUT_SHARE * bus.timeout_s)
    buffer = b""
    while not (found := find(buffer)):
        left_s = deadline_s - bus.clock.now_s()
        if left_s <= 0 or len(buffer) >= BUFFER_BYTES_MAX:
            raise _silence(bus, buffer, part)
        buffer += bus.read(1, left_s)
        buffer += bus.drain()
    return found


def _silence(bus: SerialBus, buffer: bytes, part: str) -> ChecksumError | NoAnswerError:
    if buffer:
        return ChecksumError(f"{part} on {bus.device}: bytes come, but no good frame; the part speaks at 9600 baud")
    return NoAnswerError(f"{part} on {bus.device}: nothing comes; check power, its TX to our RX, its RX to our TX")

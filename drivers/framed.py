"""Asking a part on a serial line for one frame, within a time."""

from __future__ import annotations

from collections.abc import Callable

from drivers.base import ChecksumError, NoAnswerError
from drivers.bus.serial_port import SerialBus

TIMEOUT_SHARE = 0.8
"""How much of the bus's own limit for one call a wait may take, so that a silent part is not taken for a hung bus."""
BUFFER_BYTES_MAX = 1024
"""So much noise is looked through for a frame, which is many times any frame."""


def ask(
    bus: SerialBus, request: bytes, find: Callable[[bytes], bytes], wait_s: float, part: str, baud: int = 9600
) -> bytes:
    """Send `request` and wait for the frame that `find` finds among the bytes that come, or finds none (empty).

    Args:
        bus: the line that the part is alone on.
        request: what is sent.
        find: gives the first good frame in bytes, or nothing.
        wait_s: the longest wait.
        part: its name, for messages.
        baud: how fast it speaks, for messages.

    Raises:
        NoAnswerError: nothing comes within `wait_s`, or within most of the bus's limit.
        ChecksumError: bytes come, but no good frame.
        BusError: the port does not work.
    """
    bus.drain()
    bus.write(request)
    return await_frame(bus, b"", find, wait_s, part, baud)


def await_frame(
    bus: SerialBus, begun: bytes, find: Callable[[bytes], bytes], wait_s: float, part: str, baud: int = 9600
) -> bytes:
    """Wait for a frame as `ask` does, without asking; `begun` is what has come already."""
    deadline_s = bus.clock.now_s() + min(wait_s, TIMEOUT_SHARE * bus.timeout_s)
    buffer = begun
    while not (found := find(buffer)):
        left_s = deadline_s - bus.clock.now_s()
        if left_s <= 0 or len(buffer) >= BUFFER_BYTES_MAX:
            raise _silence(bus, buffer, part, baud)
        buffer += bus.read(1, left_s)
        buffer += bus.drain()
    return found


def _silence(bus: SerialBus, buffer: bytes, part: str, baud: int) -> ChecksumError | NoAnswerError:
    if buffer:
        return ChecksumError(f"{part} on {bus.device}: bytes come, but no good frame; the part speaks at {baud} baud")
    return NoAnswerError(f"{part} on {bus.device}: nothing comes; check power, its TX to our RX, its RX to our TX")

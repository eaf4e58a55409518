"""Frames of Plantower's dust sensors, in both directions. Pure functions.

Source: Plantower, PMS5003 manual, appendix I (active protocol) and II (passive protocol).
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from drivers.base import WrongPartError
from drivers.checksums import sum16

START = b"\x42\x4d"
HEAD_BYTES = 4
"""Two start bytes and the count of those that follow."""

DATA_LENGTH = 28
ANSWER_LENGTH = 4
OTHER_PARTS = {20: "a PMS3003", 36: "a PMS5003S, ST or T"}
"""Lengths that relatives send, whose words mean something else."""

LENGTHS = frozenset({DATA_LENGTH, ANSWER_LENGTH, *OTHER_PARTS})
FRAME_BYTES = HEAD_BYTES + DATA_LENGTH
FRAME_BYTES_MAX = HEAD_BYTES + max(LENGTHS)


class Command(enum.Enum):
    """An order to the part: its code and its argument."""

    PASSIVE = (0xE1, 0)
    """Send only when asked."""
    ACTIVE = (0xE1, 1)
    """Send of your own accord."""
    READ = (0xE2, 0)
    SLEEP = (0xE4, 0)
    WAKE = (0xE4, 1)


@dataclass(frozen=True, slots=True)
class Dust:
    """Mass of particles up to 1, 2.5 and 10 um across, in ug/m3 of outside air."""

    pm1: int
    pm2_5: int
    pm10: int


def encode_command(command: Command) -> bytes:
    """The seven bytes of an order."""
    code, argument = command.value
    body = START + bytes([code]) + argument.to_bytes(2)
    return body + sum16(body).to_bytes(2)


def split_frames(buffer: bytes) -> tuple[list[bytes], bytes]:
    """The good frames in `buffer`, in order, and what to keep because its frame may not be complete yet.

    Start bytes can stand inside a frame or come alone, so every place is tried, and nothing is skipped on the strength
    of a start alone.
    """
    frames: list[bytes] = []
    keep_from = place = 0
    while (place := buffer.find(START[0], place)) >= 0:
        frame = _frame_at(buffer, place)
        if frame:
            frames.append(frame)
            place += len(frame)
            keep_from = place
        else:
            place += 1
    # A frame that is still coming has at least its first byte here, and cannot have begun earlier than this.
    rest = buffer[max(keep_from, len(buffer) - FRAME_BYTES_MAX + 1) :]
    _, start, tail = rest.partition(START[:1])
    return frames, start + tail


def _frame_at(buffer: bytes, place: int) -> bytes:
    """The complete good frame that begins there, or nothing."""
    head = buffer[place : place + HEAD_BYTES]
    length = int.from_bytes(head[2:])
    if len(head) < HEAD_BYTES or not head.startswith(START) or length not in LENGTHS:
        return b""
    frame = buffer[place : place + HEAD_BYTES + length]
    good = len(frame) == HEAD_BYTES + length and sum16(frame[:-2]) == int.from_bytes(frame[-2:])
    return frame if good else b""


def is_data(frame: bytes) -> bool:
    """Whether a good frame carries measurements, rather than the answer to an order.

    Raises:
        WrongPartError: a relative of the PMS5003 sent it.
    """
    length = len(frame) - HEAD_BYTES
    if length in OTHER_PARTS:
        raise WrongPartError(f"pms5003: {OTHER_PARTS[length]} answers (frames of {len(frame)} bytes)")
    return length == DATA_LENGTH


def decode_dust(frame: bytes) -> Dust:
    """The measurements in a good data frame: words 4 to 6, which are for outside air."""
    words = frame[HEAD_BYTES:]
    pm1, pm2_5, pm10 = (int.from_bytes(words[2 * index : 2 * index + 2]) for index in (3, 4, 5))
    return Dust(pm1, pm2_5, pm10)

"""Time as the gateway sees it: CLOCK_BOOTTIME, which never jumps, and the wall clock, which may be wrong.

Everything that needs the time is given a `Clock`; only `SystemClock` asks the kernel.
"""

from __future__ import annotations

import ctypes
import os
import time
from pathlib import Path
from typing import Protocol

from gateway.core.reading import ClockState

NS_PER_S = 1_000_000_000
MAXERROR_UNSYNCHRONISED_US = 16_000_000
"""The kernel's `maxerror` when the clock was never set, and the bound that systemd's NTPSynchronized uses."""
SYNCHRONISED_FILE = Path("/run/systemd/timesync/synchronized")
"""Touched by systemd-timesyncd at every accepted answer; absent until the first one of this boot."""
BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")


class Clock(Protocol):
    """What the gateway may know of time."""

    @property
    def boot_id(self) -> str:
        """A name for the time since the machine was started; boottimes of two boots cannot be compared."""

    def boottime_ns(self) -> int:
        """Nanoseconds since the machine was started, sleep included."""

    def wall_ns(self) -> int:
        """Nanoseconds since 1970 by the wall clock, right or wrong."""

    def state(self) -> ClockState:
        """Whether the wall clock is known to be right."""


class _Timex(ctypes.Structure):
    """`struct timex` of adjtimex(2); native longs, so that it fits 32-bit boards too."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


class SystemClock:
    """The machine's clocks."""

    def __init__(self) -> None:
        self._boot_id = _read_boot_id()
        self._libc = ctypes.CDLL(None, use_errno=True)  # It is loaded; looking for it would start a process.

    @property
    def boot_id(self) -> str:
        """The kernel's random id of this boot."""
        return self._boot_id

    def boottime_ns(self) -> int:
        """CLOCK_BOOTTIME."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME)

    def wall_ns(self) -> int:
        """CLOCK_REALTIME."""
        return time.time_ns()

    def state(self) -> ClockState:
        """Synchronised when timesyncd has said so in this boot, or the kernel's error bound says that somebody did."""
        if SYNCHRONISED_FILE.exists():
            return ClockState.SYNCHRONISED
        timex = _Timex()
        if self._libc.adjtimex(ctypes.byref(timex)) < 0:
            return ClockState.UNSYNCHRONISED
        known = timex.maxerror < MAXERROR_UNSYNCHRONISED_US
        return ClockState.SYNCHRONISED if known else ClockState.UNSYNCHRONISED


def _read_boot_id() -> str:
    try:
        return BOOT_ID_FILE.read_text(encoding="ascii").strip()
    except OSError:
        # Without it no two runs may be taken for one boot: a random id makes each its own.
        return os.urandom(16).hex()

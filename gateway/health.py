"""How the process is, as the operating system counts it, and what the service manager is told of it."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import NamedTuple

PROCESS = Path("/proc/self")
ROOM_WAIT_S = 1.0
"""So long the start waits for room in the service manager's queue: of all words only that one is said once."""


class Usage(NamedTuple):
    """What this process uses."""

    rss_bytes: int
    rss_peak_bytes: int
    cpu_s: float
    disk_bytes_written: int
    """Bytes that went to block devices on our account (`write_bytes` of proc(5)); memory file systems do not count."""


def usage(process: Path = PROCESS) -> Usage:
    """What the process behind `process` uses; zeros for what the kernel does not tell."""
    status = _pairs(process / "status")
    io = _pairs(process / "io")
    times = os.times()
    return Usage(
        rss_bytes=_number(status.get("VmRSS", "")) * 1024,
        rss_peak_bytes=_number(status.get("VmHWM", "")) * 1024,
        cpu_s=times.user + times.system,
        disk_bytes_written=max(0, _number(io.get("write_bytes", "")) - _number(io.get("cancelled_write_bytes", ""))),
    )


def _pairs(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return {}
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def _number(text: str) -> int:
    digits = text.split(" ", maxsplit=1)[0]
    return int(digits) if digits.isdigit() else 0


class Notifier:
    """Tells systemd, where it listens (sd_notify(3): one datagram to the socket in NOTIFY_SOCKET)."""

    def __init__(self, address: str | None) -> None:
        # A leading @ is an abstract socket, whose name begins with a zero byte.
        self._address = f"\0{address[1:]}" if address and address.startswith("@") else address
        self._told = ""

    def ready(self) -> None:
        """The daemon does its work from now on."""
        self._send("READY=1", ROOM_WAIT_S)

    def status(self, text: str) -> None:
        """One line for `systemctl status`, sent when it changes."""
        if text != self._told and self._send(f"STATUS={text}"):
            self._told = text

    def alive(self) -> None:
        """The watchdog may be content for another interval."""
        self._send("WATCHDOG=1")

    def stopping(self) -> None:
        """The daemon is on its way out."""
        self._send("STOPPING=1")

    def _send(self, message: str, wait_s: float = 0.0) -> bool:
        """Whether it was taken. A queue that is full is not waited for: the work does not depend on who reads it."""
        if not self._address:
            return False
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.settimeout(wait_s)
            try:
                channel.sendto(message.encode(), self._address)
            except OSError:
                return False
        return True


def watchdog_interval_s(environment: dict[str, str]) -> float | None:
    """How often systemd wants a sign of life, halved as sd_watchdog_enabled(3) advises; None where it does not."""
    text = environment.get("WATCHDOG_USEC", "")
    interval_s = int(text) / 2_000_000 if text.isdecimal() else 0.0
    if interval_s == 0 or environment.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    return interval_s

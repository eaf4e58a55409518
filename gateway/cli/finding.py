"""What an examination of the machine is given, and what each part of it says."""

from __future__ import annotations

import enum
import grp
import os
import pwd
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from gateway.core.reading import ClockState

SERVICE_USER = "edgetwin"
SERVICE_GROUPS = ("i2c", "spi", "gpio", "dialout")
"""What the service's unit adds to the groups of its user."""


class Level(enum.StrEnum):
    """How bad it is."""

    OK = "ok"
    NOTE = "note"
    """Nothing is wrong, where it is not needed."""
    WARNING = "warning"
    """It works, and may fail one day."""
    PROBLEM = "problem"
    """Something that is configured cannot work."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    name: str
    level: Level
    what: str
    todo: str = ""
    """What to do about it."""


@dataclass(frozen=True, slots=True)
class User:
    """Who is going to use the hardware."""

    name: str
    uid: int
    gids: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What is examined; everything that is asked of the system itself is replaceable."""

    user: User
    clock_state: ClockState
    root: Path = Path("/")
    free_bytes: Callable[[Path], int] = field(default=lambda path: shutil.disk_usage(path).free)

    def at(self, path: str) -> Path:
        """Where an absolute path of the machine is."""
        return self.root / path.lstrip("/")

    def text(self, path: str) -> str:
        """The text of a file, empty where it cannot be read."""
        try:
            return self.at(path).read_bytes().decode(errors="replace").strip("\0\n ")
        except OSError:
            return ""


def user_of(name: str | None) -> User:
    """The user of that name; without one the service's where root asks and there is one, else whoever asks.

    Raises:
        KeyError: there is no such user.
    """
    if name is None and os.geteuid() == 0:
        try:
            return user_of(SERVICE_USER)
        except KeyError:
            pass  # The service is not installed.
    entry = pwd.getpwnam(name) if name is not None else pwd.getpwuid(os.geteuid())
    gids = set(os.getgrouplist(entry.pw_name, entry.pw_gid))
    if entry.pw_name == SERVICE_USER:
        gids |= {one.gr_gid for one in grp.getgrall() if one.gr_name in SERVICE_GROUPS}
    return User(entry.pw_name, entry.pw_uid, frozenset(gids))


def may_use(user: User, mode: int, uid: int, gid: int) -> bool:
    """Whether the bits of a file let a user read and write it."""
    if user.uid == 0:
        return True
    shift = 6 if user.uid == uid else 3 if gid in user.gids else 0
    return mode >> shift & 0o6 == 0o6  # noqa: PLR2004 - the bits to read and to write


def group_name(gid: int) -> str:
    """The name of a group, or its number."""
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)

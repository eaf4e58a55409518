"""The configuration file's bytes and text. The only file of this room that touches the disk."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path as FilePath

from gateway.config.problems import WHOLE_FILE, Mark, Report

FILE_BYTES_MAX = 1_048_576
"""A file for 10 000 devices is about half of this; what is larger is not a configuration."""

FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters outside YAML's own set (YAML 1.2, section 5.1). Looked for here, since neither parser tells the line."""


def read(path: str | os.PathLike[str], report: Report) -> str | None:
    """The text of the file at `path`, None where that was reported as impossible."""
    try:
        content = _read_bytes(path)
    except IsADirectoryError:
        report.add(WHOLE_FILE, (), "found a directory, allowed a file", "name the file in it")
    except OSError as error:
        report.add(WHOLE_FILE, (), f"cannot be read: {error.strerror or error}")
    except ValueError as error:
        # A path with a zero byte.
        report.add(WHOLE_FILE, (), f"cannot be read: {error}")
    else:
        return decode(content, report)
    return None


def _read_bytes(path: str | os.PathLike[str]) -> bytes:
    # Opened without blocking, so that a named pipe nobody writes to cannot hold up the start.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISDIR(mode):
            raise IsADirectoryError
        if not stat.S_ISREG(mode):
            raise ValueError("it is not a regular file")
        return file.read(FILE_BYTES_MAX + 1)


def decode(content: bytes, report: Report) -> str | None:
    """The text in `content`, None where that was reported: too large, not UTF-8, or with control characters."""
    if len(content) > FILE_BYTES_MAX:
        report.add(WHOLE_FILE, (), f"found more than {FILE_BYTES_MAX} bytes, allowed {FILE_BYTES_MAX}")
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8-sig")
        report.add(_mark(before), (), f"found byte 0x{content[error.start]:02x}, allowed UTF-8", "save it as UTF-8")
        return None
    forbidden = FORBIDDEN.search(text)
    if forbidden:
        report.add(
            _mark(text[: forbidden.start()]),
            (),
            f"found control character U+{ord(forbidden[0]):04X}, allowed printable text",
        )
        return None
    return text


def _mark(before: str) -> Mark:
    """The place of the character that follows `before`."""
    return Mark(before.count("\n") + 1, len(before) - before.rfind("\n"))


def open_to_others(path: str) -> bool:
    """Whether any user of this machine may read the file at `path`, or its group write it; False where it is not here.

    That its group may read it is no fault: a service's user often reads what root owns in that way, and so
    do the files of systemd's `LoadCredential=`, whose access list shows as the mode of the group.
    """
    try:
        return bool(FilePath(path).stat().st_mode & (stat.S_IRWXO | stat.S_IWGRP))
    except (OSError, ValueError):
        return False

"""Logging to standard error, as key-value lines for journald or as JSON."""

from __future__ import annotations

import contextlib
import logging
import sys
from typing import Any, TextIO, cast

import msgspec
import structlog

from gateway.core.settings import LogFormat, LogSettings

TEXT_CHARACTERS_MAX = 4000
"""Enough for the trace of an error; a message from outside can be sixty times as long."""


class _Patient:
    """A place for lines that may be full, gone or closed; the work does not depend on being told of."""

    def __init__(self, file: TextIO) -> None:
        self._file = file

    def write(self, text: str) -> int:
        """Write what can be written."""
        with contextlib.suppress(OSError, ValueError):
            return self._file.write(text)
        return 0

    def flush(self) -> None:
        """Let it be seen."""
        with contextlib.suppress(OSError, ValueError):
            self._file.flush()


def configure(settings: LogSettings) -> None:
    """Log as `settings` says from now on."""
    level = logging.getLevelNamesMapping()[settings.level.value.upper()]
    processors: list[Any] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _one_line,
    ]
    if settings.format is LogFormat.JSON:
        processors.append(structlog.processors.JSONRenderer(serializer=_json))
    else:
        processors.append(
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"], bool_as_flag=False)
        )
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _Patient(sys.stderr))),
        cache_logger_on_first_use=True,
    )
    # Libraries have their own say only when something is wrong, and in lines of the same form.
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *processors],
        )
    )
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler])


def _json(event: object, **_options: object) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()


def _one_line(_logger: object, _method: str, event: Any) -> Any:
    """No text from outside may begin a line of its own or end one, move a terminal's cursor, or fill the disk."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = plain(value)
    return event


def plain(text: str) -> str:
    """`text` with all that is not printed written as Python would, and without what is too much of it."""
    if len(text) > TEXT_CHARACTERS_MAX:
        text = f"{text[:TEXT_CHARACTERS_MAX]} and {len(text) - TEXT_CHARACTERS_MAX} characters more"
    return text if text.isprintable() else "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)

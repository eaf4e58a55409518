"""Logging to standard error, as key-value lines for journald or as JSON."""

from __future__ import annotations

import logging
import sys
from typing import Any

import msgspec
import structlog

from gateway.core.settings import LogFormat, LogSettings


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
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    # Libraries have their own say only when something is wrong.
    logging.basicConfig(
        level=max(level, logging.WARNING), stream=sys.stderr, format="%(levelname)s %(name)s %(message)s"
    )


def _json(event: object, **_options: object) -> str:
    return msgspec.json.encode(event, enc_hook=str).decode()


def _one_line(_logger: object, _method: str, event: Any) -> Any:
    """No text from outside may begin a line of its own, or end one."""
    for key, value in event.items():
        if isinstance(value, str) and any(mark in value for mark in "\r\n"):
            event[key] = value.replace("\r", "\\r").replace("\n", "\\n")
    return event

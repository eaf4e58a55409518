"""What libraries have to say stands among the daemon's own lines and looks like them."""

from __future__ import annotations

import io
import json
import logging
import sys

import pytest
import structlog

from gateway.cli.logs import configure
from gateway.core.settings import LogFormat, LogLevel, LogSettings


@pytest.fixture
def lines_of(monkeypatch):
    """What is written when something is logged through the standard library."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def written(say, **settings):
        root.handlers, file = [], io.StringIO()
        monkeypatch.setattr(sys, "stderr", file)
        configure(LogSettings(**settings))
        say(logging.getLogger("asyncio"))
        return file.getvalue().splitlines()

    yield written
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def fail(log):
    try:
        raise ValueError("first\nsecond")
    except ValueError:
        log.exception("it %s\nbadly", "went")


def test_for_programs_it_is_one_object_a_line(lines_of):
    [line] = lines_of(fail, format=LogFormat.JSON)
    said = json.loads(line)
    assert (said["level"], said["logger"], said["event"]) == ("error", "asyncio", "it went\\nbadly")
    assert said["exception"].startswith("Traceback")
    assert said["exception"].endswith("ValueError: first\\nsecond")
    assert said["timestamp"].endswith("Z")
    assert set(said) == {"timestamp", "level", "logger", "event", "exception"}


def test_for_people_it_is_a_line_of_keys_and_values(lines_of):
    [line] = lines_of(fail)
    assert line.startswith("timestamp=")
    assert 'level=error event="it went' in line
    assert "logger=asyncio" in line


@pytest.mark.parametrize(("level", "heard"), [
    (LogLevel.DEBUG, ["warning", "error"]),
    (LogLevel.INFO, ["warning", "error"]),
    (LogLevel.WARNING, ["warning", "error"]),
    (LogLevel.ERROR, ["error"]),
])  # fmt: skip
def test_only_what_is_wrong_is_heard_of_them(lines_of, level, heard):
    def say(log):
        for urgency in ("debug", "info", "warning", "error"):
            getattr(log, urgency)("something")

    assert [json.loads(line)["level"] for line in lines_of(say, level=level, format=LogFormat.JSON)] == heard

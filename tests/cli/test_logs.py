"""Log lines: one line each, whatever is in them, and never a reason to stop."""

from __future__ import annotations

import io
import json
import logging
import sys

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from gateway.cli.logs import TEXT_CHARACTERS_MAX, configure, plain
from gateway.core.settings import LogFormat, LogLevel, LogSettings


class Full(io.StringIO):
    def write(self, _text):
        raise OSError(28, "No space left on device")


@pytest.fixture
def log_to(monkeypatch):
    """A logger as the daemon has it, and where its lines go."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def make(file=None, **settings):
        file = file or io.StringIO()
        monkeypatch.setattr(sys, "stderr", file)
        configure(LogSettings(**settings))
        return structlog.get_logger("test"), file

    yield make
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


HOSTILE = ["a\nb", "a\rb", "\x1b[2J", "\x00", "\u2028", "\x85", "\udc80", 'say "x=1" \\', "x" * 1_000_000, ""]


@pytest.mark.parametrize("form", LogFormat)
@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text)[:12])
def test_no_text_from_outside_begins_a_line_moves_the_cursor_or_fills_the_disk(log_to, form, text):
    log, file = log_to(format=form)
    log.warning("bad", topic=text, event2=text)
    written = file.getvalue()
    assert written.endswith("\n")
    assert len(written.splitlines()) == 1
    assert written[:-1].isprintable()
    assert len(written) < 3 * TEXT_CHARACTERS_MAX


def test_lines_for_people_are_keys_and_values(log_to):
    log, file = log_to()
    log.warning("device is down", device="room", attempts=3)
    line = file.getvalue()
    assert line.startswith("timestamp=")
    assert 'Z level=warning event="device is down" ' in line
    assert set(line.split()[-2:]) == {"attempts=3", "device=room"}


def test_lines_for_programs_are_json(log_to):
    log, file = log_to(format=LogFormat.JSON)
    log.error("x", value=float("nan"), text='"', place=ZeroDivisionError("odd"))
    line = json.loads(file.getvalue())
    assert (line["level"], line["event"], line["value"], line["text"]) == ("error", "x", None, '"')


@pytest.mark.parametrize("form", LogFormat)
def test_the_trace_of_an_error_is_in_its_line(log_to, form):
    log, file = log_to(format=form)
    try:
        raise ZeroDivisionError("odd")
    except ZeroDivisionError:
        log.exception("driver failed")
    written = file.getvalue()
    assert written.count("\n") == 1
    assert "ZeroDivisionError" in written


@pytest.mark.parametrize("level", LogLevel)
def test_what_is_less_urgent_than_the_level_is_not_written(log_to, level):
    log, file = log_to(level=level)
    names = [one.value for one in LogLevel]
    for name in names:
        getattr(log, name)(name)
    assert len(file.getvalue().splitlines()) == len(names) - names.index(level.value)


def test_a_full_disk_or_a_reader_that_is_gone_ends_nothing(log_to):
    log, _ = log_to(Full())
    log.error("nobody hears this")


@given(st.text())
def test_what_can_be_printed_stays_and_the_rest_is_written_out(text):
    shown = plain(text)
    assert shown.isprintable()
    assert shown == text or not text.isprintable()

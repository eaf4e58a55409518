"""Work in a child process: what comes back, what is heard, and what is not left behind."""

from __future__ import annotations

import importlib
import os
import signal
import sys
from pathlib import Path

import pytest

from gateway.cli.apart import apart
from gateway.core.settings import LinkSettings, Site

RARE = "encodings.mac_iceland"
"""A module that nobody else loads."""
# A test's process has threads; the daemon's has none where this is called.
pytestmark = pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")


def test_a_site_comes_back_as_it_was_made():
    site = Site(gateway="greenhouse-1", link=LinkSettings(host="broker.example"))
    assert apart(lambda: site) == site


def test_none_is_a_result_too():
    assert apart(lambda: None) is None


def test_more_than_a_pipe_holds_comes_back():
    assert apart(lambda: b"x" * 1_000_000) == b"x" * 1_000_000


def test_what_the_work_loads_is_not_loaded_here():
    """The reason for all this."""
    assert RARE not in sys.modules

    def work():
        importlib.import_module(RARE)
        return RARE in sys.modules

    assert apart(work)
    assert RARE not in sys.modules


def test_what_the_work_says_is_heard(capfd):
    def work():
        sys.stdout.write("to read")
        sys.stderr.write("to heed")
        return True

    assert apart(work)
    assert capfd.readouterr() == ("to read", "to heed")


@pytest.mark.parametrize(("code", "status"), [(0, 0), (None, 0), (2, 2), (78, 78), ("words", 1)])
def test_an_exit_keeps_its_status(code, status):
    def work():
        raise SystemExit(code)

    with pytest.raises(SystemExit) as ended:
        apart(work)
    assert ended.value.code == status


def test_a_failure_is_told_with_its_trace_and_is_status_1(capfd):
    with pytest.raises(SystemExit) as ended:
        apart(lambda: 1 // 0)
    assert ended.value.code == 1
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_what_cannot_be_handed_over_is_a_failure(capfd):
    with pytest.raises(SystemExit) as ended:
        apart(lambda: lambda: None)
    assert ended.value.code == 1
    assert "pickle" in capfd.readouterr().err


def test_a_child_that_is_killed_is_status_1_and_no_result():
    with pytest.raises(SystemExit) as ended:
        apart(lambda: os.kill(os.getpid(), signal.SIGKILL))
    assert ended.value.code == 1


def test_no_pipe_is_left_behind():
    before = open_files()
    apart(lambda: None)
    with pytest.raises(SystemExit):
        apart(sys.exit)
    assert open_files() == before


def open_files():
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_what_was_said_before_is_not_said_again(capfd):
    sys.stdout.write("once")
    apart(lambda: None)
    assert capfd.readouterr().out == "once"

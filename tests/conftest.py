"""Fixtures for all rooms."""

from __future__ import annotations

import os
import sys
import threading
import time

import pytest
import structlog
from hypothesis import settings

from tests.mosquitto import Mosquitto, executable

settings.register_profile("steady", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None)
# The same examples in every run, so that a red one is the change's doing; others are looked for on purpose.
settings.load_profile(os.environ.get("EDGETWIN_EXAMPLES", "steady"))

STATUS = pytest.StashKey[int]()
THREADS_END_S = 10.0
"""For threads that a test has told to end; whoever is there then would keep the run from ever ending."""


def pytest_sessionfinish(session, exitstatus):
    """Keep the status for `pytest_unconfigure`, which is not told."""
    session.config.stash[STATUS] = int(exitstatus)


def pytest_unconfigure(config):
    """A thread that a test left behind (a database that was not closed) fails the run, instead of hanging it."""
    until_s = time.monotonic() + THREADS_END_S
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            thread.join(max(0.0, until_s - time.monotonic()))
    left = [one.name for one in threading.enumerate() if one is not threading.current_thread() and not one.daemon]
    if left:
        sys.stderr.write(f"threads are left that do not end: {', '.join(left)}\n")
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(config.stash.get(STATUS, 0) or 1)


@pytest.fixture
def mosquitto_broker(tmp_path):
    """A running Mosquitto with `host` and `port`; `stop()` and `start()` make an outage."""
    if executable() is None:
        pytest.skip("mosquitto is not installed")
    directory = tmp_path / "mosquitto"
    directory.mkdir()
    broker = Mosquitto(directory)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(autouse=True)
def logging_as_it_was():
    """A test that lets the daemon say how it logs does not say it for those behind it, whose output is another's."""
    yield
    if structlog.is_configured():
        structlog.reset_defaults()
        for module in list(sys.modules.values()):
            # A logger keeps what it was configured with when it was used first.
            logger = getattr(module, "log", None)
            if "bind" in getattr(logger, "__dict__", {}):
                del logger.__dict__["bind"]

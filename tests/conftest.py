"""Fixtures for all rooms."""

from __future__ import annotations

import sys

import pytest
import structlog

from tests.mosquitto import Mosquitto, executable


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

"""Fixtures for all rooms."""

from __future__ import annotations

import pytest

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

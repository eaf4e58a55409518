"""Fixtures of this room."""

from __future__ import annotations

import pytest

from tests.cloud.rig import open_rig
from tests.cloud.station import open_station


@pytest.fixture
async def rig(tmp_path):
    """An uplink and what it needs, with the settings of the defaults."""
    async with open_rig(tmp_path) as opened:
        yield opened


@pytest.fixture
async def station(tmp_path):
    """A downlink and what it needs."""
    async with open_station(tmp_path) as opened:
        yield opened

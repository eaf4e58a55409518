"""Fixtures of this room."""

from __future__ import annotations

import pytest

from tests.devices.plant import open_plant
from tests.fakes.clock import FakeClock
from tests.fakes.parts import bus_thread


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def bus():
    with bus_thread() as thread:
        yield thread


@pytest.fixture
async def plant(tmp_path, clock):
    """Everything between the parts and the disk."""
    async with open_plant(tmp_path, clock) as opened:
        yield opened

"""Fixtures of this room."""

from __future__ import annotations

import pytest

from gateway.devices.sampler import Sampler
from tests.devices.plant import open_plant
from tests.fakes.clock import FakeClock
from tests.fakes.parts import bus_thread, device_of


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


@pytest.fixture
def sampler_of(plant, bus, clock):
    """A sampler of parts by name, each with its settings."""

    def make(**parts):
        devices = [device_of(part, bus, clock, name=name, **options) for name, (part, options) in parts.items()]
        return Sampler(devices, plant.outbox, plant.board, clock)

    return make

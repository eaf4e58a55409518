"""Fixtures of this room."""

from __future__ import annotations

import pytest

from tests.cloud.rig import open_rig


@pytest.fixture
async def rig(tmp_path):
    """An uplink and what it needs, with the settings of the defaults."""
    async with open_rig(tmp_path) as opened:
        yield opened

"""The uplink beside a disk that takes nothing, or does not answer."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from gateway.cloud import picking
from gateway.core.reading import Lane
from gateway.errors import StoreError


async def test_an_alarm_is_sent_while_the_disk_takes_nothing(rig):
    await rig.connect()
    await rig.database.read("PRAGMA query_only=ON")
    await rig.read(1, lane=Lane.CRITICAL)
    assert rig.values == []
    with pytest.raises(StoreError):
        await rig.commit()
    await rig.settle()
    await rig.read(2, lane=Lane.CRITICAL, urgent=False)
    assert rig.values == [[1.0], [2.0]]
    await rig.acknowledge(*rig.batches[0])
    await rig.database.read("PRAGMA query_only=OFF")
    await rig.commit()
    assert (rig.outbox.stored[Lane.CRITICAL], rig.outbox.ledger.total().waiting) == (1, 1)
    await rig.read(3, lane=Lane.CRITICAL)
    assert rig.values == [[1.0], [2.0]]
    await rig.commit()
    assert rig.values == [[1.0], [2.0], [3.0]]


async def test_a_disk_that_does_not_answer_keeps_back_only_what_is_on_it(rig, monkeypatch):
    monkeypatch.setattr(picking, "HANGS_S", 0)
    await rig.read(1)
    await rig.commit()

    async def hang(_readings_max):
        await asyncio.Event().wait()

    monkeypatch.setattr(rig.outbox, "take_stored", hang)
    await rig.read(2)
    with capture_logs() as logs:
        await rig.connect()
        await rig.settle()
    assert rig.values == [[2.0]]
    assert [line["event"] for line in logs] == ["cannot read the store"]

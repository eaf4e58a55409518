"""Since when a live reading waits on the disk: whatever way it leaves, and however it was joined."""

from __future__ import annotations

import pytest

from gateway.core.reading import Lane
from gateway.store import limits
from gateway.store.live import KNOWN_MAX
from gateway.store.quota import Quota
from tests.fakes.clock import FakeClock
from tests.store.shelf import shelf_in

EVERYTHING = 10_000


@pytest.fixture
async def shelf(tmp_path):
    async with shelf_in(tmp_path, FakeClock()) as opened:
        yield opened


async def commits(shelf, count, lane=Lane.NORMAL):
    """So many commits of one reading each, a second apart; returns when the first was read."""
    shelf.clock.advance(1)
    began_ns = shelf.clock.boottime_ns()
    for _ in range(count):
        shelf.read(lane=lane)
        await shelf.committer.commit()
        shelf.clock.advance(1)
    return began_ns


@pytest.mark.parametrize("lane", Lane)
async def test_what_was_read_since_the_link_came_up_is_known_until_it_is_acknowledged(shelf, lane):
    began_ns = await commits(shelf, 3, lane)
    assert shelf.outbox.live.oldest_ns == began_ns
    first, *others = await shelf.outbox.take_stored(EVERYTHING)
    shelf.acknowledge([first])
    assert shelf.outbox.live.oldest_ns == began_ns + 1_000_000_000
    shelf.acknowledge(others)
    assert shelf.outbox.live.oldest_ns is None


async def test_what_was_read_before_the_link_came_up_is_not_live(shelf):
    await commits(shelf, 2)
    shelf.outbox.live.begin(shelf.clock.boottime_ns())
    assert shelf.outbox.live.oldest_ns is None
    began_ns = await commits(shelf, 2)
    assert shelf.outbox.live.oldest_ns == began_ns


async def test_what_is_acknowledged_while_it_is_written_does_not_wait(shelf):
    shelf.clock.advance(1)
    shelf.read()
    sent = shelf.outbox.take_live(EVERYTHING)
    shelf.acknowledge(sent)
    await shelf.committer.commit()
    assert shelf.outbox.live.oldest_ns is None


async def test_what_was_joined_leaves_as_one(shelf, monkeypatch):
    monkeypatch.setattr(limits, "SEGMENT_READINGS_MAX", 8)
    await commits(shelf, 20)
    assert len(await shelf.rows()) < 20
    sent = await shelf.outbox.take_stored(EVERYTHING)
    shelf.acknowledge(sent)
    assert shelf.outbox.live.oldest_ns is None


async def test_what_is_shed_or_kept_apart_does_not_wait(shelf, tmp_path):
    await commits(shelf, 3, Lane.LOW)
    for segment in (await shelf.outbox.take_stored(1))[:1]:
        shelf.outbox.reject(next(iter(shelf.outbox.taken)), f"no {segment.first}")
    assert shelf.outbox.live.oldest_ns is not None
    await Quota(shelf.outbox, shelf.database, tmp_path, 0).relieve()
    assert shelf.outbox.ledger.total().waiting == 0
    assert shelf.outbox.live.oldest_ns is None


async def test_of_very_many_the_oldest_are_known(shelf):
    began_ns = await commits(shelf, KNOWN_MAX + 5)
    assert shelf.outbox.live.oldest_ns == began_ns
    assert len(shelf.outbox.live._known) == KNOWN_MAX


async def test_what_the_disk_has_lost_does_not_wait_for_ever(shelf):
    await commits(shelf, 2)
    await shelf.database.write(("UPDATE segment_normal SET crc = crc + 1", [()]))
    await shelf.outbox.take_stored(EVERYTHING)
    assert shelf.outbox.damaged
    await shelf.committer._repair()
    assert shelf.outbox.live.oldest_ns is None

"""A crash between a commit and its note in the head file: what the commit wrote is not written again."""

from __future__ import annotations

import pytest

from gateway.core.ledger_events import Key, Shed
from tests.fakes.clock import FakeClock
from tests.store.shelf import shelf_in

EVERYTHING = 10_000


class CrashError(Exception):
    """The process ends here."""


def crash(*_arguments):
    raise CrashError


def note_events(shelf):
    told = []
    shelf.committer.event = lambda kind, **data: told.append((kind, data["first"])) or ()
    return told


async def begin(shelf):
    """One segment is shed, one the twin can never take."""
    for value in (1.0, 2.0):
        shelf.read(value)
        shelf.outbox.take_live(EVERYTHING)
    one, two = shelf.outbox.ledger.volatile
    shelf.outbox.record(Shed(Key(*one), 1, "memory_full"))
    shelf.outbox.taken.pop(one)
    shelf.outbox.reject(two, "no such unit")


@pytest.mark.parametrize("arrives", [True, False])
async def test_a_gap_is_told_once_and_what_is_kept_apart_is_kept_once(tmp_path, arrives):
    clock = FakeClock()
    async with shelf_in(tmp_path, clock) as shelf:
        await begin(shelf)
        told, write = note_events(shelf), shelf.database.write

        async def write_and_crash(*statements):
            if arrives:
                await write(*statements)
            shelf.outbox.record = crash

        shelf.database.write = write_and_crash
        with pytest.raises(CrashError):
            await shelf.committer.commit()
        shelf.abandon()
    async with shelf_in(tmp_path, clock) as shelf:
        told_again = note_events(shelf)
        await shelf.committer.commit()
        assert told_again == ([] if arrives else told)
        assert await shelf.database.read("SELECT reason, first FROM quarantine") == [("no such unit", 2)]
        assert shelf.outbox.ledger.total().balanced


async def test_what_was_rejected_just_before_a_crash_is_told_as_a_gap_all_the_same(tmp_path):
    clock = FakeClock()
    async with shelf_in(tmp_path, clock) as shelf:
        await begin(shelf)
        shelf.abandon()
    async with shelf_in(tmp_path, clock) as shelf:
        told = note_events(shelf)
        await shelf.committer.commit()
        assert told == [("gap", 1), ("gap", 2)]

"""When the disk is written, and when not: in simulated time, on a real database."""

from __future__ import annotations

import asyncio
import gc
import random

import pytest
from structlog.testing import capture_logs

from gateway.core.ledger_events import Key, Shed
from gateway.core.reading import Lane
from gateway.errors import StoreError
from gateway.store import limits
from gateway.store.committer import CHECK_S_MAX
from tests.store.run import EVERYTHING, Run, in_simulated_time
from tests.store.shelf import values

HOUR_S = 3_600


@in_simulated_time
async def test_while_the_twin_acknowledges_in_time_nothing_is_written(run):
    for second in range(0, HOUR_S, 10):
        run.shelf.read(float(second))
        run.shelf.read(float(second), lane=Lane.HIGH)
        run.shelf.outbox.suppress("b/y", "Pa")
        await run.pass_time(0.5)
        run.deliver()
        await run.pass_time(9.5)
    assert run.begun == []
    assert run.shelf.outbox.ledger.total().acknowledged == 2 * HOUR_S // 10


@in_simulated_time
async def test_what_is_not_acknowledged_is_written_when_it_is_due_and_not_before(run):
    run.shelf.read(1.0, lane=Lane.NORMAL)
    run.shelf.read(2.0, lane=Lane.LOW)
    await run.pass_time(4.9)
    assert await run.shelf.rows() == []
    await run.pass_time(0.2)
    assert sorted(await run.shelf.rows()) == [(Lane.NORMAL, 1, 1), (Lane.LOW, 1, 1)]
    assert len(run.begun) == 1


@in_simulated_time
async def test_a_high_reading_is_due_earlier_and_takes_the_others_along(run):
    run.shelf.read(1.0)
    await run.pass_time(0.5)
    run.shelf.read(2.0, lane=Lane.HIGH)
    await run.pass_time(0.9)
    assert await run.shelf.rows() == []
    await run.pass_time(0.2)
    assert sorted(await run.shelf.rows()) == [(Lane.HIGH, 1, 1), (Lane.NORMAL, 1, 1)]


@in_simulated_time
async def test_a_critical_reading_is_written_at_once(run):
    run.shelf.read(1.0)
    await run.pass_time(1)
    run.shelf.read(2.0, lane=Lane.CRITICAL)
    await run.pass_time(0)
    assert values(await run.shelf.outbox.take_stored(EVERYTHING))[:1] == [2.0]


@in_simulated_time
async def test_much_at_once_is_written_before_its_time(run):
    while run.shelf.outbox.ledger.bytes <= limits.COMMIT_BYTES:
        run.shelf.read("x" * 1_000)
    await run.pass_time(0)
    assert run.shelf.outbox.ledger.bytes == 0
    assert len(run.begun) == 1


@in_simulated_time
async def test_what_the_twin_has_from_the_disk_is_deleted_there_even_when_nothing_else_is_written(run):
    for value in (1.0, 2.0):
        run.shelf.read(value)
        await run.pass_time(6)
    taken = await run.shelf.outbox.take_stored(EVERYTHING)
    run.shelf.acknowledge(taken)
    await run.pass_time(1)
    assert len(await run.shelf.rows()) == 2
    await run.pass_time(CHECK_S_MAX + 5)
    assert await run.shelf.rows() == []
    done = len(run.begun)
    await run.pass_time(HOUR_S)
    assert len(run.begun) == done


@in_simulated_time
async def test_many_acknowledged_rows_are_deleted_at_once(run):
    for number in range(limits.DELETE_ROWS):
        run.shelf.read(float(number))
        run.shelf.outbox.take_live(EVERYTHING)  # What was sent is not joined.
        await run.shelf.committer.commit()
    run.shelf.outbox.release()
    taken = await run.shelf.outbox.take_stored(EVERYTHING)
    run.shelf.acknowledge(taken[1:])
    await run.pass_time(0)
    assert len(await run.shelf.rows()) == limits.DELETE_ROWS
    run.shelf.acknowledge(taken[:1])
    await run.pass_time(0)
    assert await run.shelf.rows() == []


@in_simulated_time
async def test_gaps_notes_and_what_was_rejected_are_kept_even_when_no_reading_needs_the_disk(run):
    told = []
    run.shelf.committer.event = lambda kind, **data: told.append((kind, data)) or ()
    for value in (1.0, 2.0):
        run.shelf.read(value)
        run.shelf.outbox.take_live(EVERYTHING)
    one, two = run.shelf.outbox.ledger.volatile
    run.shelf.outbox.record(Shed(Key(*one), 1, "memory_full"))
    run.shelf.outbox.taken.pop(one)
    run.shelf.outbox.reject(two, "no such unit")
    run.shelf.outbox.note("anything", more=1)
    await run.pass_time(6)
    assert [kind for kind, _ in told] == ["gap", "gap", "anything"]
    assert told[1][1]["reason"] == "quarantined: no such unit"
    assert told[1][1]["readings"] == {"a/x": 1}
    assert await run.shelf.database.read("SELECT reason, first FROM quarantine") == [("no such unit", 2)]
    done = len(run.begun)
    await run.pass_time(HOUR_S)
    assert len(run.begun) == done


async def _fill(run: Run) -> int:
    """Use up what room the file has, and let SQLite take no more; returns how many pages it has."""
    free = (await run.shelf.database.read("PRAGMA freelist_count"))[0][0]
    await run.shelf.database.write(("INSERT INTO held VALUES ('all', randomblob(?))", [(free * 1_020,)]))
    pages = (await run.shelf.database.read("PRAGMA page_count"))[0][0]
    await run.shelf.database.read(f"PRAGMA max_page_count={pages}")
    return int(pages)


def _read_much(run: Run) -> None:
    for number in range(400):
        text = random.Random(number).randbytes(400).hex()
        run.shelf.read(text, series="a/x", lane=Lane.HIGH)


@in_simulated_time
async def test_a_full_disk_is_named_once_and_what_waits_is_written_when_there_is_room(run):
    pages = await _fill(run)
    with capture_logs() as logs:
        _read_much(run)
        await run.pass_time(60)
        assert await run.shelf.rows() == []
        assert "full" in run.shelf.committer.failure
        assert len(run.begun) > 5
        await run.shelf.database.read(f"PRAGMA max_page_count={pages + 10_000}")
        await run.pass_time(6)
    assert [log["event"] for log in logs] == ["commit failed", "commit works again"]
    assert run.shelf.committer.failure == ""
    total = run.shelf.outbox.ledger.total()
    assert total.waiting + total.shed == 400
    assert sum(last - first + 1 for _, first, last in await run.shelf.rows()) == total.waiting


@in_simulated_time
async def test_a_full_disk_is_relieved(run):
    """Where it is the quota that is reached, room has to be made although nothing can be written."""
    await _fill(run)
    asked = []

    async def relieve() -> bool:
        asked.append(run.shelf.committer.failure)
        return False

    run.shelf.committer.relieve = relieve
    _read_much(run)
    await run.pass_time(2)
    assert asked[0] == ""
    await run.shelf.database.read("PRAGMA max_page_count=1000000")
    await run.pass_time(6)


@in_simulated_time
async def test_a_commit_whose_caller_is_cancelled_is_finished(run):
    run.shelf.read(1.0)
    committing = asyncio.create_task(run.shelf.committer.commit())
    await asyncio.sleep(0)
    committing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await committing
    await run.pass_time(0)
    assert await run.shelf.rows() == [(Lane.NORMAL, 1, 1)]
    assert run.shelf.outbox.ledger.writing == {}


@in_simulated_time
async def test_a_commit_that_fails_when_its_caller_is_gone_troubles_nobody(run):
    """As at a stop: nobody is left to be told, and the last commit tries again."""
    untold = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, context: untold.append(context["message"]))
    run.shelf.read(1.0)
    write = run.shelf.database.write

    async def fail(*_statements):
        await asyncio.sleep(0)
        raise StoreError("the disk fails")

    run.shelf.database.write = fail
    committing = asyncio.create_task(run.shelf.committer.commit())
    await asyncio.sleep(0)
    committing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await committing
    await run.pass_time(0)
    del committing
    gc.collect()
    assert untold == []
    assert run.shelf.outbox.ledger.total().waiting == 1
    run.shelf.database.write = write


@in_simulated_time
async def test_a_commit_that_fails_changes_nothing(run):
    run.shelf.read(1.0)
    await _fill(run)
    _read_much(run)
    with pytest.raises(StoreError):
        await run.shelf.committer.commit()
    assert run.shelf.outbox.ledger.total().waiting == 401
    assert len(values(run.shelf.outbox.take_live(EVERYTHING))) == 401
    await run.shelf.database.read("PRAGMA max_page_count=1000000")

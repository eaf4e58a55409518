"""A disk that is dead, read-only or hangs does not silence an alarm; when it works again, what is left reaches it."""

from __future__ import annotations

import asyncio

import pytest

from gateway.core.reading import Lane
from gateway.errors import StoreError
from gateway.store.committer import HANGS_S, RETRY_S
from tests.store.run import EVERYTHING, in_simulated_time
from tests.store.shelf import values


async def make_read_only(run, *, is_so=True):
    await run.shelf.database.read(f"PRAGMA query_only={'ON' if is_so else 'OFF'}")


def alarm(run, value):
    run.shelf.read(value, series="tank/alarm", unit="", lane=Lane.CRITICAL)


@in_simulated_time
async def test_while_the_disk_takes_nothing_critical_readings_are_sent_from_memory(run):
    outbox = run.shelf.outbox
    await make_read_only(run)
    alarm(run, 1.0)
    assert outbox.take_live(EVERYTHING) == []  # It may still be going to the disk.
    assert outbox.live_since_ns() is None
    await run.pass_time(0)
    assert "readonly" in run.shelf.committer.failure
    assert (outbox.urgent, outbox.critical_in_memory) == (True, True)
    assert outbox.live_since_ns() is not None
    assert values(outbox.take_live(EVERYTHING)) == [1.0]
    alarm(run, 2.0)
    assert (outbox.urgent, outbox.critical_in_memory) == (True, True)
    assert values(outbox.take_live(EVERYTHING)) == [2.0]
    assert not outbox.critical_in_memory
    await make_read_only(run, is_so=False)


@in_simulated_time
async def test_what_was_not_acknowledged_is_on_the_disk_when_it_works_again_and_alarms_wait_for_it_as_before(run):
    outbox = run.shelf.outbox
    await make_read_only(run)
    for value in (1.0, 2.0):
        alarm(run, value)
        await run.pass_time(1)
        sent = outbox.take_live(EVERYTHING)
    run.shelf.acknowledge(sent)
    await make_read_only(run, is_so=False)
    await run.pass_time(RETRY_S + 1)
    assert run.shelf.committer.failure == ""
    assert await run.shelf.rows() == [(Lane.CRITICAL, 1, 1)]
    assert not outbox.has_stored  # It is still on its way to the twin.
    alarm(run, 3.0)
    assert outbox.take_live(EVERYTHING) == []
    await run.pass_time(0)
    assert values(await outbox.take_stored(EVERYTHING)) == [3.0]
    outbox.release()
    assert values(await outbox.take_stored(EVERYTHING)) == [1.0, 3.0]
    assert outbox.ledger.total().balanced


@in_simulated_time
async def test_a_disk_that_works_again_is_noticed_although_nothing_waits_for_it(run):
    await make_read_only(run)
    alarm(run, 1.0)
    await run.pass_time(1)
    run.shelf.acknowledge(run.shelf.outbox.take_live(EVERYTHING))
    await make_read_only(run, is_so=False)
    await run.pass_time(RETRY_S + 1)
    assert (run.shelf.committer.failure, run.shelf.outbox.disk_failing) == ("", False)
    done = len(run.begun)
    await run.pass_time(3_600)
    assert len(run.begun) == done


@in_simulated_time
async def test_a_disk_that_hangs_counts_as_failing_until_it_answers(run):
    write, go_on = run.shelf.database.write, asyncio.Event()

    async def hang(*statements):
        await go_on.wait()
        await write(*statements)

    run.shelf.database.write = hang
    alarm(run, 1.0)
    await run.pass_time(HANGS_S - 1)
    assert run.shelf.outbox.take_live(EVERYTHING) == []
    await run.pass_time(2)
    assert "not answered" in run.shelf.committer.failure
    assert values(run.shelf.outbox.take_live(EVERYTHING)) == [1.0]
    go_on.set()
    await run.pass_time(0)
    assert (run.shelf.committer.failure, run.shelf.outbox.disk_failing) == ("", False)
    assert await run.shelf.rows() == [(Lane.CRITICAL, 1, 1)]


@in_simulated_time
async def test_what_was_found_before_the_disk_failed_to_give_more_can_be_taken_again(run):
    outbox = run.shelf.outbox
    alarm(run, 1.0)
    run.shelf.read(2.0)
    await run.shelf.committer.commit()
    read = run.shelf.database.read

    async def fail_in_the_second_lane(sql, parameters=()):
        if "segment_normal" in sql:
            raise StoreError("the disk does not give it")
        return await read(sql, parameters)

    run.shelf.database.read = fail_in_the_second_lane
    with pytest.raises(StoreError):
        await outbox.take_stored(EVERYTHING)
    run.shelf.database.read = read
    assert outbox.taken == {}
    assert values(await outbox.take_stored(EVERYTHING)) == [1.0, 2.0]

"""What is known of the machine's boots outlives them, in their order, and a store from before it goes on."""

from __future__ import annotations

from gateway.core.time_repair import BOOTS_MAX, Boot
from gateway.store.boots import load_boots, save_boot
from gateway.store.database import open_database
from tests.store.old_schema import store_of_schema


async def save(database, *boots):
    for boot in boots:
        await database.write(*save_boot(boot))


async def test_boots_come_back_in_the_order_in_which_they_began(tmp_path):
    async with open_database(tmp_path, stamp="x") as database:
        await save(database, Boot("b", None, 5), Boot("a", 7, 0), Boot("b", 3, 9))
        assert await load_boots(database) == [Boot("b", 3, 9), Boot("a", 7, 0)]


async def test_only_the_newest_are_kept(tmp_path):
    async with open_database(tmp_path, stamp="x") as database:
        await save(database, *(Boot(str(number), number, 0) for number in range(BOOTS_MAX + 20)))
        kept = await load_boots(database)
    assert len(kept) == BOOTS_MAX
    assert kept[-1] == Boot(str(BOOTS_MAX + 19), BOOTS_MAX + 19, 0)


async def test_a_row_that_cannot_be_believed_is_left_out(tmp_path):
    async with open_database(tmp_path, stamp="x") as database:
        await save(database, Boot("a", 1, 1))
        await database.write(("INSERT INTO boot (boot_id, began_ns, last_ns) VALUES ('x', 'soon', 1)", [()]))
        assert await load_boots(database) == [Boot("a", 1, 1)]


async def test_a_store_of_the_first_schema_is_brought_up_to_date_with_its_events(tmp_path):
    with store_of_schema(tmp_path, 1) as old:
        old.execute("INSERT INTO event VALUES (1, 1795417200.5, 'start', '{}')")
    async with open_database(tmp_path, stamp="x") as database:
        assert database.aside is None
        assert await load_boots(database) == []
        rows = await database.read("SELECT id, boot_id, boottime_ns, time_s, clock FROM event")
    assert rows == [(1, "", 0, 1795417200.5, "synchronised")]

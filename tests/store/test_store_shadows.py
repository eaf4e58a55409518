"""What is kept of both sides of a shadow, over a restart and over damage."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.conflict import Side, Write
from gateway.core.hybrid_clock import Stamp
from gateway.core.override import Override
from gateway.errors import StoreError
from gateway.store import shadows
from gateway.store.database import open_database
from gateway.store.shadows import Tally, load_kept
from tests.store.old_schema import store_of_schema

STAMP = Stamp(1_795_417_200_000, 3, "twin")
OVERRIDE = Override(
    channel="heater/on", value=True, before=False, by="pi", lasts_s=9.0, stamp="0" * 16, boot_id="b", made_boottime_ns=5
)  # fmt: skip


async def test_a_new_store_knows_nothing(tmp_path):
    async with open_database(tmp_path, stamp="x") as database:
        assert await load_kept(database, "gw") == ({}, {}, Stamp(node="gw"), Tally())


async def test_it_is_all_there_after_a_restart(tmp_path):
    async with open_database(tmp_path, stamp="x") as database:
        await database.write(
            shadows.agree("climate/setpoint", Write(20, STAMP)),
            shadows.agree("climate/setpoint", Write(22.5, STAMP)),
            shadows.agree("room/_settings", Write({"every": 5}, STAMP)),
            shadows.keep_override(msgspec.structs.replace(OVERRIDE, value=False)),
            shadows.keep_override(OVERRIDE),
            shadows.keep_clock(STAMP),
            shadows.keep_tally(Tally(7, 1, 2)),
        )
    async with open_database(tmp_path, stamp="x") as database:
        kept = await load_kept(database, "gw")
    assert kept.agreed == {"climate/setpoint": (22.5, STAMP), "room/_settings": ({"every": 5}, STAMP)}
    assert kept.overrides == {"heater/on": OVERRIDE}
    assert kept.latest == (STAMP.ms, STAMP.counter, "gw")
    assert (kept.tally.changes, kept.tally.conflicts) == (7, 3)


async def test_conflicts_that_were_not_counted_by_device_still_count(tmp_path):
    async with open_database(tmp_path, stamp="x") as database:
        old = '{"changes":7,"site":1,"twin":2,"both":0}'
        await database.write(("INSERT INTO meta VALUES (?, ?)", [("conflicts", old)]))
        tally = (await load_kept(database, "gw")).tally.with_change("room", Side.SITE)
    assert (tally.changes, tally.conflicts, tally.rate) == (8, 4, 0.5)
    assert (tally.of("room").rate, tally.of("tank").rate) == (1.0, 0.0)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.none() | st.sampled_from(Side))))
def test_the_devices_have_together_what_the_whole_has(changes):
    tally = Tally()
    for device, winner in changes:
        tally = tally.with_change(device, winner)
    assert sum(one.changes for one in tally.devices.values()) == tally.changes == len(changes)
    assert sum(one.conflicts for one in tally.devices.values()) == tally.conflicts
    assert all(0.0 <= tally.of(device).rate <= 1.0 for device in "abc")
    assert msgspec.json.decode(msgspec.json.encode(tally), type=Tally) == tally


async def test_what_is_over_is_forgotten(tmp_path):
    async with open_database(tmp_path, stamp="x") as database:
        await database.write(shadows.agree("heater/on", Write(True, STAMP)), shadows.keep_override(OVERRIDE))
        await database.write(shadows.disagree("heater/on"), shadows.end_override("heater/on"))
        kept = await load_kept(database, "gw")
    assert (kept.agreed, kept.overrides) == ({}, {})


async def test_a_transaction_that_fails_keeps_nothing_of_it(tmp_path):
    """The outcome of a conflict and the new base are there together or not at all."""
    async with open_database(tmp_path, stamp="x") as database:
        broken = ("INSERT INTO nowhere VALUES (?)", [(1,)])
        with pytest.raises(StoreError):
            await database.write(
                shadows.agree("heater/on", Write(True, STAMP)), shadows.keep_override(OVERRIDE), broken
            )
        kept = await load_kept(database, "gw")
    assert (kept.agreed, kept.overrides) == ({}, {})


async def test_what_is_damaged_is_passed_over(tmp_path):
    async with open_database(tmp_path, stamp="x") as database:
        await database.write(
            shadows.agree("heater/on", Write(True, STAMP)),
            ("INSERT INTO agreed VALUES (?, ?, ?)", [("a/b", "{", "x"), ("a/c", "1", "no stamp")]),
            ("INSERT INTO override VALUES (?, ?)", [("a/b", "{}")]),
            ("INSERT INTO meta VALUES (?, ?)", [("hybrid_clock", b"\x00"), ("conflicts", "[]")]),
        )
        kept = await load_kept(database, "gw")
    assert set(kept.agreed) == {"heater/on", "a/c"}
    assert kept.overrides == {}
    assert (kept.latest, kept.tally) == (Stamp(node="gw"), Tally())


async def test_a_store_of_the_schema_before_is_carried_over(tmp_path):
    with store_of_schema(tmp_path, 1) as old:
        old.execute("INSERT INTO held VALUES (?, ?)", ("climate/setpoint", "21.0"))
    async with open_database(tmp_path, stamp="x") as database:
        await database.write(shadows.keep_override(OVERRIDE))
        assert (await load_kept(database, "gw")).overrides == {"heater/on": OVERRIDE}
        assert await database.read("SELECT value FROM held") == [("21.0",)]

"""An application that nobody here wrote moves a relay: it desires, the gateway acts, the document says so."""

from __future__ import annotations

import pytest

from tests.system.theatre import a_stage, connected, flowing, outcome, twin
from tests.twin.stock_client import StockClient, stock_connection

pytestmark = pytest.mark.system

LAMP = "  lamp:\n    driver: digital_output\n    bus: header\n    pin: 22\n    safe: {on: false}\n"


@pytest.mark.parametrize("cloud", ["edgetwin", "aws"])
async def test_an_application_desires_a_relay_moves_reported_follows_and_the_delta_ends(tmp_path, cloud):
    """The gateway is under a prefix of its own, which the twin serves too, or under that of the application."""
    changes = [("  heater:\n", f"{LAMP}  heater:\n"), ("\nlink:\n", f"\ncloud: {cloud}\nlink:\n")]
    async with a_stage(tmp_path, changes=changes) as stage:
        stage.start_twin("--prefix", "edgetwin", "--prefix", "$aws")
        async with stock_connection(stage.broker) as connection:
            lamp = StockClient(connection, "lamp", stage.site.gateway)
            await lamp.listen()
            stage.start_daemon()
            assert await stage.until(connected, 20.0)
            document = (await lamp.streams.next("documents")).current
            assert document.state.reported == {"on": False}

            await lamp.update(desired={"on": True})
            assert (await lamp.streams.next("delta")).state == {"on": True}
            while document.state.reported != {"on": True}:
                document = (await lamp.streams.next("documents")).current
            got = await lamp.get()
            assert (got.state.delta, got.state.reported) == (None, {"on": True})

            await lamp.update(desired={"on": "maybe"})
            while "_errors" not in document.state.reported:
                document = (await lamp.streams.next("documents")).current
            error = document.state.reported["_errors"]["on"]
            assert (error["code"], error["want"]) == ("WRONG_TYPE", "maybe")
            assert "lamp/on" in error["reason"]
            assert (await lamp.get()).state.delta == {"on": "maybe"}

            # Deleted, the document comes back from the device, without what was wished.
            await lamp.delete()
            while document.state.desired or document.state.reported != {"on": True}:
                document = (await lamp.streams.next("documents")).current

            order = await twin(stage, "command", channel="lamp/on", value=False)
            found = await outcome(stage, order["id"])
            # Where only the broker acknowledges, nobody tells the time to a machine that does not know it.
            assert found["status"] == "SUCCEEDED" or "CLOCK_UNKNOWN" in str(found["reason"])
            assert await stage.until(flowing, 20.0)

            room = StockClient(connection, "room", stage.site.gateway)
            assert (await room.get()).state.reported.keys() == {"temperature", "humidity"}

"""Small batches between a real daemon and a real twin: they are small on the wire, and land whole and once."""

from __future__ import annotations

import asyncio
import contextlib
from statistics import median

import pytest

from demo.broker import mosquitto
from gateway.core import wire
from gateway.core.dictionary import dictionary_of
from gateway.core.senml import decode_pack
from tests.system.theatre import START_S, a_stage, clean, client, flowing, twin

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(mosquitto() is None, reason="mosquitto is not installed"),
]

GATEWAY = "greenhouse-1"
THING = f"edgetwin/things/{GATEWAY}"


class Wiretap:
    """Somebody who reads along: every batch, oldest first, and the birth that they rest on."""

    def __init__(self):
        self.batches = []
        self.birth = None

    @property
    def forms(self):
        """The first byte of every batch."""
        return b"".join(batch[:1] for batch in self.batches).decode("latin-1")

    def singles(self):
        """The one reading of each small batch that has one, and how many bytes it took."""
        known = [dictionary_of(self.birth)]
        for batch in self.batches:
            if batch[:1] == b"d":
                records = [one for segment in decode_pack(batch, GATEWAY, known=known) for one in segment.records]
                if len(records) == 1:
                    yield records[0], len(batch)

    async def listen(self, stranger):
        async for message in stranger.messages:
            if message.topic.value.endswith("/birth"):
                self.birth = wire.decode(message.payload, wire.Birth)
            else:
                self.batches.append(message.payload)


@contextlib.asynccontextmanager
async def tapped(stage):
    tap = Wiretap()
    async with client(stage) as stranger:
        for kind in ("birth", "telemetry"):
            await stranger.subscribe(f"{THING}/{kind}", qos=1)
        listening = asyncio.create_task(tap.listen(stranger))
        try:
            yield tap
        finally:
            listening.cancel()
            await asyncio.wait([listening])


async def test_single_readings_go_out_small_and_land_right(tmp_path):
    async with a_stage(tmp_path) as stage, tapped(stage) as tap:
        stage.start_twin()
        stage.start_daemon()
        assert await stage.until(flowing, START_S)
        assert await stage.until(lambda _: len(list(tap.singles())) >= 5, START_S)
        assert await clean(stage)
        single = list(tap.singles())
        assert median(size for _, size in single) <= 25
        for record, size in single:
            assert size <= 40
            rows = (await twin(stage, "history", series=record.series, limit=1000))["readings"]
            assert [row["value"] for row in rows if row["time"] == record.time_s] == [record.value]


@pytest.mark.parametrize(("encoding", "form"), [("json", "d"), ("compact", "c")])
async def test_a_twin_that_starts_anew_gets_plain_batches_and_then_small_ones_again(tmp_path, encoding, form):
    async with a_stage(tmp_path, link={"encoding": encoding}) as stage, tapped(stage) as tap:
        first = stage.start_twin()
        stage.start_daemon()
        assert await stage.until(lambda now: flowing(now) and tap.forms.count(form) >= 3, START_S)
        await stage.may_end(first).kill()
        # Nobody answers: whoever comes may not have the birth.
        alone = len(tap.batches)
        assert await stage.until(lambda _: set(tap.forms[alone:]) & set("[x"), START_S)
        stage.start_twin()
        again = len(tap.batches)
        assert await stage.until(lambda _: tap.forms[again:].count(form) >= 3, START_S)
        assert await clean(stage)
        assert set(tap.forms) <= set("[xd" + form)

"""Small batches on the link: from when on they go by the dictionary, and what happens where nobody has it."""

from __future__ import annotations

import pytest

from gateway.core.dictionary import dictionary_of
from gateway.core.senml import decode_pack
from gateway.core.wire import Ack
from tests.cloud.rig import GATEWAY, TOPIC
from tests.core.births import birth

BORN = birth()
KNOWN = dictionary_of(BORN)
ACCEPTS = ["zlib", "cbor", "compact", KNOWN.word]


def forms(rig):
    """The first byte of every batch on this session."""
    return b"".join(payload[:1] for payload in rig.session.on(TOPIC)).decode()


def tell(rig, accepts, *segments):
    ranges = [(one.epoch, one.lane.label, one.first, one.last) for one in segments]
    now_s = rig.clock.wall_ns() / 1e9
    rig.uplink.on_ack(Ack(ranges, now_s, now_s, accepts=accepts))


def last(rig):
    return decode_pack(rig.session.on(TOPIC)[-1], GATEWAY, known=[KNOWN])


@pytest.fixture
async def heard(rig):
    """An uplink whose twin has just said what it reads."""
    rig.uplink.encoder.born(BORN)
    await rig.connect()
    tell(rig, ACCEPTS)
    return rig


async def test_batches_are_small_from_the_first_word_of_the_twin_on(rig):
    rig.uplink.encoder.born(BORN)
    await rig.connect()
    await rig.read(1)
    tell(rig, ACCEPTS)
    await rig.read(2)
    assert forms(rig) == "[d"
    assert [record.value for segment in last(rig) for record in segment.records] == [2.0]


async def test_a_new_connection_begins_plainly(heard):
    await heard.read(1)
    await heard.connect()
    await heard.read(2)
    assert forms(heard) in ("[", "x")


async def test_a_twin_that_lost_the_birth_gets_the_batch_again_plainly(heard):
    await heard.read(1)
    tell(heard, ["zlib", "cbor", "compact"])
    await heard.pass_time(heard.link.ack_timeout_s)
    assert forms(heard) == "d["
    assert heard.outbox.ledger.total().waiting == 1
    tell(heard, ACCEPTS, *last(heard))
    await heard.settle()
    assert heard.outbox.ledger.total().waiting == 0
    await heard.read(2)
    assert forms(heard) == "d[d"


async def test_without_any_answer_everything_goes_plainly_again(heard):
    await heard.read(1)
    await heard.pass_time(heard.link.ack_timeout_s)
    assert forms(heard) == "d["
    tell(heard, None, *last(heard))
    await heard.read(2)
    assert forms(heard) == "d[["


async def test_a_batch_that_others_overtook_goes_plainly_and_is_not_kept_apart(heard):
    await heard.read(1)
    await heard.read(2)
    tell(heard, ACCEPTS, *last(heard))
    await heard.pass_time(heard.link.ack_timeout_s)
    assert forms(heard) == "dd["
    tell(heard, ACCEPTS, *last(heard))
    await heard.settle()
    assert heard.outbox.ledger.total().waiting == 0

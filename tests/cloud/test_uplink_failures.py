"""The uplink on other days: a twin that is silent, a broker that refuses, a batch that nobody wants."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from gateway.cloud.flight import SILENCE_DOUBLINGS_MAX, TRIES_MAX
from gateway.cloud.session import PUBACK_NO_SUBSCRIBERS
from gateway.core.reading import Lane
from gateway.core.settings import Acknowledge
from gateway.core.wire import Ack
from gateway.errors import LinkError
from tests.cloud.rig import TOPIC, open_rig

NOT_AUTHORISED, QUOTA_EXCEEDED, TOO_LARGE = 0x87, 0x97, 0x95


def waiting(rig):
    return rig.outbox.ledger.total().waiting


async def test_a_silent_twin_gets_one_batch_at_a_time_marked_and_with_longer_and_longer_waits(rig):
    await rig.connect()
    await rig.read(1)
    await rig.read(2)
    timeout_s, sent = rig.link.ack_timeout_s, 2
    with capture_logs() as logs:
        for doubling in (0, 1, 2, 3, 4, 4, 4):
            await rig.pass_time(timeout_s * 2**doubling - 0.01)
            assert len(rig.batches) == sent
            await rig.pass_time(0.02)
            sent += 1
            assert len(rig.batches) == sent
            assert rig.uplink.silent
    assert SILENCE_DOUBLINGS_MAX == 4
    assert all(segment.backfill for batch in rig.batches[2:] for segment in batch)
    assert [line["event"] for line in logs] == ["twin silent"]
    await rig.acknowledge(*rig.batches[-1])
    assert not rig.uplink.silent
    assert waiting(rig) == 0


async def test_a_twin_that_says_anything_again_gets_what_waits_without_the_long_wait(rig):
    """A twin that starts answers the birth, with an acknowledgement of nothing."""
    await rig.connect()
    await rig.read(1)
    for doubling in range(4):
        await rig.pass_time(rig.link.ack_timeout_s * 2**doubling)
    await rig.pass_time(rig.link.ack_timeout_s)
    sent = len(rig.batches)
    rig.uplink.on_ack(Ack(ranges=[], received=0.0, sent=0.0))
    await rig.pass_time(0.01)
    assert len(rig.batches) == sent + 1
    for _ in range(9):  # One that answers all but batches does not get them more often for it.
        rig.uplink.on_ack(Ack(ranges=[], received=0.0, sent=0.0))
        await rig.pass_time(rig.link.ack_timeout_s / 10)
    assert len(rig.batches) == sent + 1
    await rig.acknowledge(*rig.batches[-1])
    assert waiting(rig) == 0


async def test_while_the_twin_is_silent_the_uplink_sleeps(rig):
    """It does not look again every millisecond because there is something that it may not send."""
    await rig.connect()
    await rig.read(1)
    await rig.pass_time(rig.link.ack_timeout_s)
    await rig.read(2, urgent=False)
    await rig.pass_time(5.0)
    assert rig.uplink._pause_s() > 1.0


async def test_an_acknowledgement_that_comes_after_its_time_frees_what_is_on_its_way_again(rig):
    await rig.connect()
    await rig.read(1)
    first = rig.batches[0]
    await rig.pass_time(rig.link.ack_timeout_s)
    assert rig.values == [[1.0], [1.0]]
    await rig.acknowledge(*first)
    assert waiting(rig) == 0
    assert not rig.uplink.silent


async def test_an_acknowledgement_of_what_waits_again_does_no_harm(rig):
    await rig.connect()
    await rig.read(1)
    await rig.read(2)
    first, second = rig.batches
    await rig.pass_time(rig.link.ack_timeout_s)
    await rig.acknowledge(*second)
    await rig.acknowledge(*first)
    for batch in rig.batches[2:]:
        await rig.acknowledge(*batch)
    assert waiting(rig) == 0


async def test_a_broker_that_acknowledges_nothing_is_no_connection(rig):
    await rig.connect(code=None)
    await rig.read(1)
    await rig.pass_time(rig.link.ack_timeout_s)
    with pytest.raises(LinkError, match="did not acknowledge"):
        await rig.task


async def test_after_a_reconnection_everything_that_was_on_its_way_is_sent_again(rig):
    await rig.connect()
    for number in range(3):
        await rig.read(number)
    await rig.connect()
    assert sorted(sum(rig.values, start=[])) == [0.0, 1.0, 2.0]  # noqa: RUF017 - three of them
    for batch in list(rig.batches):
        await rig.acknowledge(*batch)
    assert waiting(rig) == 0


async def test_answers_of_a_lost_session_do_not_touch_the_next(rig):
    await rig.connect(code=None)
    await rig.read(1)
    old = rig.session.sent[0]
    await rig.connect(code=None)
    await rig.pass_time(rig.link.linger_s)
    old.acknowledge(NOT_AUTHORISED)
    await rig.settle()
    assert rig.uplink.refused == ""
    assert len(rig.batches) == 1


@pytest.mark.parametrize("code", [NOT_AUTHORISED, QUOTA_EXCEEDED, 0x80])
async def test_a_refusal_is_named_once_and_the_batch_waits_for_another_try(rig, code):
    with capture_logs() as logs:
        await rig.connect(code=code)
        await rig.read(1)
        await rig.read(2)
        assert len(rig.batches) == 1
        assert f"0x{code:02X}" in rig.uplink.refused
        await rig.pass_time(rig.link.backoff_cap_s - 0.01)
        assert len(rig.batches) == 1
        await rig.pass_time(0.02)
        assert len(rig.batches) == 2
    assert [line["event"] for line in logs] == ["batch refused"]
    assert waiting(rig) == 2


async def test_a_refusal_is_over_when_something_arrives(rig):
    await rig.connect(code=NOT_AUTHORISED)
    await rig.read(1)
    await rig.connect(code=0)
    await rig.pass_time(rig.link.linger_s)
    assert rig.uplink.refused
    await rig.acknowledge(*rig.batches[0])
    assert rig.uplink.refused == ""


@pytest.mark.parametrize(("code", "freed"), [(0, 1), (PUBACK_NO_SUBSCRIBERS, 0), (0x80, 0), (NOT_AUTHORISED, 0)])
async def test_where_the_broker_acknowledges_its_word_of_success_frees_and_no_other(tmp_path, code, freed):
    async with open_rig(tmp_path, acknowledge=Acknowledge.BROKER) as rig:
        await rig.connect(code=None)
        await rig.read(1)
        assert rig.outbox.ledger.total().acknowledged == 0
        rig.session.sent[0].acknowledge(code)
        await rig.settle()
        assert rig.outbox.ledger.total().acknowledged == freed


async def test_where_the_broker_acknowledges_and_nobody_listens_it_is_sent_again(tmp_path):
    async with open_rig(tmp_path, acknowledge=Acknowledge.BROKER) as rig:
        await rig.connect(code=PUBACK_NO_SUBSCRIBERS)
        await rig.read(1)
        await rig.pass_time(rig.link.ack_timeout_s)
        assert rig.values == [[1.0], [1.0]]


async def test_where_the_twin_acknowledges_the_brokers_word_frees_nothing(rig):
    await rig.connect(code=0)
    await rig.read(1)
    assert waiting(rig) == 1


async def test_what_the_broker_refuses_for_its_content_is_tried_alone_and_then_kept_apart(rig):
    await rig.read(1, series="a/poison", lane=Lane.HIGH)
    await rig.read(2, series="a/fine")
    await rig.connect(code=None)
    for _ in range(12):
        for sent, numbers in zip(rig.session.sent, rig.values, strict=True):
            sent.acknowledge(TOO_LARGE if 1.0 in numbers else 0)
        await rig.pass_time(rig.link.linger_s)
    assert rig.values[0] == [1.0, 2.0]
    assert rig.values.count([1.0]) == TRIES_MAX - 1
    assert all(segment.backfill for batch in rig.batches[1:] for segment in batch)
    assert [2.0] in rig.values
    total = rig.outbox.ledger.total()
    assert (total.quarantined, total.waiting) == (1, 1)


async def test_what_the_twin_can_never_take_is_kept_apart_and_the_rest_goes_on(rig):
    await rig.read(1, series="a/poison", lane=Lane.HIGH)
    await rig.read(2, series="a/fine")
    await rig.connect()
    poison, fine = rig.batches[0]
    await rig.acknowledge(fine, rejected=[poison])
    total = rig.outbox.ledger.total()
    assert (total.quarantined, total.acknowledged, total.waiting) == (1, 1, 0)
    await rig.pass_time(1000)
    assert len(rig.batches) == 1


async def test_a_batch_fits_into_the_largest_packet_that_the_broker_takes(rig):
    for number in range(4):
        await rig.read(*range(number * 100, number * 100 + 100))
        await rig.commit()
    await rig.connect(packet_bytes_max=1500)
    for _ in range(8):
        for batch in rig.batches:
            await rig.acknowledge(*batch)
    assert max(len(payload) for payload in rig.session.on(TOPIC)) <= 1500
    assert waiting(rig) == 0


async def test_a_segment_that_no_packet_can_hold_is_kept_apart(rig):
    await rig.read(*range(300))
    await rig.connect(packet_bytes_max=1100)
    await rig.pass_time(1)
    assert rig.batches == []
    assert rig.outbox.ledger.total().quarantined == 300


async def test_the_uplink_ends_with_its_session_and_leaves_no_task(rig):
    before = len(asyncio.all_tasks())
    await rig.connect()
    await rig.read(1)
    await rig.end()
    assert len(asyncio.all_tasks()) == before


async def test_segments_that_are_kept_apart_for_one_reason_are_one_line_in_the_log(rig):
    for number in range(10):
        await rig.read(number)
        await rig.commit()
    await rig.connect()
    with capture_logs() as logs:
        await rig.acknowledge(rejected=[segment for batch in rig.batches for segment in batch])
    assert rig.outbox.ledger.total().quarantined == 10
    assert [line["event"] for line in logs] == ["segment kept apart"]

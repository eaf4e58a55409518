"""A segment that can never be taken is rejected by name, counted, told once, and costs no other one."""

from __future__ import annotations

import asyncio
import json
import zlib

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from gateway.core.senml import Rejected
from gateway.core.senml_cbor import transcode
from gateway.core.wire import MESSAGE_BYTES_MAX, Ack, decode, encode
from tests.twin.builders import EPOCH, NOW_S, PREFIXES, batch, pack, segment, sent
from twin import engine, handlers
from twin.changes import Changes
from twin.complaints import Complaints
from twin.dictionaries import ACCEPTS
from twin.handlers import handle
from twin.messages import decode_message
from twin.model import Model
from twin.receipts import RANGES_MAX, REJECTED_MAX, Receipt, acks
from twin.store import open_store
from twin.topics import Address, Kind
from twin.writer import Writer


def joined(*payloads):
    """Packs as one."""
    return b"[" + b",".join(payload[1:-1] for payload in payloads) + b"]"


def spoilt(payload):
    """A pack whose last value is none."""
    return payload.replace(b'"v": 20.0', b'"v": "hot"')


def incoming(payload):
    return decode_message(Address("edgetwin", "g", Kind.TELEMETRY), payload, NOW_S, retained=False)


def run(model, message):
    changes = Changes()
    handle(model, message, changes, PREFIXES)
    return changes


@pytest.mark.parametrize("form", [bytes, transcode, zlib.compress])
def test_good_segments_are_taken_and_bad_ones_named(form):
    model = Model()
    changes = run(model, incoming(form(joined(pack(1, 3), spoilt(pack(4, 6)), pack(7, 9)))))
    ((topic, ack),) = sent(changes)
    assert topic == "edgetwin/things/g/ack"
    assert ack["ranges"] == [[EPOCH, "normal", 1, 3], [EPOCH, "normal", 7, 9]]
    ((*labels, reason),) = ack["rejected"]
    assert labels == [EPOCH, "normal", 4, 6]
    assert "Expected `float`, got `str`" in reason
    assert engine.received(model.gateways["g"].readings()) == 6
    assert engine.missing(model.gateways["g"].readings()) == 3


def test_a_batch_of_bad_segments_only_is_answered_too():
    ((_, ack),) = sent(run(Model(), incoming(spoilt(pack(4, 6)))))
    assert (ack["ranges"], len(ack["rejected"])) == ([], 1)


def test_a_good_batch_rejects_nothing_and_says_what_can_be_read():
    ((_, ack),) = sent(run(Model(), incoming(pack(1, 3))))
    assert "rejected" not in ack
    assert ack["accepts"] == ["zlib", "cbor", "compact"]


def test_the_gateway_reads_what_is_rejected():
    (message,) = run(Model(), incoming(joined(pack(1, 3), spoilt(pack(4, 6))))).settle(NOW_S)
    ack = decode(message.payload, Ack)
    assert (ack.ranges, ack.rejected[0][:4]) == ([(EPOCH, "normal", 1, 3)], (EPOCH, "normal", 4, 6))


def test_what_can_be_rejected_in_one_batch_is_bounded(monkeypatch):
    monkeypatch.setattr(handlers, "REJECTED_MAX", 3)
    bad = [Rejected(EPOCH, "normal", first, first, "no") for first in range(1, 9)]
    changes = run(Model(), batch(segment(20, 20), rejected=bad))
    assert len(sent(changes)[0][1]["rejected"]) == 3
    assert [complaint.kind for complaint in changes.complaints] == ["segment_rejected"] * 8


async def test_each_is_counted_and_one_told(tmp_path):
    async with open_store(tmp_path) as store:
        queue = asyncio.Queue()
        complaints = Complaints(structlog.get_logger())
        writer = Writer(
            store,
            PREFIXES,
            complaints,
            now_s=lambda: NOW_S,
            send=lambda messages: [queue.put_nowait(message) for message in messages],
        )
        with capture_logs() as logs:
            task = asyncio.create_task(writer.run())
            nameless = json.dumps([{"bn": "g/a/x", "v": 1}]).encode()
            for payload in (spoilt(pack(1, 3)), spoilt(pack(4, 6)), joined(nameless, pack(7, 9))):
                await writer.put(incoming(payload))
                await asyncio.wait_for(queue.get(), 5)
            await writer.ask(lambda *_: lambda: None)
            task.cancel()
            await asyncio.wait([task])
    assert complaints.counts == {"segment_rejected": 2, "segment_unreadable": 1}
    (rejected,) = (line for line in logs if line["event"] == "segment_rejected")
    assert rejected["segment"] == f"1 to 3 of lane normal of epoch {EPOCH}"
    assert rejected["gateway"] == "g"
    assert len(logs) == 2


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=200, max_size=200)


@given(texts | st.just("\U0001f600" * 200) | st.just("\0" * 200))
def test_no_acknowledgement_is_larger_than_a_gateway_reads(reason):
    epoch = "f" * 16 + "-1234567890"
    receipt = Receipt(
        "t",
        [(epoch, "critical", 2**53 - 1, 2**53)] * (RANGES_MAX + 1),
        NOW_S,
        [Rejected(epoch, "x" * 64, 2**53 - 1, 2**53, reason)] * (2 * REJECTED_MAX + 1),
    )
    said = list(acks(receipt, NOW_S, ACCEPTS))
    assert max(len(encode(ack)) for ack in said) < MESSAGE_BYTES_MAX
    assert sum(len(ack.ranges) for ack in said) == RANGES_MAX + 1
    assert sum(len(ack.rejected) for ack in said) == 2 * REJECTED_MAX + 1
    assert len(said) == 3


def test_an_empty_answer_is_an_answer():
    (ack,) = acks(Receipt("t", [], NOW_S, []), NOW_S + 1, ACCEPTS)
    assert (ack.ranges, ack.received, ack.sent) == ([], NOW_S, NOW_S + 1)

"""JSON until the twin has said that it reads CBOR."""

from __future__ import annotations

import pytest

from gateway.cloud.encoding import PackEncoder
from gateway.core.reading import ClockState, Lane
from gateway.core.segment import Base, Outgoing, Segment, expand
from gateway.core.senml import decode_pack
from gateway.core.settings import Encoding

BODY = b'{"bn":"gw/room/temperature","bu":"Cel","t":0.0,"v":21.5},{"t":1.0,"v":21.25}'
SEGMENT = Segment(Lane.NORMAL, "0123456789abcdef-1", 1, 2, Base("boot", 0, 0), BODY)
BATCH = [Outgoing(SEGMENT, 1_795_417_200_000_000_000, ClockState.SYNCHRONISED, backfill=False)]


def kind(payload):
    return "json" if expand(payload)[:1] == b"[" else "cbor"


def records(payload):
    return [record for segment in decode_pack(payload, "gw") for record in segment.records]


def test_json_is_sent_until_the_twin_has_spoken():
    assert kind(PackEncoder(Encoding.CBOR).encode(BATCH)) == "json"


def test_cbor_is_sent_once_the_twin_reads_it_and_says_the_same():
    encoder = PackEncoder(Encoding.CBOR)
    json = encoder.encode(BATCH)
    encoder.learn(["zlib", "cbor"])
    encoder.learn(None)

    cbor = encoder.encode(BATCH)

    assert kind(cbor) == "cbor"
    assert records(cbor) == records(json)


@pytest.mark.parametrize(("wanted", "accepts"), [(Encoding.JSON, ["zlib", "cbor"]), (Encoding.CBOR, ["zlib"])])
def test_json_is_sent_where_nobody_asked_or_nobody_reads_cbor(wanted, accepts):
    encoder = PackEncoder(wanted)
    encoder.learn(accepts)
    assert kind(encoder.encode(BATCH)) == "json"


def test_a_new_connection_begins_with_json_again():
    encoder = PackEncoder(Encoding.CBOR)
    encoder.learn(["cbor"])
    encoder.forget()
    assert kind(encoder.encode(BATCH)) == "json"

"""JSON until the twin has said that it reads what is wanted, and small batches by the dictionary that it has."""

from __future__ import annotations

import msgspec
import pytest

from gateway.cloud.encoding import PackEncoder
from gateway.core.compact import BORN
from gateway.core.dictionary import dictionary_of
from gateway.core.reading import ClockState, Lane
from gateway.core.segment import Base, Outgoing, Segment, encode_pack, expand, plain_pack
from gateway.core.senml import decode_pack
from gateway.core.settings import Encoding
from tests.core.births import birth, outgoing, reading, segment

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


KNOWN = dictionary_of(birth())
EVERYTHING = ["zlib", "cbor", "compact", KNOWN.word]
SMALL = outgoing(segment(reading("room/temperature", 21.43)))
LARGE = outgoing(segment(*(reading("room/temperature", 21 + at % 9 / 100, at * 1000) for at in range(60))))


def told(wanted=Encoding.JSON, accepts=EVERYTHING, **options):
    """An encoder whose twin has spoken."""
    encoder = PackEncoder(wanted, **options)
    encoder.born(birth())
    encoder.learn(accepts)
    return encoder


def same(payload, batch):
    return decode_pack(payload, "gw", known=[KNOWN]) == decode_pack(plain_pack(batch), "gw")


@pytest.mark.parametrize("wanted", [Encoding.JSON, Encoding.CBOR])
def test_small_batches_go_by_the_dictionary_that_the_twin_has(wanted):
    payload = told(wanted).encode(SMALL)
    assert payload[:1] == b"d"
    assert len(payload) <= 25
    assert same(payload, SMALL)


def test_large_batches_go_as_before():
    assert told().encode(LARGE) == encode_pack(LARGE)
    assert kind(told(Encoding.CBOR).encode(LARGE)) == "cbor"


@pytest.mark.parametrize(
    "accepts",
    [None, [], ["zlib"], ["zlib", "cbor", "compact"], [dictionary_of(birth(epoch="3f2a9c1b7d10e644-3")).word]],
)
def test_a_twin_that_has_another_dictionary_or_none_gets_json(accepts):
    assert told(accepts=accepts).encode(SMALL) == encode_pack(SMALL)


def test_the_dictionary_can_be_switched_off():
    assert told(use_dictionary=False).encode(SMALL) == encode_pack(SMALL)


@pytest.mark.parametrize("batch", [SMALL, LARGE])
@pytest.mark.parametrize("accepts", [EVERYTHING, ["compact"]])
def test_the_compact_form_is_sent_where_it_is_wanted_and_read(batch, accepts):
    payload = told(Encoding.COMPACT, accepts).encode(batch)
    assert payload[:1] == b"c"
    assert bool(payload[1] & BORN) == (accepts == EVERYTHING)
    assert same(payload, batch)


def test_who_does_not_read_the_compact_form_gets_what_it_reads():
    assert told(Encoding.COMPACT, ["zlib"]).encode(LARGE) == encode_pack(LARGE)
    assert told(Encoding.COMPACT, ["zlib", KNOWN.word]).encode(SMALL)[:1] == b"d"


def test_what_the_compact_form_cannot_say_goes_as_json():
    before_all_time = outgoing(segment(reading("room/temperature", 21.43)), wall_ns=-1_000_000_000)
    assert told(Encoding.COMPACT).encode(before_all_time) == encode_pack(before_all_time)


@pytest.mark.parametrize("wanted", Encoding)
@pytest.mark.parametrize("accepts", [EVERYTHING, ["zlib", "cbor", "compact"]])
def test_what_no_other_form_can_say_goes_as_it_stands(wanted, accepts):
    (one,) = SMALL
    body = one.segment.body.replace(b"21.43", b"1e999")
    odd = [msgspec.structs.replace(one, segment=msgspec.structs.replace(one.segment, body=body))]
    assert told(wanted, accepts).encode(odd) == encode_pack(odd)


@pytest.mark.parametrize("wanted", Encoding)
def test_what_failed_before_goes_plainly(wanted):
    assert told(wanted).encode(SMALL, plainly=True) == encode_pack(SMALL)


@pytest.mark.parametrize("wanted", Encoding)
def test_what_a_twin_read_is_forgotten_with_it(wanted):
    encoder = told(wanted)
    encoder.forget()
    assert encoder.encode(SMALL) == encode_pack(SMALL)


def test_a_new_birth_has_to_be_heard_of_anew():
    encoder = told()
    encoder.born(birth(started=1.0))
    assert encoder.encode(SMALL) == encode_pack(SMALL)

"""A pack says the same in CBOR as in JSON."""

from __future__ import annotations

import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.cbor import encode
from gateway.core.senml import SenmlError, decode_pack
from gateway.core.senml_cbor import CBOR_FIRST_BYTES, LABELS, transcode
from gateway.core.senml_raw import RECORDS_MAX

BASE_S = 1_795_417_200.25
HEAD = {"epoch": "3f2a9c1b7d10e644-2", "lane": "normal", "first": 1, "last": 1}
ONE = HEAD | {"bn": "g/room/temperature", "bt": BASE_S, "v": 21.43}


def cbor(*records):
    """A pack of `records`, whose labels become the numbers that the RFC gives them."""
    return encode([{LABELS.get(label, label): value for label, value in record.items()} for record in records])


values = (
    st.floats(allow_nan=False, allow_infinity=False).map(lambda value: {"v": value})
    | st.integers(-(2**53), 2**53).map(lambda value: {"v": value})
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20).map(lambda value: {"vs": value})
    | st.booleans().map(lambda value: {"vb": value})
)
more = st.sampled_from(
    [{}, {"u": "Pa"}, {"q": "bad", "qr": "range"}, {"bu": "Cel"}, {"bv": 0.5}, {"colour": [1, None]}]
)
names = st.sampled_from([{}, {"bn": "g/room/humidity"}, {"n": "2"}])
records = st.tuples(names, st.floats(0, 1e6), values, more).map(
    lambda parts: parts[0] | {"t": parts[1]} | parts[2] | parts[3]
)


@given(st.lists(records, min_size=1, max_size=12), st.booleans())
def test_what_is_said_in_json_is_said_in_cbor(made, backfill):
    head = HEAD | {"bn": "g/room/temperature", "bt": BASE_S, "last": len(made), "backfill": backfill}
    pack = json.dumps([head | made[0], *made[1:]]).encode()
    expected = decode_pack(pack, "g")
    for form in (
        transcode(pack),
        zlib.compress(transcode(pack)),
        b"\x9f" + cbor(head | made[0], *made[1:])[1:] + b"\xff",
    ):
        assert decode_pack(form, "g") == expected


def test_the_first_byte_tells():
    assert transcode(json.dumps([ONE]).encode())[:1] in CBOR_FIRST_BYTES
    assert {b"[", b"x"} & CBOR_FIRST_BYTES == set()


def test_labels_are_those_of_the_rfc():
    # An array of one map: bn (-2) "g/a/x", t (6) 0, and a label of our own by its name.
    assert transcode(b'[{"bn":"g/a/x","t":0,"own":1}]').hex() == "81a32165672f612f780600636f776e01"


def test_a_reading_takes_fewer_bytes_than_in_json():
    pack = json.dumps([ONE, *({"t": at / 10, "v": 21 + at / 100} for at in range(9))], separators=(",", ":")).encode()
    assert len(transcode(pack)) < 0.75 * len(pack)


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (ONE | {"v": "hot"}, r"record 0: Expected `float`, got `str`"),
        (ONE | {"v": True}, "record 0: Expected `float`, got `bool`"),
        (ONE | {"vb": 1}, "record 0: Expected `bool`"),
        (ONE | {"vs": "a"}, r"record 0: 2 values \(v, vs\)"),
        (ONE | {"flags_": 1}, "record 0: label 'flags_' has to be understood"),
        (ONE | {"bver": 11}, "record 0: SenML version 11"),
        (ONE | {-7: 1}, "record 0: label -7 is none of RFC 8428"),
        (ONE | {9: 1}, "record 0: label 9 is none of RFC 8428"),
        ({2: 1.0, "v": 1.0}, "record 0: label 'v' stands there twice"),
        (ONE | {"last": 2}, "record 0: the segment 1 to 2 has 1 records"),
        (HEAD | {"v": 1.0}, "record 0: series ''"),
    ],
)
def test_a_record_that_breaks_a_rule_is_refused_with_its_place(record, message):
    data = encode([record]) if 2 in record else cbor(record)
    with pytest.raises(SenmlError, match=message):
        decode_pack(data, "g")


@pytest.mark.parametrize("label", ["v", "t", "bt", "bv"])
@pytest.mark.parametrize("number", ["f97e00", "f97c00", "fbfff0000000000000", "c4821903e801"])
def test_a_number_that_is_not_finite_is_refused(label, number):
    damaged = cbor(ONE | {label: 123456.0625}).replace(encode(123456.0625), bytes.fromhex(number))
    with pytest.raises(SenmlError, match=f"record 0: {label} is -?(nan|inf); numbers are finite"):
        decode_pack(damaged, "g")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x80", "a pack holds at least one record"),
        (b"\x81", "announced"),
        (b"\x81\x01", "record 0: a record is a map"),
        (cbor(ONE) + b"\x00", "bytes after the end"),
        (cbor(ONE)[:-1], "record 0: byte"),
        (b"\x9f" + b"\xa0" * (RECORDS_MAX + 1) + b"\xff", f"more than {RECORDS_MAX} records"),
    ],
)
def test_what_is_no_pack_is_refused(data, message):
    with pytest.raises(SenmlError, match=message):
        decode_pack(data, "g")


@pytest.mark.parametrize("pack", [b"", b"{}", b"[1]", b"[" * 100_000, b'[{"x":' + b"[" * 100_000, b'[{"v":1e999}]'])
def test_only_a_pack_can_be_transcoded(pack):
    with pytest.raises(ValueError, match=r"."):
        transcode(pack)


def test_the_example_of_another_library():
    cbor2 = pytest.importorskip("cbor2")
    pack = [{-2: "g/room/temperature", -3: BASE_S, -4: "Cel", **HEAD, "last": 2, 2: 20, 6: 0}, {6: 1.5, 2: 20.75}]
    (segment,) = decode_pack(cbor2.dumps(pack), "g")
    assert [(record.unit, record.time_s, record.value) for record in segment.records] == [
        ("Cel", BASE_S, 20.0),
        ("Cel", BASE_S + 1.5, 20.75),
    ]

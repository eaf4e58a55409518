"""CBOR: what is written is read, as short as it can be, and no bytes do more than be refused."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core import cbor, cbor_reader
from gateway.core.cbor import DEPTH_MAX, FLOAT_DEPTH, CborError, decode, elements, encode

finite = st.floats(allow_nan=False, allow_infinity=False)
measured = st.integers(-(10**6), 10**6).map(lambda number: number / 100)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
scalars = (
    st.none() | st.booleans() | st.integers(-(2**64), 2**64 - 1) | finite | measured | texts | st.binary(max_size=30)
)
keys = texts | st.integers(-(2**64), 2**64 - 1)
items = st.recursive(
    scalars, lambda below: st.lists(below, max_size=5) | st.dictionaries(keys, below, max_size=5), max_leaves=25
)


def same(one, other):
    """Whether they are equal in type and sign too."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return one == other and (type(one) is not float or math.copysign(1, one) == math.copysign(1, other))


@given(items)
def test_what_is_written_is_read(item):
    assert same(decode(encode(item)), item)


@pytest.mark.parametrize(
    ("item", "written"),
    [
        # RFC 8949 appendix A.
        (0, "00"),
        (23, "17"),
        (24, "1818"),
        (1000, "1903e8"),
        (1000000, "1a000f4240"),
        (2**64 - 1, "1bffffffffffffffff"),
        (-1, "20"),
        (-1000, "3903e7"),
        (-(2**64), "3bffffffffffffffff"),
        (0.0, "f90000"),
        (-0.0, "f98000"),
        (1.5, "f93e00"),
        (65504.0, "f97bff"),
        (3.4028234663852886e38, "fa7f7fffff"),
        (False, "f4"),
        (True, "f5"),
        (None, "f6"),
        (b"\1\2\3\4", "4401020304"),
        ("IETF", "6449455446"),
        ("\u6c34", "63e6b0b4"),
        ([1, [2, 3], [4, 5]], "8301820203820405"),
        ({"a": 1, "b": [2, 3]}, "a26161016162820203"),
        # RFC 8949 section 3.4.4.
        (273.15, "c48221196ab3"),
        # Longer as a decimal fraction than as a double.
        (math.pi, "fb400921fb54442d18"),
    ],
)
def test_the_examples_of_the_rfc(item, written):
    assert encode(item).hex() == written
    assert same(decode(bytes.fromhex(written)), item)


@pytest.mark.parametrize(
    ("written", "item"),
    [
        ("1800", 0),
        ("1b0000000000000001", 1),
        ("fb3ff8000000000000", 1.5),
        ("9f0102ff", [1, 2]),
        ("9fff", []),
        ("bf6161018001ff", None),
        ("bf61610120f5ff", {"a": 1, -1: True}),
        ("c4822003", 0.3),
        ("c4820203", 300.0),
    ],
)
def test_longer_and_open_forms_are_read_too(written, item):
    if item is None:
        with pytest.raises(CborError, match="a key is neither a number nor a text"):
            decode(bytes.fromhex(written))
    else:
        assert same(decode(bytes.fromhex(written)), item)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("", "cut short"),
        ("18", "1 bytes announced, 0 there"),
        ("0000", "byte 1: bytes after the end"),
        ("1c", "no number has the additional information 28"),
        ("62c328", "no UTF-8"),
        ("6261", "2 bytes announced, 1 there"),
        ("7f6161ff", "no number has the additional information 31"),
        ("9f01", "cut short"),
        ("8200", "2 members announced"),
        ("9bffffffffffffffff", "18446744073709551615 members announced"),
        ("bbffffffffffffffff", "members announced"),
        ("5bffffffffffffffff00", "18446744073709551615 bytes announced"),
        ("a2010203", "2 members announced"),
        ("a201000100", "the key 1 stands there twice"),
        ("a1f500", "a key is neither"),
        ("a1f93c0000", "a key is neither"),
        ("bf00ff", "an end where nothing was begun"),
        ("ff", "an end where nothing was begun"),
        ("f7", "simple value 23 is not known"),
        ("f820", "simple value 32 is not known"),
        ("fc", "no number has the additional information 28"),
        ("c249010000000000000000", "tag 2 is not known"),
        ("c48201", "2 members announced"),
        ("c4820161", "bytes announced"),
        ("c482016161", "tag 4 is not known, or not on what it can be on"),
        ("c482f501", "tag 4 is not known"),
        ("c401", "tag 4 is not known"),
        ("d9d9f701", "tag 55799 is not known"),
    ],
)
def test_what_is_not_needed_is_refused_with_its_place(written, message):
    with pytest.raises(CborError, match=message):
        decode(bytes.fromhex(written))


@pytest.mark.parametrize("opening", [b"\x81", b"\x9f", b"\xc4", b"\xa1\x00", b"\xbf\x00", b"\x82\x00"])
def test_depth_is_bounded(opening):
    with pytest.raises(CborError, match=f"more than {DEPTH_MAX} items inside each other"):
        decode(opening * 500_000)


def nested(depth):
    item = 0.3
    for _ in range(depth):
        item = [item]
    return item


def test_what_can_just_be_written_can_just_be_read():
    deepest = nested(DEPTH_MAX - FLOAT_DEPTH)
    assert decode(encode(deepest)) == deepest
    with pytest.raises(CborError, match="arrays and maps inside each other"):
        encode(nested(DEPTH_MAX - FLOAT_DEPTH + 1))


def test_the_number_of_items_is_bounded(monkeypatch):
    monkeypatch.setattr(cbor_reader, "ITEMS_MAX", 10)
    assert decode(encode([0] * 9)) == [0] * 9
    with pytest.raises(CborError, match="more than 10 items"):
        decode(encode([0] * 10))


@pytest.mark.parametrize(
    ("item", "message"),
    [
        (math.nan, "not finite"),
        (math.inf, "not finite"),
        (2**64, "64 bits"),
        (-(2**64) - 1, "64 bits"),
        ("\ud800", "Unicode"),
    ],
)
def test_what_has_no_bytes_is_refused(item, message):
    for place in (item, [item], {"a": item}):
        with pytest.raises(CborError, match=message):
            encode(place)


def test_a_decimal_fraction_may_be_beyond_all_floats():
    assert decode(bytes.fromhex("c4821bffffffffffffffff01")) == math.inf
    assert decode(bytes.fromhex("c4823bffffffffffffffff01")) == 0.0


@given(st.lists(items, max_size=8), st.booleans())
def test_elements_come_one_by_one(members, indefinite):
    data = b"\x9f" + b"".join(map(encode, members)) + b"\xff" if indefinite else encode(members)
    found = list(elements(data))
    assert [fault for _, fault in found] == [""] * len(members)
    assert all(same(item, member) for (item, _), member in zip(found, members, strict=True))


@given(st.lists(items, min_size=1, max_size=8), st.data())
def test_elements_before_the_break_are_good(members, data):
    parts = [encode(member) for member in members]
    cut = data.draw(st.integers(0, len(b"".join(parts))))
    found = []
    with pytest.raises(CborError, match=r"cut short|announced"):  # noqa: PT012 - what came before it counts
        for item, _ in elements(b"\x9f" + b"".join(parts)[:cut]):
            found.append(item)
    whole = sum(len(b"".join(parts[: count + 1])) <= cut for count in range(len(parts)))
    assert len(found) == whole
    assert all(map(same, found, members))


def test_what_can_be_passed_by_does_not_end_the_walk():
    walk = elements(bytes.fromhex("84a161ff01c10aa2010203f702"))
    faults = [(item, fault.partition(": ")[2]) for item, fault in walk]
    assert [fault for _, fault in faults] == [
        "a text is no UTF-8: invalid start byte",
        "tag 1 is not known, or not on what it can be on",
        "simple value 23 is not known",
        "",
    ]
    assert faults[-1][0] == 2


def test_only_an_array_has_elements():
    with pytest.raises(CborError, match="a pack is an array"):
        next(elements(b"\xa0"))


initial = st.sampled_from([0x81, 0x9F, 0xA1, 0xBF, 0xC4, 0xF9, 0xFB, 0x18, 0x1B, 0x5B, 0x78, 0xFF, 0xF7, 0x00])
hostile = st.binary(max_size=60) | st.lists(initial | st.integers(0, 255), max_size=60).map(bytes)


@settings(max_examples=500)
@given(hostile)
def test_no_bytes_do_more_than_be_refused(data):
    for read in (decode, lambda data: list(elements(data))):
        try:
            read(data)
        except CborError as error:
            assert str(error)  # noqa: PT017 - either outcome is right; anything else would have escaped


@given(items, st.data())
def test_a_damaged_byte_does_no_more(item, data):
    written = bytearray(encode(item))
    written[data.draw(st.integers(0, len(written) - 1))] = data.draw(st.integers(0, 255))
    try:
        cbor.decode(bytes(written))
    except CborError as error:
        assert str(error)  # noqa: PT017 - as above

"""Our CBOR and that of an independent library mean the same."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given, settings

from gateway.core.cbor import CborError, decode, encode
from tests.core.test_cbor import hostile, items, same

cbor2 = pytest.importorskip("cbor2")


def plain(item):
    """What the library reads, with decimal fractions as the floats that they mean."""
    if isinstance(item, Decimal):
        return float(item)
    if isinstance(item, list):
        return [plain(member) for member in item]
    if isinstance(item, dict):
        return {key: plain(value) for key, value in item.items()}
    return item


@given(items)
def test_what_we_write_it_reads(item):
    assert same(plain(cbor2.loads(encode(item))), item)


@given(items)
def test_what_it_writes_we_read(item):
    for options in ({}, {"canonical": True}, {"indefinite_containers": True}):
        assert same(decode(cbor2.dumps(item, **options)), item)


@given(items)
def test_we_never_need_more_bytes(item):
    assert len(encode(item)) <= len(cbor2.dumps(item, canonical=True))


def unlike_numbers(item):
    """Whether there is a number in `item` that is not equal to itself."""
    if isinstance(item, list):
        return any(map(unlike_numbers, item))
    if isinstance(item, dict):
        return any(map(unlike_numbers, item.values()))
    return isinstance(item, float) and math.isnan(item)


@settings(max_examples=500)
@given(hostile)
def test_what_we_accept_it_reads_alike(data):
    try:
        item = decode(data)
    except CborError:
        return
    if not unlike_numbers(item):
        assert same(plain(cbor2.loads(data)), item)

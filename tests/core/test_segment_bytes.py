"""The bytes of a segment one by one: times, labels, order, names, compression."""

from __future__ import annotations

import json
import zlib

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.reading import ClockState, Lane, Quality, Reading, Reason
from gateway.core.segment import (
    COMPRESS_FROM_BYTES,
    Base,
    Outgoing,
    Segment,
    compress,
    encode_fragment,
    encode_pack,
    expand,
    owned_by,
    seal,
    series_counts,
)

EPOCH = "3f2a9c1b7d10e644-2"
WALL_NS = 1_795_417_200_250_000_000
BASE = Base("boot", 5_000_000_000, WALL_NS)


@pytest.mark.parametrize(
    ("after_ns", "t"),
    [(0, 0.0), (499_999, 0.0), (500_000, 0.001), (1_000_000, 0.001), (1_234_567_890, 1.235), (-5_000_000, 0.0)],
)
def test_a_time_is_relative_to_the_base_in_milliseconds_and_never_negative(after_ns, t):
    fragment = encode_fragment(Reading("a/x", 1.0, BASE.boottime_ns + after_ns, 0), BASE)
    assert json.loads(fragment)["t"] == t


def test_quality_is_named_only_where_it_is_not_good():
    good = Reading("a/x", 1.0, BASE.boottime_ns, 0)
    bad = Reading("a/x", 1.0, BASE.boottime_ns, 0, Quality.BAD, Reason.RANGE)
    assert json.loads(encode_fragment(good, BASE)) == {"t": 0.0, "v": 1.0}
    assert json.loads(encode_fragment(bad, BASE)) == {"t": 0.0, "v": 1.0, "q": "bad", "qr": "range"}


def test_labels_stand_on_the_first_record_and_only_where_they_say_something():
    segment = Segment(Lane.NORMAL, EPOCH, 1, 1, BASE, b'{"bn":"greenhouse-1/a/x","t":0.0,"vb":true}')
    plain = Outgoing(segment, WALL_NS, ClockState.SYNCHRONISED, backfill=False)
    marked = Outgoing(
        msgspec.structs.replace(segment, thinned=60), WALL_NS + 999_999, ClockState.UNSYNCHRONISED, backfill=True,
        earliest_ns=WALL_NS, latest_ns=WALL_NS + 2_500_999_999,
    )  # fmt: skip
    labels = {"bt": 1795417200.25, "epoch": EPOCH, "lane": "normal", "first": 1, "last": 1}
    rest = {"bn": "greenhouse-1/a/x", "t": 0.0, "vb": True}
    assert json.loads(expand(encode_pack([plain]))) == [labels | rest]
    assert json.loads(expand(encode_pack([marked]))) == [
        labels
        | {"clock": "unsynchronised", "earliest": 1795417200.25, "latest": 1795417202.75}
        | {"thinned": 60, "backfill": True}
        | rest
    ]


def test_sealing_groups_by_series_and_keeps_the_order_inside():
    heads = ['{"bn":"g/a/x",', '{"bn":"g/b/y","bu":"Cel",']
    fragments = ['{"t":0.0,"v":1.0}', '{"t":0.0,"vb":true}', '{"t":1.0,"v":2.0}']
    body = seal([1, 0, 1], fragments, heads)
    assert body == (b'{"bn":"g/b/y","bu":"Cel","t":0.0,"v":1.0},{"t":1.0,"v":2.0},{"bn":"g/a/x","t":0.0,"vb":true}')
    assert seal([1, 0, 1], fragments, heads) == body


def test_a_thinned_record_counts_for_all_that_it_stands_for():
    body = b'{"bn":"g/a/x","t":0.0,"v":1.0,"count":60},{"t":60.0,"v":1.0,"count":12},{"bn":"g/b/y","t":0.0,"vb":true}'
    assert series_counts(body, "g") == {"a/x": 72, "b/y": 1}


def test_a_body_can_be_put_under_another_name():
    body = (
        b'{"bn":"old-1/a/x","t":0.0,"vs":"{\\"bn\\":\\"old-1/"},{"t":1.0,"vb":true},{"bn":"old-1/b/y","t":0.0,"v":1.0}'
    )
    segment = Segment(Lane.NORMAL, "e-1", 1, 3, Base("boot", 0, 0), body, packed=b"d")
    moved = owned_by("new", segment).body
    assert json.loads(b"[" + moved + b"]") == [
        {"bn": "new/a/x", "t": 0.0, "vs": '{"bn":"old-1/'},
        {"t": 1.0, "vb": True},
        {"bn": "new/b/y", "t": 0.0, "v": 1.0},
    ]
    assert owned_by("new", segment).packed == b"", "what is packed has the old name in it"
    again = Segment(Lane.NORMAL, "e-1", 1, 3, Base("boot", 0, 0), moved)
    assert owned_by("new", again) is again


@given(st.binary(max_size=2_000) | st.binary(max_size=20).map(lambda some: some * 40))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_what_is_compressed_comes_back(body):
    text = b"[" + body
    packed = compress(text)
    assert expand(packed) == text
    assert len(packed) <= len(text)
    assert len(text) >= COMPRESS_FROM_BYTES or packed == text


def test_damage_of_compressed_bytes_is_named():
    packed = compress(b"[" + b"a" * 1_000)
    for damaged in (packed[:-1], packed[:8] + b"?" + packed[9:], b"x"):
        with pytest.raises(ValueError, match="damaged"):
            expand(damaged)
    assert zlib.decompress(packed) == b"[" + b"a" * 1_000

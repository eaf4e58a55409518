"""An aggregate on the wire: one record with one number, and what it says comes back."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.aggregate import Aggregate, Gathering, encode_items
from gateway.core.reading import Lane, Quality, Reading, Series
from gateway.core.segment import Base, Outgoing, Segment, encode_pack, group_head, seal, series_counts
from gateway.core.senml import Extremes, SenmlError, decode_pack
from gateway.core.settings_channel import Part
from gateway.core.thinning import thin
from tests.core.gate_run import S, at

WALL_S = 1_795_417_200
BASE = Base("boot", 100 * S, WALL_S * S)
ALL = tuple(Part)


def gathered(values, parts=ALL):
    one = Gathering(parts, 0, 1000 * S, None)
    for second, value in enumerate(values):
        one.add(at(value, 90 + second))
    return one.item()


def sent(*items):
    """What a twin reads of `items`."""
    body = seal([0] * len(items), encode_items(items, BASE), [group_head("g", Series("a/b", "m3/s"))])
    segment = Segment(Lane.NORMAL, "3f2a9c1b7d10e644-2", 1, len(items), BASE, body)
    (received,) = decode_pack(encode_pack([Outgoing(segment, BASE.wall_ns, BASE.clock, backfill=False)]), "g")
    assert series_counts(body, "g") == {"a/b": len(items)}
    return segment, received.records


def test_an_aggregate_is_one_number_and_says_all_that_was_asked_for():
    _, (record,) = sent(gathered((1.0, 4.0, 1.0)))
    assert (record.seq, record.value, record.time_s) == (1, 2.0, WALL_S - 9)
    assert (record.gathered.samples, record.gathered.last, record.gathered.integral) == (3, 1.0, 5.0)
    assert record.gathered.extremes == Extremes(1.0, 4.0, WALL_S - 10.0, WALL_S - 9.0)


def test_what_was_not_asked_for_is_not_sent():
    _, (record,) = sent(gathered((1.0, 4.0), ()))
    assert (record.gathered.samples, record.gathered.extremes, record.gathered.last) == (2, None, None)


def test_a_reading_that_was_held_keeps_its_time_before_the_segments_base():
    _, (bad, good) = sent(Reading("a/b", 7.0, 40 * S, 0, Quality.BAD), at(8.0, 101.5))
    assert (bad.time_s, bad.quality, good.time_s) == (WALL_S - 60, Quality.BAD, WALL_S + 1.5)


def test_thinning_weighs_an_aggregate_by_its_samples_and_counts_it_once():
    segment, _ = sent(gathered((1.0, 1.0, 1.0)), at(5.0, 93.0))
    thinned = thin([segment], 3600)
    (record,) = json.loads(b"[" + thinned.body + b"]")
    assert (record["v"], record["count"], record["samples"], record["s"]) == (2.0, 2, 4, 2.0)
    assert series_counts(thinned.body, "g") == {"a/b": 2}


def test_only_a_number_is_an_aggregate():
    head = {"bn": "g/a/b", "epoch": "3f2a9c1b7d10e644-2", "lane": "normal", "first": 1, "last": 1}
    with pytest.raises(SenmlError, match="only numbers are aggregates"):
        decode_pack(json.dumps([head | {"vb": True, "samples": 3}]).encode(), "g")


@given(st.lists(st.floats(-1e300, 1e300), min_size=2, max_size=30))
def test_the_mean_lies_between_the_extremes_however_large_they_are(values):
    one = gathered(values)
    assert isinstance(one, Aggregate)
    assert min(values) == one.low <= one.value <= one.high == max(values)

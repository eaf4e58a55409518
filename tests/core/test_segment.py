"""What a segment's bytes say is what was read: the encoder against the twin's own decoder."""

from __future__ import annotations

import enum
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.reading import ClockState, Lane, Quality, Reading, Reason, Series
from gateway.core.segment import (
    TEXT_CHARACTERS_MAX,
    Base,
    Outgoing,
    Segment,
    encode_fragments,
    encode_pack,
    encode_value,
    group_head,
    seal,
    series_counts,
)
from gateway.core.senml import decode_pack

GATEWAY = "greenhouse-1"
EPOCH = "3f2a9c1b7d10e644-2"
WALL_NS = 1_795_417_200_250_000_000
BASE = Base("boot", 5_000_000_000, WALL_NS)
HOSTILE = [
    '"',
    "\\",
    '\\"',
    "\n\t\x00",
    '{"bn":"',
    '"t":',
    '"t":1,{"bn":"g/a/x"',
    "[{",
    "\u2028é漢😀",
    '","v":1',
    '"count":9',
    "",
]

units = st.sampled_from(["", "Cel", "%RH", "Pa"])
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53).map(float)
texts = st.text(max_size=40) | st.sampled_from(HOSTILE)
values = numbers | st.booleans() | texts
qualities = st.sampled_from(
    [(Quality.GOOD, Reason.NONE), (Quality.UNCERTAIN, Reason.CLOCK), (Quality.BAD, Reason.RANGE)]
)


@st.composite
def taken(draw):
    """Series and their readings in the order in which they were taken, at most a day after the base."""
    series = [Series(f"dev-{number}/ch.{number}", draw(units)) for number in range(draw(st.integers(1, 4)))]
    readings = []
    for at_ms in sorted(draw(st.lists(st.integers(0, 86_400_000), min_size=1, max_size=12))):
        quality, reason = draw(qualities)
        readings.append(
            Reading(
                draw(st.sampled_from(series)).name,
                draw(values),
                BASE.boottime_ns + at_ms * 1_000_000,
                0,
                quality,
                reason,
            )
        )
    return series, readings


def sealed(series, readings, first=1, **parts):
    names = [one.name for one in series]
    indexes = [names.index(reading.series) for reading in readings]
    body = seal(indexes, encode_fragments(readings, BASE), [group_head(GATEWAY, one) for one in series])
    segment = Segment(Lane.NORMAL, EPOCH, first, first + len(readings) - 1, BASE, body)
    return Outgoing(segment, WALL_NS, ClockState.SYNCHRONISED, backfill=False, **parts)


def expected(series, readings):
    """What the twin should make of them: grouped by series, in order of first appearance."""
    by_unit = {one.name: one.unit for one in series}
    order = list(dict.fromkeys(reading.series for reading in readings))
    return [
        (
            reading.series,
            by_unit[reading.series] if isinstance(reading.value, float) else "",
            round((WALL_NS + reading.boottime_ns - BASE.boottime_ns) / 1e9, 6),
            reading.value,
            reading.quality,
            reading.reason.value,
        )
        for name in order
        for reading in readings
        if reading.series == name
    ]


def decoded(segment):
    return [
        (one.series, one.unit, pytest.approx(one.time_s, abs=1e-6), one.value, one.quality, one.reason)
        for one in segment.records
    ]


@given(taken(), taken())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_the_twin_reads_what_was_taken(one, two):
    pack = encode_pack([sealed(*one, first=7), sealed(*two, first=1_000)])
    first, second = decode_pack(pack, GATEWAY)
    assert decoded(first) == expected(*one)
    assert decoded(second) == expected(*two)
    assert [record.seq for record in first.records] == list(range(7, 7 + len(one[1])))


@given(taken())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_a_body_counts_its_readings_by_series(one):
    series, readings = one
    counts = series_counts(sealed(series, readings).segment.body, GATEWAY)
    assert counts == {name: sum(1 for one in readings if one.series == name) for name in {r.series for r in readings}}


def only(value, unit=""):
    (segment,) = decode_pack(
        encode_pack([sealed([Series("a/x", unit)], [Reading("a/x", value, 6_000_000_000, 0)])]), GATEWAY
    )
    (record,) = segment.records
    return record


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_arrives_as_it_is_and_counts_as_one(text):
    assert only(text).value == text
    body = sealed(
        [Series("a/x"), Series("b/y")], [Reading("a/x", text, 5_000_000_000, 0), Reading("b/y", text, 5_000_000_000, 0)]
    )
    assert series_counts(body.segment.body, GATEWAY) == {"a/x": 1, "b/y": 1}


@pytest.mark.parametrize(
    ("value", "arrives"),
    [
        (True, True),
        (False, False),
        (21.43, 21.43),
        (-0.0, 0.0),
        (5e-324, 5e-324),
        (1.7976931348623157e308, 1.7976931348623157e308),
        (22, 22.0),
        (math.nan, "nan"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        pytest.param(10**400, "inf", id="a huge integer"),
        pytest.param(-(10**400), "-inf", id="a hugely negative integer"),
        ("half a pair \ud800", "half a pair ?"),
    ],
)
def test_every_value_that_a_driver_can_give_has_an_encoding(value, arrives):
    found = only(value, "Cel").value
    assert (found, type(found)) == (arrives, type(arrives))


class Speed(enum.IntEnum):
    FAST = 3


class Celsius(float):
    def __repr__(self):
        return f"Celsius({float(self)})"


@pytest.mark.parametrize(("value", "member"), [(Speed.FAST, '"v":3.0'), (Celsius(21.5), '"v":21.5')])
def test_a_number_of_a_derived_type_is_written_as_a_number(value, member):
    assert encode_value(value) == member


def test_a_text_that_is_too_long_is_cut_and_marked_bad():
    record = only("x" * (TEXT_CHARACTERS_MAX + 1))
    assert (record.value, record.quality, record.reason) == ("x" * TEXT_CHARACTERS_MAX, Quality.BAD, "range")
    assert only("x" * TEXT_CHARACTERS_MAX).quality is Quality.GOOD


def test_a_number_without_a_unit_does_not_take_that_of_its_neighbour():
    series = [Series("a/x", "Cel"), Series("b/count"), Series("c/on")]
    readings = [Reading(one.name, value, 5_000_000_000, 0) for one, value in zip(series, (1.0, 2.0, True), strict=True)]
    (segment,) = decode_pack(encode_pack([sealed(series, readings)]), GATEWAY)
    assert [record.unit for record in segment.records] == ["Cel", "", ""]

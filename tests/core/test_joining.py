"""Whatever small segments are joined, the twin reads the same values at the same times, series by series in order."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.joining import BODY_BYTES_MAX, ROWS_MAX, Placed, join, next_run
from gateway.core.packing import pack
from gateway.core.reading import ClockState, Lane, Quality, Reading, Reason, Series
from gateway.core.segment import Base, Outgoing, Segment, encode_fragments, encode_pack, group_head, seal, series_counts
from gateway.core.senml import decode_pack

GATEWAY = "g"
EPOCH = "3f2a9c1b7d10e644-2"
NS_PER_MS = 1_000_000
BOOT_NS, WALL_NS = 5_000_000_000_000, 1_795_417_200_250_000_000
SERIES = [Series("a/x", "Cel"), Series("a/x", "K"), Series("a/y", "/"), Series("b/text", ""), Series("b/z", "%RH")]

values = (
    st.floats(allow_nan=False, allow_infinity=False)
    | st.floats(-50, 90).map(lambda value: round(value, 2))
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
    | st.sampled_from([True, False, 'x","t":1,{"bn":"', -0.0])
)
grades = st.sampled_from([(Quality.GOOD, Reason.NONE)] * 4 + [(Quality.BAD, Reason.RANGE)])
samples = st.tuples(st.sampled_from(SERIES), st.integers(0, 5_400_000_000_000), values, grades)


def segment(readings, first):
    """The segment of readings (series, reading), as the outbox would make it."""
    begin = readings[0][1]
    early_ns = begin.boottime_ns % NS_PER_MS
    base = Base("boot", begin.boottime_ns - early_ns, begin.wall_ns - early_ns)
    indexes = [SERIES.index(series) for series, _ in readings]
    fragments = encode_fragments([reading for _, reading in readings], base)
    body = seal(indexes, fragments, [group_head(GATEWAY, series) for series in SERIES])
    return Segment(Lane.NORMAL, EPOCH, first, first + len(readings) - 1, base, body)


@st.composite
def segments(draw):
    drawn = sorted(draw(st.lists(samples, min_size=1, max_size=40)), key=lambda sample: sample[1])
    readings = [
        (series, Reading(series.name, value, BOOT_NS + at_ns, WALL_NS + at_ns, *grade))
        for series, at_ns, value, grade in drawn
    ]
    # A series that changes its unit begins a new segment, as in the outbox.
    units = {at for at in range(1, len(readings)) if _unit_changes(readings[:at], readings[at])}
    cuts = sorted({0, len(readings), *units, *draw(st.lists(st.integers(0, len(readings)), max_size=6))})
    return [segment(readings[begin:end], begin + 1) for begin, end in pairwise(cuts)]


def _unit_changes(before, one):
    same = [series.unit for series, _ in before if series.name == one[0].name]
    return bool(same) and same[-1] != one[0].unit


def arrived(*sent):
    """What the twin makes of segments: every series' records in order, but for their numbers."""
    outgoing = [Outgoing(one, one.base.wall_ns, ClockState.SYNCHRONISED, backfill=True) for one in sent]
    found = {}
    for received in decode_pack(encode_pack(outgoing), GATEWAY):
        for record in received.records:
            told = (repr(record.value), round(record.time_s * 1000), record.unit, record.quality, record.reason)
            found.setdefault(record.series, []).append(told)
    return found


@given(segments())
def test_joined_segments_say_what_they_said_alone(made):
    joined = join(made)
    assert arrived(joined) == arrived(*made)
    assert (joined.first, joined.last, joined.base) == (made[0].first, made[-1].last, made[0].base)
    counts = series_counts(joined.body, GATEWAY)
    assert sum(counts.values()) == joined.count
    numbers = [
        record.seq for received in decode_pack(encode_pack([_out(joined)]), GATEWAY) for record in received.records
    ]
    assert numbers == list(range(joined.first, joined.last + 1))


def _out(one):
    return Outgoing(one, one.base.wall_ns, ClockState.SYNCHRONISED, backfill=False)


def ticks(count, of, every_ms=1000, first=1):
    """`count` segments of so many readings."""
    made = []
    for number in range(count):
        at = number * every_ms * NS_PER_MS
        readings = [
            (SERIES[2 * place % 4], Reading(SERIES[2 * place % 4].name, 20 + number / 100, BOOT_NS + at, WALL_NS + at))
            for place in range(of)
        ]
        made.append(segment(readings, first + number * of))
    return made


def run(made, readings_max=500):
    return next_run([Placed(row, one) for row, one in enumerate(made, 1)], readings_max)


def test_joined_segments_take_a_third_of_the_room():
    made = ticks(50, 10)
    assert len(pack(join(made).body)) < sum(len(pack(one.body)) for one in made) / 3


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ([], (0, False)),
        (ticks(49, 10), (49, False)),
        (ticks(50, 10), (50, False)),
        (ticks(51, 10), (50, True)),
        (ticks(3, 400), (1, True)),
        (ticks(ROWS_MAX, 1), (ROWS_MAX, False)),
        (ticks(ROWS_MAX + 1, 1), (ROWS_MAX, True)),
    ],
)
def test_a_run_is_complete_when_no_more_can_join_it(made, expected):
    assert run(made) == expected


BODY = b'{"bn":"g/b/text","t":0.0,"vs":"' + b"x" * (BODY_BYTES_MAX // 2) + b'"}'


@pytest.mark.parametrize(
    "change",
    [
        {"first": 5},
        {"epoch": "3f2a9c1b7d10e644-3"},
        {"lane": Lane.LOW},
        {"thinned": 60},
        {"base": Base("reboot", BOOT_NS, WALL_NS)},
        {"base": Base("boot", BOOT_NS, WALL_NS, ClockState.UNSYNCHRONISED)},
        {"base": Base("boot", BOOT_NS, WALL_NS + 2 * NS_PER_MS)},
        {"base": Base("boot", BOOT_NS, WALL_NS - 2 * NS_PER_MS)},
    ],
    ids=str,
)
def test_what_differs_in_anything_that_a_segment_says_once_is_not_joined(change):
    one, other = ticks(2, 1, every_ms=0)
    assert run([one, other]) == (2, False)
    assert run([one, msgspec.structs.replace(other, **change)]) == (1, True)


def test_what_would_not_fit_into_a_packet_is_not_joined():
    one, other = (msgspec.structs.replace(made, body=BODY) for made in ticks(2, 1))
    assert run([one, other]) == (1, True)

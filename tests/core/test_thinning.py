"""Whatever readings are thinned, once or twice, the twin reads the same counts, true extremes and the weighted mean."""

from __future__ import annotations

import itertools
import sys
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.reading import ClockState, Lane, Quality, Reading, Reason, Series
from gateway.core.segment import Base, Outgoing, Segment, encode_fragments, encode_pack, group_head, seal, series_counts
from gateway.core.senml import decode_pack
from gateway.core.thinning import MEAN_ERROR, STEPS_S, can_join, thin

GATEWAY = "g"
EPOCH = "3f2a9c1b7d10e644-2"
NS_PER_MS = 1_000_000
BOOT_MS = 5_000_123
WALL_MS = 1_795_417_200_250
SERIES = [Series("a/x", "Cel"), Series("a/y", "/"), Series("b/z", "%RH")]

finite = st.floats(allow_nan=False, allow_infinity=False)
values = (
    finite | st.floats(-50, 90).map(lambda value: round(value, 2)) | st.sampled_from([21.5, True, False, "on", "off"])
)
grades = st.sampled_from([(Quality.GOOD, Reason.NONE)] * 4 + [(Quality.BAD, Reason.RANGE)])
samples = st.tuples(st.sampled_from(SERIES), st.integers(0, 5_400_000), values, grades)


def reading(series, at_ms, value, grade=(Quality.GOOD, Reason.NONE)):
    """A reading `at_ms` milliseconds after the base of the first segment."""
    return Reading(series.name, value, (BOOT_MS + at_ms) * NS_PER_MS, (WALL_MS + at_ms) * NS_PER_MS, *grade)


def segment(readings, first):
    """The segment of `readings`, whose base is the time of the first, as the outbox would make it."""
    base = Base("boot", readings[0].boottime_ns, readings[0].wall_ns)
    names = [series.name for series in SERIES]
    indexes = [names.index(one.series) for one in readings]
    body = seal(indexes, encode_fragments(readings, base), [group_head(GATEWAY, series) for series in SERIES])
    return Segment(Lane.NORMAL, EPOCH, first, first + len(readings) - 1, base, body)


@st.composite
def segments(draw):
    """Readings in the order in which they were taken, and the segments that they make."""
    drawn = sorted(draw(st.lists(samples, min_size=1, max_size=40)), key=lambda sample: sample[1])
    readings = [reading(*sample) for sample in drawn]
    cuts = sorted({0, len(readings), *draw(st.lists(st.integers(0, len(readings)), max_size=4))})
    return readings, [segment(readings[begin:end], begin + 1) for begin, end in itertools.pairwise(cuts)]


def arrives(*sent):
    """What the twin makes of `sent` segments."""
    outgoing = [Outgoing(one, one.base.wall_ns, ClockState.SYNCHRONISED, backfill=True) for one in sent]
    return decode_pack(encode_pack(outgoing), GATEWAY)


def is_number(one):
    return type(one.value) is float and one.quality is Quality.GOOD


def expected(readings, bucket_s):
    """The records that thinning should leave of one series: [kind, readings] in order."""
    groups = []
    for one in sorted(readings, key=lambda one: one.boottime_ns):
        if is_number(one):
            kind = ("number", one.boottime_ns // (bucket_s * 10**9))
        else:
            kind = (type(one.value), one.value, one.quality)
        if groups and groups[-1][0] == kind:
            groups[-1][1].append(one)
        else:
            groups.append((kind, [one]))
    return groups


def by_series(things):
    found = {}
    for thing in things:
        found.setdefault(thing.series, []).append(thing)
    return found


def exact_mean(numbers):
    return float(sum(map(Fraction, numbers)) / len(numbers))


def wall_s(one):
    return one.wall_ns / 1e9


def check_number(record, group):
    """That `record` tells the truth about the readings of `group`."""
    numbers = [one.value for one in group]
    extremes = record.extremes
    assert (extremes.min, extremes.max) == (min(numbers), max(numbers))
    for extreme, time_s in ((extremes.min, extremes.tmin_s), (extremes.max, extremes.tmax_s)):
        assert any(one.value == extreme and abs(wall_s(one) - time_s) < 2e-3 for one in group)
    assert extremes.min <= record.value <= extremes.max
    mean = exact_mean(numbers)
    assert abs(record.value - mean) <= MEAN_ERROR * max(map(abs, numbers)) + sys.float_info.min
    assert record.time_s == pytest.approx(sum(map(wall_s, group)) / len(group), abs=2e-3)


@given(segments(), st.sampled_from(STEPS_S))
def test_what_is_thinned_once_tells_the_truth_about_every_bucket(made, bucket_s):
    readings, parts = made
    (received,) = arrives(thin(parts, bucket_s))
    assert (received.first, received.last, received.thinned) == (1, len(readings), bucket_s)
    records = by_series(received.records)
    assert records.keys() == by_series(readings).keys()
    for name, taken in by_series(readings).items():
        groups = expected(taken, bucket_s)
        assert [record.count for record in records[name]] == [len(group) for _, group in groups]
        for record, (_, group) in zip(records[name], groups, strict=True):
            assert (record.quality, record.reason) == (group[0].quality, group[0].reason)
            if is_number(group[0]):
                check_number(record, group)
            else:
                assert (record.value, type(record.value)) == (group[0].value, type(group[0].value))
                assert record.time_s == pytest.approx(wall_s(group[0]), abs=2e-3)
                assert record.extremes is None


@given(segments(), st.integers(0, 5))
def test_what_is_thinned_twice_still_tells_the_truth(made, left_alone):
    readings, parts = made
    half = max(1, len(parts) - left_alone)
    twice = thin([thin(parts[:half], STEPS_S[0]), *parts[half:]], STEPS_S[1])
    (received,) = arrives(twice)
    records = by_series(received.records)
    for name, taken in by_series(readings).items():
        groups = expected(taken, STEPS_S[1])
        # A text between two numbers of one minute stands after their mean or before it: only the sums are certain.
        assert sum(record.count for record in records[name]) == len(taken)
        numbers = [one for one in taken if is_number(one)]
        means = [record for record in records[name] if record.extremes is not None]
        assert sum(record.count for record in means) == len(numbers)
        if numbers:
            check_whole(means, numbers)
        if len(numbers) == len(taken):
            assert [record.count for record in means] == [len(group) for _, group in groups]
            for record, (_, group) in zip(means, groups, strict=True):
                check_twice(record, group)


def check_whole(means, numbers):
    assert min(record.extremes.min for record in means) == min(one.value for one in numbers)
    assert max(record.extremes.max for record in means) == max(one.value for one in numbers)
    mean = exact_mean([one.value for one in numbers])
    largest = max(abs(one.value) for one in numbers)
    found = float(sum(Fraction(record.value) * record.count for record in means) / len(numbers))
    assert abs(found - mean) <= 2 * MEAN_ERROR * largest + sys.float_info.min


def check_twice(record, group):
    numbers = [one.value for one in group]
    assert (record.extremes.min, record.extremes.max) == (min(numbers), max(numbers))
    mean = exact_mean(numbers)
    assert abs(record.value - mean) <= 2 * MEAN_ERROR * max(map(abs, numbers)) + sys.float_info.min


@given(segments(), st.sampled_from(STEPS_S))
def test_the_gateway_counts_a_thinned_body_as_the_twin_does(made, bucket_s):
    readings, parts = made
    counts = series_counts(thin(parts, bucket_s).body, GATEWAY)
    assert counts == {name: len(taken) for name, taken in by_series(readings).items()}


def thinned(*samples_, bucket_s=60):
    (received,) = arrives(thin([segment([reading(*sample) for sample in samples_], 1)], bucket_s))
    return received.records


def test_a_minute_of_readings_becomes_its_mean_with_its_extremes():
    (record,) = thinned(*((SERIES[0], second * 1000, 20.0 + second) for second in (0, 1, 2, 9)))
    assert (record.series, record.unit, record.value, record.count) == ("a/x", "Cel", 23.0, 4)
    start_s = WALL_MS / 1000
    assert (record.extremes.min, record.extremes.max) == (20.0, 29.0)
    assert (record.extremes.tmin_s, record.extremes.tmax_s) == (start_s, start_s + 9)
    assert record.time_s == start_s + 3


def test_a_value_that_does_not_change_stays_what_it_is():
    (record,) = thinned(*((SERIES[0], at, 21.4312345678) for at in (0, 1000, 2000)))
    assert (record.value, record.extremes.min) == (21.4312345678, 21.4312345678)


@pytest.mark.parametrize("count", [2, 3, 10, 49])
def test_the_largest_numbers_have_a_mean(count):
    (record,) = thinned(*((SERIES[0], at, sys.float_info.max * (1 - at * 1e-9)) for at in range(count)))
    assert record.value == pytest.approx(sys.float_info.max)


def test_opposite_largest_numbers_have_a_mean_too():
    (record,) = thinned((SERIES[0], 0, sys.float_info.max), (SERIES[0], 1, -sys.float_info.max))
    assert record.value == 0.0


def test_buckets_are_whole_minutes_of_the_boot_to_the_millisecond():
    to_next = 60_000 - BOOT_MS % 60_000
    records = thinned(*((SERIES[0], at, 1.0) for at in (0, to_next - 1, to_next, to_next + 59_999, to_next + 60_000)))
    assert [record.count for record in records] == [2, 2, 1]


def test_texts_are_kept_where_they_change():
    door = SERIES[1]
    records = thinned(
        *((door, at, value) for at, value in enumerate([True, True, False, False, False, True, 1.0, 3.0]))
    )
    assert [(record.value, record.count) for record in records] == [(True, 2), (False, 3), (True, 1), (2.0, 2)]


def test_a_bad_number_is_no_part_of_a_mean():
    bad = (Quality.BAD, Reason.RANGE)
    records = thinned((SERIES[0], 0, 20.0), (SERIES[0], 1000, 99.0, bad), (SERIES[0], 2000, 99.0, bad))
    assert [(record.value, record.count, record.quality) for record in records] == [
        (20.0, 1, Quality.GOOD),
        (99.0, 2, Quality.BAD),
    ]


def test_only_what_continues_can_be_joined():
    one, other = segment([reading(SERIES[0], 0, 1.0)], 1), segment([reading(SERIES[0], 5, 1.0)], 2)
    assert can_join(one, other)
    assert not can_join(other, one)
